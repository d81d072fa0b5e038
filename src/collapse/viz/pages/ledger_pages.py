"""Tables of runs from the results ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import HTML

from collapse.base.results import results_folder
from collapse.ledger.entries import Entry, Ledger, read_ledger
from collapse.runs.settings import base_scale
from collapse.viz.letters import typeset
from collapse.viz.pages.ledger_captions import how_measured, measured_and_made, unknown
from collapse.viz.style import STYLE
from collapse.viz.tables import ResultsTable, mean_std

# The ledger and the codes proven to compute the same, seen from the folder of the notebooks.
ENTRIES_FOLDER = results_folder() / "runs"
SAME_CODE = results_folder() / "same_code.csv"
NO_LEDGER = (
    "this table is made from the results ledger, which is in the repository and not in the "
    "package. The page online has it."
)
OUR_METRICS: dict[str, tuple[str, int]] = {  # heading -> metric, decimals
    "NLL": ("nll", 2),
    "−ELBO": ("elbo_nll_same", 2),
    "KL": ("kl_same", 3),
    "KL, all": ("kl", 3),
    "MI, all": ("mi", 3),
    "MI, in batches": ("mi_batch", 3),
    "AU": ("au", 1),
    "cosine": ("cosine", 2),
    "PPL": ("perplexity", 1),
}


def made(rows: Mapping[str, Mapping[str, str]], caption: str) -> ResultsTable:
    """A table of finished texts, nothing in bold; any number of rows."""
    cells = pd.DataFrame.from_dict(rows, orient="index")
    return ResultsTable(cells, pd.DataFrame(False, cells.index, cells.columns), caption)


def our_cell(runs: Sequence[Entry], metric: str, digits: int) -> str:
    """Mean and spread of our runs, or a dash."""
    values = [e.metrics[metric] for e in runs if metric in e.metrics]
    return mean_std(values, digits) if values else "–"


def counted(runs: Sequence[Entry]) -> str:
    """How many runs, in words."""
    return f"{len(runs)} run{'s' if len(runs) != 1 else ''}"


def folded(title: str, items: Sequence[str]) -> str:
    """A list that a reader can open."""
    inside = "".join(f"<li>{typeset(item)}</li>" for item in items)
    return f"<details><summary>{typeset(title)}</summary><ul>{inside}</ul></details>"


def places(ledger: Ledger, scales: Sequence[str]) -> list[tuple[str, str]]:
    """The corpora at these scales, variants of "full" included, of which the ledger has runs."""
    return sorted({e.place for e in ledger.entries if base_scale(e.place[1]) in scales})


def runs_table(ledger: Ledger, corpus: str, scale: str) -> ResultsTable:
    """Our runs on one corpus at one scale: mean ± standard deviation over seeds."""
    runs = by_recipe(ledger.at(corpus, scale))
    warning = "" if base_scale(scale) == "full" else "; not comparable with a paper's table"
    entries = ledger.at(corpus, scale)
    caption = f"Ours: {corpus}, {scale} scale{warning}. {how_measured(entries)} {unknown(entries)}"
    rows = {
        STYLE[recipe].label: {
            **{
                head: our_cell(group, metric, digits)
                for head, (metric, digits) in OUR_METRICS.items()
            },
            "seeds": str(len(group)),
        }
        for recipe, group in runs.items()
    }
    return made(rows, caption)


def from_ledger(
    recipes: Sequence[str],
    corpus: str,
    columns: Mapping[str, tuple[str, int]],
    what: str,
    scale: str = "light",
    folder: Path = ENTRIES_FOLDER,
) -> ResultsTable | HTML:
    """A table of a chapter that is made of entries of the ledger, not of runs of the page.

    Args:
        recipes: the rows; one without an entry has dashes.
        corpus: of the entries.
        columns: heading -> metric and decimals.
        what: the caption begins with it.
        scale: of the entries.
        folder: of the ledger. Where there is none, a sentence says so instead of a table.
    """
    if not folder.is_dir():
        return HTML(f"<p><em>{typeset(what)}: {NO_LEDGER}</em></p>")
    ledger = read_ledger(folder)
    runs = {recipe: ledger.at(corpus, scale, recipe) for recipe in recipes}
    rows = {
        STYLE[recipe].label: {
            **{head: our_cell(group, *cell) for head, cell in columns.items()},
            "seeds": str(len(group)),
        }
        for recipe, group in runs.items()
    }
    entries = [entry for group in runs.values() for entry in group]
    read = unknown(entries) if any("perplexity" in key for key, _ in columns.values()) else ""
    caption = f"{what}. {corpus}, {scale} scale. {measured_and_made(entries)} {read}"
    return replace(made(rows, caption.strip()), stacks=True)


def entered(
    recipes: Sequence[str], corpus: str, scale: str, folder: Path = ENTRIES_FOLDER
) -> dict[str, list[Mapping[str, Any]]]:
    """The metrics of the entries of each recipe, by seed; recipes without an entry are left out.

    Arguments as for :func:`from_ledger`. Where there is no ledger, nothing is entered.
    """
    if not folder.is_dir():
        return {}
    ledger = read_ledger(folder)
    measured = {recipe: [e.metrics for e in ledger.at(corpus, scale, recipe)] for recipe in recipes}
    return {recipe: metrics for recipe, metrics in measured.items() if metrics}


def by_recipe(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries grouped by recipe, in the order of the house style, others behind."""
    order = {known: place for place, known in enumerate(STYLE)}
    ordered = sorted(entries, key=lambda e: (order.get(e.recipe, len(order)), e.recipe, e.seed))
    return {recipe: list(group) for recipe, group in groupby(ordered, lambda e: e.recipe)}


def provenance_table(
    ledger: Ledger, corpus: str, scale: str, table: Path = SAME_CODE
) -> ResultsTable:
    """Where each number on one corpus at one scale comes from: one row a run.

    ``table`` has the codes that are proven to compute the same.
    """
    runs = [e for group in by_recipe(ledger.at(corpus, scale)).values() for e in group]
    rows = {f"{e.recipe}, seed {e.seed}": provenance(e, table) for e in runs}
    return made(rows, f"Provenance of the runs on {corpus}, {scale} scale.")


def provenance(entry: Entry, table: Path = SAME_CODE) -> dict[str, str]:
    """Date, code, machine and cost of one run."""
    system, cost = entry.system, entry.cost
    same = entry.of_this_code(table)
    return {
        "date": entry.date,
        "commit": system["commit"] or "not recorded",
        "code": "as on this page" if same else f"another: {entry.config['code']}",
        "hardware": system["hardware"],
        "threads": str(system["threads"]),
        "torch": system["torch"],
        "seconds": f"{cost['wall_seconds']:.0f}",
        "tokens / s": f"{cost['tokens_per_second']:,}",
        "memory (MB)": f"{cost['peak_memory_mb']:,}",
        "on the GPU (MB)": f"{cost['peak_gpu_memory_mb']:,}",
    }
