"""Pictures of collapse: its curves, where the KL goes, where an estimate stops, what z changes."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from collapse.viz.curves import Histories
from collapse.viz.style import COLUMN, PALETTE, STYLE


def collapse_curves(histories: Histories, reference: float = 1.0) -> Figure:
    """The negative ELBO and the KL in it over training, the KL under a line to measure it by.

    Args:
        histories: system -> one history a seed, a thin line each.
        reference: where the line is (nats).
    """
    fig = Figure(figsize=(COLUMN, 5.2))
    above, below = fig.subplots(2, sharex=True)
    for name, runs in histories.items():
        style = STYLE[name]
        for run in runs:
            epochs = [row["epoch"] for row in run]
            for axes, key in ((above, "loss"), (below, "kl")):
                values = [row[key] for row in run]
                axes.plot(epochs, values, color=style.colour, linestyle=style.dash, linewidth=1.3)
        for axes in (above, below):
            axes.plot([], [], color=style.colour, linestyle=style.dash, label=style.label)
    below.axhline(reference, color=STYLE["theory"].colour, linestyle=":")
    below.text(
        1, 0.96 * reference, f"{reference:g} nat, to measure by", color=STYLE["theory"].colour,
        va="top",
    )  # fmt: skip
    above.set(ylabel="negative ELBO (nats)")
    below.set(ylabel="KL (nats)", xlabel="epoch", ylim=(-0.04 * reference, None))
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    above.legend(loc="upper right")
    return fig


def information_panels(histories: Histories) -> Figure:
    """MI against KL over training, a panel a system, all on one scale; the marker is the end.

    KL = MI + KL(q(z) ‖ p(z)), so the truth lies on or below the dashed line, MI = KL.

    Args:
        histories: system -> one history a seed; rows without the two measures are left out.
    """
    rows = -(-len(histories) // 2)
    fig = Figure(figsize=(COLUMN, 0.7 + 2.1 * rows))
    panels = fig.subplots(rows, 2, sharex=True, sharey=True, squeeze=False)
    kept = {
        name: [[(row["kl"], row["mi"]) for row in run if row.get("mi") is not None] for run in runs]
        for name, runs in histories.items()
    }
    most = max([0.5] + [kl for runs in kept.values() for run in runs for kl, _ in run])
    for axes, (name, runs) in zip(panels.flat, kept.items(), strict=False):
        style = STYLE[name]
        axes.plot([0, most], [0, most], color=STYLE["theory"].colour, linestyle="--", linewidth=1)
        for path in filter(None, runs):
            axes.plot(*zip(*path, strict=True), color=style.colour, linewidth=1.2, alpha=0.8)
            axes.plot(*path[-1], style.marker, color=style.colour, ms=9, mec="white")
        axes.set(title=style.label)
    for axes in panels.flat[len(kept) :]:
        axes.set_visible(False)
    fig.supxlabel("KL (nats)", fontsize="medium")
    fig.supylabel("mutual information (nats)", fontsize="medium")
    return fig


def kl_split(parts: Mapping[str, Sequence[tuple[float, float]]]) -> Figure:
    """The KL as information plus mismatch, KL(q(z) ‖ p(z)): one stacked bar a seed.

    Hoffman & Johnson (2016): the first part differs from document to document, the second part
    is paid alike for all of them and says nothing about any.

    Args:
        parts: system -> for each seed the two parts in nats.
    """
    rows = [(name, seed, pair) for name, group in parts.items() for seed, pair in enumerate(group)]
    fig = Figure(figsize=(COLUMN, 0.9 + 0.2 * len(rows) + 0.12 * len(parts)))
    axes = fig.subplots()
    ends = np.cumsum([len(group) for group in parts.values()])
    gaps = np.repeat(np.arange(len(parts)), [len(group) for group in parts.values()])
    places = np.arange(len(rows)) + 0.7 * gaps
    information, paid = np.array([pair for _, _, pair in rows]).T
    kl = (information + paid).clip(min=0)
    information = np.clip(information, 0, kl)  # an estimate: its noise may leave the bar
    paid = kl - information
    axes.barh(places, information, color=STYLE["vae-anneal"].colour, label="information")
    axes.barh(
        places,
        paid,
        left=information,
        label="mismatch, KL(q(z) ‖ p(z))",
        color="white",
        edgecolor=STYLE["theory"].colour,
        hatch="////",
    )
    middles = [
        places[end - len(g) : end].mean() for end, g in zip(ends, parts.values(), strict=True)
    ]
    axes.set_yticks(middles, [STYLE[name].label for name in parts])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.05 * max(kl.max(), 0.01))
    axes.set_xlabel("KL(q(z|x) ‖ p(z)), mean over documents (nats)")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def saturation(
    sizes: Sequence[int], estimates: Mapping[str, Sequence[float]], truths: Mapping[str, float]
) -> Figure:
    """Estimated mutual information against the number of documents, on and under its cap log N.

    Args:
        sizes: numbers of documents.
        estimates: label -> one estimate a size (nats); each line ends in its label.
        truths: label -> the true value, where it is known (nats).
    """
    fig = Figure(figsize=(COLUMN, 4.0))
    axes = fig.subplots()
    axes.plot(
        sizes,
        np.log(sizes),
        color=STYLE["theory"].colour,
        alpha=0.3,
        linewidth=11,
        solid_capstyle="butt",
    )
    axes.annotate(
        "grey band:\ncap, log N", (sizes[1], np.log(sizes[1])), (-14, 14),
        textcoords="offset points", ha="right", color=STYLE["theory"].colour,
    )  # fmt: skip
    for (label, values), colour, marker in zip(
        estimates.items(), PALETTE, "os^Dv<>P", strict=False
    ):
        axes.plot(sizes, values, color=colour, marker=marker)
        axes.annotate(
            label, (sizes[-1], values[-1]), (9, 0), textcoords="offset points", color=colour,
            va="center",
        )  # fmt: skip
        if label in truths:
            ends = [sizes[0], sizes[-1]]
            axes.plot(ends, [truths[label]] * 2, color=colour, linestyle="--", linewidth=0.9)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(sizes), [str(size) for size in sizes])
    axes.set(xlim=(0.8 * sizes[0], 7 * sizes[-1]), ylim=(0, 1.15 * np.log(max(sizes))))
    axes.set(xlabel="documents in the estimate, N", ylabel="mutual information (nats)")
    return fig


def unit_variances(variances: Mapping[str, Sequence[float]], threshold: float = 0.01) -> Figure:
    """Variance of each dimension's posterior mean over documents, beside the threshold of AU.

    Args:
        variances: system -> one variance a dimension.
        threshold: from here on a unit counts as active.
    """
    fig = Figure(figsize=(COLUMN, 1.2 + 0.75 * len(variances)))
    axes = fig.subplots()
    grey = STYLE["theory"].colour
    axes.text(threshold, -0.95, f"threshold {threshold}", color=grey, ha="center")
    for row, (name, values) in enumerate(variances.items()):
        style = STYLE[name]
        # Broken, so that no label lies over it.
        axes.plot([threshold] * 2, [row - 0.16, row + 0.3], color=grey, linewidth=2, zorder=3)
        axes.plot(values, [row] * len(values), style.marker, color=style.colour, alpha=0.7)
        axes.text(
            0.01, row - 0.3, style.label, color=style.colour, transform=axes.get_yaxis_transform()
        )
    axes.set_xscale("log")
    axes.set_yticks([])
    axes.set_ylim(len(variances) - 0.6, -1.25)
    axes.set_xlabel("variance of the posterior mean over documents")
    return fig


def next_word_bars(
    probabilities: Mapping[str, np.ndarray],
    words: Sequence[str],
    title: str,
    reference: Mapping[str, np.ndarray] | None = None,
    top: float = 1.0,
) -> Figure:
    """p(next word | z) of several models, one above the other, for the same few words.

    Args:
        probabilities: system -> one probability a word.
        words: the words.
        title: what z is.
        reference: the same at another z, drawn as a line across each bar.
        top: of the axis of probabilities, one for all frames of a figure that moves.
    """
    fig = Figure(figsize=(COLUMN, 1.0 + 1.9 * len(probabilities)))
    panels = fig.subplots(len(probabilities), sharex=True, squeeze=False)[:, 0]
    for axes, (name, values) in zip(panels, probabilities.items(), strict=True):
        axes.bar(range(len(words)), values, color=STYLE[name].colour, width=0.6)
        for place, value in enumerate((reference or {}).get(name, [])):
            axes.plot([place - 0.42, place + 0.42], [value, value], color="black", linewidth=2.2)
        axes.set(title=STYLE[name].label, ylim=(0, top), ylabel="p(symbol | z)")
        axes.grid(axis="x", visible=False)
    panels[-1].set_xticks(range(len(words)), words)
    fig.suptitle(title, fontsize="medium")
    return fig
