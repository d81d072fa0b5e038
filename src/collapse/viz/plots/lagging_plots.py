"""Pictures of chapter 3: posterior means against each other, and what moves them."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from collapse.viz.style import COLUMN, GREEN, GREY, INDIGO, RED, SKY, STYLE

Means = tuple[Float[Tensor, "documents latent"], Float[Tensor, "documents latent"]]
"""Means of the model posterior p(z|x) and of the encoder's q(z|x)."""

ACROSS, UP = "mean of p(z|x)", "mean of q(z|x)"


def mean_space(stages: Mapping[str, Mapping[str, Means]], limit: float = 3.5) -> Figure:
    """The posterior-mean space at stages of training: a row a system, a column a stage.

    Source: He et al. (2019), Figure 2. On the dashed diagonal the two means agree.

    Args:
        stages: system -> title of the stage -> the means, one latent dimension.
        limit: of both axes.
    """
    rows, columns = len(stages), max(len(panels) for panels in stages.values())
    fig = Figure(figsize=(COLUMN, 0.5 + 1.75 * rows))
    grid = fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for row, (name, panels) in zip(grid, stages.items(), strict=True):
        for axes, (title, means) in zip(row, panels.items(), strict=False):
            _cloud(axes, name, means, limit, size=5.0)
            axes.set_title(title, fontsize=12)
        row[0].set_ylabel(STYLE[name].label)
    fig.supxlabel(ACROSS, fontsize=13)
    fig.supylabel(UP, fontsize=13)
    return fig


def mean_space_now(systems: Mapping[str, Means], limit: float = 3.5) -> Figure:
    """One stage of several systems side by side, large; arguments as for :func:`mean_space`."""
    fig = Figure(figsize=(COLUMN, 3.5))
    row = fig.subplots(1, len(systems), sharey=True, squeeze=False)[0]
    for axes, (name, means) in zip(row, systems.items(), strict=True):
        _cloud(axes, name, means, limit, size=12.0)
        axes.set(title=STYLE[name].label, xlabel=ACROSS)
    row[0].set_ylabel(UP)
    return fig


def _cloud(axes: Axes, name: str, means: Means, limit: float, size: float) -> None:
    model, inference = (mean.squeeze(-1).numpy() for mean in means)
    axes.plot([-limit, limit], [-limit, limit], color=GREY, linestyle="--", linewidth=1.2)
    axes.scatter(
        model, inference, s=size, color=STYLE[name].colour, marker=STYLE[name].marker, linewidths=0
    )
    ticks = [-2, 0, 2]
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=ticks, yticks=ticks)
    axes.set_aspect("equal")


def trajectory(paths: Mapping[str, Sequence[tuple[str, float, float]]]) -> Figure:
    """One document's way through the posterior-mean space, a panel a system.

    Source: He et al. (2019), Figure 3. A step of the encoder moves the point up or down, a step of
    the decoder to the left or right.

    Args:
        paths: system -> (what moved, mean of p(z|x), mean of q(z|x)) in the order of training; the
            first entry is where it starts.
    """
    fig = Figure(figsize=(COLUMN, 3.7))
    row = fig.subplots(1, len(paths), squeeze=False)[0]
    colours = {"encoder": GREEN, "decoder": RED, "both": RED}
    for axes, (name, path) in zip(row, paths.items(), strict=True):
        points = np.array([(x, y) for _, x, y in path])
        for (moved, *_), start, end in zip(path[1:], points[:-1], points[1:], strict=True):
            dash = ":" if moved == "encoder" else "-"
            axes.plot(*np.stack([start, end]).T, color=colours[moved], linestyle=dash)
        axes.plot(*points[0], marker="o", color=GREY, linestyle="none")
        axes.plot(*points[-1], marker="*", markersize=13, color=GREY, linestyle="none")
        low, high = points.min() - 0.15, points.max() + 0.15
        axes.plot([low, high], [low, high], color=GREY, linestyle="--", linewidth=1.2)
        axes.set(xlim=(low, high), ylim=(low, high), title=STYLE[name].label, xlabel=ACROSS)
    row[0].set_ylabel(UP)
    _path_legend(fig, row[0])
    return fig


def _path_legend(fig: Figure, axes: Axes) -> None:
    shown = [
        *axes.plot([], [], color=GREEN, linestyle=":", label="encoder steps"),
        *axes.plot([], [], color=RED, label="decoder step, or a joint one"),
        *axes.plot([], [], marker="o", color=GREY, linestyle="none", label="start"),
        *axes.plot([], [], marker="*", markersize=13, color=GREY, linestyle="none", label="end"),
    ]
    fig.legend(handles=shown, loc="outside upper center", ncols=2)


FORCES = {  # measure -> label, colour, marker
    "likelihood": ("marginal likelihood", GREEN, "^"),
    "agreement": ("agreement", RED, "v"),
    "net": ("both: what the bound does", INDIGO, "o"),
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
    fig = Figure(figsize=(COLUMN, 1.0 + 2.3 * len(systems)))
    column = fig.subplots(len(systems), sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, (name, seeds) in zip(column, systems.items(), strict=True):
        found = {m: np.array([seed[m] for seed in seeds]) for m in ("likelihood", "agreement")}
        found["net"] = found["likelihood"] + found["agreement"]
        for measure, (label, colour, marker) in FORCES.items():
            values = found[measure]
            axes.plot(iterations, values.T, color=colour, linewidth=0.8, alpha=0.5)
            middle = np.median(values, axis=0)
            axes.plot(iterations, middle, color=colour, marker=marker, label=label)
        axes.axhline(0, color=GREY, linewidth=1)
        axes.set_yscale("symlog", linthresh=0.1, linscale=1.2)
        axes.set_xscale("symlog", linthresh=5)
        axes.set(
            title=STYLE[name].label,
            ylabel="push per unit of rate",
            yticks=[-10, -1, -0.1, 0, 0.1, 1, 10],
        )
        axes.set_xticks(iterations[::2], [str(i) for i in iterations[::2]])
        axes.minorticks_off()
    column[-1].set_xlabel("iteration")
    fig.legend(*column[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


PARTS = {  # column, the word in its title -> measure -> label, colour, marker
    "means": {
        "shared": ("the same for all documents", GREY, "s"),
        "specific": ("differs between documents", INDIGO, "^"),
    },
    "weights": {
        "weight_shared": ("the same for all documents", GREY, "s"),
        "weight_specific": ("differs between documents", INDIGO, "^"),
    },
}


def gradient_parts(
    systems: Mapping[str, Sequence[Mapping[str, Sequence[float]]]], iterations: Sequence[int]
) -> Figure:
    """The encoder's gradient in two parts, that of all documents and that of each: a row a system.

    On the left the gradient for the posterior means, on the right that for the weights that make
    the means of the features; see :class:`collapse.chapters.slow_encoder.MeanGradients`.

    Args:
        systems: system -> for each seed, measure -> one value an iteration, positive.
        iterations: when.
    """
    fig = Figure(figsize=(COLUMN, 1.0 + 2.2 * len(systems)))
    grid = fig.subplots(len(systems), 2, sharex=True, sharey="col", squeeze=False)
    for row, (name, seeds) in zip(grid, systems.items(), strict=True):
        for axes, (column, measures) in zip(row, PARTS.items(), strict=True):
            for measure, (label, colour, marker) in measures.items():
                values = np.array([seed[measure] for seed in seeds])
                axes.plot(iterations, values.T, color=colour, linewidth=0.8, alpha=0.5)
                middle = np.median(values, axis=0)
                axes.plot(iterations, middle, color=colour, marker=marker, label=label)
            axes.set_yscale("log")
            axes.set_xscale("symlog", linthresh=5)
            shown = [i for i in (0, 5, 20, 100, 400) if i in iterations]
            axes.set_xticks(shown, [str(i) for i in shown])
            axes.minorticks_off()
            axes.set_title(f"{STYLE[name].label}: {column}", fontsize=12)
        row[0].set_ylabel("size of the gradient")
    for axes in grid[-1]:
        axes.set_xlabel("iteration")
    fig.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


def two_dimensional_means(systems: Mapping[str, Means], limit: float = 2.5) -> Figure:
    """Both posterior means in a plane: a line from the model's to the encoder's for each document.

    Args:
        systems: label -> the means, two latent dimensions.
        limit: of both axes.
    """
    fig = Figure(figsize=(COLUMN, 3.5))
    row = fig.subplots(1, len(systems), sharey=True, squeeze=False)[0]
    for axes, (name, (model, inference)) in zip(row, systems.items(), strict=True):
        ends = np.stack([model.numpy(), inference.numpy()])
        axes.plot(ends[..., 0], ends[..., 1], color="#BBBBBB", linewidth=0.7)
        axes.plot(*ends[0].T, marker="^", color=GREEN, linestyle="none", ms=3.5, label="p(z|x)")
        axes.plot(*ends[1].T, marker="o", color=RED, linestyle="none", ms=3.5, label="q(z|x)")
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), title=STYLE[name].label)
        axes.set(xlabel="first dimension", xticks=[-2, 0, 2], yticks=[-2, 0, 2])
        axes.set_aspect("equal")
    row[0].set_ylabel("second dimension")
    fig.legend(*row[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


def stopping(
    estimates: Mapping[str, Sequence[float]],
    truth: Sequence[float],
    stops: Mapping[str, int | None],
) -> Figure:
    """Estimates of a mutual information that rises, and the epoch in which a rule would stop.

    Args:
        estimates: label -> one value an epoch (nats).
        truth: what is estimated.
        stops: label -> the epoch, counted from 1, in which the estimate first falls, or None.
    """
    fig = Figure(figsize=(COLUMN, 4.6))
    axes = fig.subplots()
    epochs = np.arange(1, len(truth) + 1)
    axes.plot(epochs, truth, color=GREY, linestyle="--", label="true information")
    markers = dict(zip(estimates, "os^D", strict=False))
    for number, (label, values) in enumerate(estimates.items()):
        colour = (RED, SKY, GREEN, INDIGO)[number]
        axes.plot(epochs, values, color=colour, marker=markers[label], label=label)
        if (stop := stops[label]) is not None:
            axes.plot(stop, values[stop - 1], marker="o", markersize=16, markerfacecolor="none",
                      markeredgecolor=colour, linestyle="none")  # fmt: skip
    axes.set(xlabel="epoch", ylabel="mutual information (nats)")
    fig.legend(loc="outside upper center", ncols=1)
    return fig
