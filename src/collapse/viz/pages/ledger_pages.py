"""Tables of runs from the results ledger, beside the papers' numbers where these exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import HTML

from collapse.ledger.entries import Entry, Ledger, read_ledger
from collapse.ledger.papers import matching
from collapse.recipes import RECIPES
from collapse.runs.settings import base_scale
from collapse.viz.pages.ledger_captions import how_measured, measured_and_made, unknown
from collapse.viz.style import STYLE
from collapse.viz.tables import ResultsTable, mean_std

# The ledger and the codes proven to compute the same, seen from the folder of the notebooks.
IN_A_CHAPTER = Path("results/runs")
SAME_CODE = Path("results/same_code.csv")
NO_LEDGER = (
    "this table is made from the results ledger, which is in the repository and not in the "
    "package. The page online has it."
)
# Recipe -> paper, table, system and variant of the row that is the same system.
PRINTED: dict[str, tuple[str, str, str, str]] = {
    "lm": ("he2019", "1", "LSTM-LM", ""),
    "vae": ("he2019", "1", "VAE", ""),
    "vae-anneal": ("he2019", "1", "VAE + anneal", ""),
    "beta-vae-0.8": ("he2019", "1", "β-VAE", "β = 0.8"),
    "beta-vae-0.6": ("he2019", "1", "β-VAE", "β = 0.6"),
    "beta-vae-0.4": ("he2019", "1", "β-VAE", "β = 0.4"),
    "beta-vae-0.2": ("he2019", "1", "β-VAE", "β = 0.2"),
    "sa-vae": ("he2019", "1", "SA-VAE", ""),
    "sa-vae-anneal": ("he2019", "1", "SA-VAE + anneal", ""),
    "agg-vae": ("he2019", "1", "Ours", ""),
    "agg-vae-anneal": ("he2019", "1", "Ours + anneal", ""),
    "vae-cyclical": ("zhu2020", "1", "cyclic", ""),
    "free-bits-4": ("zhu2020", "1", "FB", "4"),
    "free-bits-5": ("zhu2020", "1", "FB", "5"),
    "skip-vae-anneal": ("zhu2020", "1", "Skip-VAE", ""),
    "pool-avg-anneal": ("long2019", "1", "SeqVAE + AvgPool", ""),
    "pool-abs-anneal": ("long2019", "1", "SeqVAE + AbsPool", ""),
    "pool-max-anneal": ("long2019", "1", "SeqVAE + MaxPool", ""),
    "delta-vae-0.1": ("zhu2020", "1", "δ-VAE", "0.1"),
    "vmf-vae-13": ("zhu2020", "1", "vMF-VAE", "13"),
    "bn-vae-0.6-anneal": ("zhu2020", "1", "BN-VAE", "0.6"),
    "bn-vae-0.7-anneal": ("zhu2020", "1", "BN-VAE", "0.7"),
    "cvae-anneal": ("zhu2020", "4", "CVAE", ""),
    "cvae-bow-anneal": ("zhu2020", "4", "CVAE (BOW)", ""),
    "bn-cvae": ("zhu2020", "4", "BN-CVAE", ""),
}


@dataclass(frozen=True)
class Compared:
    """A column of a paper beside ours: its names in the papers, ours, and how many of ours make one
    of theirs (100 where they print percent).
    """

    theirs: tuple[str, ...]
    ours: str
    factor: float = 1.0


# By heading. MI has two estimators that must not share a column.
TEXT = {
    "NLL": Compared(("nll-iw", "nll-exact"), "nll"),
    "KL": Compared(("kl",), "kl"),
    "MI": Compared(("mi",), "mi"),
    "AU": Compared(("au",), "au"),
}
DIALOGUE = {
    "PPL, z from q": Compared(("ppl",), "reconstruction_perplexity"),
    "KL": Compared(("kl",), "kl"),
    "A-bow P": Compared(("a-bow-precision",), "a_bow_precision", 100.0),
    "A-bow R": Compared(("a-bow-recall",), "a_bow_recall", 100.0),
    "E-bow P": Compared(("e-bow-precision",), "e_bow_precision", 100.0),
    "E-bow R": Compared(("e-bow-recall",), "e_bow_recall", 100.0),
}
BATCH_MI = {"he2019"}  # papers whose MI is that within mini-batches
OURS: dict[str, tuple[str, int]] = {  # heading -> metric, decimals
    "NLL": ("nll", 2),
    "−ELBO": ("elbo_nll", 2),
    "KL": ("kl", 3),
    "MI, whole set": ("mi", 3),
    "MI, in batches": ("mi_batch", 3),
    "AU": ("au", 1),
    "PPL": ("perplexity", 1),
}


def made(rows: Mapping[str, Mapping[str, str]], caption: str) -> ResultsTable:
    """A table of finished texts, nothing in bold; any number of rows."""
    cells = pd.DataFrame.from_dict(rows, orient="index")
    return ResultsTable(cells, pd.DataFrame(False, cells.index, cells.columns), caption)


def beside_table(papers: pd.DataFrame, ledger: Ledger, dataset: str) -> ResultsTable:
    """Rows that a paper prints for a corpus, our runs at full scale in columns of their own.

    A dagger marks a paper's number that carries a flag; :func:`flag_notes` says why.
    """
    caption = (
        f"{dataset}, test split, nats a document, scores in percent. 'Paper': as printed, ± "
        "standard deviation where given, † with a flag. 'Ours': this project's runs at full scale, "
        "mean ± standard deviation over seeds; a dash where there is none yet."
    )
    rows = {
        STYLE[recipe].label: beside_row(papers, ledger, dataset, recipe)
        for recipe in PRINTED
        if len(printed(papers, dataset, recipe))
    }
    return made(rows, caption)


def beside_row(papers: pd.DataFrame, ledger: Ledger, dataset: str, recipe: str) -> dict[str, str]:
    """The paper's cell and ours for each measure, our number of seeds, and the paper's table."""
    rows, runs = printed(papers, dataset, recipe), full_runs(ledger, dataset, recipe)
    cells: dict[str, str] = {}
    for heading, column in compared(recipe).items():
        key = "mi_batch" if column.ours == "mi" and PRINTED[recipe][0] in BATCH_MI else column.ours
        cells[f"{heading}, paper"] = paper_cell(rows[rows["metric"].isin(column.theirs)])
        cells[f"{heading}, ours"] = our_cell(runs, key, 1, column.factor)
    paper, table = PRINTED[recipe][:2]
    seeds = str(len(runs)) if runs else "–"
    return {**cells, "seeds, ours": seeds, "paper": f"{paper}, Table {table}"}


def compared(recipe: str) -> dict[str, Compared]:
    """The columns in which a recipe and its row in a paper are compared."""
    return DIALOGUE if RECIPES[recipe].model == "CVAE" else TEXT


def full_runs(ledger: Ledger, dataset: str, recipe: str) -> list[Entry]:
    """Our runs under the protocol of the paper that is shown beside them, or else at "full"."""
    own = ledger.at(dataset, f"full-{PRINTED[recipe][0]}", recipe)
    return own or ledger.at(dataset, "full", recipe)


def printed(papers: pd.DataFrame, dataset: str, recipe: str) -> pd.DataFrame:
    """The numbers that a paper prints for the system of a recipe on a data set."""
    keys = ("paper", "table", "system", "variant", "dataset")
    return matching(papers, dict(zip(keys, (*PRINTED[recipe], dataset), strict=True)))


def paper_cell(rows: pd.DataFrame) -> str:
    """A paper's number as it prints it, with a dagger if it is flagged."""
    if rows.empty:
        return "–"
    row = rows.iloc[0]
    deviation = "" if pd.isna(row["sd"]) else f" ± {row['sd']:.1f}"
    return f"{row['value']:.1f}{deviation}{' †' if row['flag'] else ''}"


def our_cell(runs: Sequence[Entry], metric: str, digits: int, factor: float = 1.0) -> str:
    """Mean and spread of our runs, or a dash."""
    values = [factor * e.metrics[metric] for e in runs if metric in e.metrics]
    return mean_std(values, digits) if values else "–"


def flag_notes(papers: pd.DataFrame, dataset: str) -> HTML:
    """The reasons of the daggers of :func:`beside_table`, each once, as a folded list."""
    rows = pd.concat([printed(papers, dataset, recipe) for recipe in PRINTED])
    columns = [column for group in (TEXT, DIALOGUE) for column in group.values()]
    metrics = {metric for column in columns for metric in column.theirs}
    flagged = rows[(rows["flag"] != "") & rows["metric"].isin(metrics)]
    items = [
        f"{row['system']} {row['variant']}, {row['metric']} ({row['flag']}): {row['reason']}"
        for _, row in flagged.iterrows()
    ]
    return HTML(folded(f"† on {dataset}: {len(items)} flags and their reasons", items))


def folded(title: str, items: Sequence[str]) -> str:
    """A list that a reader can open."""
    inside = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<details><summary>{escape(title)}</summary><ul>{inside}</ul></details>"


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
            **{head: our_cell(group, metric, digits) for head, (metric, digits) in OURS.items()},
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
    folder: Path = IN_A_CHAPTER,
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
        return HTML(f"<p><em>{escape(what)}: {NO_LEDGER}</em></p>")
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
    return made(rows, caption.strip())


def entered(
    recipes: Sequence[str], corpus: str, scale: str, folder: Path = IN_A_CHAPTER
) -> dict[str, list[Mapping[str, Any]]]:
    """The metrics of the entries of each recipe, by seed; recipes without an entry are left out.

    Arguments as for :func:`from_ledger`. Where there is no ledger, nothing is entered.
    """
    if not folder.is_dir():
        return {}
    ledger = read_ledger(folder)
    found = {recipe: [e.metrics for e in ledger.at(corpus, scale, recipe)] for recipe in recipes}
    return {recipe: metrics for recipe, metrics in found.items() if metrics}


def by_recipe(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries grouped by recipe, in the order of the house style, others behind."""
    order = {known: place for place, known in enumerate(STYLE)}
    found = sorted(entries, key=lambda e: (order.get(e.recipe, len(order)), e.recipe, e.seed))
    return {recipe: list(group) for recipe, group in groupby(found, lambda e: e.recipe)}


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
