"""A corpus of one's own as arrays: its identity, and how it is kept on disk."""

import hashlib
import json
from pathlib import Path

from collapse.data.arrays import SPLITS, CorpusArrays, restore
from collapse.data.corpus import Corpus
from collapse.data.documents import Documents
from collapse.data.reading.how import ReadingLog


def identity(corpus: Corpus) -> str:
    """Sixteen hexadecimal digits of what is in a corpus: neither its name nor where it was."""
    names = corpus.reading.labels if corpus.reading else ()
    digest = hashlib.sha256(json.dumps([corpus.vocabulary.words, corpus.bos_eos, names]).encode())
    for name in SPLITS:
        split: Documents = getattr(corpus, name)
        documents = split.subset(range(len(split)))  # without what no document has
        parts = [(documents.tokens, "<i4"), (documents.offsets, "<i8")]
        parts += [] if documents.labels is None else [(documents.labels, "<i8")]
        for array, kind in parts:
            digest.update(f"{name} {len(array)} ".encode() + array.astype(kind).tobytes())
    return digest.hexdigest()[:16]


def encoded(corpus: Corpus) -> CorpusArrays:
    """A corpus as it is kept on disk."""
    about = {
        "name": corpus.name,
        "source": corpus.source,
        "rights": corpus.rights,
        "reading": corpus.reading.plain() if corpus.reading else None,
    }
    return CorpusArrays(corpus.vocabulary, {s: getattr(corpus, s) for s in SPLITS}, "", about)


def kept_in(folder: Path) -> Corpus | None:
    """The corpus that is kept in a folder; None where there is none, or a damaged one."""
    arrays = restore(folder)
    if arrays is None:
        return None
    about = arrays.more
    return Corpus(
        name=about["name"],
        scale="full",
        vocabulary=arrays.vocabulary,
        train=arrays.splits["train"],
        valid=arrays.splits["valid"],
        test=arrays.splits["test"],
        source=about["source"],
        rights=about["rights"],
        reading=about["reading"] and ReadingLog.from_plain(about["reading"]),
    )
