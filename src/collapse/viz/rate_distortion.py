"""The rate-distortion plane: what a model's codes cost against how badly they tell the data."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from collapse.base.errors import CollapseError, choose
from collapse.ledger.claims.intervals import Interval, of_mean
from collapse.viz.letters import with_minus
from collapse.viz.style import COLUMN, GREY, STYLE, Style

Pairs = Sequence[Sequence[float]] | Sequence[Sequence[Sequence[float]]] | np.ndarray

PALE = "#D9D9D9"
HALO = (patheffects.withStroke(linewidth=2.5, foreground="white"),)  # a label over a line
LINE, LETTER = 0.068, 0.0185  # height of a label and width of a letter, as shares of the axes
LINE_LABEL = 0.21  # width of a line's label, as a share of the axes
GAP = 0.022  # between a point and its label, a share of the axes
MARK = np.array([0.012, 0.018])  # half a mark, shares of the axes
STALK = 0.03  # how much farther a label stands where it had to move
ROOM = 1.65  # how far the axis of rates goes on, a multiple of the largest


def rate_distortion(
    points: Mapping[str, Pairs],
    *,
    elbos: Sequence[float] = (),
    entropy: float | None = None,
    joined: Collection[str] = (),
    spread: Collection[str] = (),
    charged: Mapping[str, Sequence[float]] | None = None,
    names: Mapping[str, str] | None = None,
    room: float = ROOM,
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
        joined: the systems whose pairs are one path, such as the course of training, or one path a
            seed: (seeds, epochs, 2).
        spread: the systems whose seeds are small dots under their mean, with its 95 % interval over
            seeds in both directions, that of the rate cut at 0; the label is at the mean.
        charged: system -> what its objective charged in place of the rate, one number a seed: a
            hollow mark at the height of its point, joined with it.
        names: system -> what it is called here, instead of its name in ``STYLE``.
        room: how far the axis of rates goes, a multiple of the largest rate; labels need some.

    Raises:
        CollapseError: if there is nothing to draw, or a pair is not two finite numbers.
        UnknownNameError: if a name in ``joined``, ``spread`` or ``charged`` is not in ``points``.
    """
    places = {name: _checked(name, pairs, name in joined) for name, pairs in points.items()}
    if not places:
        raise CollapseError("There is nothing to draw: give a system with its pairs.")
    for name in (*joined, *spread, *(charged or {})):
        choose(name, places, "system")
    fig = Figure(figsize=(COLUMN, 4.4))
    axes = fig.subplots()
    corners = [pairs.reshape(-1, 2) for pairs in places.values()]
    called = {name: STYLE[name].label for name in places} | dict(names or {})
    at = {called[name]: (*_last(pairs), 0.0, STYLE[name].colour)
          for name, pairs in places.items()}  # fmt: skip
    for name, pairs in places.items():
        if name in spread:
            ends = _cross(axes, name, pairs)
            means = ends[0].mean, ends[1].mean
            at[called[name]] = (*means, 0.6 * LINE, STYLE[name].colour)  # above its bar
            corners += [np.array([(e.low, e.high) for e in ends]).T] if len(pairs) > 1 else []
        else:
            _system(axes, name, pairs, joined=name in joined)
    for name, rates in (charged or {}).items():
        _charges(axes, name, places[name], rates)
    _limits(axes, every := np.concatenate(corners), elbos, entropy, room)
    systems = np.concatenate([every, _drawn(axes)])
    _lines(axes, elbos, entropy)
    heads = _heads(axes, np.array([place[:2] for place in at.values()]))
    labels = _labels(axes, at, np.concatenate([every, heads, _drawn(axes)]))
    _name_lines(axes, np.concatenate([systems, labels]), elbos)
    axes.set(xlabel="rate (nats)", ylabel="distortion (nats)")
    return fig


def _checked(name: str, pairs: Pairs, joined: bool) -> np.ndarray:
    """The pairs of a system, (n, 2), or (seeds, n, 2) of several paths."""
    found = np.asarray(pairs, dtype=float)
    fits = found.ndim in ((2, 3) if joined else (2,)) and found.shape[-1] == 2
    if not fits or not found.size or not np.isfinite(found).all():
        raise CollapseError(
            f"The points of {name!r} are pairs (rate, distortion) of finite numbers; got {pairs!r}."
        )
    return found


def _last(pairs: np.ndarray) -> np.ndarray:
    """Where the label stands: at the last pair, of several paths at the end of highest rate."""
    return pairs[-1] if pairs.ndim == 2 else pairs[pairs[:, -1, 0].argmax(), -1]


def _cross(axes: Axes, name: str, pairs: np.ndarray) -> tuple[Interval, Interval]:
    """Seeds, their mean, and its intervals; returns those of rate and distortion."""
    style = STYLE[name]
    rate, distortion = of_mean(pairs[:, 0].tolist()), of_mean(pairs[:, 1].tolist())
    axes.plot(*pairs.T, linestyle="none", marker="o", markersize=4, color=style.colour,
              markeredgecolor="white", markeredgewidth=0.5, zorder=3.5)  # fmt: skip
    if len(pairs) > 1:
        rate = replace(rate, low=max(rate.low, 0.0))  # no rate is less
        axes.plot([rate.low, rate.high], [distortion.mean] * 2, color=style.colour, linewidth=1.3)
        axes.plot([rate.mean] * 2, [distortion.low, distortion.high], color=style.colour,
                  linewidth=1.3)  # fmt: skip
    axes.plot(rate.mean, distortion.mean, linestyle="none", markersize=9, zorder=4,
              color=style.colour, marker=style.marker or "o",
              markeredgecolor=_edge(style))  # fmt: skip
    return rate, distortion


def _edge(style: Style) -> str:
    """White around a mark; one that is made of strokes alone has nothing but its edge."""
    filled = (style.marker or "o") in Line2D.filled_markers
    return "white" if filled else style.colour


def _system(axes: Axes, name: str, pairs: np.ndarray, *, joined: bool) -> None:
    style = STYLE[name]
    look: dict[str, Any] = {
        "color": style.colour,
        "marker": style.marker or "o",
        "markeredgecolor": _edge(style),
    }
    if not joined:
        axes.plot(*pairs.T, linestyle="none", markersize=9, zorder=4, **look)
        return
    for path in pairs if pairs.ndim == 3 else [pairs]:
        axes.plot(*path.T, linewidth=1.2, markersize=5, zorder=3, **look)
        axes.plot(*path[-1:].T, linestyle="none", markersize=9, zorder=4, **look)


def _charges(axes: Axes, name: str, pairs: np.ndarray, rates: Sequence[float]) -> None:
    look: dict[str, Any] = {"color": STYLE[name].colour, "marker": STYLE[name].marker or "o"}
    for (rate, distortion), charge in zip(pairs, rates, strict=True):
        axes.plot([charge, rate], [distortion] * 2, color=look["color"], linewidth=1, zorder=2)
        axes.plot(charge, distortion, fillstyle="none", markersize=8, zorder=4, **look)


def _limits(
    axes: Axes, pairs: np.ndarray, elbos: Sequence[float], entropy: float | None, room: float
) -> None:
    """Room for the labels, and for where the lines meet the axis of distortion."""
    heights = [*pairs[:, 1], *(-elbo for elbo in elbos), *([entropy] if entropy else [])]
    low, high = min(heights), max(heights)
    margin = 0.12 * max(high - low, 0.1)
    right = max(pairs[:, 0].max(), 0.05)
    axes.set(xlim=(-0.06 * right, room * right), ylim=(low - margin, high + margin))


def _lines(axes: Axes, elbos: Sequence[float], entropy: float | None) -> None:
    span = np.array(axes.get_xlim())
    bottom, top = axes.get_ylim()
    for elbo in elbos:
        axes.plot(span, -elbo - span, color=GREY, linestyle="--", linewidth=1.2, zorder=1)
    if entropy is not None:
        axes.fill_between(span, bottom, entropy - span, color=PALE, alpha=0.6, linewidth=0)
        axes.text(0.02, 0.03, "no model", color=GREY, size=11, transform=axes.transAxes)
    axes.set(xlim=span, ylim=(bottom, top))


def _name_lines(axes: Axes, taken: np.ndarray, elbos: Sequence[float]) -> None:
    """Each line's value beside it, away from what is there: points and labels."""
    for elbo in elbos:
        label = _free_place(taken, elbo, (*axes.get_xlim(), *axes.get_ylim()))
        taken = np.concatenate([taken, label])
        words, x = with_minus(f"ELBO {elbo:.2f}"), label[0, 0]
        axes.annotate(words, (x, -elbo - x), (2, 2), color=GREY, size=11, path_effects=HALO,
                      textcoords="offset points", va="bottom")  # fmt: skip


def _free_place(
    taken: np.ndarray, elbo: float, box: tuple[float, float, float, float]
) -> np.ndarray:
    """Points along the label of a line, (6, 2), where it is farthest from all that is there."""
    left, right, bottom, top = box
    ends = min(0.85 * right, -elbo - bottom)  # where the line leaves the axes, or nearly
    starts = max(0.0, -elbo - top + LINE * (top - bottom))  # where it comes in, below the edge
    rates = np.linspace(0.8 * starts + 0.2 * ends, 0.9 * ends, 15)[:, None]
    along = np.linspace(0, LINE_LABEL, 6) * (right - left)
    heights = -elbo - rates + LINE / 2 * (top - bottom)
    labels = np.stack(np.broadcast_arrays(rates + along, heights), axis=-1)
    # a label is much wider than high: what is above it may be nearer than what is beside it
    apart = (labels[:, :, None] - taken) / (right - left, (top - bottom) / 2)
    return labels[np.hypot(*np.moveaxis(apart, -1, 0)).min((1, 2)).argmax()]


def _labels(
    axes: Axes, at: Mapping[str, tuple[float, float, float, str]], marks: np.ndarray
) -> np.ndarray:
    """A label beside each point, where it covers least; on a stalk where it had to move.

    Args:
        axes: with their limits.
        at: label -> rate, distortion, how much higher the label stands (a share), colour.
        marks: points along all that is drawn, rates and distortions, ``(n, 2)``.

    Returns:
        Points along labels and stalks, ``(n, 2)``, rates and distortions.
    """
    corner, sides = _box(axes)
    labels, stalks = np.empty((0, 2)), list[np.ndarray]()
    for name, (x, y, lift, colour) in sorted(at.items(), key=lambda item: item[1][1]):
        (across, up), width = (np.array([x, y]) - corner) / sides, LETTER * len(name)
        under = np.concatenate([(marks - corner) / sides, *stalks])
        start, height = _least_covering((across, up + lift), width, under, labels)
        moved, left_of_it = (start, height) != (across + GAP, up + lift), start < across
        axes.annotate(name, (x, y), (start, height), textcoords="axes fraction", color=colour,
                      size=12, va="center", zorder=5, path_effects=HALO,
                      arrowprops=_stalk(colour, left_of_it) if moved else None)  # fmt: skip
        if moved:
            near = start + width * left_of_it
            stalks.append(_along(np.array([(across, up), (near, height)])))
        label = _along(np.array([(start, height), (start + width, height)]))
        labels = np.concatenate([labels, label])
    return corner + np.concatenate([labels, *stalks]) * sides


def _box(axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    """The lower left corner of the axes, and their width and height."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    return np.array([left, bottom]), np.array([right - left, top - bottom])


def _drawn(axes: Axes) -> np.ndarray:
    """Points along the lines that the axes have by now, rates and distortions, ``(n, 2)``."""
    corner, sides = _box(axes)
    paths = [line.get_xydata() for line in axes.lines if line.get_linestyle() != "None"]
    points = [_along((np.asarray(path) - corner) / sides) for path in paths]
    return corner + np.concatenate([np.empty((0, 2)), *points]) * sides


def _heads(axes: Axes, points: np.ndarray) -> np.ndarray:
    """Points all over the marks of the systems, rates and distortions, ``(n, 2)``."""
    disc = [(a, b) for a in (-1, -0.5, 0, 0.5, 1) for b in (-1, -0.5, 0, 0.5, 1)]
    return (points[:, None] + np.array(disc) * MARK * _box(axes)[1]).reshape(-1, 2)


def _along(path: np.ndarray) -> np.ndarray:
    """Points on a path of straight lines, a hundredth apart; all in shares of the axes."""
    parts = [path[-1:]]
    for one, other in pairwise(path):
        steps = math.ceil(100 * np.hypot(*(other - one)))
        parts.append(one + (other - one) * np.linspace(0, 1, steps, endpoint=False)[:, None])
    return np.concatenate(parts)


def _least_covering(
    point: tuple[float, float], width: float, marks: np.ndarray, labels: np.ndarray
) -> tuple[float, float]:
    """Where a label begins and its height, all in shares of the axes.

    It lies on another label only where that cannot be helped; else it is the place with the
    fewest marks under it, and of those the nearest.
    """
    x, y = point
    beside = [(x + GAP, y)]
    for height in y + np.arange(-24, 25) * LINE / 4:
        beside += [(x + GAP + STALK, height), (x - GAP - STALK - width, height)]
    half = LINE / 2
    inside = [(a, h) for a, h in beside if 0 <= a <= 1 - width and half <= h <= 1 - half]

    def cost(place: tuple[float, float]) -> tuple[int, float]:
        start, height = place
        moved = (start != x + GAP) + 2 * (start < x) + 100 * abs(height - y)
        under = _within(marks, start, width, height, half)
        return _within(labels, start, width, height, LINE), under + moved

    return min(inside or beside, key=cost)


def _within(points: np.ndarray, start: float, width: float, height: float, half: float) -> int:
    """How many points lie in a box."""
    x, y = points.T
    return int(((x >= start) & (x <= start + width) & (abs(y - height) < half)).sum())


def _stalk(colour: str, left: bool | np.bool) -> dict[str, Any]:
    """From the near end of a label to its point."""
    near = (1.0 if left else 0.0, 0.5)
    return {"arrowstyle": "-", "color": colour, "linewidth": 0.7, "relpos": near, "shrinkB": 3}
