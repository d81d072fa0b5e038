"""Pictures of features: where they lie, what reaches them, how far noise carries them off."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation
from torch import Tensor

from collapse.ledger.claims.intervals import of_mean
from collapse.viz.spans import span
from collapse.viz.style import COLUMN, INDIGO, INK, LILAC, MARKERS, PINK, STYLE

WIDEST = 1.75  # states lie in (-1, 1), so the diagonal of three units' cube reaches to 1.73
CLASSES = (PINK, INDIGO, LILAC, INK)  # of documents: no hue of a system in the same figures
ASIDE = [(x / 72, y / 72) for x in (-2, 2) for y in (-2, 2)]  # inches, one a class
# Where poolings are compared, a system is called by what it makes its feature of.
FEATURES = {
    "vae": "last state",
    "pool-avg": "average",
    "pool-max": "maximum",
    "pool-abs": "sign-preserving",
    "pool-attention": "self-attention",
    "agg-vae-short": "last state, aggressive",
    "pool-max-agg-short": "maximum, aggressive",
    "beta-vae-0.2": "last state",
    "pool-max-beta-0.2": "maximum",
}
Rows = Sequence[Mapping[str, float]]


def feature_name(system: str) -> str:
    """What a system makes its feature of: "last state" for the VAE, "maximum" for max pooling."""
    return FEATURES.get(system, STYLE[system].label)


def feature_clouds(
    clouds: Mapping[str, Float[Tensor, "documents width"]],
    axes_of: Mapping[str, Float[Tensor, "2 width"]],
    labels: Int[np.ndarray, " documents"],
    names: Sequence[str],
    title: str,
) -> Figure:
    """Two feature spaces side by side, along two directions each (Long et al. 2019, Figure 2).

    Both panels have one scale: a small cloud is small. Each class is drawn a few points aside.

    Args:
        clouds: system -> one point a document.
        axes_of: system -> the directions, see :func:`principal_axes`; the mean is at the origin.
        labels: the class of each document, which decides colour and marker.
        names: of the classes, at most four.
        title: what the slider of the page stands at.
    """
    fig = Figure(figsize=(COLUMN, 4.2))
    panels = fig.subplots(1, len(clouds), sharex=True, sharey=True)
    for axes, (system, points) in zip(np.atleast_1d(panels), clouds.items(), strict=True):
        flat = (points - points.mean(0)) @ axes_of[system].T
        for number, name in enumerate(names):
            aside = ScaledTranslation(*ASIDE[number], fig.dpi_scale_trans)
            axes.plot(
                *flat[labels == number].T.tolist(),
                MARKERS[number],
                fillstyle="none",  # hollow and aside, so that classes on one spot are all seen
                transform=axes.transData + aside,
                color=CLASSES[number],
                markersize=6,
                label=name,
            )
        axes.set(xlim=(-WIDEST, WIDEST), ylim=(-WIDEST, WIDEST), aspect="equal")
        axes.set(xlabel="first axis", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        axes.set_title(feature_name(system))
    fig.axes[0].set_ylabel("second axis")
    handles, texts = fig.axes[0].get_legend_handles_labels()
    fig.legend(handles, texts, loc="outside lower center", ncols=len(names), columnspacing=1.2)
    fig.suptitle(title, fontsize="medium")
    return fig


def principal_axes(points: Float[Tensor, "documents width"]) -> Float[Tensor, "2 width"]:
    """The two directions in which a cloud is widest, of length 1."""
    centred = (points - points.mean(0)).double()
    return torch.linalg.svd(centred, full_matrices=False)[2][:2].to(points.dtype)


def against_length(
    values: Mapping[str, Mapping[int, Sequence[float]]],
    label: str,
    chance: float | None = None,
    chance_label: str = "guessing",
) -> Figure:
    """A share against the length of the noise: a small mark a seed, a line through the means.

    A pale bar is the 95 % interval of a mean, between 0 and 1; one seed has none.

    Args:
        values: system -> length -> one value a seed.
        label: of the vertical axis, with its unit.
        chance: a value to compare with, drawn as theory is.
        chance_label: what that value is.
    """
    fig = Figure(figsize=(COLUMN, 3.8))
    axes = fig.subplots()
    for system, by_length in values.items():
        _seeds_and_means(axes, system, by_length)
    if chance is not None:
        grey = STYLE["theory"]
        axes.axhline(chance, color=grey.colour, linestyle=grey.dash, label=chance_label)
    axes.set_xticks(sorted({length for by_length in values.values() for length in by_length}))
    axes.set(xlabel="words of noise after the topic", ylabel=label)
    handles, labels = axes.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return fig


def _seeds_and_means(axes: Axes, system: str, by_length: Mapping[int, Sequence[float]]) -> None:
    style, lengths = STYLE[system], sorted(by_length)
    means = [
        span(axes, by_length[length], length, style.colour, upright=True, lowest=0.0, highest=1.0)
        for length in lengths
    ]
    axes.plot(lengths, means, **style.plot() | {"label": feature_name(system)})
    for length in lengths:
        marks = by_length[length]
        axes.plot([length] * len(marks), marks, "_", color=style.colour, markersize=11, alpha=0.8)


def reach_curves(
    measured: Mapping[str, Sequence[Sequence[float]]], theory: Mapping[str, Sequence[float]]
) -> Figure:
    """Size of the gradient at each step of the encoder's input, on a logarithmic axis.

    A line is the geometric mean over seeds, its pale band the 95 % interval (of the logarithms).

    Args:
        measured: system -> for each seed one value a step; its name stands at the right end.
        theory: system -> the closed form, where there is one; dashed.
    """
    fig = Figure(figsize=(COLUMN, 4.4))
    axes = fig.subplots()
    for values in theory.values():
        axes.plot(values, color=STYLE["theory"].colour, linestyle="--", zorder=3)
    names, steps = {}, 0
    for system, seeds in measured.items():
        means = _mean_and_band(axes, np.log(np.asarray(seeds)), STYLE[system].colour)
        look: dict[str, Any] = STYLE[system].plot() | {"label": None}
        axes.plot(means, **look, markevery=4)
        names[feature_name(system)] = means[-1], STYLE[system].colour
        steps = max(steps, len(means))
    axes.set_yscale("log")
    axes.set(xlabel="word of the text", ylabel="gradient of the loss (nats / unit)")
    _name_at_the_right(axes, steps, names)
    if theory:
        axes.plot([], color=STYLE["theory"].colour, linestyle="--", label="theory")
        axes.legend(loc="lower center")
    return fig


def _mean_and_band(axes: Axes, logs: np.ndarray, colour: str) -> list[float]:
    """The geometric means at each step (columns) over seeds (rows), with the band drawn."""
    found = [of_mean(values.tolist()) for values in logs.T]
    if len(logs) > 1:
        low, high = (np.exp([getattr(each, end) for each in found]) for end in ("low", "high"))
        axes.fill_between(range(len(found)), low, high, color=colour, alpha=0.2, linewidth=0)
    return [float(np.exp(each.mean)) for each in found]


def _name_at_the_right(axes: Axes, steps: int, names: Mapping[str, tuple[float, str]]) -> None:
    """The names of lines behind their ends, at least a line's height apart, on a log axis."""
    low, high = np.log(axes.get_ylim())
    apart, height = 0.085 * (high - low), np.inf
    for name, (value, colour) in sorted(names.items(), key=lambda each: -each[1][0]):
        height = min(float(np.log(value)), height - apart)
        axes.text(steps + 0.2, float(np.exp(height)), name, color=colour, va="center")
    axes.set_xlim(-0.5, steps * 1.42)
    axes.set_xticks(range(0, steps, 5))


def dispersion_curves(runs: Mapping[str, Sequence[Rows]], keys: Mapping[str, str]) -> Figure:
    """Measures of dispersion over training: a panel a measure, a line a seed and no mean.

    Args:
        runs: system -> for each seed its rows, with "step" and the measures.
        keys: measure -> label of its axis.
    """
    fig = Figure(figsize=(COLUMN, 0.8 + 2.3 * len(keys)))
    panels = fig.subplots(len(keys), sharex=True, squeeze=False)[:, 0]
    for axes, (key, label) in zip(panels, keys.items(), strict=True):
        for system, group in runs.items():
            style = STYLE[system]
            for number, rows in enumerate(group):
                name = feature_name(system) if not number else None
                x, y = ([row[k] for row in rows] for k in ("step", key))
                look: dict[str, Any] = style.plot() | {"label": name}
                axes.plot(x, y, **look, linewidth=1.3, markersize=4.5)
        axes.set_ylabel(label)
    panels[-1].set_xlabel("training step")
    handles, labels = panels[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=2)
    return fig


def ledger_dots(
    measured: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]],
    systems: Sequence[str],
    twins: Mapping[str, str],
    marked: float,
) -> Figure:
    """Systems of the ledger as dots with 95 % intervals over runs: a column a corpus.

    The upper two panels have one scale, the lower two one width.

    Args:
        measured: title of a panel -> system -> kind -> one value a run; upper left, lower left,
            upper right, lower right.
        systems: their order from top to bottom.
        twins: the two kinds -> how they are called; the first is filled, the second hollow.
        marked: a value of the upper panels with a dashed line.
    """
    fig = Figure(figsize=(COLUMN, 6.4))
    panels = list(fig.subplots(2, 2, sharey=True).ravel("F"))
    for axes, (title, found) in zip(panels, measured.items(), strict=True):
        for row, system in enumerate(systems):
            for place, kind in enumerate(twins):
                values = found.get(system, {}).get(kind, ())
                if len(values):
                    _dot(axes, row + 0.24 * (2 * place - 1), values, system, hollow=place == 1)
        axes.set_title(title)
    grey = STYLE["theory"]
    for axes in panels[::2]:
        axes.axvline(marked, color=grey.colour, linestyle=grey.dash, linewidth=1.4)
    _one_scale(panels[::2])
    _one_width(panels[1::2])
    panels[0].set_yticks(range(len(systems)), [feature_name(name) for name in systems])
    panels[0].invert_yaxis()
    for kind, words in twins.items():
        full = kind == next(iter(twins))
        look = {"markersize": 8, "fillstyle": "full" if full else "none", "color": "#262626"}
        panels[0].plot([], [], "o", label=words, **look)
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


def _one_scale(panels: Sequence[Axes]) -> None:
    ends = [axes.get_xlim() for axes in panels]
    for axes in panels:
        axes.set_xlim(min(low for low, _ in ends), max(high for _, high in ends))
        axes.locator_params(axis="x", nbins=4)


def _one_width(panels: Sequence[Axes]) -> None:
    half = max(high - low for low, high in (axes.get_xlim() for axes in panels)) / 2
    for axes in panels:
        middle = sum(axes.get_xlim()) / 2
        axes.set_xlim(middle - half, middle + half)
        axes.locator_params(axis="x", nbins=4)


def _dot(axes: Axes, row: float, values: Sequence[float], system: str, *, hollow: bool) -> None:
    interval, colour = of_mean(list(values)), STYLE[system].colour
    if len(values) > 1:
        low = max(interval.low, 0.0)  # neither a KL nor the NLL of words is less
        axes.plot([low, interval.high], [row, row], color=colour, linewidth=1.4)
    face = "none" if hollow else "full"
    axes.plot(interval.mean, row, "o", color=colour, fillstyle=face, markersize=8)
    axes.plot(list(values), [row] * len(values), "|", color=colour, markersize=7, alpha=0.7)
