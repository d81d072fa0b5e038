"""A corpus of one's own as arrays: its identity, and how it is kept on disk."""

import hashlib
import json
from pathlib import Path

from collapse.data.arrays import SPLITS, CorpusArrays, restore
from collapse.data.corpus import Corpus
from collapse.data.documents import Documents
from collapse.data.reading import ReadingLog


def identity(corpus: Corpus) -> str:
    """Sixteen hexadecimal digits of what is in a corpus: neither its name nor where it was."""
    names = corpus.reading.labels if corpus.reading else ()
    digest = hashlib.sha256(json.dumps([corpus.vocabulary.words, corpus.bos_eos, names]).encode())
    for name in SPLITS:
        some: Documents = getattr(corpus, name)
        whole = some.subset(range(len(some)))  # without what no document has
        parts = [(whole.tokens, "<i4"), (whole.offsets, "<i8")]
        parts += [] if whole.labels is None else [(whole.labels, "<i8")]
        for array, kind in parts:
            digest.update(f"{name} {len(array)} ".encode() + array.astype(kind).tobytes())
    return digest.hexdigest()[:16]


def encoded(corpus: Corpus) -> CorpusArrays:
    """A corpus as it is kept on disk."""
    more = {
        "name": corpus.name,
        "source": corpus.source,
        "rights": corpus.rights,
        "reading": corpus.reading.plain() if corpus.reading else None,
    }
    return CorpusArrays(corpus.vocabulary, {s: getattr(corpus, s) for s in SPLITS}, "", more)


def kept_in(folder: Path) -> Corpus | None:
    """The corpus that is kept in a folder; None where there is none, or a damaged one."""
    found = restore(folder)
    if found is None:
        return None
    met = found.more["reading"]
    return Corpus(
        name=found.more["name"],
        scale="full",
        vocabulary=found.vocabulary,
        train=found.splits["train"],
        valid=found.splits["valid"],
        test=found.splits["test"],
        source=found.more["source"],
        rights=found.more["rights"],
        reading=met and ReadingLog.from_plain(met),
    )
