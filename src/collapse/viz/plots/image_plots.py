"""Pictures of pictures: tiles, maps, and the dial of how far a decoder sees."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.base.errors import CollapseError
from collapse.ledger.claims.intervals import of_mean
from collapse.viz.spans import seeds
from collapse.viz.style import COLUMN, GREY, RED, STYLE

TITLE = 0.36  # inches over a row of tiles
ASIDE = 0.08  # from a mean to the points of its runs, which its marker would cover


def tiles(rows: Mapping[str, Sequence[np.ndarray] | np.ndarray], *, high: float = 1.0) -> Figure:
    """Rows of small pictures, ink dark.

    Args:
        rows: title of a row -> its pictures, each ``(side, side)`` from 0 to ``high``.
        high: the value of full ink.

    Raises:
        CollapseError: if there is nothing to draw.
    """
    if not rows or not all(len(row) for row in rows.values()):
        raise CollapseError("tiles() got no pictures: give each row at least one.")
    most = max(map(len, rows.values()))
    line, gap = COLUMN / most + TITLE, 0.06  # inches
    fig = Figure(figsize=(COLUMN, line * len(rows)))
    fig.set_layout_engine("none")
    for number, (title, row) in enumerate(rows.items()):
        top = 1 - (number * line + TITLE) / (line * len(rows))
        fig.text(gap / COLUMN, top + 0.07 / (line * len(rows)), title, va="bottom")
        for place, pixels in enumerate(row):
            left, side = (place + gap) / most, (1 - 2 * gap) / most
            height = side * COLUMN / (line * len(rows))
            axes = fig.add_axes((left, top - height, side, height))
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set(visible=True, color=GREY, linewidth=0.8)
            axes.imshow(pixels, cmap="Greys", vmin=0, vmax=high)
    return fig


def maps(
    panels: Mapping[str, Float[np.ndarray, "side side"]],
    label: str,
    *,
    mark: tuple[int, int] | None = None,
) -> Figure:
    """Maps over the pixels side by side, on one scale.

    Args:
        panels: title -> values.
        label: of the colour bar, with its unit; without one there is no bar.
        mark: row and column of a pixel to mark in each.
    """
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    fig = Figure(figsize=(COLUMN, 3.2 * rows))
    highest = max(values.max() for values in panels.values())
    drawn = []
    for number, (title, values) in enumerate(panels.items(), 1):
        axes = fig.add_subplot(rows, columns, number)
        image = axes.imshow(values, cmap="Blues", vmin=0, vmax=highest)
        if mark is not None:
            axes.plot(mark[1], mark[0], "s", color=RED, markersize=8)
        axes.set_title(title)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color=GREY)
        drawn.append(axes)
    if label:
        fig.colorbar(image, ax=drawn, label=label, location="bottom", shrink=0.6)
    return fig


def dial(
    nll: Mapping[str, Mapping[int, Sequence[float]]],
    earned: Mapping[int, Sequence[float]],
    information: Mapping[int, Sequence[float]],
    floors: Mapping[int, float],
    truth: float,
    marks: Mapping[str, float],
) -> Figure:
    """How far the decoder sees, against its likelihood, what z earns, and what z says; in nats.

    Args:
        nll: "without z" and "with z" -> layers -> NLL of each run.
        earned: layers -> for each pair of runs, the NLL without z less the bound with it.
        information: layers -> mutual information of each run with z.
        floors: layers -> the best that a decoder of this field can reach without z.
        truth: NLL of the same pictures under the distribution that made them.
        marks: what a code may say -> its information, at most three.

    Raises:
        CollapseError: if there is nothing to draw.
    """
    if not floors:
        raise CollapseError("dial() got no layers: give floors for at least one.")
    fig = Figure(figsize=(COLUMN, 8.4))
    likelihood, gains, codes = fig.subplots(3, 1, sharex=True)
    places = {layers: place for place, layers in enumerate(sorted(floors))}
    looks = {"without z": ("pixelcnn", -0.08), "with z": ("image-vae", 0.08)}
    for name, runs in nll.items():
        system, shift = looks[name]
        at = {places[k] + shift: v for k, v in runs.items()}
        # To the outer side, so that the runs with and without z stay apart.
        dots(likelihood, at, system, name, aside=math.copysign(ASIDE, shift), lowest=0.0)
    best = [floors[layers] for layers in places]
    likelihood.plot(list(places.values()), best, ":", color=GREY, label="best without z, exact")
    likelihood.axhline(truth, color=GREY, linestyle="--", label="the truth, exact")
    likelihood.set_ylabel("NLL (nats)")
    most = [floor - truth for floor in best]
    gains.plot(list(places.values()), most, ":", color=GREY, label="the most beside a best decoder")
    parts = ((gains, earned, "earned by z", -math.inf), (codes, information, "said by z", 0.0))
    for axes, runs, name, lowest in parts:  # a code may cost more than it saves
        at = {float(places[k]): v for k, v in runs.items()}
        dots(axes, at, "image-vae", name, lowest=lowest)
    gains.axhline(0, color=GREY, linewidth=0.8)
    gains.set_ylabel("earned, paid for (nats)")
    for (title, amount), dash in zip(marks.items(), ("--", "-.", ":"), strict=False):
        codes.axhline(amount, color=GREY, linestyle=dash, label=title)
    codes.set_ylabel("MI (nats)")
    codes.set_ylim(bottom=0)
    codes.set_xticks(list(places.values()), [str(layers) for layers in places])
    codes.set_xlabel("layers of 3 × 3 in the decoder")
    for axes in (likelihood, gains, codes):
        axes.legend(fontsize=11)
    return fig


def dots(
    axes: Axes,
    runs: Mapping[float, Sequence[float]],
    system: str,
    label: str,
    *,
    aside: float = ASIDE,
    lowest: float = -math.inf,
) -> None:
    """A mean with its 95 % interval at each place, joined, and its runs beside it.

    A single run has no interval.

    Args:
        axes: to draw in.
        runs: place -> one value a run.
        system: whose colour and marker it has.
        label: in the legend.
        aside: from the mean to the points of the runs.
        lowest: intervals are cut here, for what cannot be less.
    """
    colour, marker = STYLE[system].colour, STYLE[system].marker
    found = {place: values for place, values in sorted(runs.items()) if len(values)}
    means = {place: float(np.mean(values)) for place, values in found.items()}
    for place, values in found.items():
        seeds(axes, values, place + aside, colour, upright=True)
        if len(values) > 1:
            interval = of_mean(list(values))
            ends = [max(end, lowest) for end in (interval.low, interval.high)]
            axes.plot([place, place], ends, "-", color=colour)
    for one, other in pairwise(means):
        axes.plot([one, other], [means[one], means[other]], "-", color=colour, alpha=0.4)
    axes.plot(list(means), list(means.values()), marker, color=colour, label=label)
