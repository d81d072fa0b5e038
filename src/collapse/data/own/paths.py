"""Texts of one's own by their path."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from collapse.base.errors import UnknownNameError, unknown
from collapse.data.own.corpus import OwnCorpus, from_path
from collapse.data.reading.files import READERS
from collapse.data.reading.how import How, read_options


def own_at(path: str | Path, options: Mapping[str, Any], names: Collection[str]) -> OwnCorpus:
    """The corpus at a path.

    Args:
        path: of a folder or a file.
        options: how it is to be read; fields of :class:`collapse.data.reading.How`.
        names: of the package's corpora, for what is neither a path nor one of them.

    Raises:
        UnknownNameError: for what is no path, or for an option that there is not.
        DataError: for a path where nothing is, or nothing that can be read.
    """
    if isinstance(path, str) and not is_path(path):
        raise UnknownNameError(
            f"{unknown(path, names, 'corpus')} For texts of your own give the path of a folder "
            "or a file, such as ./texts.csv."
        )
    beside = read_options(Path(path).expanduser()) if options else {}
    return from_path(path, How.from_plain({**beside, **options}) if options else None)


def is_path(name: str) -> bool:
    """Whether a text is a path: something is there, or it is written like one."""
    path = os.path.expanduser(name)
    like_one = os.sep in name or "/" in name or Path(name).suffix.lower() in READERS
    return bool(name) and (like_one or os.path.exists(path))
