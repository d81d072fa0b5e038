"""Tables and JSON Lines of one's own as lists of texts with their labels."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collapse.base.errors import DataError, unknown
from collapse.data.reading import OPTIONS, How, Pile, options_file

TEXT = ("text", "document", "sentence", "review", "content", "body")  # usual names of columns
LABEL = ("label", "class", "category", "sentiment", "stars", "target")


def read_table(content: str, path: Path, how: How) -> Pile:
    """A table with a header: commas, semicolons or tabs between fields, quotes as in CSV.

    Raises:
        DataError: for a row with another number of fields than the header, or open quotes.
    """
    rows = table_rows(content, path)
    _, header = next(rows, (1, []))
    columns = Columns.of(header, path, how)
    texts: list[str] = []
    labels: list[str] = []
    for line, row in rows:
        if row and len(row) != len(header):
            raise DataError(
                f"The file {path} has {len(row)} fields in the row that ends in line {line}; its "
                f"header names {len(header)} ({', '.join(header)}). The row is "
                f"{' | '.join(row)[:80]!r}. A text that holds "
                "a separator or a quotation mark stands in double quotes, quotes in it doubled."
            )
        texts.append(row[columns.text] if row else "")
        if columns.label is not None:
            labels.append(checked_label(row[columns.label] if row else "", texts[-1], path, line))
    return Pile(texts, None if columns.label is None else labels, columns.unread)


def table_rows(content: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table, each with the number of its last line."""
    first = content.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    before = csv.field_size_limit(max(len(content), 1))  # a document may be a whole book
    try:
        reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
        while (row := next(reader, None)) is not None:
            yield reader.line_num, row
    except csv.Error as error:
        raise DataError(
            f"The file {path} is no table near line {reader.line_num} ({error}). Close the quotes "
            "that are open there, and double those inside a text."
        ) from error
    finally:
        csv.field_size_limit(before)


def read_json_lines(content: str, path: Path, how: How) -> Pile:
    """One JSON object a line, with a text and perhaps a label.

    Raises:
        DataError: for a line that is no object, or lacks the text or the label.
    """
    objects = [(n, json_object(line, path, n)) for n, line in enumerate(content.split("\n"), 1)]
    keys = next((list(one) for _, one in objects if one), [])
    columns = Columns.of(keys, path, how)
    texts: list[str] = []
    labels: list[str] = []
    for line, one in objects:
        texts.append(json_text(one, keys[columns.text], path, line) if one else "")
        if columns.label is not None:
            value = one.get(keys[columns.label])
            labels.append(checked_label(value, texts[-1], path, line))
    return Pile(texts, None if columns.label is None else labels, columns.unread)


def json_object(line: str, path: Path, number: int) -> dict[str, Any]:
    """What a line of JSON Lines holds; nothing for a blank one."""
    if not line.strip():
        return {}
    try:
        held = json.loads(line)
    except ValueError as error:
        raise DataError(
            f"Line {number} of {path} is no JSON ({error}): {line[:60]!r}. Mend or delete it."
        ) from error
    if not isinstance(held, dict):
        raise DataError(
            f"Line {number} of {path} is no JSON object: {line[:60]!r}. "
            'Each line is one, such as {"text": "a document"}.'
        )
    return held


def json_text(held: dict[str, Any], name: str, path: Path, line: int) -> str:
    """The text in an object."""
    text = held.get(name)
    if not isinstance(text, str):
        raise DataError(
            f"Line {line} of {path} has no text under {name!r}: {text!r}. Put the text there, in "
            "quotes, or delete the line."
        )
    return text


def checked_label(value: object, text: str, path: Path, line: int) -> str:
    """The name of a label; a blank document needs none.

    Raises:
        DataError: for a document without one.
    """
    told = isinstance(value, str | int | float) and value == value  # nan is no label
    name = str(value).strip() if told else ""
    if text.strip() and not name:
        raise DataError(
            f"Line {line} of {path} has no label: {value!r}, text {text[:60]!r}. Give it one, or "
            "leave the label of all documents out."
        )
    return name


@dataclass(frozen=True)
class Columns:
    """Which column is which.

    Attributes:
        names: of all columns.
        text: the number of the one with the text.
        label: of the one with the label, or None.
    """

    names: tuple[str, ...]
    text: int
    label: int | None

    @classmethod
    def of(cls, header: Sequence[str], path: Path, how: How) -> "Columns":
        """The columns that are asked for, or those with usual names.

        Raises:
            DataError: naming the columns that there are.
        """
        names = tuple(name.strip() for name in header)
        for name in names:
            if names.count(name) > 1:
                raise DataError(f"The file {path} has two columns called {name!r}. Rename one.")
        text = find_column(names, how.text_column, TEXT, path, "text_column")
        if text is None:
            raise DataError(
                f"The file {path} has no column called {', '.join(TEXT)}; its first line names "
                f"{', '.join(map(repr, names)) or 'none'}. Say which holds the texts: text_column: "
                f"NAME in {options_file(path).name} or {OPTIONS} beside it, or in Python "
                "text_column='NAME'. If that line is a document, put a header above it."
            )
        return cls(names, text, find_column(names, how.label_column, LABEL, path, "label_column"))

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns that are neither."""
        used = (self.text, self.label)
        return tuple(name for number, name in enumerate(self.names) if number not in used)


def find_column(
    names: Sequence[str], asked: str | None, usual: Sequence[str], path: Path, key: str
) -> int | None:
    """The number of the column that is asked for, or of the first with a usual name.

    Raises:
        DataError: when the one that is asked for is not there.
    """
    if asked is not None:
        if asked not in names:
            raise DataError(f"{unknown(asked, names, f'column ({key}) in {path}')}")
        return names.index(asked)
    small = [name.lower() for name in names]
    return next((small.index(name) for name in usual if name in small), None)
