"""The drawing of chapter 6: q, p and r as rings on a rod, and the two KLs as springs."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.theory.conditional import silent_rates, speaking_rates
from collapse.viz.style import COLUMN, GREEN, GREY, INDIGO, RED

GAMMA = 1.0


class Rod(NamedTuple):
    """One dimension: where batch normalisation holds q, where p comes to rest, and what is said."""

    title: str
    charges: tuple[float, float]
    names: tuple[str, str]
    prior: float
    tied: bool


def springs() -> Figure:
    """What a learned prior does to normalised means, untied and tied, for γ = 1 in one dimension.

    The places of p and the numbers are those of the least cost in closed form, see
    :func:`collapse.theory.silent_rates` and :func:`collapse.theory.speaking_rates`.
    """
    kl, tie = silent_rates(GAMMA)
    said, said_tie = speaking_rates(GAMMA)
    rest = GAMMA / (2 + 2 * kl)  # 1 + s, with KL(q || p) = (s - 1) / 2
    contexts = "question B", "question A"
    rods = (
        Rod("p free, q follows the question: z tells nothing new", (0.0, 0.0), contexts, GAMMA,
            False),
        Rod("p tied, q follows the question: z tells nothing new", (kl, tie), contexts, rest, True),
        Rod("p tied, q follows the reply to one question: z tells", (said, said_tie),
            ("reply 2", "reply 1"), 0.0, True),
    )  # fmt: skip
    fig = Figure(figsize=(COLUMN, 5.6))
    for axes, rod in zip(fig.subplots(len(rods), 1, sharex=True), rods, strict=True):
        _draw(axes, rod)
    return fig


def _draw(axes: Axes, rod: Rod) -> None:
    axes.axhline(0, color="#D0D0D0", linewidth=3, zorder=0)
    axes.plot(0, 0, "|", color=GREY, markersize=40, markeredgewidth=2.5)
    axes.text(0, -0.62, "r", color=GREY, ha="center", va="center")
    for side, name in zip((-1, 1), rod.names, strict=True):
        q, p = side * GAMMA, side * rod.prior
        if p != q:
            _spring(axes, p, q, RED)
        if rod.tied and p:
            _spring(axes, 0.0, p, GREY)
        axes.plot(q, 0, "s", color=GREEN, markersize=12)
        axes.plot(p, 0, "o", color=INDIGO, markersize=19, markeredgewidth=2.5,
                  markerfacecolor="none" if p == q else "white")  # fmt: skip
        axes.text(q, 0.58, f"q, {name}", color=GREEN, ha="center", va="center", fontsize=12)
        axes.text(p or 0.07, -0.62, "p", color=INDIGO, ha="center" if p else "left", va="center")
    axes.set_title(rod.title)
    charged, tie = rod.charges
    axes.text(-0.06, 1.12, f"KL(q‖p) = {charged:.2f}", color=RED, ha="right", va="center")
    if rod.tied:
        axes.text(0.06, 1.12, f"KL(p‖r) = {tie:.2f}", color=GREY, ha="left", va="center")
    axes.set(xlim=(-1.45, 1.45), ylim=(-0.85, 1.35))
    axes.axis("off")


def _spring(axes: Axes, start: float, end: float, colour: str, turns: int = 5) -> None:
    """A zigzag with straight ends."""
    inner = np.linspace(start, end, 2 * turns + 3)
    height = np.array([0.0, *(0.16 * (-1.0) ** np.arange(2 * turns + 1)), 0.0])
    axes.plot(inner, height, color=colour, linewidth=1.8, zorder=1)
