"""What the four papers print of one system, line under line, and our runs at full scale below."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd
from IPython.display import HTML

from collapse.ledger.claims.intervals import of_mean
from collapse.ledger.entries import Entry, Ledger
from collapse.ledger.papers import matching
from collapse.runs.settings import base_scale
from collapse.viz.letters import typeset
from collapse.viz.pages.ledger_pages import counted, folded
from collapse.viz.pages.systems import SYSTEMS, PaperSystem
from collapse.viz.style import GREEN, INDIGO, PINK, RED
from collapse.viz.tables import scrolling

PAPER_STYLES = {  # name, colour, marker
    "he2019": ("He 2019", INDIGO, "o"),
    "long2019": ("Long 2019", GREEN, "s"),
    "zhu2020": ("Zhu 2020", PINK, "^"),
    "song2024": ("Song 2024", RED, "v"),
}
TEXT_MEASURES = {  # heading -> how papers call it, how our metrics call it
    "NLL": (("nll-iw", "nll-exact", "nll-bound", "nll-other"), ("nll",)),
    "KL": (("kl",), ("kl",)),
    "MI": (("mi",), ("mi", "mi_batch")),
    "AU": (("au",), ("au",)),
}
DIALOGUE_MEASURES = {
    "PPL, z from q": (("ppl",), ("reconstruction_perplexity",)),
    "KL": (("kl",), ("kl",)),
    "BLEU-4 P": (("bleu-4",), ("bleu_4_precision",)),  # the paper does not say which of the two
    "BLEU-4 R": ((), ("bleu_4_recall",)),
    "A-bow P": (("a-bow-precision",), ("a_bow_precision",)),
    "A-bow R": (("a-bow-recall",), ("a_bow_recall",)),
    "E-bow P": (("e-bow-precision",), ("e_bow_precision",)),
    "E-bow R": (("e-bow-recall",), ("e_bow_recall",)),
}
MAIN_TABLES = {"switchboard": "4", "omniglot": "2"}  # of the other corpora: 1
DECIMALS = {"omniglot": 2}  # as printed; of the others 1
Columns = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]


@dataclass(frozen=True)
class Line:
    """One line of a table: who says it, and the cells by heading; ours is in bold."""

    who: str
    cells: Mapping[str, str]
    ours: bool = False


def side_by_side(papers: pd.DataFrame, ledger: Ledger, dataset: str) -> HTML:
    """The main tables of the papers on one corpus, system by system, ours below theirs.

    A dagger marks a number with a flag; :func:`flag_notes` says why. A line that would hold nothing
    is left out.
    """
    columns = columns_of(dataset)
    body = []
    for each in SYSTEMS:
        lines = [*printed_lines(papers, dataset, each), *our_lines(ledger, dataset, each)]
        for number, line in enumerate(lines):
            head = f'<th scope="rowgroup" rowspan="{len(lines)}">{typeset(each.label)}</th>'
            body.append(f"<tr>{head if not number else ''}{row(line, columns)}</tr>")
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("", "", *columns))
    caption = (
        f"{typeset(dataset)}, test split, nats a document. Papers: as printed, ± standard "
        "deviation where given, † with a flag; scores in percent. Ours: this project's runs at "
        "full scale, mean [95 % interval over runs], scores between 0 and 1, MI over the whole "
        "set and, behind it, within mini-batches, as He et al. estimate it. Systems without such "
        "a line have no run yet."
    )
    if columns is DIALOGUE_MEASURES:
        caption += " Zhu et al. print one BLEU-4; whether precision or recall they do not say."
    return HTML(
        f"<figure><figcaption>{caption}</figcaption>"
        + scrolling(
            f'<table class="dataframe side-by-side"><thead><tr>{heads}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody></table>"
        )
        + "</figure>"
    )


def columns_of(dataset: str) -> Columns:
    """What the main table of a corpus measures."""
    return DIALOGUE_MEASURES if dataset == "switchboard" else TEXT_MEASURES


def row(line: Line, columns: Columns) -> str:
    """The cells of a line behind the name of its system."""
    tag = "strong" if line.ours else "span"
    cells = "".join(number_cell(line.cells.get(name, ""), tag) for name in columns)
    return f'<td style="text-align:left"><{tag}>{typeset(line.who)}</{tag}></td>{cells}'


def number_cell(text: str, tag: str) -> str:
    """A number, and under it, small, its deviation or interval."""
    number, _, rest = text.partition(" ")
    below = f"<br><small>{typeset(rest)}</small>" if rest and rest != "†" else typeset(rest)
    return f'<td style="text-align:right"><{tag}>{escape(number)}</{tag}>{below}</td>'


def printed_lines(papers: pd.DataFrame, dataset: str, each: PaperSystem) -> Iterator[Line]:
    """A line for each paper that prints the system on a corpus."""
    for paper, variants in each.printed.items():
        for name, variant in variants:
            rows = printed(papers, dataset, paper, name, variant)
            columns = columns_of(dataset)
            cells = {head: paper_cell(rows, theirs) for head, (theirs, _) in columns.items()}
            if any(cells.values()):
                yield Line(PAPER_STYLES[paper][0], cells)


def printed(
    papers: pd.DataFrame, dataset: str, paper: str, name: str, variant: str
) -> pd.DataFrame:
    """The numbers of a system in a paper's main table of a corpus."""
    wanted = {"paper": paper, "table": MAIN_TABLES.get(dataset, "1"), "dataset": dataset}
    return matching(papers, {**wanted, "system": name, "variant": variant})


def paper_cell(rows: pd.DataFrame, metrics: tuple[str, ...]) -> str:
    """A number as it is printed, with a dagger if it is flagged; empty where there is none."""
    found = rows[rows["metric"].isin(metrics)]
    if found.empty:
        return ""
    number = found.iloc[0]
    digits = DECIMALS.get(number["dataset"], 1)
    less = "≤" if number["metric"] == "nll-bound" else ""
    deviation = "" if pd.isna(number["sd"]) else f" ± {number['sd']:.{digits}f}"
    return f"{less}{number['value']:.{digits}f}{deviation}{' †' if number['flag'] else ''}"


def our_lines(ledger: Ledger, dataset: str, each: PaperSystem) -> Iterator[Line]:
    """A line for each protocol at full scale at which we have runs of the system."""
    for recipe in each.recipes:
        runs = [e for e in ledger.entries if e.recipe == recipe and e.place[0] == dataset]
        for scale in sorted({e.place[1] for e in runs if base_scale(e.place[1]) == "full"}):
            group = [e for e in runs if e.place[1] == scale]
            columns = columns_of(dataset)
            cells = {head: our_cell(group, ours) for head, (_, ours) in columns.items()}
            yield Line(f"ours, {recipe}, {scale}, {counted(group)}", cells, ours=True)


def our_cell(runs: list[Entry], metrics: tuple[str, ...]) -> str:
    """Mean and interval over runs of each metric, or nothing where none was measured."""
    groups = [[e.metrics[name] for e in runs if name in e.metrics] for name in metrics]
    return "; ".join(str(of_mean(values)) for values in groups if values)


def flag_notes(papers: pd.DataFrame, dataset: str) -> HTML:
    """The reasons of the daggers of :func:`side_by_side`, those with one reason together."""
    groups = [(paper, names) for each in SYSTEMS for paper, names in each.printed.items()]
    pairs = [(paper, *pair) for paper, names in groups for pair in names]
    rows = pd.concat([printed(papers, dataset, *pair) for pair in pairs])
    metrics = [name for theirs, _ in columns_of(dataset).values() for name in theirs]
    flagged = rows[(rows["flag"] != "") & rows["metric"].isin(metrics)].drop_duplicates()
    items = [
        f"{flag}: {reason} ({'; '.join(map(in_words, group.to_dict('records')))})"
        for (flag, reason), group in flagged.groupby(["flag", "reason"], sort=True)
    ]
    title = f"† on {dataset}: {len(flagged)} numbers with a flag, {len(items)} reasons"
    return HTML(folded(title, items))


def in_words(number: Mapping[str, object]) -> str:
    """Which number of which paper."""
    variant = f" {number['variant']}" if number["variant"] else ""
    return f"{number['paper']}, {number['system']}{variant}, {number['metric']} {number['value']}"


def every_number(papers: pd.DataFrame) -> HTML:
    """All tables of all papers, each folded: rows as printed, a column a metric."""
    return HTML("".join(folded_table(*item) for item in papers.groupby(["paper", "table"])))


def folded_table(key: tuple[str, str], rows: pd.DataFrame) -> str:
    """One table of one paper."""
    shown = rows.assign(
        text=[
            f"{value:g}{'' if pd.isna(sd) else f' ± {sd:g}'}{' †' if flag else ''}"
            for value, sd, flag in zip(rows["value"], rows["sd"], rows["flag"], strict=True)
        ]
    )
    shown["system"] = shown["system"].replace("None", "None: the last state")  # Long, Table 4
    wide = shown.pivot(index=["dataset", "system", "variant"], columns="metric", values="text")
    wide = wide.reindex(pd.MultiIndex.from_frame(shown[wide.index.names].drop_duplicates()))
    body = wide.fillna("").to_html(border=0, classes="dataframe")
    title = f"{PAPER_STYLES[key[0]][0]}, Table {key[1]}: {len(rows)} numbers"
    return f"<details><summary>{typeset(title)}</summary>{scrolling(body)}</details>"
