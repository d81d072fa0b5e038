"""The figures and tables of chapter 1: one bound read three ways, and what a dimension is worth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator, ScalarFormatter
from torch import Tensor, nn
from torch.distributions import Normal

from collapse import theory
from collapse.exact import questionnaire
from collapse.viz.style import COLUMN, GREEN, GREY, INDIGO, MARKERS, PALETTE, RED, SKY

PALE = "#D9D9D9"
THEORY: dict[str, Any] = {"color": GREY, "linestyle": "--", "linewidth": 1.8}


def bound_and_gap(decoder: nn.Module, sheet: int, guesses: Mapping[str, Normal]) -> Figure:
    """Above: the exact posterior of one sheet and some guesses; below: their gaps to log p(x).

    Args:
        decoder: maps z to log p(x_j|z) for every sheet.
        sheet: which one.
        guesses: name -> posteriors for all sheets, at most three.
    """
    fig = Figure(figsize=(COLUMN, 5.2))
    above, below = fig.subplots(2, height_ratios=[3, 2])
    z = questionnaire.GRID
    exact = questionnaire.log_posterior(decoder)[:, sheet].detach().exp()
    above.plot(z, exact, **THEORY)
    above.annotate("exact $p(z|x)$", (z[exact.argmax()], exact.max()), (0, 5), color=GREY,
                   textcoords="offset points", ha="center")  # fmt: skip
    for (name, q), colour in zip(guesses.items(), PALETTE, strict=False):
        density = Normal(q.loc[sheet], q.scale[sheet]).log_prob(z).exp()
        above.plot(z, density, color=colour, label=name)
    above.set(xlim=(-3, 3.5), ylim=(0, 1.15 * exact.max()), xlabel="z", ylabel="density")
    readings = {name: questionnaire.read(decoder, q) for name, q in guesses.items()}
    elbos = [r.elbo[sheet].item() for r in readings.values()]
    gaps = [r.gap[sheet].item() for r in readings.values()]
    _bound_bars(below, list(guesses), elbos, gaps)
    return fig


def _bound_bars(axes: Axes, names: list[str], elbos: list[float], gaps: list[float]) -> None:
    """A bar from the ELBO up to log p(x), as long as the gap, for each guess."""
    truth = elbos[0] + gaps[0]
    for row, (elbo, gap) in enumerate(zip(elbos, gaps, strict=True)):
        colour = PALETTE[row]
        axes.barh(row, gap, left=elbo, color=PALE, edgecolor=colour, hatch="///", height=0.5)
        axes.plot(elbo, row, "o", color=colour, markersize=8)
        words = f"ELBO −{-elbo:.2f}, gap {gap:.2f}"
        axes.text(truth + 0.3, row, words, va="center", color=colour)
    axes.axvline(truth, **THEORY)
    lowest = min(elbos)
    axes.set(
        yticks=list(range(len(names))), yticklabels=names, ylim=(len(names) - 0.5, -0.8),
        xlabel="nats; dashed: $\\log p(x)$", xlim=(1.08 * lowest, truth - 0.75 * lowest),
    )  # fmt: skip
    axes.set_xticks([tick for tick in axes.get_xticks() if 1.08 * lowest <= tick <= 0])
    for label, colour in zip(axes.get_yticklabels(), PALETTE, strict=False):
        label.set_color(colour)
    axes.grid(axis="y", visible=False)


def bounds_over_a_parameter(
    values: Sequence[float],
    likelihood: Sequence[float],
    bounds: Mapping[str, Sequence[float]],
    *,
    x_label: str,
) -> Figure:
    """Bounds under the likelihood over one parameter of the decoder; each maximum is marked.

    Args:
        values: of the parameter.
        likelihood: the mean of log p(x) at each, nats.
        bounds: name -> its mean at each value, nats; at most three.
        x_label: the parameter.
    """
    fig = Figure(figsize=(COLUMN, 3.8))
    axes = fig.subplots()
    span = max(map(max, [likelihood, *bounds.values()])) - min(map(min, bounds.values()))
    curves = {"$\\log p(x)$": likelihood, **bounds}
    lowest = np.inf  # of the labels so far: one must not lie on another
    looks = [THEORY, *({"color": colour} for colour in PALETTE)]
    for (name, heights), look in zip(curves.items(), looks, strict=False):
        axes.plot(values, heights, **look)
        top = int(np.argmax(heights))
        axes.plot(values[top], heights[top], "o", color=look["color"], markersize=8)
        lowest = min(heights[-1], lowest - 0.08 * span)
        axes.text(values[-1] + 0.02 * (values[-1] - values[0]), lowest, name,
                  color=look["color"], va="center")  # fmt: skip
    axes.set(xlabel=x_label, ylabel="nats per sheet")
    axes.set_xlim(values[0], values[-1] + 0.45 * (values[-1] - values[0]))
    axes.set_xticks([tick for tick in axes.get_xticks() if tick <= values[-1]])
    return fig


Cut = tuple[questionnaire.Readings, tuple[Float[Tensor, ""], Float[Tensor, ""]]]
"""The terms of some posteriors, and their information and mismatch."""


def three_readings(cuts: Mapping[str, Cut], frequencies: Float[Tensor, " patterns"]) -> Figure:
    """The negative ELBO, averaged over the data, cut in three ways; a panel for each posterior.

    Args:
        cuts: name of the posteriors -> their terms.
        frequencies: of the sheets.
    """
    fig = Figure(figsize=(COLUMN, 0.8 + 2.3 * len(cuts)))
    panels = fig.subplots(len(cuts), sharex=True, squeeze=False)[:, 0]
    for axes, (name, cut) in zip(panels, cuts.items(), strict=True):
        for row, parts in enumerate(_three_bars(cut, frequencies)):
            _cut_bar(axes, row, parts)
        axes.set(yticks=range(3), yticklabels=["1st", "2nd", "3rd"], ylabel="reading")
        axes.set_ylim(2.5, -0.75)
        axes.set_title(name, loc="left")
        axes.grid(axis="y", visible=False)
    panels[-1].set(xlabel="nats per sheet", xlim=(0, 1.28 * panels[-1].dataLim.xmax))
    return fig


def _three_bars(
    cut: Cut, frequencies: Float[Tensor, " patterns"]
) -> list[list[tuple[str, float, str]]]:
    readings, (shared, mismatch) = cut
    mean = {
        name: (frequencies * getattr(readings, name)).sum().item()
        for name in ("log_marginal", "reconstruction", "rate", "gap")
    }
    told = ("distortion", -mean["reconstruction"], GREEN)
    return [
        [("$-\\log p(x)$", -mean["log_marginal"], SKY), ("gap", mean["gap"], RED)],
        [told, ("rate", mean["rate"], INDIGO)],
        [told, ("$I_q(x;z)$", shared.item(), PALETTE[6]), ("mismatch", mismatch.item(), RED)],
    ]


def _cut_bar(axes: Axes, row: int, parts: Sequence[tuple[str, float, str]]) -> None:
    """One stacked bar; a part too thin for its label carries it above, the last one beside it."""
    left = 0.0
    for name, width, colour in parts:
        axes.barh(row, width, left=left, color=colour, edgecolor="white", height=0.5)
        text = f"{name} {width:.3f}"
        if width > 0.45:
            axes.text(left + width / 2, row, text, ha="center", va="center", color="white", size=10)
        elif name == parts[-1][0]:
            axes.text(left + width + 0.03, row, text, va="center", color=colour, size=10)
        else:
            place = (left + width, row - 0.28)
            axes.text(*place, text, ha="right", va="bottom", color=colour, size=10)
        left += width


def readings_rows(
    readings: questionnaire.Readings, frequencies: Float[Tensor, " patterns"], rows: int = 6
) -> dict[str, dict[str, str]]:
    """The most frequent sheets with their exact terms, nats, as rows for ``results_table``."""
    sheets = questionnaire.answer_sheets(len(frequencies).bit_length() - 1).int()
    columns = {
        "log p(x)": readings.log_marginal,
        "gap": readings.gap,
        "ELBO": readings.elbo,
        "recon\N{SOFT HYPHEN}struction": readings.reconstruction,
        "rate": readings.rate,
    }
    return {
        "".join("ny"[answer] for answer in sheets[j]): {
            name: f"{values[j].item():.3f}" for name, values in columns.items()
        }
        for j in frequencies.topk(rows).indices.tolist()
    }


def switch_plot(
    eigenvalues: Float[Tensor, " data"],
    noises: Sequence[float],
    kl: Float[Tensor, "noises seeds latent"],
) -> Figure:
    """KL of each trained dimension against the decoder's noise variance, theory dashed.

    Dotted lines mark the thresholds: the noise variances that equal an eigenvalue. Every seed is a
    marker of its own.
    """
    fig = Figure(figsize=(COLUMN, 4.4))
    axes = fig.subplots()
    fine = np.geomspace(min(noises), max(noises), 300)
    latent = kl.shape[-1]
    curves = torch.stack([theory.linear_optimum(eigenvalues, latent, float(n)).kl for n in fine])
    for d in range(latent):
        colour = PALETTE[d]
        axes.plot(fine, curves[:, d], zorder=1, **THEORY)
        axes.axvline(eigenvalues[d].item(), color=colour, linestyle=":", linewidth=1.4)
        axes.plot(noises, kl[:, :, d], MARKERS[d], color=colour, markersize=6, alpha=0.8)
        axes.annotate(f"dimension {d + 1}", (eigenvalues[d].item(), 1), (0, 3), color=colour,
                      xycoords=("data", "axes fraction"), textcoords="offset points",
                      ha="center", size=9.5)  # fmt: skip
    axes.set(xscale="log", xlabel="noise variance σ² of the decoder", ylabel="KL (nats)")
    plain_ticks(axes, [e for e in eigenvalues.tolist() if e >= min(noises)])
    return fig


def spectrum_frame(
    eigenvalues: Float[Tensor, " data"], noise: float, kl: Float[Tensor, "seeds latent"]
) -> Figure:
    """One noise variance: which eigenvalues exceed it, and below the KL that training reached."""
    fig = Figure(figsize=(COLUMN, 4.6))
    above, below = fig.subplots(2, sharex=True)
    latent = kl.shape[1]
    places = range(1, len(eigenvalues) + 1)
    colours = [SKY if value > noise else PALE for value in eigenvalues.tolist()]
    above.bar(places, eigenvalues.tolist(), color=colours, edgecolor=GREY)
    above.axhline(noise, **THEORY)
    above.set(ylabel="eigenvalue", yscale="log", ylim=(0.05, 8))
    plain_ticks(above, [0.1, 1.0], along="y")
    optimum = theory.linear_optimum(eigenvalues, latent, noise).kl
    below.hlines(optimum, np.arange(latent) + 0.6, np.arange(latent) + 1.4, **THEORY)
    for values in kl:
        below.plot(range(1, latent + 1), values, "o", color=RED, alpha=0.7)
    below.set(xlabel="direction, largest first", ylabel="KL (nats)", ylim=(-0.1, 2.1))
    below.set_xticks(list(places))
    return fig


def switching_on(
    kl: Float[Tensor, "seeds steps latent"], optimum: Float[Tensor, " latent"]
) -> Figure:
    """KL of each dimension over training, one thin line for each seed; the optimum dashed."""
    fig = Figure(figsize=(COLUMN, 3.8))
    axes = fig.subplots()
    for d in range(kl.shape[-1]):
        axes.hlines(optimum[d].item(), 0, kl.shape[1] - 1, zorder=1, **THEORY)
        axes.plot(kl[:, :, d].T, color=PALETTE[d], linewidth=0.7, alpha=0.7)
        axes.plot(kl[:, :, d].mean(0), color=PALETTE[d])
        same = [e for e in range(kl.shape[-1]) if optimum[e] == optimum[d]]
        place = (kl.shape[1] - 1, optimum[d].item())
        axes.annotate(f"dimension {d + 1}", place, (6, 15 * same.index(d)), color=PALETTE[d],
                      textcoords="offset points", va="center", annotation_clip=False)  # fmt: skip
    axes.set(xlabel="training step", ylabel="KL (nats)", xlim=(0, 1.27 * kl.shape[1]))
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick < kl.shape[1]])
    return fig


def plain_ticks(axes: Axes, values: Sequence[float | int], along: str = "x") -> None:
    """Ticks at these values of a logarithmic axis, written as plain numbers."""
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())
    axis.set_ticks(list(values), labels=[f"{value:g}" for value in values])
