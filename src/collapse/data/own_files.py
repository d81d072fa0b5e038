"""Folders and files of one's own as lists of texts, split by split."""

from collections.abc import Callable
from pathlib import Path

from collapse.base.errors import DataError
from collapse.data.arrays import SPLITS
from collapse.data.own_tables import read_json_lines, read_table
from collapse.data.reading import How, Pile, options_file
from collapse.data.texts import plain_text

NAMES = {
    "train": ("train",),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test",),
}


def read_path(path: Path, how: How) -> dict[str, Pile]:
    """The splits of a folder; of a single file one split, called "train".

    Raises:
        DataError: naming file, line and value, and what to do.
    """
    if not path.exists():
        raise DataError(f"There is no file or folder {path}, looked for as {path.absolute()}.")
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
    known = [f for f in sorted(folder.iterdir()) if f.suffix.lower() in READERS and f.is_file()]
    here = {split: [f for f in known if f.stem.lower() in NAMES[split]] for split in SPLITS}
    for split, files in here.items():
        if len(files) > 1:
            raise DataError(
                f"The folder {folder} has {len(files)} files of the split {split}: "
                f"{', '.join(f.name for f in files)}. Leave one of them there."
            )
    found = {split: files[0] for split, files in here.items() if files}
    if not found:
        one = f" To read {known[0].name} alone, give its own path." if len(known) == 1 else ""
        there = ", ".join(sorted(f.name for f in folder.iterdir())) or "nothing"
        raise DataError(
            f"The folder {folder} has no split: it should hold train, or train, valid and test, as "
            f"{', '.join(READERS)}; it holds {there}.{one}"
        )
    return found


def read_file(path: Path, how: How) -> Pile:
    """The documents of one file.

    Raises:
        DataError: for another kind of file, one that is not UTF-8, or one without a text.
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


READERS: dict[str, Callable[[str, Path, How], Pile]] = {
    ".txt": read_plain,
    ".csv": read_table,
    ".tsv": read_table,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
}
