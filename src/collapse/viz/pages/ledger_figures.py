"""Figures of runs from the results ledger: over training, and systems beside each other."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.ledger.claims.intervals import of_mean
from collapse.ledger.entries import Entry, Ledger
from collapse.viz.pages.ledger_pages import by_recipe
from collapse.viz.style import COLUMN, STYLE

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
