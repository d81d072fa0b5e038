"""Pictures of chapter 3's appendix: two latent dimensions, and a rule that stops."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.ledger.claims.intervals import of_mean
from collapse.viz.plots.lagging_plots import Groups, Means, group_parts
from collapse.viz.style import COLUMN, GREEN, GREY, INK, PURPLE, SKY, STYLE


def two_dimensional_means(
    systems: Mapping[str, Means], limit: float = 2.5, groups: Groups | None = None
) -> Figure:
    """Both posterior means in a plane: a line from the model's to the encoder's for each document.

    Args:
        systems: label -> the means, two latent dimensions.
        limit: of both axes.
        groups: of the documents, each in its colour; without them triangles and circles have one
            colour each.
    """
    fig = Figure(figsize=(COLUMN, 3.5))
    row = fig.subplots(1, len(systems), sharey=True, squeeze=False)[0]
    for axes, (name, (model, inference)) in zip(row, systems.items(), strict=True):
        ends = np.stack([model.numpy(), inference.numpy()])
        axes.plot(ends[..., 0], ends[..., 1], color="#BBBBBB", linewidth=0.7)
        look: dict[str, Any] = {"linestyle": "none", "markersize": 4.5}
        if groups is None:
            axes.plot(*ends[0].T, "^", color=GREEN, label="p(z|x)", **look)
            axes.plot(*ends[1].T, "o", color=PURPLE, label="q(z|x)", **look)
        else:
            _grouped_ends(axes, name, ends, groups, look)
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), title=STYLE[name].label)
        axes.set(xlabel="first dimension", xticks=[-2, 0, 2], yticks=[-2, 0, 2])
        axes.set_aspect("equal")
    row[0].set_ylabel("second dimension")
    fig.legend(*row[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig


def _grouped_ends(
    axes: Axes, name: str, ends: np.ndarray, groups: Groups, look: dict[str, Any]
) -> None:
    for colour, _, own in group_parts(name, ends.shape[1], groups):
        axes.plot(*ends[0, own].T, "^", color=colour, markerfacecolor="white", **look)
        axes.plot(*ends[1, own].T, "o", color=colour, **look)
    axes.plot([], [], "^", color=GREY, markerfacecolor="white", label="p(z|x)", **look)
    axes.plot([], [], "o", color=GREY, label="q(z|x)", **look)


def stopping(
    estimates: Mapping[str, Sequence[Sequence[float]]],
    truth: Sequence[float],
    stops: Mapping[str, Sequence[int | None]],
    caps: Mapping[str, float],
) -> Figure:
    """Estimates of a mutual information that rises, and by when a rule has stopped.

    Args:
        estimates: label -> for each training one value an epoch (nats); the mean is drawn with
            Student's 95 % interval.
        truth: what is estimated.
        stops: label -> for each training the epoch, from 1, in which the estimate first falls.
        caps: label -> the most that an estimate can be.
    """
    fig = Figure(figsize=(COLUMN, 5.6))
    above, below = fig.subplots(2, sharex=True, height_ratios=(1.6, 1))
    epochs = np.arange(1, len(truth) + 1)
    above.plot(epochs, truth, color=GREY, linestyle="--", label="true information")
    for number, (label, values) in enumerate(estimates.items()):
        look: dict[str, Any] = {
            "color": (PURPLE, INK, GREEN, SKY)[number],
            "marker": "os^D"[number],
            "markevery": 3,
        }
        found = [of_mean(column) for column in np.transpose(values).tolist()]
        above.plot(epochs, [each.mean for each in found], label=label, **look)
        ends = [each.low for each in found], [each.high for each in found]
        above.fill_between(epochs, *ends, color=look["color"], alpha=0.3, linewidth=0)
        done = [sum(s is not None and s <= epoch for s in stops[label]) for epoch in epochs]
        below.plot(epochs, done, drawstyle="steps-post", **look)
    for label, cap in caps.items():
        above.axhline(cap, color=GREY, linestyle=":", linewidth=1.5)
        above.text(1, cap, label, va="bottom", fontsize=12, color=GREY)
    above.set_ylabel("information (nats)")
    below.set(
        xlabel="epoch", ylabel="rule stopped", ylim=(-0.5, len(next(iter(stops.values()))) + 1)
    )
    fig.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=1)
    return fig
