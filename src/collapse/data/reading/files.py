"""Folders and files of one's own as lists of texts, split by split: lines, tables, JSON Lines."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collapse.base.errors import DataError, unknown
from collapse.data.arrays import SPLITS
from collapse.data.reading.how import OPTIONS_FILE, How, Pile, options_file
from collapse.data.texts import plain_text

NAMES = {
    "train": ("train",),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test",),
}
TEXT_COLUMNS = (
    "text",
    "document",
    "sentence",
    "review",
    "content",
    "body",
)  # usual names of columns
LABEL_COLUMNS = ("label", "class", "category", "sentiment", "stars", "target")


def read_path(path: Path, how: How) -> dict[str, Pile]:
    """The splits of a folder; of a single file one split, called "train".

    Raises:
        DataError: naming file, line and value, and what to do.
    """
    if not path.exists():
        looked = "" if path.is_absolute() else f", looked for as {path.absolute()}"
        raise DataError(f"There is no file or folder {path}{looked}.")
    if path.is_file():
        return {"train": read_file(path, how)}
    return {split: read_file(file, how) for split, file in split_files(path).items()}


def files_of(path: Path) -> list[Path]:
    """The files that decide what is read at a path, those that are there."""
    texts = list(split_files(path).values()) if path.is_dir() else [path]
    return [file for file in (*texts, options_file(path)) if file.is_file()]


def split_files(folder: Path) -> dict[str, Path]:
    """The file of each split that the folder has.

    Raises:
        DataError: when there is none, or two of one split.
    """
    texts = [f for f in sorted(folder.iterdir()) if f.suffix.lower() in READERS and f.is_file()]
    by_split = {split: [f for f in texts if f.stem.lower() in NAMES[split]] for split in SPLITS}
    for split, files in by_split.items():
        if len(files) > 1:
            raise DataError(
                f"The folder {folder} has {len(files)} files of the split {split}: "
                f"{', '.join(f.name for f in files)}. Leave one of them there."
            )
    splits = {split: files[0] for split, files in by_split.items() if files}
    if not splits:
        alone = f" To read {texts[0].name} alone, give its own path." if len(texts) == 1 else ""
        content = ", ".join(sorted(f.name for f in folder.iterdir())) or "nothing"
        raise DataError(
            f"The folder {folder} has no split: it should hold train, or train, valid and test, as "
            f"{', '.join(READERS)}; it holds {content}.{alone}"
        )
    return splits


def read_file(path: Path, how: How) -> Pile:
    """The documents of one file.

    Raises:
        DataError: for another kind of file, one that is not UTF-8, has a NUL in it, or no text.
    """
    if path.suffix.lower() not in READERS:
        raise DataError(
            f"The file {path} is of no kind that can be read. A corpus is one of "
            f"{', '.join(READERS)}: a document a line, a table with a text column, JSON Lines."
        )
    try:
        content = plain_text(path.read_bytes(), path).removesuffix("\n")
    except OSError as error:
        raise DataError(f"The file {path} cannot be read ({error.strerror}).") from error
    if "\0" in content:
        line = content.count("\n", 0, content.index("\0")) + 1
        raise DataError(
            f"The file {path} has a NUL in line {line}, which no text has: it is a binary file, or "
            "damaged. Save it as text in UTF-8."
        )
    pile = READERS[path.suffix.lower()](content, path, how)
    if not any(text.strip() for text in pile.texts):
        raise DataError(
            f"The file {path} has no text in it: it is empty, or all of its documents are blank. "
            "Put one or more there, or take the file away."
        )
    return pile


def read_plain(content: str, path: Path, how: How) -> Pile:
    """One document a line.

    Raises:
        DataError: when a column is asked for.
    """
    if how.label_column or how.text_column:
        raise DataError(
            f"The file {path} has lines and no columns, so there is no column "
            f"{how.label_column or how.text_column!r}. Leave the columns out, or give a .csv."
        )
    return Pile(content.split("\n"))


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
    keys = next((list(fields) for _, fields in objects if fields), [])
    columns = Columns.of(keys, path, how)
    texts: list[str] = []
    labels: list[str] = []
    for line, fields in objects:
        texts.append(json_text(fields, keys[columns.text], path, line) if fields else "")
        if columns.label is not None:
            value = fields.get(keys[columns.label])
            labels.append(checked_label(value, texts[-1], path, line))
    return Pile(texts, None if columns.label is None else labels, columns.unread)


def json_object(line: str, path: Path, number: int) -> dict[str, Any]:
    """What a line of JSON Lines holds; nothing for a blank one."""
    if not line.strip():
        return {}
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise DataError(
            f"Line {number} of {path} is no JSON ({error}): {line[:60]!r}. Mend or delete it."
        ) from error
    if not isinstance(fields, dict):
        raise DataError(
            f"Line {number} of {path} is no JSON object: {line[:60]!r}. "
            'Each line is one, such as {"text": "a document"}.'
        )
    return fields


def json_text(fields: dict[str, Any], name: str, path: Path, line: int) -> str:
    """The text in an object."""
    text = fields.get(name)
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
    given = isinstance(value, str | int | float) and value == value  # nan is no label
    name = str(value).strip() if given else ""
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
        text = find_column(names, how.text_column, TEXT_COLUMNS, path, "text_column")
        if text is None:
            raise DataError(
                f"The file {path} has no column called {', '.join(TEXT_COLUMNS)}; its first line "
                f"names {', '.join(map(repr, names)) or 'none'}. Say which holds the texts: "
                f"--text-column NAME, text_column: NAME in {options_file(path).name} or "
                f"{OPTIONS_FILE} beside it, or in Python text_column='NAME'. If that line is a "
                "document, put a header above it."
            )
        return cls(
            names, text, find_column(names, how.label_column, LABEL_COLUMNS, path, "label_column")
        )

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns that are neither."""
        used = (self.text, self.label)
        return tuple(name for number, name in enumerate(self.names) if number not in used)


def find_column(
    names: Sequence[str], column: str | None, usual: Sequence[str], path: Path, key: str
) -> int | None:
    """The number of the column that is asked for, or of the first with a usual name.

    Raises:
        DataError: when the one that is asked for is not there.
    """
    if column is not None:
        if column not in names:
            raise DataError(unknown(column, names, f"column ({key}) in {path}"))
        return names.index(column)
    small = [name.lower() for name in names]
    return next((small.index(name) for name in usual if name in small), None)


READERS: dict[str, Callable[[str, Path, How], Pile]] = {
    ".txt": read_plain,
    ".csv": read_table,
    ".tsv": read_table,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
}
