"""Pictures of a floor under the KL: how it spreads over documents, when it holds, what it buys."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from torch import Tensor
from torch.distributions import Normal

from collapse.metrics import ProbeResult
from collapse.theory import kl_density, kl_floor, matched_rate, normalised_variance
from collapse.viz.style import COLUMN, GREY, PALETTE, STYLE

Pairs = Sequence[tuple[float, float]]  # one pair a seed


def kl_histograms(
    kls: Mapping[float, Sequence[float]], dimensions: int = 1, system: str = "bn-vae"
) -> Figure:
    """The KL of every document at several γ, with the floor that holds for its mean.

    Dashed: the floor D γ²/2. Solid: the measured mean. Dotted: the density that normal means and
    widths of 1 would give, see :func:`collapse.theory.kl_density`.

    Args:
        kls: γ -> KL of each document (nats).
        dimensions: D.
        system: whose colour to use.
    """
    fig = Figure(figsize=(COLUMN, 0.9 + 1.35 * len(kls)))
    panels = fig.subplots(len(kls), sharex=True, squeeze=False)[:, 0]
    right = max(float(np.quantile(values, 0.995)) for values in kls.values())
    for axes, (gamma, values) in zip(panels, kls.items(), strict=True):
        edges = np.linspace(0, right, 41)
        axes.hist(values, edges, density=True, color=STYLE[system].colour, alpha=0.6)
        floor = kl_floor(gamma, 0.0, dimensions)
        axes.axvline(floor, color=GREY, linestyle="--", label="floor")
        axes.axvline(float(np.mean(values)), color="black", linewidth=1.6, label="mean")
        if gamma > 0:
            points = torch.linspace(right / 80, right, 200)
            density = kl_density(points, gamma, dimensions)
            axes.plot(points, density, color=GREY, linestyle=":", label="normal means, σ = 1")
        top = axes.patches and max(patch.get_height() for patch in axes.patches)
        axes.set(ylim=(0, 1.15 * top), yticks=[])
        axes.set_title(f"γ = {gamma:g}")
    panels[-1].set_xlabel("KL of a document (nats)")
    handles, labels = panels[-1].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=3)
    return fig


def floor_sweep(
    runs: Mapping[float, Pairs],
    apart: Mapping[str, tuple[float, Pairs]] | None = None,
    dimensions: int = 1,
) -> Figure:
    """KL and mutual information against γ, one marker a seed, with the closed forms.

    Args:
        runs: γ -> for each seed KL and MI (nats).
        apart: label -> the γ and the pairs of runs that differ in something else, two at most.
        dimensions: D of the closed forms.
    """
    fig = Figure(figsize=(COLUMN, 4.2))
    axes = fig.subplots()
    for column, (name, style) in enumerate(
        {"KL": STYLE["bn-vae"], "MI": STYLE["vae-anneal"]}.items()
    ):
        points = [(gamma, pair[column]) for gamma, group in runs.items() for pair in group]
        means = [np.mean([pair[column] for pair in group]) for group in runs.values()]
        axes.plot(*np.array(points).T, style.marker, color=style.colour, alpha=0.5)
        axes.plot(list(runs), means, **style.plot() | {"label": f"{name}, mean of seeds"})
    for number, (label, (gamma, pairs)) in enumerate((apart or {}).items()):
        colour, marker = (PALETTE[4], PALETTE[3])[number], "X*"[number]
        for column, (name, fill) in enumerate({"KL": "full", "MI": "none"}.items()):
            y = [pair[column] for pair in pairs]
            axes.plot([gamma] * len(y), y, marker, color=colour, fillstyle=fill, markersize=9)
            axes.plot([], [], marker, color=colour, fillstyle=fill, label=f"{name}, {label}")
    _closed_forms(axes, max(runs), dimensions)
    axes.set(xlabel="γ", ylabel="nats", ylim=(-0.05, None))
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def _closed_forms(axes: Axes, largest: float, dimensions: int) -> None:
    gammas = np.linspace(0, largest, 100)
    floors = [kl_floor(g, 0.0, dimensions) for g in gammas]
    axes.plot(gammas, floors, color=GREY, linestyle="--", label="floor, D γ² / 2")
    inside = gammas[gammas < min(largest, 0.9)]
    matched = [matched_rate(g, dimensions) for g in inside]
    axes.plot(inside, matched, color=GREY, linestyle=":", label="codes like the prior")


def aggregate_posterior(
    means: Float[Tensor, " documents"],
    stds: Float[Tensor, " documents"],
    title: str,
    shown: int = 8,
) -> Figure:
    """q(z) of one dimension beside the prior, with a few of the posteriors that it is made of.

    Args:
        means: of the posterior of each document.
        stds: likewise.
        title: what the picture is of.
        shown: posteriors drawn one by one, spread evenly over the sorted means.
    """
    fig = Figure(figsize=(COLUMN, 3.4))
    axes = fig.subplots()
    z = torch.linspace(-4, 4, 321)
    densities = Normal(means[:, None], stds[:, None]).log_prob(z).exp()  # (documents, points)
    evenly = means.argsort()[torch.linspace(0, len(means) - 1, shown).long()]
    for row in densities[evenly]:
        axes.plot(z, row / shown, color=STYLE["bn-vae"].colour, linewidth=0.8, alpha=0.7)
    axes.plot([], [], color=STYLE["bn-vae"].colour, linewidth=0.8, label="posteriors (scaled)")
    axes.plot(z, densities.mean(0), color=STYLE["bn-vae"].colour, label="q(z), all documents")
    prior = Normal(0.0, 1.0).log_prob(z).exp()
    axes.plot(z, prior, color=GREY, linestyle="--", label="prior p(z)")
    axes.set(xlabel="z", ylim=(0, 0.75), yticks=[])
    axes.set_title(title)
    fig.legend(loc="outside upper center", ncols=3)
    return fig


def eps_curve(points: Mapping[str, Pairs], epsilons: Mapping[str, float], gamma: float) -> Figure:
    """Variance of the means after normalisation against that before, with γ² V / (V + ε).

    Args:
        points: label -> for each seed the variance before and after.
        epsilons: label -> its ε.
        gamma: γ.
    """
    fig = Figure(figsize=(COLUMN, 3.8))
    axes = fig.subplots()
    span = np.geomspace(1e-13, 10, 300)
    for (label, pairs), colour, marker in zip(points.items(), PALETTE, "os^Dv<>P", strict=False):
        axes.plot(*np.array(pairs).T, marker, color=colour, label=label, alpha=0.8)
    for eps in sorted(set(epsilons.values())):
        curve = [normalised_variance(gamma, float(v), eps) for v in span]
        axes.plot(span, curve, color=GREY, linestyle="--" if eps > 1e-8 else ":")
        axes.text(eps, 0.5 * gamma**2, f" ε = {eps:g}", color=GREY)
    axes.set_xscale("log")
    axes.set(xlabel="variance of the means before", ylabel="variance after", ylim=(-0.05, None))
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def label_curves(results: Mapping[str, Sequence[ProbeResult]]) -> Figure:
    """Accuracy of a probe against the number of labels; bars are standard errors over draws.

    Args:
        results: system -> one result for each number of labels.
    """
    fig = Figure(figsize=(COLUMN, 4.0))
    axes = fig.subplots()
    for name, probes in results.items():
        labels, means = [probe.labels for probe in probes], [probe.mean for probe in probes]
        errors = [probe.standard_error for probe in probes]
        axes.errorbar(labels, means, yerr=errors, capsize=3, **STYLE[name].plot())
    sizes = sorted({probe.labels for probes in results.values() for probe in probes})
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(xlabel="labelled sentences", ylabel="test accuracy")
    fig.legend(loc="outside upper center", ncols=3)
    return fig
