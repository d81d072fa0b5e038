"""The tables of the pages Results and Claims, from the results ledger and the papers' numbers."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

import pandas as pd
from IPython.display import HTML

from collapse.experiments.claims import Claim, decide
from collapse.experiments.claims_file import matching
from collapse.experiments.ledger import Entry, Ledger
from collapse.experiments.scales import base_scale
from collapse.viz.style import STYLE
from collapse.viz.tables import ResultsTable, spread

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
}
# Heading -> the papers' metrics, ours. MI has two estimators that must not share a column.
COMPARED: dict[str, tuple[tuple[str, ...], str]] = {
    "NLL": (("nll-iw", "nll-exact"), "nll"),
    "KL": (("kl",), "kl"),
    "MI": (("mi",), "mi"),
    "AU": (("au",), "au"),
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
        f"{dataset}, test split, nats a document. 'Paper': as printed, ± standard deviation where "
        "given, † with a flag. 'Ours': this project's runs at full scale, mean ± standard "
        "deviation over seeds; a dash where there is none yet."
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
    for heading, (theirs, metric) in COMPARED.items():
        key = "mi_batch" if metric == "mi" and PRINTED[recipe][0] in BATCH_MI else metric
        cells[f"{heading}, paper"] = paper_cell(rows[rows["metric"].isin(theirs)])
        cells[f"{heading}, ours"] = our_cell(runs, key, 1)
    paper, table = PRINTED[recipe][:2]
    seeds = str(len(runs)) if runs else "–"
    return {**cells, "seeds, ours": seeds, "paper": f"{paper}, Table {table}"}


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


def our_cell(runs: Sequence[Entry], metric: str, digits: int) -> str:
    """Mean and spread of our runs, or a dash."""
    values = [e.metrics[metric] for e in runs if metric in e.metrics]
    return spread(values, digits) if values else "–"


def flag_notes(papers: pd.DataFrame, dataset: str) -> HTML:
    """The reasons of the daggers of :func:`beside_table`, each once, as a folded list."""
    rows = pd.concat([printed(papers, dataset, recipe) for recipe in PRINTED])
    metrics = [metric for theirs, _ in COMPARED.values() for metric in theirs]
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
    caption = f"Ours: {corpus}, {scale} scale{warning}. {how_measured(ledger.at(corpus, scale))}"
    rows = {
        STYLE[recipe].label: {
            **{head: our_cell(group, metric, digits) for head, (metric, digits) in OURS.items()},
            "seeds": str(len(group)),
        }
        for recipe, group in runs.items()
    }
    return made(rows, caption)


def how_measured(entries: Sequence[Entry]) -> str:
    """Documents and likelihood estimator of the runs of one place, for a caption."""
    with_latent = [e for e in entries if "mi" in e.metrics] or list(entries)
    m = with_latent[0].metrics
    methods = " or ".join(sorted({e.metrics["nll_method"] for e in with_latent}))
    fewer = m["nll_documents"] < m["test_documents"]
    over = f" on the first {m['nll_documents']} of them, the −ELBO on all" if fewer else ""
    return (
        f"Test split, {m['test_documents']} documents, nats a document; "
        f"NLL by {methods}{over}. Mean ± standard deviation over seeds."
    )


def by_recipe(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries grouped by recipe, in the order of the house style, others behind."""
    order = {known: place for place, known in enumerate(STYLE)}
    found = sorted(entries, key=lambda e: (order.get(e.recipe, len(order)), e.recipe, e.seed))
    return {recipe: list(group) for recipe, group in groupby(found, lambda e: e.recipe)}


def provenance_table(ledger: Ledger, corpus: str, scale: str) -> ResultsTable:
    """Where each number on one corpus at one scale comes from: one row a run."""
    runs = [e for group in by_recipe(ledger.at(corpus, scale)).values() for e in group]
    rows = {f"{e.recipe}, seed {e.seed}": provenance(e) for e in runs}
    return made(rows, f"Provenance of the runs on {corpus}, {scale} scale.")


def provenance(entry: Entry) -> dict[str, str]:
    """Date, code, machine and cost of one run."""
    system, cost = entry.system, entry.cost
    return {
        "date": entry.date,
        "commit": system["commit"] or "not recorded",
        "code": "as on this page" if entry.of_this_code else f"another: {entry.config['code']}",
        "hardware": system["hardware"],
        "threads": str(system["threads"]),
        "torch": system["torch"],
        "seconds": f"{cost['wall_seconds']:.0f}",
        "tokens / s": f"{cost['tokens_per_second']:,}",
        "memory (MB)": f"{cost['peak_memory_mb']:,}",
        "on the GPU (MB)": f"{cost['peak_gpu_memory_mb']:,}",
    }


# --- claims ----------------------------------------------------------------------------------


def claims_table(
    claims: Sequence[Claim], ledger: Ledger, bibliography: Mapping[str, tuple[str, str]]
) -> HTML:
    """Verdict and claim side by side, with source, scope and the numbers behind it.

    Args:
        claims: checked.
        ledger: decides the verdicts, whatever the file says.
        bibliography: name and address of each source.
    """
    rows = "".join(claim_row(claim, ledger, bibliography) for claim in claims)
    head = '<tr><th scope="col">Verdict</th><th scope="col">Claim</th></tr>'
    return HTML(f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>")


def claim_row(claim: Claim, ledger: Ledger, bibliography: Mapping[str, tuple[str, str]]) -> str:
    """One claim as a row that can be linked to: ``#claim-ID``."""
    found = decide(claim, ledger)
    cited, address = bibliography[claim.source["cite"]]
    numbers = [*map(as_printed, claim.source.get("rows", [])), *found.evidence]
    scales = sorted({place["scale"] for rule in claim.rules for place in rule["places"]})
    cell = "vertical-align:top;text-align:left;padding:.6em .6em .6em 0;border-top:1px solid #888"
    return (
        f'<tr id="claim-{escape(claim.id)}">'
        f'<td style="{cell}"><strong>{found.verdict}</strong><br>{", ".join(scales)} scale</td>'
        f'<td style="{cell}"><p>{escape(claim.claim)}</p>'
        f'<p>Source: <a href="{escape(address)}">{escape(cited)}</a>, '
        f"{escape(claim.source['where'])}.<br>Our verdict stands on: {escape(claim.scope)}.</p>"
        f"{folded('The numbers', numbers)}</td></tr>"
    )


def as_printed(row: Mapping[str, Any]) -> str:
    """A number of a paper in words."""
    variant = f" ({row['variant']})" if row["variant"] else ""
    return (
        f"printed in {row['paper']}, Table {row['table']}: {row['system']}{variant} on "
        f"{row['dataset']}, {row['metric']} {row['value']}"
    )
