"""Pictures of chapter 3: posterior means against each other, and what moves them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from collapse.viz.style import COLUMN, GREEN, GREY, INDIGO, INK, OLIVE, PINK, PURPLE, SKY, STYLE

Means = tuple[Float[Tensor, "documents latent"], Float[Tensor, "documents latent"]]
"""Means of the model posterior p(z|x) and of the encoder's q(z|x)."""

Path = Sequence[tuple[str, float, float]]
"""What moved, and where to: mean of p(z|x), mean of q(z|x)."""

ACROSS, UP = "mean of p(z|x)", "mean of q(z|x)"
# Documents by their label. No hue is that of a system of chapter 3, or of a force.
GROUPS = ((SKY, "o"), (PINK, "^"), (OLIVE, "s"), (INDIGO, "D"))
Groups = Int[np.ndarray, " documents"]
"""The label of each document, 0 to 3: each has a colour and a marker."""


def mean_space(
    stages: Mapping[str, Mapping[str, Means]],
    limit: float | None = None,
    groups: Groups | None = None,
) -> Figure:
    """The posterior-mean space at stages of training: a row a system, a column a stage.

    Source: He et al. (2019), Figure 2. On the dashed diagonal the two means agree.

    Args:
        stages: system -> title of the stage -> the means, one latent dimension.
        limit: of both axes; without it all points lie inside.
        groups: of the documents; without them a system's own colour and marker are drawn.
    """
    rows, columns = len(stages), max(len(panels) for panels in stages.values())
    limit = limit or farthest(means for panels in stages.values() for means in panels.values())
    fig = Figure(figsize=(COLUMN, 0.5 + 7.0 / columns * rows))
    grid = fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for row, (name, panels) in zip(grid, stages.items(), strict=True):
        for axes, (title, means) in zip(row, panels.items(), strict=False):
            _cloud(axes, name, means, limit, 7.0, groups)
            axes.set_title(title, fontsize=12)
        row[0].set_ylabel(STYLE[name].label)
    fig.supxlabel(ACROSS, fontsize=13)
    fig.supylabel(UP, fontsize=13)
    return fig


def mean_space_now(
    systems: Mapping[str, Means], limit: float | None = None, groups: Groups | None = None
) -> Figure:
    """One stage of several systems side by side, large; arguments as for :func:`mean_space`."""
    limit = limit or farthest(systems.values())
    fig = Figure(figsize=(COLUMN, 3.5))
    row = fig.subplots(1, len(systems), sharey=True, squeeze=False)[0]
    for axes, (name, means) in zip(row, systems.items(), strict=True):
        _cloud(axes, name, means, limit, 12.0, groups)
        axes.set(title=STYLE[name].label, xlabel=ACROSS)
    row[0].set_ylabel(UP)
    return fig


def farthest(of: Iterable[Means]) -> float:
    """A limit of both axes inside which all means lie, 1 at least."""
    return 1.05 * max(1.0, *(mean.abs().max().item() for means in of for mean in means))


def _cloud(
    axes: Axes, name: str, means: Means, limit: float, size: float, groups: Groups | None
) -> None:
    model, inference = (mean.squeeze(-1).numpy() for mean in means)
    axes.plot([-limit, limit], [-limit, limit], color=GREY, linestyle="--", linewidth=1.2)
    for colour, marker, own in group_parts(name, len(model), groups):
        axes.scatter(model[own], inference[own], s=size, color=colour, marker=marker, linewidths=0)
    step = max(step for step in (0.5, 1, 2, 5, 10, 20) if step < limit)
    ticks = [-step, 0, step]
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=ticks, yticks=ticks)
    axes.set_aspect("equal")


def group_parts(
    name: str, documents: int, groups: Groups | None
) -> list[tuple[str, str, Bool[np.ndarray, " documents"]]]:
    """Colour, marker and documents of each group, or of all of them."""
    if groups is None:
        return [(STYLE[name].colour, STYLE[name].marker, np.ones(documents, dtype=bool))]
    return [(*look, groups[:documents] == label) for label, look in enumerate(GROUPS)]


def trajectory(paths: Mapping[str, Path]) -> Figure:
    """One document's way through the posterior-mean space, a panel a system, on one scale.

    Source: He et al. (2019), Figure 3. A step of the encoder moves the point up or down, a step of
    the decoder to the left or right. Steps of the encoder that follow one another, an inner loop,
    are one stroke from where they begin to where they end, and dotted. A panel has its
    system's colour.

    Args:
        paths: system -> (what moved, mean of p(z|x), mean of q(z|x)) in the order of training; the
            first entry is where it starts.
    """
    fig = Figure(figsize=(COLUMN, 3.7))
    row = fig.subplots(1, len(paths), sharex=True, sharey=True, squeeze=False)[0]
    drawn = {name: _strokes(path) for name, path in paths.items()}
    every = np.array([point for path in drawn.values() for _, *point in path])
    low, high = every.min() - 0.15, every.max() + 0.15
    for axes, (name, path) in zip(row, drawn.items(), strict=True):
        _steps(axes, path, STYLE[name].colour)
        axes.plot([low, high], [low, high], color=GREY, linestyle="--", linewidth=1.2)
        axes.set(xlim=(low, high), ylim=(low, high), title=STYLE[name].label, xlabel=ACROSS)
        axes.set_aspect("equal")
    row[0].set_ylabel(UP)
    _path_legend(fig)
    return fig


def _strokes(path: Path) -> Path:
    """The path, of steps of the encoder that follow one another the last alone."""
    after = [moved for moved, *_ in path[1:]] + [""]
    return [
        step for step, then in zip(path, after, strict=True) if not step[0] == then == "encoder"
    ]


def _steps(axes: Axes, path: Path, colour: str) -> None:
    points = np.array([(x, y) for _, x, y in path])
    for (moved, *_), start, end in zip(path[1:], points[:-1], points[1:], strict=True):
        dash = ":" if moved == "encoder" else "-"
        axes.plot(*np.stack([start, end]).T, color=colour, linestyle=dash, linewidth=1.5)
    axes.plot(*points[0], marker="o", color=INK, linestyle="none", zorder=3)
    axes.plot(*points[-1], marker="*", markersize=13, color=INK, linestyle="none", zorder=3)


def _path_legend(fig: Figure) -> None:
    shown = [
        Line2D([], [], color=INK, linestyle=":", label="encoder, a loop"),
        Line2D([], [], color=INK, label="decoder step, or a joint one"),
        Line2D([], [], marker="o", color=INK, linestyle="none", label="start"),
        Line2D([], [], marker="*", markersize=13, color=INK, linestyle="none", label="end"),
    ]
    fig.legend(handles=shown, loc="outside upper center", ncols=2)


FORCES = {  # measure -> label, colour, marker
    "likelihood": ("likelihood", GREEN, "^"),
    "agreement": ("agreement", PURPLE, "v"),
    "net": ("net", INK, "o"),
}


def pushes(
    systems: Mapping[str, Sequence[Mapping[str, Sequence[float]]]], iterations: Sequence[int]
) -> Figure:
    """The two forces of Eq. 3 on the spread of the model posterior's means, and their sum.

    Both axes are linear near zero (iterations up to 5, pushes up to 0.1) and logarithmic beyond.

    Args:
        systems: system -> for each seed, measure ("likelihood", "agreement") -> one value an
            iteration.
        iterations: when; 0 is drawn at the left end.
    """
    fig = Figure(figsize=(COLUMN, 0.7 + 2.5 * len(systems)))
    column = fig.subplots(len(systems), sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, (name, seeds) in zip(column, systems.items(), strict=True):
        parts = {m: np.array([seed[m] for seed in seeds]) for m in ("likelihood", "agreement")}
        parts["net"] = parts["likelihood"] + parts["agreement"]
        for measure, (label, colour, marker) in FORCES.items():
            values, width = parts[measure], 2.8 if measure == "net" else 1.6
            axes.plot(iterations, values.T, color=colour, linewidth=0.7, alpha=0.35)
            middle = np.median(values, axis=0)
            axes.plot(iterations, middle, color=colour, marker=marker, label=label, linewidth=width)
        axes.axhline(0, color=GREY, linewidth=1)
        axes.set_yscale("symlog", linthresh=0.1, linscale=1.2)
        axes.set_xscale("symlog", linthresh=5)
        axes.set(title=STYLE[name].label, ylabel="push (z per unit rate)")
        axes.set_yticks(
            [-10, -1, -0.1, 0, 0.1, 1, 10], ["−10", "−1", "−0.1", "0", "0.1", "1", "10"]
        )
        _iterations(axes, iterations)
    column[-1].set_xlabel("iteration")
    fig.legend(*column[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return fig


def _iterations(axes: Axes, iterations: Sequence[int]) -> None:
    """Few ticks on a logarithmic axis of iterations, the last one among them."""
    shown = [i for i in (0, 5, 20, 100) if i in iterations]
    shown += [iterations[-1]] if iterations[-1] >= 3 * max(shown, default=0) else []
    axes.set_xticks(shown, [str(i) for i in shown])
    axes.minorticks_off()


SHARED, SPECIFIC = "the same for all documents", "differs between documents"
PART_LOOKS: dict[str, dict[str, Any]] = {  # label -> line and marker, in the colour of the system
    SHARED: {"linestyle": "--", "marker": "s", "markerfacecolor": "white", "linewidth": 1.5},
    SPECIFIC: {"linestyle": "-", "marker": "^"},
}
PARTS = {  # column, the word in its title -> measure -> label
    "means": {"shared": SHARED, "specific": SPECIFIC},
    "weights": {"weight_shared": SHARED, "weight_specific": SPECIFIC},
}


def gradient_parts(
    systems: Mapping[str, Sequence[Mapping[str, Sequence[float]]]], iterations: Sequence[int]
) -> Figure:
    """The encoder's gradient in two parts, that of all documents and that of each: a row a system.

    On the left the gradient for the posterior means, on the right that for the weights that make
    the means of the features; see :class:`collapse.chapters.lagging.slow_encoder.MeanGradients`.

    Args:
        systems: system -> for each seed, measure -> one value an iteration, positive.
        iterations: when.
    """
    fig = Figure(figsize=(COLUMN, 1.0 + 2.2 * len(systems)))
    grid = fig.subplots(len(systems), 2, sharex=True, sharey="col", squeeze=False)
    for row, (name, seeds) in zip(grid, systems.items(), strict=True):
        for axes, (column, measures) in zip(row, PARTS.items(), strict=True):
            for measure, label in measures.items():
                values, look = np.array([seed[measure] for seed in seeds]), PART_LOOKS[label]
                thin = {"linestyle": look["linestyle"], "linewidth": 0.8, "alpha": 0.5}
                axes.plot(iterations, values.T, color=STYLE[name].colour, **thin)
                axes.plot(iterations, np.median(values, axis=0), color=STYLE[name].colour, **look)
            axes.set_yscale("log")
            axes.set_xscale("symlog", linthresh=5)
            _iterations(axes, iterations)
            axes.set_title(f"{STYLE[name].label}: {column}", fontsize=12)
        row[0].set_ylabel("size of the gradient")
    for axes in grid[-1]:
        axes.set_xlabel("iteration")
    shown = [Line2D([], [], color=INK, label=label, **look) for label, look in PART_LOOKS.items()]
    fig.legend(handles=shown, loc="outside upper center", ncols=2)
    return fig


def paired_differences(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    intervals: Mapping[str, Mapping[str, tuple[float, float]]],
    label: str,
    system: str = "agg-vae",
) -> Figure:
    """Differences of two systems, one marker a seed, with an interval of their mean.

    Args:
        panels: title -> row -> one difference a seed.
        intervals: title -> row -> both ends; a row without one has markers only.
        label: of the horizontal axis, with the unit.
        system: the first of the two, whose colour the markers have.
    """
    colour = STYLE[system].colour
    lines = max(len(rows) for rows in panels.values())
    fig = Figure(figsize=(COLUMN, 0.9 + len(panels) * (0.5 + 0.45 * lines)))
    column = fig.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    for axes, (title, rows) in zip(column, panels.items(), strict=True):
        axes.axvline(0, color=GREY, linestyle="--")
        for place, (name, values) in enumerate(rows.items()):
            ends = intervals[title].get(name)
            if ends is not None and np.isfinite(ends).all():
                look = {"color": colour, "linewidth": 7, "alpha": 0.25}
                axes.plot(ends, [place, place], solid_capstyle="butt", **look)
            axes.plot(values, [place] * len(values), "o", color=colour, alpha=0.75)
            axes.plot(np.mean(values), place, "|", color="black", markersize=18, mew=2)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set(ylim=(len(rows) - 0.5, -0.5), title=title)
        axes.grid(axis="y", visible=False)
    column[-1].set_xlabel(label)
    return fig
