"""The rate-distortion plane: what a model's codes cost against how badly they tell the data."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.base.errors import CollapseError, choose
from collapse.viz.style import COLUMN, GREY, STYLE

Pairs = Sequence[Sequence[float]] | np.ndarray

PALE = "#D9D9D9"
LINE, LETTER = 0.062, 0.016  # height of a label and width of a letter, as shares of the axes


def rate_distortion(
    points: Mapping[str, Pairs],
    *,
    elbos: Sequence[float] = (),
    entropy: float | None = None,
    joined: Collection[str] = (),
    charged: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """Systems in the plane of Alemi et al. 2018 (arXiv:1711.00464): rate across, distortion up.

    The rate is the mean KL(q(z|x) ‖ p(z)), the distortion the mean of -E_q log p(x|z), so that the
    ELBO is minus their sum, and the points of one ELBO lie on a line that falls at 45 degrees.

    Args:
        points: system -> (rate, distortion) in nats, one pair a seed. Names are those of
            ``STYLE``; others get a style of their own. Each is labelled at its last point.
        elbos: draw the line of each of these values, grey and dashed.
        entropy: of the data where it is known (nats). No model lies below the line on which rate
            and distortion sum to it; what lies there is shaded.
        joined: the systems whose pairs are one path, such as the course of training.
        charged: system -> what its objective charged in place of the rate, one number a seed: a
            hollow mark at the height of its point, joined with it.

    Raises:
        CollapseError: if there is nothing to draw, or a pair is not two finite numbers.
        UnknownNameError: if a name in ``joined`` or ``charged`` is not in ``points``.
    """
    places = {name: _checked(name, pairs) for name, pairs in points.items()}
    if not places:
        raise CollapseError("There is nothing to draw: give a system with its pairs.")
    for name in (*joined, *(charged or {})):
        choose(name, places, "system")
    fig = Figure(figsize=(COLUMN, 4.4))
    axes = fig.subplots()
    for name, pairs in places.items():
        _system(axes, name, pairs, joined=name in joined)
    for name, rates in (charged or {}).items():
        _charges(axes, name, places[name], rates)
    _limits(axes, np.concatenate(list(places.values())), elbos, entropy)
    _lines(axes, elbos, entropy)
    _labels(axes, {STYLE[name].label: (*pairs[-1], STYLE[name].colour)
                   for name, pairs in places.items()})  # fmt: skip
    axes.set(xlabel="rate (nats)", ylabel="distortion (nats)")
    return fig


def _checked(name: str, pairs: Pairs) -> np.ndarray:
    """The pairs (n, 2) of a system."""
    found = np.asarray(pairs, dtype=float)
    if found.ndim != 2 or found.shape[1:] != (2,) or not len(found) or not np.isfinite(found).all():
        raise CollapseError(
            f"The points of {name!r} are pairs (rate, distortion) of finite numbers; got {pairs!r}."
        )
    return found


def _system(axes: Axes, name: str, pairs: np.ndarray, *, joined: bool) -> None:
    style = STYLE[name]
    look: dict[str, Any] = {
        "color": style.colour,
        "marker": style.marker or "o",
        "markeredgecolor": "white",
    }
    if not joined:
        axes.plot(*pairs.T, linestyle="none", markersize=9, zorder=4, **look)
        return
    axes.plot(*pairs.T, linewidth=1.2, markersize=5, zorder=3, **look)
    axes.plot(*pairs[-1:].T, linestyle="none", markersize=9, zorder=4, **look)


def _charges(axes: Axes, name: str, pairs: np.ndarray, rates: Sequence[float]) -> None:
    look: dict[str, Any] = {"color": STYLE[name].colour, "marker": STYLE[name].marker or "o"}
    for (rate, distortion), charge in zip(pairs, rates, strict=True):
        axes.plot([charge, rate], [distortion] * 2, color=look["color"], linewidth=1, zorder=2)
        axes.plot(charge, distortion, fillstyle="none", markersize=8, zorder=4, **look)


def _limits(axes: Axes, pairs: np.ndarray, elbos: Sequence[float], entropy: float | None) -> None:
    """Room for the labels, and for where the lines meet the axis of distortion."""
    heights = [*pairs[:, 1], *(-elbo for elbo in elbos), *([entropy] if entropy else [])]
    low, high = min(heights), max(heights)
    margin = 0.12 * max(high - low, 0.1)
    right = max(pairs[:, 0].max(), 0.05)
    axes.set(xlim=(-0.06 * right, 1.5 * right), ylim=(low - margin, high + margin))


def _lines(axes: Axes, elbos: Sequence[float], entropy: float | None) -> None:
    span = np.array(axes.get_xlim())
    bottom, top = axes.get_ylim()
    for elbo in elbos:
        axes.plot(span, -elbo - span, color=GREY, linestyle="--", linewidth=1.2, zorder=1)
        x = 0.55 * min(span[1], -elbo - bottom)  # halfway to where the line leaves the axes
        words = f"ELBO {elbo:.2f}".replace("-", "−")
        axes.annotate(words, (x, -elbo - x), (2, 2), color=GREY, size=10,
                      textcoords="offset points", va="bottom")  # fmt: skip
    if entropy is not None:
        axes.fill_between(span, bottom, entropy - span, color=PALE, alpha=0.6, linewidth=0)
        axes.text(0.02, 0.03, "no model", color=GREY, size=10, transform=axes.transAxes)
    axes.set(xlim=span, ylim=(bottom, top))


def _labels(axes: Axes, at: Mapping[str, tuple[float, float, str]]) -> None:
    """A label right of each point, moved up where it would lie on the one below it."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    taken: list[tuple[float, float, float]] = []  # from, to, height, as shares of the axes
    for name, (x, y, colour) in sorted(at.items(), key=lambda item: item[1][1]):
        start, height = (x - left) / (right - left) + 0.022, (y - bottom) / (top - bottom)
        end = start + LETTER * len(name)
        while any(abs(height - h) < LINE and start < b and a < end for a, b, h in taken):
            height += LINE / 4
        taken.append((start, end, height))
        axes.annotate(name, (x, y), (start, height), textcoords="axes fraction",
                      color=colour, size=10.5, va="center", zorder=5)  # fmt: skip
