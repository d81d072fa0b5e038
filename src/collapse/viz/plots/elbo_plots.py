"""The figures and tables of chapter 1: one bound read three ways, and what a dimension is worth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
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
    """Above: the exact posterior of one sheet and some guesses; below: log p(x) as ELBO and gap.

    Args:
        decoder: maps z to log p(x_j|z) for every sheet.
        sheet: which one.
        guesses: name -> posteriors for all sheets, at most three.
    """
    fig = Figure(figsize=(COLUMN, 5.2))
    above, below = fig.subplots(2, height_ratios=[3, 2])
    z = questionnaire.GRID
    above.plot(
        z, questionnaire.log_posterior(decoder)[:, sheet].detach().exp(), label="exact", **THEORY
    )
    for (name, q), colour in zip(guesses.items(), PALETTE, strict=False):
        density = Normal(q.loc[sheet], q.scale[sheet]).log_prob(z).exp()
        above.plot(z, density, color=colour, label=name)
    above.set(xlim=(-3, 3.5), ylim=(0, None), xlabel="z", ylabel="density")
    above.legend(loc="upper left")
    readings = {name: questionnaire.read(decoder, q) for name, q in guesses.items()}
    elbos = [r.elbo[sheet].item() for r in readings.values()]
    gaps = [r.gap[sheet].item() for r in readings.values()]
    _bound_bars(below, list(guesses), elbos, gaps)
    return fig


def _bound_bars(axes: Axes, names: list[str], elbos: list[float], gaps: list[float]) -> None:
    rows = range(len(names))
    axes.barh(rows, elbos, color=list(PALETTE[: len(names)]), height=0.62)
    axes.barh(rows, gaps, left=elbos, color=PALE, edgecolor=GREY, hatch="///", height=0.62)
    for row, (elbo, gap) in enumerate(zip(elbos, gaps, strict=True)):
        axes.text(elbo - 0.06, row, f"−{-elbo:.2f}, gap {gap:.2f}", ha="right", va="center")
    axes.axvline(elbos[0] + gaps[0], **THEORY)
    lowest = min(elbos)
    axes.set(
        yticks=list(rows), yticklabels=names, xlabel="nats: ELBO (bar end), log p(x) (dashed)",
        xlim=(1.45 * lowest, 0),
    )  # fmt: skip
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)


def three_readings(
    readings: questionnaire.Readings,
    information: tuple[Float[Tensor, ""], Float[Tensor, ""]],
    frequencies: Float[Tensor, " patterns"],
) -> Figure:
    """The negative ELBO, averaged over the data, cut in three ways; one bar each."""
    cost = {
        name: -(frequencies * value).sum().item()
        for name, value in [
            ("nll", readings.log_marginal),
            ("distortion", readings.reconstruction),
            ("rate", -readings.rate),
            ("gap", -readings.gap),
        ]
    }
    shared, mismatch = (value.item() for value in information)
    bars = [
        [("$-\\log p(x)$", cost["nll"], SKY), ("gap", cost["gap"], RED)],
        [("distortion", cost["distortion"], GREEN), ("rate", cost["rate"], INDIGO)],
        [("distortion", cost["distortion"], GREEN), ("$I_q(x;z)$", shared, PALETTE[4]),
         ("$\\mathrm{KL}(q(z)\\|p)$", mismatch, RED)],
    ]  # fmt: skip
    fig = Figure(figsize=(COLUMN, 3.4))
    axes = fig.subplots()
    for row, parts in enumerate(bars):
        _cut_bar(axes, row, parts)
    axes.set(yticks=range(3), yticklabels=["1st", "2nd", "3rd"], xlabel="nats per sheet")
    axes.set_ylabel("reading")
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    return fig


def _cut_bar(axes: Axes, row: int, parts: Sequence[tuple[str, float, str]]) -> None:
    """One stacked bar; parts too thin for their label carry it above the bar."""
    left = 0.0
    for name, width, colour in parts:
        axes.barh(row, width, left=left, color=colour, edgecolor="white", height=0.5)
        text = f"{name} {width:.3f}"
        if width > 0.3:
            axes.text(left + width / 2, row, text, ha="center", va="center", color="white")
        else:
            axes.text(left + width, row - 0.38, text, ha="right", va="center")
        left += width


def readings_table(
    readings: questionnaire.Readings, frequencies: Float[Tensor, " patterns"], rows: int = 6
) -> pd.DataFrame:
    """The most frequent sheets with their terms, nats; all terms exact."""
    sheets = questionnaire.answer_sheets(len(frequencies).bit_length() - 1).int()
    table = pd.DataFrame(
        {
            "answers": ["".join("ny"[answer] for answer in sheet) for sheet in sheets],
            "frequency": frequencies,
            "log p(x)": readings.log_marginal.detach(),
            "ELBO": readings.elbo.detach(),
            "reconstruction": readings.reconstruction.detach(),
            "rate": readings.rate.detach(),
            "gap": readings.gap.detach(),
        }
    )
    return table.nlargest(rows, "frequency").set_index("answers").round(3)


def gradient_variance(
    sizes: Sequence[int],
    variances: Mapping[str, Float[Tensor, "seeds sizes"]],
) -> Figure:
    """Variance of a one-draw gradient against the number of latent dimensions, on log scales.

    Thin lines are seeds, the marked line their mean. Dashed: constant, linear and quadratic
    growth, drawn through the last point of the estimators in the order given.

    Args:
        sizes: numbers of latent dimensions D.
        variances: estimator -> variance for each seed and size; theory expects growth 1, D, D².
    """
    fig = Figure(figsize=(COLUMN, 4.4))
    axes = fig.subplots()
    for power, (name, values) in enumerate(variances.items()):
        mean, colour = values.mean(0), PALETTE[power]
        growth = torch.tensor(sizes).to(values) ** power
        axes.plot(sizes, mean[-1] * growth / growth[-1], zorder=1, **THEORY)
        axes.plot(sizes, values.T, color=colour, linewidth=0.7, alpha=0.7)
        axes.plot(sizes, mean, color=colour, marker=MARKERS[power], label=name)
    axes.set(xscale="log", yscale="log", xlabel="latent dimensions D")
    axes.set_ylabel("variance of one draw")
    _plain_ticks(axes, sizes)
    fig.legend(loc="outside upper center", ncols=1)
    return fig


def importance_curve(
    counts: Sequence[int],
    bounds: Mapping[str, Float[Tensor, "counts repeats"]],
    truth: float,
    divergence: float,
) -> Figure:
    """Importance-weighted bounds against the number of samples.

    Above: their mean and the band that holds 80 % of the repeats, with the exact value dashed.
    Below: the distance of the mean from the exact value, with the rate χ²/(2K) dashed.

    Args:
        counts: numbers of samples K.
        bounds: proposal -> bound for each K and repeat.
        truth: the exact mean log p(x).
        divergence: χ²(p(z|x) ‖ q) of the first proposal, averaged over the data.
    """
    fig = Figure(figsize=(COLUMN, 6.0))
    above, below = fig.subplots(2, sharex=True)
    above.axhline(truth, label="exact $\\log p(x)$", **THEORY)
    below.plot(counts, [divergence / (2 * k) for k in counts], label="$\\chi^2/2K$", **THEORY)
    for (name, values), colour, marker in zip(bounds.items(), PALETTE, MARKERS, strict=False):
        low, high = values.quantile(torch.tensor([0.1, 0.9]).to(values), dim=1)
        above.fill_between(counts, low, high, color=colour, alpha=0.2, linewidth=0)
        above.plot(counts, values.mean(1), color=colour, marker=marker, label=name)
        error = values.std(1) / values.shape[1] ** 0.5
        below.errorbar(counts, truth - values.mean(1), yerr=2 * error, color=colour, marker=marker)
    above.set_ylabel("bound (nats)")
    below.set(xscale="log", yscale="log", xlabel="samples K", ylabel="exact − bound (nats)")
    below.set_ylim(1e-4, None)
    _plain_ticks(below, counts)
    fig.legend(loc="outside upper center", ncols=2)
    return fig


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
        for seed in range(kl.shape[1]):
            name = f"dimension {d + 1}" if seed == 0 else None
            axes.plot(
                noises,
                kl[:, seed, d],
                MARKERS[d],
                color=colour,
                markersize=6,
                alpha=0.8,
                label=name,
            )
    axes.set(xscale="log", xlabel="noise variance σ² of the decoder", ylabel="KL (nats)")
    _plain_ticks(axes, [e for e in eigenvalues.tolist() if e >= min(noises)])
    fig.legend(loc="outside upper center", ncols=3)
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
    _plain_ticks(above, [0.1, 1.0], along="y")
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
        axes.axhline(optimum[d].item(), zorder=1, **THEORY)
        axes.plot(kl[:, :, d].T, color=PALETTE[d], linewidth=0.7, alpha=0.7)
        axes.plot(kl[:, :, d].mean(0), color=PALETTE[d], label=f"dimension {d + 1}")
    axes.set(xlabel="training step", ylabel="KL (nats)")
    fig.legend(loc="outside upper center", ncols=3)
    return fig


def _plain_ticks(axes: Axes, values: Sequence[float | int], along: str = "x") -> None:
    """Ticks at these values of a logarithmic axis, written as plain numbers."""
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())
    axis.set_ticks(list(values), labels=[f"{value:g}" for value in values])
