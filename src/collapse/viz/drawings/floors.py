"""Drawings of chapter 5: three ways to pay for a KL."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.theory import feasible_deviations
from collapse.viz.style import COLUMN, GREY, KL_PARTS

Z = np.linspace(-3.4, 3.4, 301)


def three_ways_to_pay(nats: float = 0.245) -> Figure:
    """The posteriors of three documents whose mean KL is all spread, all shift or all width.

    Args:
        nats: the mean KL of each panel, above 0.
    """
    step = math.sqrt(3 * nats)  # half the variance of (-step, 0, step) is nats
    narrow, _ = feasible_deviations(nats)
    fig = Figure(figsize=(COLUMN, 3.0))
    row = fig.subplots(1, 3, sharey=True)
    _panel(row[0], "spread", (-step, 0.0, step), 1.0, "tells them\napart")
    _panel(row[1], "shift", (math.sqrt(2 * nats),) * 3, 1.0, "the same\nfor all")
    _panel(row[2], "width", (0.0,) * 3, narrow, "the same\nfor all")
    row[0].text(-3.3, 0.33, "prior", color=GREY, fontsize=12.5)
    return fig


def _panel(axes: Axes, title: str, means: Sequence[float], sigma: float, says: str) -> None:
    colour = KL_PARTS[title]
    axes.plot(Z, _bell(0.0, 1.0), color=GREY, linestyle="--")
    for mean, dash in zip(means, ("-", "-.", ":"), strict=True):
        axes.plot(Z, _bell(mean, sigma), color=colour, linestyle=dash, alpha=0.9)
        axes.plot([mean], [-0.03], "^", color=colour, markersize=7)
    axes.set(xlim=(-3.4, 3.4), ylim=(-0.07, 1.02), xticks=[0], yticks=[], title=title)
    axes.text(0.0, 1.0, says, color=colour, ha="center", va="top", fontsize=12.5)
    axes.set_xlabel("z")


def _bell(mean: float, sigma: float) -> np.ndarray:
    return np.exp(-0.5 * ((Z - mean) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
