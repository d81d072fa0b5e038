"""The 95 % interval of a mean over runs, as the figures draw it."""

from collections.abc import Sequence

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
) -> float:
    """Draw the interval of a mean as a pale bar; one run has none.

    Args:
        axes: to draw in.
        values: one a run.
        at: place on the other axis.
        colour: of the bar.
        upright: along the vertical axis.
        width: of the bar, in points.

    Returns:
        The mean.
    """
    found = of_mean(values)
    if len(values) > 1:
        ends, place = [found.low, found.high], [at, at]
        along: Sequence[list[float]] = (place, ends) if upright else (ends, place)
        axes.plot(*along, color=colour, linewidth=width, alpha=0.3, solid_capstyle="butt", zorder=1)
    return found.mean
