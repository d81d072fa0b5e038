"""The result tables of the four papers, as ``book/results/papers.csv`` holds them.

The columns, the abbreviations and what each flag means are told in ``book/results/README.md``.
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from collapse.base.errors import CollapseError, check_name_in
from collapse.base.schema import Number, Schema, Sentence, mistakes, one_of

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


class Row(Schema):
    """One printed number; its fields are the columns of the file, whose cells are texts."""

    paper: Annotated[str, one_of(PAPERS, "paper")]
    table: Annotated[str, Field(pattern=r"^\d+$", description="the number of a table")]
    dataset: Annotated[str, one_of(DATASETS, "dataset")]
    system: Sentence
    variant: str
    metric: Annotated[str, one_of(UNITS, "metric")]
    value: Annotated[Number, Field(strict=False, description="a number")]
    sd: Annotated[
        Annotated[Number, Field(strict=False, ge=0)] | None,
        BeforeValidator(lambda cell: cell or None),
        Field(description="a number, 0 or more, or empty"),
    ]
    unit: str
    seeds: Annotated[
        str, Field(pattern=r"^([1-9]\d*)?$", description="a whole number above 0, or empty")
    ]
    flag: str
    reason: str

    @model_validator(mode="after")
    def agree(self) -> "Row":
        """Refuse another unit than the metric's, wrong flags, a flag or a reason alone."""
        if self.unit != UNITS[self.metric]:
            raise CollapseError(
                f"The unit of {self.metric} is {UNITS[self.metric]}; got {self.unit!r}."
            )
        flags = self.flag.split("; ") if self.flag else []
        for flag in flags:
            check_name_in(FLAGS, flag, "flag")
        if len(set(flags)) < len(flags):
            raise CollapseError(f"A flag is there twice: {self.flag}.")
        if bool(flags) != bool(self.reason.strip()):
            raise CollapseError(
                f"A flag needs a reason and a reason a flag; "
                f"got flag {self.flag!r} and reason {self.reason!r}."
            )
        return self


PAPER_COLUMNS = tuple(Row.model_fields)
KEY = PAPER_COLUMNS[:6]


def load_papers(source: str | Path | Iterable[str]) -> pd.DataFrame:
    """Read and check the numbers that the four papers print, one a row.

    Args:
        source: the path of the CSV file, or an open text file (its lines).

    Returns:
        The columns of :data:`PAPER_COLUMNS`. ``value`` and ``sd`` are floats (``sd`` NaN where the
        paper gives none), ``seeds`` a nullable integer, ``flag`` one text, several separated by
        ``"; "``, the others text, empty where there is nothing to say. Units are in the column
        ``unit``.

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


def numbered_rows(file: Iterable[str]) -> list[Row]:
    """The checked rows of an open CSV file.

    Raises:
        CollapseError: as :func:`load_papers`.
    """
    reader = csv.reader(file, strict=True)
    rows: list[Row] = []
    first_seen: dict[tuple[str, ...], int] = {}
    try:
        header = next(reader, [])
        if tuple(header) != PAPER_COLUMNS:
            raise CollapseError(
                f"The columns are {', '.join(header) or 'missing'}; "
                f"they must be {', '.join(PAPER_COLUMNS)}."
            )
        for cells in reader:
            rows.append(check_row(cells))
            key = tuple(cells[: len(KEY)])
            if key in first_seen:
                raise CollapseError(f"It repeats line {first_seen[key]}: {', '.join(key)}.")
            first_seen[key] = reader.line_num
    except (CollapseError, csv.Error) as error:
        raise CollapseError(f"Line {reader.line_num} of the papers' numbers: {error}") from error
    return rows


def check_row(cells: list[str]) -> Row:
    """One row, or the sentences that say what is wrong with it."""
    if len(cells) != len(PAPER_COLUMNS):
        raise CollapseError(f"It has {len(cells)} cells; it must have {len(PAPER_COLUMNS)}.")
    row = dict(zip(PAPER_COLUMNS, cells, strict=True))
    if wrong := mistakes(Row, row):
        raise CollapseError(" ".join(wrong))
    return Row.model_validate(row)


def frame(rows: list[Row]) -> pd.DataFrame:
    """Checked rows as a table with numbers where numbers belong."""
    table = pd.DataFrame([row.model_dump() for row in rows], columns=list(PAPER_COLUMNS))
    table["sd"] = table["sd"].astype(float)
    seeds = [int(row.seeds) if row.seeds else None for row in rows]
    table["seeds"] = pd.array(seeds, dtype="Int64")
    return table


def matching(papers: pd.DataFrame, wanted: Mapping[str, str]) -> pd.DataFrame:
    """The rows of the papers' numbers that have these texts in these columns."""
    return papers[np.logical_and.reduce([papers[key] == text for key, text in wanted.items()])]
