"""Small tables of texts in CSV files, read and written whole."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from collapse.base.files import write_text


def read_rows(table: Path) -> list[dict[str, str]]:
    """The rows of a table; none where there is no such file."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(table: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Write a table with its header."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(table, buffer.getvalue())
