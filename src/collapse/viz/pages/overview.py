"""What the ledger holds: how many runs of what, at which scale, on which machines."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from IPython.display import HTML

from collapse.base.results import results_folder
from collapse.base.tables import read_rows
from collapse.ledger.entries import Entry, Ledger
from collapse.runs.settings import SCALES, base_scale
from collapse.viz.letters import typeset
from collapse.viz.pages.claims_table import worded
from collapse.viz.pages.ledger_pages import folded
from collapse.viz.tables import scrolling

ENDED_RUNS = results_folder() / "ended.csv"
ASKED = ("name", "corpus", "scale", "seed", "identity", "code")


def banner(ledger: Ledger) -> HTML:
    """A line a scale: runs, systems, seeds, processors, days."""
    levels = sorted({level(e) for e in ledger.entries}, key=SCALES.index, reverse=True)
    lines = [described(name, [e for e in ledger.entries if level(e) == name]) for name in levels]
    if "full" not in levels:
        lines.insert(0, "<li><strong>full scale</strong>, the papers' sizes: no run yet</li>")
    return HTML(f"<ul>{''.join(lines)}</ul>")


def level(entry: Entry) -> str:
    """The rung of the ladder of scales."""
    return base_scale(entry.place[1])


def described(name: str, entries: list[Entry]) -> str:
    """Counts of the runs of one scale."""
    machines = Counter(str(e.system["hardware"]) for e in entries)
    days = sorted(e.date for e in entries)
    made = ", ".join(f"{n} on {typeset(machine)}" for machine, n in machines.most_common())
    corpora = sorted({e.place[0] for e in entries})
    return (
        f"<li><strong>{name} scale</strong>: {len(entries)} runs of "
        f"{len({e.recipe for e in entries})} systems on {', '.join(corpora)} ({made}; "
        f"{days[0] if days[0] == days[-1] else f'{days[0]} to {days[-1]}'})</li>"
    )


RUNGS = {"light": "", "medium": "M", "colab": "C", "full": "F"}  # how a cell says the scale


def coverage(ledger: Ledger) -> HTML:
    """How many seeds the ledger has of each system on each corpus, at which scale.

    A table for each group of corpora that have systems in common: texts, dialogue, pictures.
    """
    seeds = Counter((e.recipe, e.place[0], level(e)) for e in ledger.entries)
    tables = "".join(scrolling(_matrix(seeds, corpora)) for corpora in in_common(ledger))
    return HTML(
        "<figure><figcaption>Runs in the ledger, by system and corpus: how many seeds at light "
        f"scale; M before it: medium, F: full scale.</figcaption>{tables}</figure>"
    )


def in_common(ledger: Ledger) -> list[list[str]]:
    """The corpora in groups that share a system, the group with most runs first."""
    groups: list[set[str]] = []
    for recipe in sorted({e.recipe for e in ledger.entries}):
        joined = {e.place[0] for e in ledger.entries if e.recipe == recipe}
        apart = [group for group in groups if not group & joined]
        groups = [*apart, joined.union(*(group for group in groups if group & joined))]
    runs = Counter(e.place[0] for e in ledger.entries)
    return [sorted(group) for group in sorted(groups, key=lambda g: -sum(runs[c] for c in g))]


def _matrix(seeds: Mapping[tuple[str, str, str], int], corpora: Sequence[str]) -> str:
    """A system a row, a corpus a column."""
    cells = {
        worded(recipe): {
            corpus: " ".join(
                f"{letter}{n}"
                for rung, letter in RUNGS.items()
                if (n := seeds.get((recipe, corpus, rung)))
            )
            for corpus in corpora
        }
        for recipe, corpus, _ in sorted(seeds)
        if corpus in corpora
    }
    return pd.DataFrame(cells).T.to_html(border=0, classes="dataframe", justify="left")


def without_result(table: Path = ENDED_RUNS) -> HTML:
    """The runs that ended without a result, and why: no mean of this page has them in it."""
    rows = read_rows(table)
    if not rows:
        return HTML("<p>Every run that was tried ended with a result.</p>")
    items = [f"{r['label']}: {r['why']} ({r['hardware']}, {r['date']})" for r in rows]
    return HTML(folded(f"{len(rows)} runs ended without a result", items))


def as_csv(ledger: Ledger) -> str:
    """All entries as a table, one row a run: what was asked, measured, spent, and where."""
    rows = [
        {
            "label": e.label,
            **{key: e.config[key] for key in ASKED},
            **{key: value for key, value in e.metrics.items() if not isinstance(value, list)},
            **e.cost,
            **e.system,
            "date": e.date,
        }
        for e in ledger.entries
    ]
    return pd.DataFrame(rows).to_csv(index=False)


def download(ledger: Ledger) -> HTML:
    """A link that holds all entries as a CSV file, so that it works wherever the page is."""
    content = base64.b64encode(as_csv(ledger).encode()).decode()
    return HTML(
        f'<a download="ledger.csv" href="data:text/csv;base64,{content}">ledger.csv, '
        f"{len(ledger.entries)} runs</a>"
    )
