"""Pictures of a floor under the KL: how it spreads over documents, when it holds, what it buys."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Normal

from collapse.ledger.claims.intervals import of_mean
from collapse.theory import kl_density, kl_floor, matched_rate, normalised_variance
from collapse.viz.spans import span
from collapse.viz.style import COLUMN, GREY, KL_PARTS, STYLE

HATCHES = ("", "//", "..")  # of the parts of a KL
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
            points = torch.linspace(right / 2000, right, 2000)
            density = kl_density(points, gamma, dimensions)
            axes.plot(points, density, color=GREY, linestyle=":", label="normal means, σ = 1")
        top = axes.patches and max(patch.get_height() for patch in axes.patches)
        axes.set(ylim=(0, 1.15 * top), yticks=[])
        axes.set_title(f"γ = {gamma:g}")
    panels[-1].set_xlabel("KL of a document (nats)")
    handles, labels = panels[-1].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=3)
    return fig


def kl_bars(
    parts: Mapping[str, Sequence[Sequence[float]]], information: Mapping[str, Sequence[float]]
) -> Figure:
    """The mean KL of each system as a bar of spread, shift and width; a mark for its information.

    Bars and marks are means over seeds. The line at a bar's end is the 95 % interval of the whole
    KL, the line through a mark that of the information.

    Args:
        parts: system -> for each seed spread, shift and width (nats), summed over dimensions.
        information: system -> for each seed the mutual information (nats).
    """
    fig = Figure(figsize=(COLUMN, 1.5 + 0.5 * len(parts)))
    axes = fig.subplots()
    rows, left = np.arange(len(parts)), np.zeros(len(parts))
    for number, ((name, colour), hatch) in enumerate(zip(KL_PARTS.items(), HATCHES, strict=True)):
        values = np.array([np.mean(seeds, axis=0)[number] for seeds in parts.values()])
        axes.barh(
            rows, values, 0.62, left, color=colour, hatch=hatch, edgecolor="white", label=name
        )
        left = left + values
    look: dict[str, Any] = {"color": "black", "markersize": 9, "markeredgecolor": "white"}
    marks = []
    for row, (name, seeds) in zip(rows, parts.items(), strict=True):
        whole = [float(np.sum(seed)) for seed in seeds]
        _ends(axes, whole, row - 0.18)
        marks.append(_ends(axes, information[name], row + 0.12))
    axes.plot(marks, rows + 0.12, "D", label="information", clip_on=False, **look)
    axes.set_yticks(rows, [STYLE[name].label for name in parts])
    axes.set(ylim=(len(parts) - 0.4, -0.6), xlabel="nats a document")
    axes.grid(axis="y", visible=False)
    fig.legend(loc="outside upper center", ncols=4, columnspacing=1.2, handlelength=1.6)
    return fig


def _ends(axes: Axes, values: Sequence[float], row: float) -> float:
    """The interval of a mean as a thin line with stops, over the bars; returns the mean.

    It ends at zero: neither a KL nor an information is less.
    """
    found = of_mean(values)
    if len(values) > 1:
        ends = [max(found.low, 0.0), max(found.high, 0.0)]
        axes.plot(ends, [row, row], "|-", color="black", linewidth=1.4, ms=7)
    return found.mean


def floor_sweep(
    runs: Mapping[float, Pairs],
    apart: Mapping[str, tuple[float, Pairs]] | None = None,
    dimensions: int = 1,
) -> Figure:
    """KL and mutual information against γ, one marker a seed, with the closed forms.

    Lines join the means of the seeds; a pale bar is the 95 % interval of a mean.

    Args:
        runs: γ -> for each seed KL and MI (nats).
        apart: label -> the γ and the pairs of runs with a trained scale, then with a shift alone.
        dimensions: D of the closed forms.
    """
    fig = Figure(figsize=(COLUMN, 4.4))
    axes = fig.subplots()
    colour, aside = STYLE["bn-vae"].colour, 0.01 * max(runs)  # KL a little left, MI right of its γ
    for column, (name, fill, dash) in enumerate((("KL", "full", "-"), ("MI", "none", "-."))):
        step = aside * (2 * column - 1)
        points = [(gamma + step, pair[column]) for gamma, group in runs.items() for pair in group]
        by_seed = {gamma: [pair[column] for pair in group] for gamma, group in runs.items()}
        means = [
            span(axes, values, gamma + step, colour, upright=True, lowest=0.0)
            for gamma, values in by_seed.items()
        ]
        axes.plot(*np.array(points).T, "so"[column], color=colour, fillstyle=fill)
        axes.plot([gamma + step for gamma in runs], means, dash, color=colour, label=name)
        end = max(runs), float(means[-1])
        axes.annotate(name, end, (10, 0), textcoords="offset points", color=colour, va="center")
    for number, (label, (gamma, pairs)) in enumerate((apart or {}).items()):
        colour, marker = STYLE[("bn-vae-learned", "bn-vae-shift")[number]].colour, "v^"[number]
        for column, fill in enumerate(("full", "none")):
            y = [pair[column] for pair in pairs]
            span(axes, y, gamma, colour, upright=True, lowest=0.0)
            face, size = (colour, 9) if fill == "full" else ("white", 5)  # one on the other is seen
            axes.plot([gamma] * len(y), y, marker, color=colour, mfc=face, markersize=size)
        top = max(pair[0] for pair in pairs)
        axes.annotate(label, (gamma, top), (8, 7), textcoords="offset points", color=colour)
    _closed_forms(axes, max(runs), dimensions)
    axes.set(xlabel="γ", ylabel="nats", ylim=(-0.05, None), xlim=(-0.06, 1.14 * max(runs)))
    return fig


def _closed_forms(axes: Axes, largest: float, dimensions: int) -> None:
    gammas = np.linspace(0, largest, 100)
    floors = [kl_floor(g, 0.0, dimensions) for g in gammas]
    axes.plot(gammas, floors, color=GREY, linestyle="--", label="floor, D γ² / 2")
    look: dict[str, Any] = {"textcoords": "offset points", "color": GREY}
    axes.annotate("floor", (gammas[-1], floors[-1]), (10, 0), va="center", **look)
    inside = gammas[gammas < min(largest, 0.9)]
    matched = [matched_rate(g, dimensions) for g in inside]
    axes.plot(inside, matched, color=GREY, linestyle=":", label="codes like the prior")
    place = (inside[-1], matched[-1])
    axes.annotate("codes like\nthe prior", place, (-6, 2), ha="right", **look)


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
    fig = Figure(figsize=(COLUMN, 4.2))
    axes = fig.subplots()
    span = np.geomspace(1e-13, 10, 300)
    for eps in sorted(set(epsilons.values())):
        curve = [normalised_variance(gamma, float(v), eps) for v in span]
        axes.plot(span, curve, color=GREY, linestyle="--" if eps > 1e-8 else ":")
        axes.text(eps, 0.5 * gamma**2, f" ε = {eps:g}".replace("e-0", "e-"), color=GREY)
    colour = STYLE["bn-vae"].colour
    for (label, pairs), (marker, face) in zip(
        points.items(), (("s", colour), ("X", colour), ("o", "white")), strict=False
    ):
        axes.plot(*np.array(pairs).T, marker, color=colour, mfc=face, ms=9, label=label)
    axes.set_xscale("log")
    axes.set(xlabel="variance of the means before, V", ylim=(-0.06, 1.25 * gamma**2))
    axes.set_ylabel("variance after")
    fig.legend(loc="outside upper center", ncols=3, columnspacing=1.0, handletextpad=0.1)
    return fig


def price_and_purchase(pairs: Mapping[str, Pairs]) -> Figure:
    """Mutual information against KL, one marker a seed, with the line that nothing can pass.

    KL = MI + KL(q(z) ‖ p(z)) (Hoffman & Johnson 2016): what lies below the line is mismatch.

    Args:
        pairs: system -> for each seed KL and MI (nats).
    """
    fig = Figure(figsize=(COLUMN, 4.8))
    axes = fig.subplots()
    means = {name: np.mean(values, axis=0) for name, values in pairs.items()}
    right = 1.1 * max(kl for values in pairs.values() for kl, _ in values)
    axes.plot([0, right], [0, right], color=GREY, linestyle="--")
    axes.text(0.42 * right, 0.46 * right, "MI = KL", color=GREY, ha="right")
    order = sorted(means, key=lambda name: means[name][1])
    heights = np.linspace(0.02, 0.92, len(order)) * right
    for name, height in zip(order, heights, strict=True):
        style = STYLE[name]
        axes.plot(*np.array(pairs[name]).T, style.marker, color=style.colour, markersize=8)
        axes.plot([means[name][0], 1.06 * right], [means[name][1], height],
                  color=style.colour, linewidth=0.7, alpha=0.6)  # fmt: skip
        axes.text(1.07 * right, height, style.label, color=style.colour, va="center", fontsize=12.5)
    axes.set(xlabel="KL (nats)", ylabel="mutual information (nats)")
    axes.set(xlim=(-0.03 * right, 1.75 * right), ylim=(-0.03 * right, right))
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= right])
    return fig
