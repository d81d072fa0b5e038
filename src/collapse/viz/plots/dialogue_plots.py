"""Pictures of conditional models: what a KL buys given the context, and what z says."""

from collections.abc import Mapping, Sequence
from itertools import product
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from collapse.viz.style import COLUMN, INK, OLIVE, PALETTE, PINK, SKY, STYLE

Points = Sequence[tuple[float, float]]

REPLIES = (OLIVE, SKY, PINK, INK)  # hues that no system of a reply map has


def rate_against_information(
    points: Mapping[str, Points], silent: Mapping[str, float], available: float
) -> Figure:
    """KL(q(z|x,y) ‖ p(z|x)) against I(z; y | x), one mark a seed, on one scale.

    A system has its name beside one of its marks, where there is room; those that keep close to
    the origin with each seed share one text. The names of the lines stand right of the axes.

    Args:
        points: system -> for each seed the information and the KL, in nats.
        silent: name -> the KL of a batch-normalised q that says nothing, two at most.
        available: the information that there is to have.
    """
    fig = Figure(figsize=(COLUMN, 5.6))
    axes, grey = fig.subplots(), STYLE["theory"]
    for name, pairs in points.items():
        style = STYLE[name]
        axes.plot(*zip(*pairs, strict=True), **style.plot() | {"linestyle": "none"}, markersize=9)
    top = 1.12 * max([available, *(kl for pairs in points.values() for _, kl in pairs)])
    axes.plot([0, top], [0, top], color=grey.colour, linewidth=1)
    for kl, dash in zip(silent.values(), ("--", "-."), strict=False):
        axes.axhline(kl, color=grey.colour, linestyle=dash, linewidth=1.4)
    axes.axvline(available, color=grey.colour, linestyle=":")
    words: dict[str, Any] = {"color": grey.colour, "fontsize": 11}
    axes.text(available, top, "the choice ", ha="right", va="top", **words)
    axes.text(0.6 * top, 0.56 * top, "KL = information", ha="center", va="center", rotation=45,
              **words)  # fmt: skip
    for (name, kl), (side, off) in zip(silent.items(), (("bottom", -1), ("top", 1)), strict=False):
        axes.annotate(name, (1, kl), (4, off), axes.get_yaxis_transform(),
                      textcoords="offset points", va=side, **words)  # fmt: skip
    axes.set(xlim=(-0.04 * top, top), aspect="equal")
    axes.set(xlabel="information about the reply, given the context (nats)")
    axes.set(ylabel="KL(q ‖ p) (nats)")
    axes.set(ylim=(-(0.04 + 0.045 * _name_groups(axes, points, top)) * top, top))
    for _ in range(3):  # the layout of square axes settles step by step
        fig.draw_without_rendering()
    fig.set_layout_engine("none")  # and stays, so that the names fit
    near = _near(points, top)
    _name_marks(axes, {name: p for name, p in points.items() if near.get(name) != ""})
    return fig


def _near(points: Mapping[str, Points], top: float) -> dict[str, str]:
    """Systems with seeds close to the origin; how many of them, where they are not all."""
    counts = {name: sum(max(pair) < 0.05 * top for pair in some) for name, some in points.items()}
    return {
        name: "" if count == len(points[name]) else f" ({count} of {len(points[name])} seeds)"
        for name, count in counts.items()
        if count
    }


def _name_groups(axes: Axes, points: Mapping[str, Points], top: float) -> int:
    """One text for all that keep close to the origin; returns how many lines it has, 1 at least."""
    named = [STYLE[name].label + some for name, some in _near(points, top).items()]
    text = fill("here: " + "; ".join(named), 34, break_on_hyphens=False) if named else ""
    axes.text(0.01 * top, -0.03 * top, text, va="top", fontsize=10.5, linespacing=1.0)
    return text.count("\n") + 1


def _name_marks(axes: Axes, points: Mapping[str, Points]) -> None:
    """A name beside a mark of each system, over as little as can be of what is drawn already."""
    words, drawn = [text.get_window_extent() for text in axes.texts], _boxes(axes)
    point, (low, high) = _point(axes), axes.bbox.get_points()
    for name in sorted(points, key=lambda name: -np.mean(points[name], axis=0)[1]):
        text = axes.annotate(STYLE[name].label, (0, 0), (0, 0), textcoords="offset points",
                             va="bottom", fontsize=11, color=STYLE[name].colour)  # fmt: skip
        size = np.asarray(text.get_window_extent().size)
        middle = axes.transData.transform(np.mean(points[name], axis=0))
        places = []
        for mark, side in product(points[name], product((-1, 0, 1), (-1, 0, 1))):
            at = np.asarray(axes.transData.transform(mark))
            corner = at + 8 * point * np.array(side) - size * (1 - np.array(side)) / 2
            corner = np.clip(corner, low + 3, high - size - 3)
            box = Bbox([corner, corner + size])
            cost = 99 * box.count_overlaps(words) + box.padded(2).count_overlaps(drawn)
            off = (corner - at) / point
            places.append((cost, float(np.hypot(*(at - middle))), mark, off, box))
        *_, text.xy, text.xyann, box = min(places, key=lambda place: place[:2])
        words.append(box)


def _point(axes: Axes) -> float:
    """A point in pixels."""
    fig = axes.get_figure(root=True)
    return fig.dpi / 72 if fig else 1.0


def _boxes(axes: Axes) -> list[Bbox]:
    """What the marks and the straight lines of drawn axes cover, in pixels."""
    half, boxes = 5.5 * _point(axes), []
    for line in axes.lines:
        at, reach = line.get_transform().transform(line.get_xydata()), half
        if line.get_linestyle() != "None":  # many small boxes along it
            at, reach = np.linspace(at[0], at[-1], 200), 1.0
        boxes += [Bbox([place - reach, place + reach]) for place in at]
    return boxes


def paired_marks(pairs: Mapping[str, Points], ends: tuple[str, str], x_label: str) -> Figure:
    """Two numbers of each run, an open and a filled mark, a line for each seed.

    Args:
        pairs: system -> for each seed the two numbers.
        ends: what the open and the filled mark are.
        x_label: of the axis, with its unit.
    """
    fig = Figure(figsize=(COLUMN, 1.2 + 0.55 * len(pairs)))
    axes, grey = fig.subplots(), STYLE["theory"].colour
    for row, (name, seeds) in enumerate(pairs.items()):
        step = min(0.14, 0.66 / max(len(seeds) - 1, 1))  # the rows stay apart
        style, places = STYLE[name], row + step * (np.arange(len(seeds)) - (len(seeds) - 1) / 2)
        for place, two in zip(places, seeds, strict=True):
            axes.plot(two, [place, place], color=style.colour, linewidth=1.2)
        first, second = zip(*seeds, strict=True)
        axes.plot(second, places, "o", color=style.colour)
        axes.plot(first, places, "o", color=style.colour, markerfacecolor="white")
    axes.plot([], [], "o", color=grey, markerfacecolor="white", label=ends[0])
    axes.plot([], [], "o", color=grey, label=ends[1])
    axes.set_yticks(range(len(pairs)), [STYLE[name].label for name in pairs])
    axes.invert_yaxis()
    axes.set_xlabel(x_label)
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def price_of_silence(
    gammas: Sequence[float], speaking: Sequence[float], silent: Mapping[str, Sequence[float]]
) -> Figure:
    """What both KLs cost at least, a dimension, when z says nothing and when it says something.

    Args:
        gammas: scales of the normalised means.
        speaking: nats for means that follow the reply alone.
        silent: name of an arrangement -> nats for means that follow the context alone.
    """
    fig = Figure(figsize=(COLUMN, 3.9))
    axes = fig.subplots()
    lines = {"means follow the reply": speaking, **silent}
    for (name, values), dash in zip(lines.items(), ("-", "--", "-.", ":"), strict=False):
        colour = STYLE["theory"].colour if name in silent else PALETTE[2]
        axes.plot(gammas, values, color=colour, linestyle=dash)
        axes.annotate(f" {name}", (gammas[-1], values[-1]), color=colour, fontsize=11, va="center")
    axes.set(xlabel="γ", ylabel="KL(q ‖ p) + KL(p ‖ r)\n(nats a dimension)", ylim=(0, None))
    axes.set(xlim=(0, 1.75 * gammas[-1]), xticks=[0, gammas[-1] / 2, gammas[-1]])
    return fig


def silence_by_contexts(
    contexts: Sequence[int],
    kls: Mapping[float, Sequence[float]],
    measured: Mapping[str, tuple[int, Sequence[float]]],
) -> Figure:
    """KL(q ‖ p) of a silent code that sets one of n contexts apart, by n and γ.

    Grey, dashed: γ / (2 √n), which it comes to.

    Args:
        contexts: values of n.
        kls: γ -> nats a dimension, one for each n.
        measured: system -> its number of contexts, and for each seed the KL that is no
            information, in nats a dimension.
    """
    fig = Figure(figsize=(COLUMN, 4.4))
    axes, grey = fig.subplots(), STYLE["theory"]
    for (gamma, values), dash in zip(kls.items(), ("-", "-.", ":"), strict=False):
        axes.plot(contexts, values, color="black", linestyle=dash, linewidth=1.6)
        axes.annotate(f" γ = {gamma:g}", (contexts[-1], values[-1]), va="center", fontsize=11.5)
        limit = gamma / (2 * np.sqrt(contexts))
        axes.plot(contexts, limit, color=grey.colour, linestyle="--", lw=1)
    for place, (name, (count, values)) in enumerate(measured.items()):
        style = STYLE[name]
        look = style.plot() | {"linestyle": "none"}
        spread = count * 1.12 ** (place - (len(measured) - 1) / 2)
        axes.plot([spread] * len(values), values, **look, markersize=7, alpha=0.7)
    for count in {count for count, _ in measured.values()}:
        axes.axvline(count, color=grey.colour, linewidth=0.8, zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="contexts n, one of them apart")
    axes.set_xlim(None, contexts[-1] * 5)
    axes.set_ylabel("KL − information\n(nats a dimension)")
    if measured:
        fig.legend(loc="outside upper center", ncols=2)
    return fig


def reply_map(
    regions: Mapping[str, np.ndarray],
    limit: float,
    z: tuple[float, float],
    names: Sequence[str],
    walk: Points = (),
) -> Figure:
    """Which reply each z gives, for one context: one panel a system, in units of p(z|x).

    Args:
        regions: system -> ``(steps, steps)`` numbers of replies on an even grid, rows by the
            second dimension of z; -1 for a reply that is none of those named.
        limit: the grid goes from -limit to limit standard deviations of p(z|x).
        z: the point that is marked.
        names: the replies by number.
        walk: points of a path that is drawn.
    """
    height = 2.6 + 0.26 * len(names)
    fig = Figure(figsize=(COLUMN, height))
    panels = fig.subplots(1, len(regions), sharey=True, squeeze=False)[0]
    for axes, (name, numbers) in zip(panels, regions.items(), strict=True):
        _region(axes, numbers, limit)
        if walk:
            axes.plot(*zip(*walk, strict=True), color="black", linestyle=":", linewidth=1.5)
        axes.plot(*z, "o", color="white", markeredgecolor="black", markersize=10)
        axes.set_title(STYLE[name].label, fontsize=11)
    handles = [panels[0].scatter([], [], color=hue, marker="s") for hue in REPLIES[: len(names)]]
    fig.legend(handles, names, loc="outside upper left", fontsize=11.5)
    fig.supxlabel("z (standard deviations of p(z|x))", fontsize=12)
    return fig


def _region(axes: Axes, numbers: np.ndarray, limit: float) -> None:
    colours = np.array([to_rgb(colour) for colour in (*REPLIES, "#DDDDDD")])
    end = limit * (1 + 1 / (len(numbers) - 1))  # the outermost points are centres of their cells
    extent = (-end, end, -end, end)
    axes.imshow(colours[numbers], origin="lower", extent=extent, interpolation="nearest")
    axes.grid(False)
    axes.set_xticks([-2, 0, 2])
    axes.set_yticks([-2, 0, 2])
