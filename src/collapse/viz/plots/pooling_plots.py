"""Pictures of features: where they lie, what reaches them, how far noise carries them off."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from collapse.viz.style import COLUMN, MARKERS, PALETTE, STYLE


def feature_clouds(
    clouds: Mapping[str, Float[Tensor, "documents 3"]],
    labels: Int[np.ndarray, " documents"],
    names: Sequence[str],
    title: str,
) -> Figure:
    """The feature spaces of three-unit encoders side by side (Long et al. 2019, Figure 2).

    LSTM states lie in (-1, 1), and all axes show that whole cube: a small cloud is small.

    Args:
        clouds: system -> one point a document.
        labels: the class of each document, which decides colour and marker.
        names: of the classes, at most four.
        title: what the slider of the page stands at.
    """
    fig = Figure(figsize=(COLUMN, 3.9))
    for place, (system, points) in enumerate(clouds.items(), start=1):
        axes = fig.add_subplot(1, len(clouds), place, projection="3d")
        for number, name in enumerate(names):
            axes.scatter(
                *points[labels == number].T.tolist(),
                s=22,
                facecolors="none",  # hollow, so that classes on one spot are all seen
                edgecolors=PALETTE[number],
                marker=MARKERS[number],
                label=name,
                depthshade=False,
            )
        axes.set(xlim=(-1, 1), ylim=(-1, 1), zlim=(-1, 1))
        axes.set_title(STYLE[system].label, loc="center")
        axes.set(xticks=(-0.5, 0, 0.5), yticks=(-0.5, 0, 0.5), zticks=(-0.5, 0, 0.5))
        axes.tick_params(labelsize=9, pad=-3)
    handles, texts = fig.axes[0].get_legend_handles_labels()
    fig.legend(handles, texts, loc="outside lower center", ncols=len(names), markerscale=1.5)
    fig.suptitle(title, fontsize="medium")
    return fig


def against_length(
    values: Mapping[str, Mapping[int, Sequence[float]]],
    label: str,
    chance: float | None = None,
    chance_label: str = "guessing",
) -> Figure:
    """A measure against the length of the noise: a small mark a seed, a line through the means.

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
    _legend(fig, axes)
    return fig


def _seeds_and_means(axes: Axes, system: str, by_length: Mapping[int, Sequence[float]]) -> None:
    style, lengths = STYLE[system], sorted(by_length)
    means = [float(np.mean(by_length[length])) for length in lengths]
    axes.plot(lengths, means, **style.plot())
    for length in lengths:
        marks = by_length[length]
        axes.plot([length] * len(marks), marks, "_", color=style.colour, markersize=11, alpha=0.8)


def reach_curves(
    measured: Mapping[str, Sequence[float]], theory: Mapping[str, Sequence[float]]
) -> Figure:
    """Size of the gradient at each step of the encoder's input, on a logarithmic axis.

    Args:
        measured: system -> one value a step.
        theory: system -> the closed form, where there is one; dashed.
    """
    fig = Figure(figsize=(COLUMN, 4.2))
    axes = fig.subplots()
    grey = STYLE["theory"]
    for number, values in enumerate(theory.values()):
        label = "theory" if number == 0 else None
        axes.plot(values, color=grey.colour, linestyle=grey.dash, label=label, zorder=3)
    for system, values in measured.items():
        axes.plot(values, **STYLE[system].plot(), markevery=4)
    axes.set_yscale("log")
    axes.set(xlabel="step of the input", ylabel="gradient of the loss (nats / unit)")
    _legend(fig, axes)
    return fig


def _legend(fig: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    fig.legend(
        handles, labels, loc="outside upper center", ncols=2 if len(labels) > 3 else len(labels)
    )
