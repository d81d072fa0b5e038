"""Figures of runs from the results ledger: over training, and systems beside each other."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.ledger.claims.intervals import Interval, of_mean
from collapse.ledger.entries import Entry, Ledger
from collapse.runs.settings import base_scale
from collapse.viz.pages.ledger_pages import by_recipe
from collapse.viz.pages.side_by_side import PAPER_STYLES, printed
from collapse.viz.pages.systems import SYSTEMS, PaperSystem
from collapse.viz.style import BROWN, COLUMN, STYLE

HISTORY_AXES = {  # of a history -> its axis
    "kl": "KL, nats",
    "mi": "MI, nats",
    "cosine": "mean cosine of features",
    "loss": "−ELBO, nats",
}


def over_training(
    ledger: Ledger, corpus: str, scale: str, recipes: Sequence[str], measures: Sequence[str]
) -> Figure:
    """What runs measured on their validation split after each epoch, a panel a measure.

    Long et al. (2019), Figures 3 and 4, plot the KL and the cosine so. A line a run; a system
    without runs, or whose runs did not record the measure, has none.

    Args:
        ledger: holds the runs.
        corpus: of the runs.
        scale: of the runs.
        recipes: the systems.
        measures: names of :data:`HISTORY_AXES`.
    """
    fig = Figure(figsize=(COLUMN, 3.4), layout="constrained")
    panels = np.atleast_1d(fig.subplots(1, len(measures)))
    for axes, measure in zip(panels, measures, strict=True):
        for recipe in recipes:
            draw_runs(axes, recipe, ledger.at(corpus, scale, recipe), measure)
        axes.set(xlabel="epoch", ylabel=HISTORY_AXES[measure])
    handles, labels = panels[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=2)
    return fig


def draw_runs(axes: Axes, recipe: str, runs: Sequence[Entry], measure: str) -> None:
    """A line a run, in the style of its system; the first one names it."""
    style = STYLE[recipe]
    for number, run in enumerate(run for run in runs if measure in run.history):
        values = run.history[measure]
        label = style.label if not number else None
        axes.plot(range(1, len(values) + 1), values, style.dash, color=style.colour, label=label)


def likelihood_against(ledger: Ledger, corpus: str, scale: str, measure: str, words: str) -> Figure:
    """NLL of all systems of a place against another measure, as in He et al. (2019), Figure 4.

    A marker is the mean over the runs of a system, its bars the 95 % intervals where there are two
    runs or more.

    Args:
        ledger: holds the runs.
        corpus: of the runs.
        scale: of the runs.
        measure: of the horizontal axis, by its name in the ledger.
        words: for that axis.
    """
    fig = Figure(figsize=(COLUMN, 6.0), layout="constrained")
    axes = fig.subplots()
    for recipe, runs in by_recipe(ledger.at(corpus, scale)).items():
        if all(measure in run.metrics for run in runs):
            x, y = (of_mean([run.metrics[name] for run in runs]) for name in (measure, "nll"))
            style, repeated = STYLE[recipe], len(runs) > 1
            axes.errorbar(
                x.mean,
                y.mean,
                xerr=[[x.mean - x.low], [x.high - x.mean]] if repeated else None,
                yerr=[[y.mean - y.low], [y.high - y.mean]] if repeated else None,
                fmt=style.marker or "o",
                color=style.colour,
                label=style.label,
                elinewidth=0.8,
            )
    axes.set(xlabel=words, ylabel="NLL, nats a document")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def printed_likelihoods(papers: pd.DataFrame, ledger: Ledger, dataset: str) -> Figure:
    """The negative log-likelihoods that the papers print of each system, and ours.

    Theirs with the deviation where one is printed; ours, the mean of the runs at full scale, with
    the 95 % interval where there are two or more.
    """
    shown = [each for each in SYSTEMS if any(nlls(papers, dataset, each))]
    fig = Figure(figsize=(COLUMN, 0.27 * len(shown) + 1.2), layout="constrained")
    axes = fig.subplots()
    for place, each in enumerate(shown):
        for paper, value, deviation in nlls(papers, dataset, each):
            name, colour, marker = PAPER_STYLES[paper]
            beside = (list(PAPER_STYLES).index(paper) - 1.5) * 0.18  # where two agree, both show
            draw_likelihood(axes, value, place + beside, [deviation] * 2, name, colour, marker)
        for mean in our_likelihoods(ledger, dataset, each):
            one = math.isinf(mean.low)  # a single run has no interval
            reach = [0.0, 0.0] if one else [mean.mean - mean.low, mean.high - mean.mean]
            draw_likelihood(axes, mean.mean, place, reach, "ours, 95 % interval", BROWN, "D")
    axes.set(yticks=range(len(shown)), yticklabels=[each.label for each in shown])
    axes.set(xlabel=f"NLL on {dataset}, nats a document")
    axes.set_ylim(len(shown) - 0.5, -0.5)
    once = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    fig.legend(once.values(), once, loc="outside upper center", ncols=3)
    return fig


def widest_apart(papers: pd.DataFrame, dataset: str) -> str:
    """The system on whose likelihood the papers differ most, and from what to what, in words."""
    printed_of = {each.label: [n for _, n, _ in nlls(papers, dataset, each)] for each in SYSTEMS}
    label, values = max(printed_of.items(), key=lambda item: np.ptp(item[1]) if item[1] else 0)
    return f"{label}, {min(values):.1f} to {max(values):.1f}"


def draw_likelihood(
    axes: Axes,
    at: float,
    place: float | int,
    reach: list[float],
    name: str,
    colour: str,
    marker: str,
) -> None:
    """One number with its deviation or interval to the left and to the right."""
    bars = [[reach[0]], [reach[1]]]
    axes.errorbar(at, place, xerr=bars, fmt=marker, color=colour, ms=4, elinewidth=1, label=name)


def nlls(
    papers: pd.DataFrame, dataset: str, each: PaperSystem
) -> Iterator[tuple[str, float, float]]:
    """Paper, likelihood (no bounds, no others) and deviation (0: none printed) of a system."""
    for paper, variants in each.printed.items():
        for name, variant in variants:
            rows = printed(papers, dataset, paper, name, variant)
            rows = rows[rows["metric"].isin(("nll-iw", "nll-exact"))]
            for value, deviation in zip(rows["value"], rows["sd"].fillna(0), strict=True):
                yield paper, float(value), float(deviation)


def our_likelihoods(ledger: Ledger, dataset: str, each: PaperSystem) -> Iterator[Interval]:
    """The mean at full scale for each of our recipes of a system that has runs."""
    for recipe in each.recipes:
        runs = [e for e in ledger.entries if (e.recipe, e.place[0]) == (recipe, dataset)]
        values = [e.metrics["nll"] for e in runs if base_scale(e.place[1]) == "full"]
        if values:
            yield of_mean(values)
