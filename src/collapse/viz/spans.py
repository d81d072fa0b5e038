"""The 95 % interval of a mean over runs, and the runs, as the figures draw them."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from collapse.ledger.claims.intervals import Numbers, of_mean


def span(
    axes: Axes,
    values: Numbers,
    at: float | int,
    colour: str,
    *,
    upright: bool = False,
    width: float = 7.0,
    lowest: float = -math.inf,
    highest: float = math.inf,
) -> float:
    """Draw the interval of a mean as a pale bar; one run has none.

    Args:
        axes: to draw in.
        values: one a run.
        at: place on the other axis.
        colour: of the bar.
        upright: along the vertical axis.
        width: of the bar, in points.
        lowest: the bar is cut here, for what cannot be less.
        highest: the same for what cannot be more.

    Returns:
        The mean.
    """
    found = of_mean(values)
    if len(values) > 1:
        ends = [min(max(end, lowest), highest) for end in (found.low, found.high)]
        place = [at, at]
        along: Sequence[list[float]] = (place, ends) if upright else (ends, place)
        axes.plot(*along, color=colour, linewidth=width, alpha=0.3, solid_capstyle="butt", zorder=1)
    return found.mean


def seeds(
    axes: Axes, values: Numbers, at: float | int, colour: str, *, upright: bool = False
) -> None:
    """Draw each run as a small pale point; a mean and its interval alone hide how runs lie.

    Args:
        axes: to draw in.
        values: one a run.
        at: place on the other axis, beside that of the mean, which would cover the points.
        colour: of the points.
        upright: along the vertical axis.
    """
    place = [at] * len(values)
    along: Sequence[Numbers] = (place, values) if upright else (values, place)
    # Over the interval and behind the mean, which has the 2 of every line; whole also at an axis.
    look: dict[str, Any] = {"s": 14, "alpha": 0.45, "linewidths": 0, "zorder": 1.5}
    axes.scatter(*along, color=colour, clip_on=False, **look)
