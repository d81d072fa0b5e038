"""The drawings of chapter 1: a VAE with its five places, and what a dimension earns and pays."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from collapse.viz.style import COLUMN, GREEN, GREY, INDIGO, PURPLE, RED, SKY

INK = "#262626"
SOLID = (0, ())
DASHED = (0, (5, 3))


class Place(NamedTuple):
    """A box of the diagram: its number and name, what is in it, its corner, size and colour."""

    title: str
    lines: str
    x: float
    y: float
    width: float
    height: float
    colour: str


PLACES = (
    Place("1  encoder", "a network with\nweights $\\phi$", 1.5, 6.1, 2.9, 1.9, SKY),
    Place("2  posterior", "$q_\\phi(z|x)$: mean $\\mu(x)$,\nwidth $s(x)$",
          6.2, 6.1, 3.7, 1.9, GREEN),
    Place("3  objective", "$\\log p_\\theta(x|z) - \\mathrm{KL}$", 1.5, 2.8, 3.3, 1.5, RED),
    Place("4  decoder", "a network with\nweights $\\theta$", 6.2, 2.4, 3.7, 1.9, PURPLE),
    Place("5  strategy", "which weights move next: $\\phi$, $\\theta$, or both",
          1.5, 0.1, 8.4, 1.3, INDIGO),
)  # fmt: skip


def vae_diagram() -> Figure:
    """One training step of a VAE: from x to a code, back to x, and to the next step.

    The numbers are the five places at which the remedies of this book intervene.
    """
    fig = Figure(figsize=(COLUMN, 5.2))
    axes = fig.subplots()
    axes.set(xlim=(-0.2, 10.1), ylim=(-0.1, 8.2))
    axes.axis("off")
    for place in PLACES:
        _box(axes, place)
    axes.text(0.35, 7.05, "x", style="italic", ha="center", va="center", size=17)
    _arrow(axes, [(0.65, 7.05), (1.45, 7.05)])
    _arrow(axes, [(4.45, 7.05), (6.15, 7.05)], "features", (5.3, 7.25))
    _arrow(axes, [(8.6, 6.05), (8.6, 4.35)])
    axes.text(8.45, 5.2, "$z = \\mu + s\\epsilon$\n$\\epsilon \\sim N(0, I)$", ha="right",
              va="center", size=11)  # fmt: skip
    _arrow(axes, [(6.15, 3.4), (4.85, 3.4)], "$\\log p_\\theta$", (5.5, 3.55))
    _arrow(axes, [(6.3, 6.05), (3.9, 4.35)], "KL to $p(z)$", (4.2, 5.25), "right")
    _arrow(axes, [(3.1, 2.75), (3.1, 1.45)], "gradient", (3.25, 1.75), "left")
    _arrow(axes, [(0.35, 6.7), (0.35, 2.1), (7.9, 2.1), (7.9, 2.35)], "", dash=DASHED)
    axes.text(0.2, 4.4, "words so far", rotation=90, ha="right", va="center", size=11)
    return fig


def earned_and_paid(most: float = 6.0) -> Figure:
    """What one dimension of the linear VAE earns and pays, by the ratio r of signal to noise.

    It earns (r - 1) / 2 nats of reconstruction and pays log(r) / 2 of rate; below r = 1 the best
    weight is zero, and it does neither.

    Args:
        most: the largest ratio drawn.
    """
    fig = Figure(figsize=(COLUMN, 3.4))
    axes = fig.subplots()
    ratio = np.linspace(1.0, most, 200)
    earned, paid = (ratio - 1) / 2, np.log(ratio) / 2
    axes.fill_between(ratio, paid, earned, color=GREEN, alpha=0.15, linewidth=0)
    axes.plot([0, 1, *ratio], [0, 0, *earned], color=GREEN)
    axes.plot([0, 1, *ratio], [0, 0, *paid], color=INDIGO, linestyle="--")
    axes.axvline(1.0, color=GREY, linestyle=":")
    axes.text(1.06, 0.72 * earned[-1], "$\\lambda = \\sigma^2$", color=GREY)
    at = int(0.62 * len(ratio))
    words: dict[str, Any] = {"ha": "right", "va": "bottom", "size": 11}
    axes.text(ratio[at], earned[at] + 0.06, "earns $(r-1)/2$", color=GREEN, **words)
    axes.text(ratio[-1], paid[-1] - 0.1, "pays $\\log(r)/2$", color=INDIGO,
              ha="right", va="top", size=11)  # fmt: skip
    axes.text(ratio[-1] - 0.1, (earned[-1] + 2 * paid[-1]) / 3, "left for the bound",
              color=INK, ha="right", va="center", size=11)  # fmt: skip
    axes.set(xlim=(0, most), ylim=(-0.05, None), ylabel="nats")
    axes.set_xlabel("ratio $r = \\lambda/\\sigma^2$ of data variance to noise variance")
    return fig


def _box(axes: Axes, place: Place) -> None:
    shape = FancyBboxPatch(
        (place.x, place.y), place.width, place.height, boxstyle="round,pad=0,rounding_size=0.15",
        facecolor=f"{place.colour}1A", edgecolor=place.colour, linewidth=1.8,
    )  # fmt: skip
    axes.add_patch(shape)
    top = place.y + place.height - 0.18
    axes.text(place.x + 0.2, top, place.title, weight="bold", va="top", size=12, color=INK)
    axes.text(place.x + 0.2, top - 0.6, place.lines, va="top", size=11, color=INK)


def _arrow(
    axes: Axes,
    points: list[tuple[float, float]],
    words: str = "",
    at: tuple[float, float] = (0.0, 0.0),
    side: str = "center",
    dash: tuple[int, tuple[int, ...]] = SOLID,
) -> None:
    """A line through the points that ends in an arrow, with words."""
    axes.plot(*zip(*points[:-1], strict=True), color=INK, linewidth=1.4, linestyle=dash)
    axes.annotate(
        "", points[-1], points[-2],
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4, "linestyle": dash,
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    if words:
        axes.text(*at, words, ha=side, va="bottom" if side == "center" else "center", size=11)
