"""Corpora as integer arrays on disk, so that a second start needs no reading of text."""

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from collapse.base.errors import DataError
from collapse.data.documents import Documents
from collapse.data.registry import warn_uncached
from collapse.data.texts import Texts
from collapse.data.vocabulary import SPECIALS, Vocabulary

# Part of each folder's name: raise it when the readers or the layout change.
FORMAT = 2
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, eq=False)
class CorpusArrays:
    """A vocabulary and three splits of word numbers, with what was noted while reading.

    Attributes:
        vocabulary: of all splits.
        splits: by name.
        note: a sentence; may be empty.
        more: further facts about the corpus, as JSON keeps them.
    """

    vocabulary: Vocabulary
    splits: dict[str, Documents]
    note: str
    more: Mapping[str, Any] = field(default_factory=dict)


def encode(texts: Texts, vocabulary_size: int) -> CorpusArrays:
    """Word numbers for every document, by a vocabulary made from the training split.

    A document whose words are all unknown stays in, as a run of ``<unk>``.
    """
    counts = Counter(word for text in texts.splits["train"] for word in text.split())
    vocabulary = Vocabulary.from_counts(counts, vocabulary_size)
    splits = {
        name: Documents.from_arrays(
            (vocabulary.encode(text.split()) for text in texts.splits[name]),
            None if texts.labels is None else texts.labels[name],
        )
        for name in SPLITS
    }
    return CorpusArrays(vocabulary, splits, texts.note)


def cached(folder: Path, make: Callable[[], CorpusArrays]) -> CorpusArrays:
    """The arrays in ``folder``, made and kept there when there are none.

    Two processes that start together do the reading once. The folder is only a convenience: where
    nothing can be kept, the arrays are made in memory, and a warning says so.

    Raises:
        DataError: when what was just kept cannot be read back.
    """
    lock = FileLock(f"{folder}.lock")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:  # a full cache that may only be read still serves
        restored = restore(folder)
        if restored is None:
            warn_uncached(error)
        return restored or make()
    try:
        return restore(folder) or _mapped(folder, make())
    finally:
        lock.release()


def _mapped(folder: Path, encoded: CorpusArrays) -> CorpusArrays:
    """The same arrays, mapped from disk if they can be kept there."""
    try:
        store(encoded, folder)
    except OSError as error:
        warn_uncached(error)
        return encoded
    if (mapped := restore(folder)) is None:
        raise DataError(f"The corpus folder {folder} cannot be read back. Is the disk sound?")
    return mapped


def store(encoded: CorpusArrays, folder: Path) -> None:
    """Write the arrays to ``folder``, all of them or none; replaces what stood there.

    The caller has locked the folder: what another writer has left half done goes.

    Raises:
        OSError: when the disk refuses.
    """
    for unfinished in folder.parent.glob(f".{folder.name}.*.part"):
        shutil.rmtree(unfinished, ignore_errors=True)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    part.mkdir(parents=True)
    try:
        for name, documents in encoded.splits.items():
            np.save(part / f"{name}.tokens.npy", documents.tokens)
            np.save(part / f"{name}.offsets.npy", documents.offsets)
            if documents.labels is not None:
                np.save(part / f"{name}.labels.npy", documents.labels)
        words = encoded.vocabulary.words[len(SPECIALS) :]
        bos_eos = encoded.splits[SPLITS[0]].bos_eos
        about = {"note": encoded.note, "words": words, "bos_eos": bos_eos, "more": encoded.more}
        (part / "about.json").write_text(json.dumps(about), encoding="utf-8")
        digests = json.dumps({file.name: _digest(file) for file in sorted(part.iterdir())})
        (part / "digests.json").write_text(digests, encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def restore(folder: Path) -> CorpusArrays | None:
    """The arrays in ``folder``, mapped from disk; ``None`` when absent or damaged."""
    try:
        digests = json.loads((folder / "digests.json").read_text(encoding="utf-8"))
        if any(_digest(folder / name) != expected for name, expected in digests.items()):
            return None
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        splits = {name: _documents(folder, name, about.get("bos_eos", True)) for name in SPLITS}
    except (OSError, ValueError):
        return None
    return CorpusArrays(Vocabulary(about["words"]), splits, about["note"], about.get("more", {}))


def _documents(folder: Path, name: str, bos_eos: bool) -> Documents:
    def array(part: str) -> np.ndarray:
        return np.asarray(np.load(folder / f"{name}.{part}.npy", mmap_mode="r"))

    labels = array("labels") if (folder / f"{name}.labels.npy").exists() else None
    return Documents(array("tokens"), array("offsets"), labels, bos_eos)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
