"""Short tables of results, with the spread over seeds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np
import pandas as pd

from collapse.base.errors import CollapseError, choose
from collapse.viz.letters import attribute, typeset
from collapse.viz.pictures import CAPTION_STYLE, FIGURE_STYLE
from collapse.viz.style import STYLE

MOST_ROWS = 10
LONGEST_NUMBER = 28  # letters, as in "-100.33 ± 12.45, 3 seeds"
ON_A_TELEPHONE = 31  # letters side by side, with three for the space of each column

Cell = Sequence[Any] | np.ndarray | str | float | int
Rows = Mapping[str, Mapping[str, Cell]]

_TABLE_STYLE = "margin:.4em 0 0;white-space:nowrap;font-variant-numeric:tabular-nums"
LONG_NAME = 16  # letters; the name of a row that has more wraps before its columns are cut off


def mean_std(values: Sequence[Any] | np.ndarray, digits: int = 1) -> str:
    """Mean and standard deviation over seeds, as "21.3 ± 0.1".

    Args:
        values: one number a seed; a single one is shown without a spread.
        digits: decimals of both.

    Raises:
        CollapseError: if there are no values.
    """
    numbers = np.asarray(values, dtype=float)
    if numbers.size == 0:
        raise CollapseError("mean_std() got no values: give one number for each seed.")
    # Adding zero turns a rounded -0.0 into 0.0.
    mean = f"{numbers.mean().round(digits) + 0.0:.{digits}f}"
    if numbers.size == 1:
        return mean
    return f"{mean} ± {numbers.std(ddof=1):.{digits}f}"


@dataclass(frozen=True)
class ResultsTable:
    """A table for a page, with its caption; the cells are finished text.

    Attributes:
        cells: one row a system, one column a measure.
        bold: like ``cells``, True where a value is the best by more than the spread.
        caption: stands alone: names the scale, the corpus and the seeds.
        number: of the table, such as "3.1"; a page refers to it by ``<a href="#table-3.1">``.
        stacks: on a telephone the site puts the cells of a row below its name, each behind the
            name of its column, where the columns would not fit side by side.
    """

    cells: pd.DataFrame
    bold: pd.DataFrame
    caption: str
    number: str = ""
    stacks: bool = False

    @property
    def too_wide(self) -> bool:
        """Whether the columns do not fit side by side on a telephone."""
        columns = [self.cells.index, *(self.cells[name] for name in self.cells)]
        heads = ["", *self.cells.columns]
        longest = [
            max(map(len, [head, *column])) for head, column in zip(heads, columns, strict=True)
        ]
        return sum(longest) + 3 * len(heads[1:]) > ON_A_TELEPHONE

    @property
    def _styles(self) -> list[str]:
        """How each column stands."""
        return [_set(self.cells.iloc[:, at]) for at in range(self.cells.shape[1])]

    @property
    def html(self) -> str:
        """A ``<table>`` that stacks or scrolls by itself where the page is narrower."""
        kind = "dataframe stacks" if self.stacks and self.too_wide else "dataframe"
        head = "".join(
            _tag("th", typeset(name), 'scope="col"', style.partition(";")[0])
            for name, style in zip(self.cells.columns, self._styles, strict=True)
        )
        place = f' id="table-{escape(self.number)}"' if self.number else ""
        lead = f"<strong>Table {escape(self.number)}.</strong> " if self.number else ""
        return (
            f'<figure{place} style="{FIGURE_STYLE}">'
            f'<figcaption style="{CAPTION_STYLE}">{lead}{typeset(self.caption)}</figcaption>'
            + scrolling(
                f'<table class="{kind}" role="table" style="{_TABLE_STYLE}">'
                f'<thead role="rowgroup"><tr role="row"><td></td>{head}</tr></thead>'
                f'<tbody role="rowgroup">{"".join(self._rows())}</tbody></table>'
            )
            + "</figure>"
        )

    def _rows(self) -> Iterator[str]:
        """The rows; a cell knows its column, and its role where it is not laid out as a table."""
        labels = [f'role="cell" data-label="{attribute(name)}"' for name in self.cells.columns]
        rows = zip(self.cells.index, self.cells.to_numpy(), self.bold.to_numpy(), strict=True)
        for name, texts, marks in rows:
            cells = zip(texts, marks, labels, self._styles, strict=True)
            yield (
                '<tr role="row">'
                + _tag("th", typeset(name), 'scope="row" role="rowheader"', _name_style(name))
                + "".join(_tag("td", _bold(text, mark), *rest) for text, mark, *rest in cells)
                + "</tr>"
            )

    @property
    def text(self) -> str:
        """The same where there is no HTML: a star for bold."""
        starred = self.cells.where(~self.bold, self.cells + " *")
        with pd.option_context("display.max_colwidth", None):  # a row may be a path
            return f"{self.caption}\n{starred.to_string()}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html, "text/plain": self.text}


def scrolling(table: str) -> str:
    """A table that scrolls by itself where the page is narrower, and by the arrow keys.

    What scrolls must take the focus, or whoever has no mouse cannot see its right side.
    """
    return f'<div style="overflow-x:auto" tabindex="0" role="group">{table}</div>'


def results_table(
    rows: Rows,
    *,
    caption: str,
    digits: int | Mapping[str, int] = 1,
    best: Mapping[str, Literal["low", "high"]] | None = None,
    number: str = "",
) -> ResultsTable:
    """Results of several systems side by side, each as mean ± standard deviation over seeds.

    Args:
        rows: system -> column -> the values over seeds, or a finished text (a paper's number).
            Put units into the columns' names, such as "NLL (nats)".
        caption: says scale, corpus and number of seeds.
        digits: decimals, one number or by column.
        best: columns in which the best value is set in bold, and which end is best. It is bold
            only if its mean ± standard deviation touches no other row's.
        number: of the table, such as "3.1".

    Raises:
        CollapseError: for no rows, more than ten, an empty caption, or an unknown column.
    """
    if not 0 < len(rows) <= MOST_ROWS:
        raise CollapseError(f"The table has {len(rows)} rows: give it 1 to {MOST_ROWS}.")
    if not caption.strip():
        raise CollapseError("caption is empty: name the scale, the corpus and the seeds.")
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    places = {
        column: digits if isinstance(digits, int) else digits.get(column, 1) for column in columns
    }
    names = [STYLE[name].label for name in rows]
    text = [
        [_cell(row.get(column, ""), places[column]) for column in columns] for row in rows.values()
    ]
    cells = pd.DataFrame(text, index=names, columns=columns)
    bold = pd.DataFrame(False, index=names, columns=columns)
    for column, end in (best or {}).items():
        choose(column, places, "column")
        bold[column] = _winner([row.get(column, "") for row in rows.values()], end)
    return ResultsTable(cells, bold, caption, number, stacks=True)


def _tag(name: str, inside: str, attributes: str = "", style: str = "text-align:right") -> str:
    return f'<{name} {attributes} style="padding:.3em .45em;{style}">{inside}</{name}>'


def _name_style(name: str) -> str:
    """Names of rows stand left."""
    wraps = ";white-space:normal;min-width:8em" if len(name) > LONG_NAME else ""
    return f"text-align:left{wraps}"


def _set(column: Iterable[str]) -> str:
    """Numbers stand right and on one line; a column with a sentence stands left and wraps."""
    words = "text-align:left;white-space:normal;min-width:14em"
    return words if max(map(len, column), default=0) > LONGEST_NUMBER else "text-align:right"


def _bold(text: str, mark: bool | np.bool) -> str:
    whole = typeset(text).replace("± ", "±\N{NO-BREAK SPACE}")  # a spread stays with its sign
    return f"<strong>{whole}</strong>" if mark else whole


def _cell(cell: Cell, digits: int) -> str:
    if isinstance(cell, str):
        return cell or "–"
    return mean_std(_values(cell), digits)


def _values(cell: Cell) -> list[float]:
    return [float(value) for value in np.atleast_1d(np.asarray(cell, dtype=float))]


def _winner(column: list[Cell], end: str) -> list[bool]:
    """True for the one row whose interval lies clear of all others on the better side."""
    intervals = [None if isinstance(cell, str) else _interval(_values(cell)) for cell in column]
    known = [interval for interval in intervals if interval is not None]
    return [interval is not None and _clear(interval, known, end) for interval in intervals]


def _interval(values: list[float]) -> tuple[float, float]:
    half = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    middle = float(np.mean(values))
    return middle - half, middle + half


def _clear(mine: tuple[float, float], known: list[tuple[float, float]], end: str) -> bool:
    others = list(known)
    others.remove(mine)
    if end == "low":
        return all(mine[1] < low for low, _ in others)
    return all(mine[0] > high for _, high in others)
