"""Drawings of chapter 3: what the bound asks of the decoder, and Algorithm 1 in time."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from collapse.viz.style import COLUMN, GREEN, GREY, INK, PURPLE, STYLE

PLAIN, QUICK = STYLE["vae"].colour, STYLE["agg-vae"].colour
SPREAD = np.linspace(-2.0, 2.0, 9)  # of the points that stand for documents


def two_forces() -> Figure:
    """What pulls at one point of the posterior-mean space when the decoder moves.

    On the left the encoder says the same of every document, so agreement pulls the point back to
    it; on the right the two posteriors agree, and that force is zero.
    """
    fig = Figure(figsize=(COLUMN, 3.9))
    left, right = fig.subplots(1, 2, sharey=True)
    _plane(left, "the encoder lags", np.zeros_like(SPREAD))
    _arrow(left, (2.0, 3.2), 0.5, GREEN, "likelihood")
    _arrow(left, (2.0, 0.8), -0.5, PURPLE, "agreement")
    _arrow(left, (1.0, 3.0), -1.75, INK, "net: out or in?", style="<|-|>")
    _plane(right, "the encoder has caught up", SPREAD)
    _arrow(right, (2.0, 3.2), 2.0, GREEN, "likelihood")
    _arrow(right, (2.0, 3.2), -1.75, INK, "net: the same")
    right.text(3.5, -0.62, "agreement: 0", color=PURPLE, ha="right", va="top", fontsize=12.5)
    left.set_ylabel("mean of q(z|x)")
    return fig


def _plane(axes: Axes, title: str, up: np.ndarray) -> None:
    axes.plot([-2.4, 2.2], [-2.4, 2.2], color=GREY, linestyle="--", linewidth=1.2)
    axes.plot(SPREAD, up, "o", color=GREY, markersize=5)
    axes.plot(SPREAD[-1], up[-1], "o", color="black", markersize=8)
    axes.set(xlim=(-2.8, 3.6), ylim=(-2.8, 3.2), xticks=[0], yticks=[0], title=title)
    axes.set_xlabel("mean of p(z|x)")


def _arrow(
    axes: Axes,
    ends: tuple[float, float],
    height: float,
    colour: str,
    name: str,
    style: str = "-|>",
) -> None:
    """A horizontal arrow with its name, above it in the upper half and below it in the lower."""
    look = {"arrowstyle": style, "color": colour, "linewidth": 2.6, "mutation_scale": 16}
    axes.annotate("", xy=(ends[1], height), xytext=(ends[0], height), arrowprops=look)
    above = height > 0
    place = height + (0.2 if above else -0.2)
    axes.text(3.5, place, name, color=colour, ha="right", fontsize=12.5,
              va="bottom" if above else "top")  # fmt: skip


def algorithm_timeline(inner: int = 6, loops: int = 4) -> Figure:
    """Who moves when: ordinary training above, Algorithm 1 of He et al. (2019) below.

    Each has the colour of its system; steps of the encoder are hollow, those of the decoder filled.

    Args:
        inner: encoder steps in a loop, as drawn.
        loops: of the first phase.
    """
    length, after = loops * (inner + 1), 6
    fig = Figure(figsize=(COLUMN, 3.1))
    axes = fig.subplots()
    for place in range(length + after):
        last, joint = place % (inner + 1) == inner, place >= length
        _step(axes, place, 3.3, PLAIN, hollow=True)
        _step(axes, place, 2.5, PLAIN)
        if joint or not last:
            _step(axes, place, 0.8, QUICK, hollow=True)
        if joint or last:
            _step(axes, place, 0.0, QUICK)
    _words(axes, length, after)
    return fig


def _step(axes: Axes, place: int, height: float, colour: str, hollow: bool = False) -> None:
    inside = "none" if hollow else colour
    box = Rectangle((place + 0.1, height), 0.8, 0.6, facecolor=inside, edgecolor=colour)
    axes.add_patch(box)


def _words(axes: Axes, length: int, after: int) -> None:
    end = length + after
    for height, title in ((4.2, "ordinary training"), (1.7, "Algorithm 1")):
        axes.text(0, height, title, fontsize=13.5, va="center")
    for height, name, colour in (
        (3.6, "encoder", PLAIN),
        (2.8, "decoder", PLAIN),
        (1.1, "encoder", QUICK),
        (0.3, "decoder", QUICK),
    ):
        axes.text(-0.6, height, name, color=colour, ha="right", va="center", fontsize=12.5)
    axes.plot([length, length], [-0.15, 1.85], color=GREY, linestyle="--", linewidth=1.5)
    axes.text(length / 2, -0.35, "aggressive phase: whole epochs", ha="center", va="top")
    axes.text(length + after / 2, -0.35, "then\nordinary", ha="center", va="top")
    axes.set(xlim=(-6.6, end + 0.5), ylim=(-1.35, 4.5))
    axes.axis("off")
