"""Pictures of chapter 8: remedies side by side, and what a decoder of few words sees."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.ledger.claims.intervals import of_mean
from collapse.viz.spans import seeds, span
from collapse.viz.style import COLUMN, GREY, INDIGO, SKY, STYLE

Pairs = Sequence[tuple[float, float]]  # one pair a run
MISSED = "#8C8C8C"  # words that a decoder does not see
# From a mean to the points of its runs: far enough that its marker covers none.
BELOW, OCTAVES, BESIDE = 0.32, 0.1, 0.4  # a row, of the words of a field, a bar


def remedy_dots(
    measured: Mapping[str, Pairs],
    labels: Mapping[str, str],
    marked: float | None = None,
    without: float | None = None,
) -> Figure:
    """Likelihood and information of each system, runs and 95 % intervals: a row a system.

    Args:
        measured: system -> for each run the negative log-likelihood and the mutual information
            (nats); the rows are in the order of the mean information, the largest on top.
        labels: what a row is called, where that is shorter than the label of the style.
        marked: a negative log-likelihood with a dashed line.
        without: one with a dotted line, that of a model without a code.
    """
    order = sorted(measured, key=lambda name: np.mean([mi for _, mi in measured[name]]))
    fig = Figure(figsize=(COLUMN, 0.9 + 0.34 * len(order)))
    panels = fig.subplots(1, 2, sharey=True)
    for column, (axes, title) in enumerate(zip(panels, ("NLL", "information"), strict=True)):
        for place, name in enumerate(order):
            values, style = [pair[column] for pair in measured[name]], STYLE[name]
            # Neither can be negative, though the interval of a few runs may be.
            mean = span(axes, values, place, style.colour, lowest=0.0)
            seeds(axes, values, place - BELOW, style.colour)
            axes.plot(mean, place, style.marker, color=style.colour, markersize=8)
        shown = [pair[column] for pairs in measured.values() for pair in pairs]
        lines = {} if column else {STYLE["theory"].dash: marked, ":": without}
        for dash, nll in lines.items():
            if nll is not None:
                shown.append(nll)
                axes.axvline(nll, color=GREY, linestyle=dash, linewidth=1.4)
        _around(axes, shown)
        axes.set(xlabel=f"{title} (nats)")
    panels[0].set_yticks(range(len(order)), [labels.get(n, STYLE[n].label) for n in order])
    return fig


def _around(axes: Axes, values: Sequence[float]) -> None:
    """Limits that hold every run; the interval of two runs may go on beyond them."""
    beside = 0.08 * (max(values) - min(values))
    axes.set_xlim(min(values) - beside, max(values) + beside)


def field_curves(
    measured: Mapping[str, Mapping[int, Pairs]], language_models: Mapping[int, Sequence[float]]
) -> Figure:
    """Information and likelihood against the receptive field: runs, means and intervals.

    Args:
        measured: how it was trained -> words in the field -> for each run the negative
            log-likelihood and the mutual information (nats).
        language_models: words in the field -> the negative log-likelihood of each language model.
    """
    fig = Figure(figsize=(COLUMN, 5.2))
    below, above = fig.subplots(2, 1, sharex=True)[::-1]
    looks = ((INDIGO, "full", -OCTAVES), (SKY, "none", OCTAVES))  # to the left, to the right
    for (title, runs), (colour, fill, aside) in zip(measured.items(), looks, strict=True):
        for column, axes in ((1, above), (0, below)):
            values = {words: [pair[column] for pair in pairs] for words, pairs in runs.items()}
            _curve(axes, values, colour, title, "o", fill, aside)
    lm = STYLE["lm"].colour
    _curve(below, language_models, lm, "language model", "s", "full", -2 * OCTAVES)
    ticks = sorted({words for runs in measured.values() for words in runs})
    below.set_xscale("log", base=2)
    below.set_xticks(ticks, [str(words) for words in ticks])
    below.minorticks_off()
    below.set(xlabel="words that the decoder sees", ylabel="NLL (nats)")
    above.set(ylabel="information (nats)")
    fig.legend(*below.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return fig


def _curve(
    axes: Axes,
    values: Mapping[int, Sequence[float]],
    colour: str,
    label: str,
    marker: str,
    fill: str,
    aside: float,
) -> None:
    """A line through the means; beside each its interval, a pale bar, and its runs, pale points."""
    known = {words: runs for words, runs in sorted(values.items()) if runs}
    means = [
        span(axes, runs, words * 2 ** (aside / 2), colour, upright=True, lowest=0.0)
        for words, runs in known.items()
    ]
    for words, runs in known.items():
        seeds(axes, runs, words * 2**aside, colour, upright=True)
    dash = "-" if fill == "full" else "--"
    look: dict[str, Any] = {"color": colour, "marker": marker, "fillstyle": fill}
    axes.plot(list(known), means, linestyle=dash, label=label, **look)


def field_view(
    words: Sequence[str], field: int, information: Mapping[int, Sequence[float]]
) -> Figure:
    """A document as the decoder sees it when it writes the last word, over what z carries.

    Args:
        words: of the document; the last one is being written.
        field: how many words the decoder sees.
        information: field -> the mutual information of each run (nats); ``field`` is marked.
    """
    fig = Figure(figsize=(COLUMN, 3.6))
    text, bars = fig.subplots(2, 1, height_ratios=(1.1, 2))
    text.set(xlim=(0, 1), ylim=(0, 1))
    text.axis("off")
    seen = range(max(len(words) - 1 - field, 0), len(words) - 1)
    half = -(-len(words) // 2)
    for number, word in enumerate(words):
        line, place = divmod(number, half)
        last = number == len(words) - 1
        colour = INDIGO if last else "#262626" if number in seen else MISSED
        text.text(
            (place + 0.5) / half, 0.75 - 0.5 * line, "?" if last else word, color=colour,
            ha="center", va="center", weight="bold" if last or number in seen else "normal",
        )  # fmt: skip
    known = [(size, values) for size, values in information.items() if values]
    for place, (size, values) in enumerate(known):
        found = of_mean(values)
        bars.bar(place, found.mean, 0.6, color=INDIGO, alpha=1 if size == field else 0.25)
        seeds(bars, values, place + BESIDE, INDIGO, upright=True)
        if len(values) > 1:
            low = max(found.low, 0.0)  # information cannot be negative
            bars.plot([place, place], [low, found.high], color="#262626", linewidth=1.4)
    bars.set_xticks(range(len(known)), [str(size) for size, _ in known])
    bars.set(xlabel="words that the decoder sees", ylabel="information (nats)")
    bars.grid(axis="x", visible=False)
    return fig
