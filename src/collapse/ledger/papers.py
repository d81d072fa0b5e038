"""The result tables of the four papers, as ``book/results/papers.csv`` holds them.

The columns, the abbreviations and what each flag means are told in ``book/results/README.md``.
"""

import csv
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pandas as pd

from collapse.base.errors import CollapseError, unknown
from collapse.base.project import repository

COLUMNS = (
    "paper",
    "table",
    "dataset",
    "system",
    "variant",
    "metric",
    "value",
    "sd",
    "unit",
    "seeds",
    "flag",
    "reason",
)
KEY = COLUMNS[:6]
PAPERS = ("he2019", "long2019", "zhu2020", "song2024")
DATASETS = ("yahoo", "yelp", "yelp-sentiment", "omniglot", "switchboard")
FLAGS = (
    "copied",
    "typo",
    "inconsistent",
    "impossible",
    "not-comparable",
    "saturated",
    "bound-of-bound",
    "uncertain-extraction",
)
UNITS = {  # the unit of each metric
    **dict.fromkeys(("nll-iw", "nll-bound", "nll-exact", "nll-other", "nll-difference"), "nats"),
    **dict.fromkeys(("kl", "mi"), "nats"),
    **dict.fromkeys(("au", "updates"), "count"),
    **dict.fromkeys(("time-ratio", "dist-1", "dist-2", "dist-3"), "ratio"),
    **dict.fromkeys(("accuracy", "bleu-4", "gram-2", "gram-3", "gram-4"), "percent"),
    **dict.fromkeys(("a-bow-precision", "a-bow-recall"), "percent"),
    **dict.fromkeys(("e-bow-precision", "e-bow-recall"), "percent"),
    **dict.fromkeys(("fluency-acceptable", "fluency-high"), "percent"),
    **dict.fromkeys(("relevance-acceptable", "relevance-high"), "percent"),
    **dict.fromkeys(("informativeness-acceptable", "informativeness-high"), "percent"),
    **dict.fromkeys(("fluency", "relevance", "informativeness"), "none"),
    **dict.fromkeys(("ppl", "ppl-generated", "entropy"), "none"),
    "hours": "hours",
}


def load_papers(source: str | Path | Iterable[str]) -> pd.DataFrame:
    """Read and check the numbers that the four papers print, one a row.

    Args:
        source: the path of the CSV file, or an open text file (its lines).

    Returns:
        The columns of :data:`COLUMNS`. ``value`` and ``sd`` are floats (``sd`` NaN where the paper
        gives none), ``seeds`` a nullable integer, ``flag`` one text, several separated by ``"; "``,
        the others text, empty where there is nothing to say. Units are in the column ``unit``.

    Raises:
        CollapseError: naming the line, where the file is absent, a column, paper, dataset, metric,
            unit or flag is not a known one, a number does not parse, a flag has no reason or a
            reason no flag, or a number is there twice.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        if not path.is_file():
            raise CollapseError(f"There is no table of the papers' numbers at {path}.")
        with path.open(encoding="utf-8", newline="") as file:
            return frame(numbered_rows(file))
    return frame(numbered_rows(source))


def book_papers(beside: str | Path = "results/papers.csv") -> pd.DataFrame:
    """The table of the papers' numbers: the file beside a page, or that of the public repository.

    A page that runs in Colab has the package and no file beside it.

    Args:
        beside: where the file is, seen from the page.

    Raises:
        CollapseError: when it is in neither place.
    """
    if Path(beside).is_file():
        return load_papers(beside)
    address = f"{repository()}/raw/main/book/results/papers.csv"
    try:
        with urlopen(address, timeout=20) as answer:
            return load_papers(answer.read().decode().splitlines(keepends=True))
    except OSError as error:
        raise CollapseError(
            f"There is no table of the papers' numbers at {beside}, and {address} cannot be read "
            f"({error})."
        ) from error


def numbered_rows(file: Iterable[str]) -> list[dict[str, str]]:
    """The checked rows of an open CSV file.

    Raises:
        CollapseError: as :func:`load_papers`.
    """
    reader = csv.reader(file, strict=True)
    rows: list[dict[str, str]] = []
    first_seen: dict[tuple[str, ...], int] = {}
    try:
        check_header(next(reader, []))
        for cells in reader:
            row = check_row(cells)
            key = tuple(row[name] for name in KEY)
            if key in first_seen:
                raise CollapseError(f"It repeats line {first_seen[key]}: {', '.join(key)}.")
            first_seen[key] = reader.line_num
            rows.append(row)
    except (CollapseError, csv.Error) as error:
        raise CollapseError(f"Line {reader.line_num} of the papers' numbers: {error}") from error
    return rows


def check_header(cells: list[str]) -> None:
    """Refuse a header other than :data:`COLUMNS`."""
    if tuple(cells) != COLUMNS:
        raise CollapseError(
            f"The columns are {', '.join(cells) or 'missing'}; they must be {', '.join(COLUMNS)}."
        )


def check_row(cells: list[str]) -> dict[str, str]:
    """One row by column name, or the sentence that says what is wrong with it."""
    if len(cells) != len(COLUMNS):
        raise CollapseError(f"It has {len(cells)} cells; it must have {len(COLUMNS)}.")
    row = dict(zip(COLUMNS, cells, strict=True))
    check_known(row["paper"], PAPERS, "paper")
    check_known(row["dataset"], DATASETS, "dataset")
    check_known(row["metric"], UNITS, "metric")
    if row["unit"] != UNITS[row["metric"]]:
        raise CollapseError(
            f"The unit of {row['metric']} is {UNITS[row['metric']]}; got {row['unit']!r}."
        )
    if not row["system"] or not row["table"].isdecimal():
        raise CollapseError(
            f"A row names a system and the number of a table; "
            f"got {row['system']!r} and {row['table']!r}."
        )
    check_numbers(row)
    check_flags(row)
    return row


def check_known(name: str, valid: Iterable[str], what: str) -> None:
    """Refuse a name that is not among the valid ones."""
    if name not in valid:
        raise CollapseError(unknown(name, valid, what))


def check_numbers(row: dict[str, str]) -> None:
    """Refuse a value, deviation or count of seeds that is not the number it should be."""
    number(row["value"], "value")
    if row["sd"] and number(row["sd"], "sd") < 0:
        raise CollapseError(f"A standard deviation is 0 or more; got {row['sd']}.")
    if row["seeds"] and (not row["seeds"].isdecimal() or int(row["seeds"]) == 0):
        raise CollapseError(f"A count of seeds is a whole number above 0; got {row['seeds']!r}.")


def number(text: str, column: str) -> float:
    """The finite number that a cell holds."""
    try:
        result = float(text)
    except ValueError:
        result = math.nan
    if not math.isfinite(result):
        raise CollapseError(f"The {column} must be a number; got {text!r}.")
    return result


def check_flags(row: dict[str, str]) -> None:
    """Refuse an unknown or repeated flag, a flag without a reason, a reason without a flag."""
    flags = row["flag"].split("; ") if row["flag"] else []
    for flag in flags:
        check_known(flag, FLAGS, "flag")
    if len(set(flags)) < len(flags):
        raise CollapseError(f"A flag is there twice: {row['flag']}.")
    if bool(flags) != bool(row["reason"].strip()):
        raise CollapseError(
            f"A flag needs a reason and a reason a flag; "
            f"got flag {row['flag']!r} and reason {row['reason']!r}."
        )


def frame(rows: list[dict[str, str]]) -> pd.DataFrame:
    """Checked rows as a table with numbers where numbers belong."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["value"] = table["value"].astype(float)
    table["sd"] = [float(text) if text else math.nan for text in table["sd"]]
    seeds = [int(text) if text else None for text in table["seeds"]]
    table["seeds"] = pd.array(seeds, dtype="Int64")
    return table


def matching(papers: pd.DataFrame, wanted: Mapping[str, str]) -> pd.DataFrame:
    """The rows of the papers' numbers that have these texts in these columns."""
    return papers[np.logical_and.reduce([papers[key] == text for key, text in wanted.items()])]
