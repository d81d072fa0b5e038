"""Pictures of collapse: where the KL goes, where an estimate saturates, what a decoder hears."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from collapse.viz.style import COLUMN, PALETTE, STYLE


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
    information, paid = np.array([pair for _, _, pair in rows]).clip(min=0).T
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
    axes.set_xlabel("KL(q(z|x) ‖ p(z)), mean over documents (nats)")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def saturation(
    sizes: Sequence[int], estimates: Mapping[str, Sequence[float]], truths: Mapping[str, float]
) -> Figure:
    """Estimated mutual information against the number of documents, under its cap log N.

    Args:
        sizes: numbers of documents.
        estimates: label -> one estimate a size (nats).
        truths: label -> the true value, where it is known (nats).
    """
    fig = Figure(figsize=(COLUMN, 3.6))
    axes = fig.subplots()
    grey = STYLE["theory"]
    axes.plot(sizes, np.log(sizes), color=grey.colour, linestyle=":", label="cap, log N")
    for (label, values), colour, marker in zip(
        estimates.items(), PALETTE, "os^Dv<>P", strict=False
    ):
        axes.plot(sizes, values, color=colour, marker=marker, label=label)
        if label in truths:
            axes.axhline(truths[label], color=colour, linestyle="--", linewidth=0.9)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(sizes), [str(size) for size in sizes])
    axes.set_ylim(0, 1.15 * np.log(max(sizes)))
    axes.set(xlabel="documents in the estimate, N", ylabel="mutual information (nats)")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def unit_variances(variances: Mapping[str, Sequence[float]], threshold: float = 0.01) -> Figure:
    """Variance of each dimension's posterior mean over documents, beside the threshold of AU.

    Args:
        variances: system -> one variance a dimension.
        threshold: from here on a unit counts as active.
    """
    fig = Figure(figsize=(COLUMN, 0.9 + 0.5 * len(variances)))
    axes = fig.subplots()
    for row, (name, values) in enumerate(variances.items()):
        style = STYLE[name]
        axes.plot(values, [row] * len(values), style.marker, color=style.colour, alpha=0.7)
    axes.axvline(threshold, color=STYLE["theory"].colour, linestyle="--")
    axes.text(threshold, -0.75, f" threshold {threshold}", color=STYLE["theory"].colour)
    axes.set_xscale("log")
    axes.set_yticks(range(len(variances)), [STYLE[name].label for name in variances])
    axes.set_ylim(len(variances) - 0.5, -0.9)
    axes.set_xlabel("variance of the posterior mean over documents")
    return fig


def next_word_bars(
    probabilities: Mapping[str, np.ndarray], words: Sequence[str], title: str
) -> Figure:
    """p(next word | z) of several models side by side, for the same few words.

    Args:
        probabilities: system -> one probability a word.
        words: the words.
        title: what z is.
    """
    fig = Figure(figsize=(COLUMN, 3.0))
    panels = fig.subplots(1, len(probabilities), sharey=True, squeeze=False)[0]
    for axes, (name, values) in zip(panels, probabilities.items(), strict=True):
        axes.bar(range(len(words)), values, color=STYLE[name].colour)
        axes.set_xticks(range(len(words)), words, rotation=90, fontsize=8)
        axes.set(title=STYLE[name].label, ylim=(0, 1))
    panels[0].set_ylabel("p(next symbol | z)")
    fig.suptitle(title, fontsize="medium")
    return fig
