"""What the ledger holds: how many runs of what, at which scale, on which machines."""

import base64
from collections import Counter
from pathlib import Path

import pandas as pd
from IPython.display import HTML

from collapse.base.results import results_folder
from collapse.base.tables import read_rows
from collapse.ledger.entries import Entry, Ledger
from collapse.runs.settings import SCALES, base_scale
from collapse.viz.letters import typeset
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


def coverage(ledger: Ledger) -> HTML:
    """A matrix of systems and corpora at their scales: how many seeds the ledger has of each."""
    counts = pd.DataFrame(
        [(e.recipe, f"{e.place[0]}, {e.place[1]}") for e in ledger.entries],
        columns=["system", "place"],
    )
    places = sorted({e.place for e in ledger.entries}, key=lambda p: (SCALES.index(p[1]), p[0]))
    table = pd.crosstab(counts["system"], counts["place"])
    table = table[[f"{corpus}, {scale}" for corpus, scale in places]]
    shown = table.astype(str).replace("0", "").rename_axis(index=None, columns=None)
    body = shown.to_html(border=0, classes="dataframe")
    return HTML(
        "<figure><figcaption>Runs in the ledger, by system, corpus and scale: the number of seeds. "
        f"</figcaption>{scrolling(body)}</figure>"
    )


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
