"""A corpus of one's own as what runs are made of: known by what is in it, not by its name.

Its arrays are kept once in the folder of the runs, under their hash, so that another process, or
the same one tomorrow, finds them: ``runs/corpora/HASH``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from collapse.base.errors import DataError, choose
from collapse.base.files import runs_folder
from collapse.data.arrays import SPLITS, store
from collapse.data.corpus import Corpus
from collapse.data.dialogue import Exchanges
from collapse.data.documents import Documents
from collapse.data.kinds import PAGES, SENTENCES, SplitSizes, check_fixed
from collapse.data.own import cut
from collapse.data.own.arrays import encoded, identity, kept_in
from collapse.data.reading import texts as own_texts
from collapse.data.reading.files import files_of
from collapse.data.reading.how import How, ReadingLog

SHORT_DOCUMENT = 40  # tokens of a document: up to here they are sentences
ALL = 10**9


@dataclass(frozen=True)
class Counts:
    """How large a corpus is, for whoever chooses sizes without looking at the documents.

    Attributes:
        documents: of train, valid and test.
        vocabulary: tokens with a number, the four markers included.
        tokens: of the training split.
        median: tokens of a training document.
        longest: tokens of the longest document.
        lengths: how many different lengths the training documents have.
        labelled: whether every split has labels.
    """

    documents: tuple[int, int, int]
    vocabulary: int
    tokens: int
    median: float
    longest: int
    lengths: int
    labelled: bool


@dataclass(frozen=True)
class OwnCorpus:
    """A corpus of one's own, in few words; the documents are found by ``identity``.

    Attributes:
        name: what its owner calls it.
        identity: sixteen hexadecimal digits of its arrays, its vocabulary and its labels.
        counts: how large it is.
        path: where the texts were read, absolute; None for a corpus from memory.
        how: how they were read.
        held: the documents, where this process has them; they go into no pickle.
    """

    name: str
    identity: str
    counts: Counts = field(compare=False)
    path: str | None = field(default=None, compare=False)
    how: How = field(default_factory=How, compare=False)
    held: Corpus | None = field(default=None, compare=False, repr=False)

    source = "Texts of your own."
    rights = own_texts.RIGHTS
    modules = (cut.__name__,)  # what makes the documents of a scale from the whole

    def __str__(self) -> str:
        return f"{self.name}-{self.identity[:8]}"

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "held": None}

    @property
    def label(self) -> str:
        """A word for the names of folders: the same for the same documents."""
        return f"own-{self.identity[:8]}"

    @property
    def folder(self) -> Path:
        """Where its arrays are kept."""
        return runs_folder() / "corpora" / self.identity

    def most(self, scale: str) -> SplitSizes:
        """What a scale takes of such documents at most: as of the package's corpora, or all.

        Raises:
            UnknownNameError: naming the scales.
        """
        most = SENTENCES if self.counts.median <= SHORT_DOCUMENT else PAGES
        return choose(scale, {**most, "full": (ALL, ALL, ALL, ALL)}, "scale")

    def sizes(self, scale: str) -> SplitSizes:
        """What a scale takes of it.

        Raises:
            UnknownNameError: naming the scales.
        """
        whole = (*self.counts.documents, self.counts.vocabulary)
        pairs = zip(whole, self.most(scale), strict=True)
        train, valid, test, words = (min(pair) for pair in pairs)
        return train, valid, test, words

    def contents(self, scale: str) -> str:
        """What decides the documents beside :attr:`modules`."""
        return f"own {self.identity} {self.sizes(scale)}"

    def load(self, name: str, scale: str, seed: int) -> Corpus:
        """The corpus at this scale.

        Raises:
            DataError: when it is not to be found, with what to do; or for a seed other than 0.
        """
        check_fixed(name, seed)
        *documents, words = self.sizes(scale)
        corpus = cut.cut(self.whole(), dict(zip(SPLITS, documents, strict=True)), words)
        counts = " / ".join(f"{count:,}" for count in documents)
        sizes = f"{counts} documents, {len(corpus.vocabulary):,} tokens in the vocabulary."
        return replace(corpus, name=name, scale=scale, source=f"{corpus.source} {sizes}")

    def at_hand(self) -> bool:
        """Whether the documents are in this process, in the folder of the runs or at their path."""
        readable = self.path is not None and Path(self.path).exists()
        return self.held is not None or self.folder.is_dir() or readable

    available = at_hand

    def whole(self) -> Corpus:
        """All documents, from memory, from the folder of the runs, or read again.

        Raises:
            DataError: when they are not to be found, with what to do.
        """
        return self.held or kept_in(self.folder) or self.read_again()

    def read_again(self) -> Corpus:
        """The documents from the path where they were read first.

        Raises:
            DataError: when there is none, or other documents are there now.
        """
        gone = f"The documents of the corpus {self} are not in {self.folder}, or are damaged there"
        if self.path is None or not Path(self.path).exists():
            where = f"gone from {self.path}" if self.path else "given from memory"
            raise DataError(
                f"{gone}, and the corpus was {where}. Set COLLAPSE_RUNS to the folder of the runs "
                f"that has corpora/{self.identity}, copy that folder here, or give the same texts "
                "again: a corpus is known by what is in it."
            )
        again = from_path(self.path, self.how)
        if again.identity != self.identity:
            raise DataError(
                f"{gone}, and at {self.path} there are other texts now ({again}). Put the earlier "
                "ones back, or ask for new runs with these."
            )
        return again.whole()

    def keep(self) -> None:
        """Write the arrays to the folder of the runs, unless they are there.

        Raises:
            DataError: when the disk refuses.
        """
        if self.held is None or self.folder.is_dir():
            return
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.folder}.lock"):
                if not self.folder.is_dir():  # another process may have been quicker
                    store(encoded(self.held), self.folder)
        except OSError as error:
            raise DataError(
                f"The corpus {self} cannot be kept in {self.folder} ({error.strerror or error}), "
                "where its runs look for it. Make room or give yourself the right to write there, "
                "or set COLLAPSE_RUNS to another folder."
            ) from error

    def plain(self) -> dict[str, Any]:
        """As the ``config.json`` of a run keeps it."""
        return {
            "name": self.name,
            "identity": self.identity,
            "path": self.path,
            "how": asdict(self.how),
            "counts": asdict(self.counts),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], runs: Path) -> "OwnCorpus":
        """From what :meth:`plain` gave; the documents may be in another folder of runs.

        Args:
            plain: of a ``config.json``.
            runs: the folder that the run is in.
        """
        counts = plain["counts"]
        return cls(
            plain["name"],
            plain["identity"],
            Counts(**(counts | {"documents": tuple(counts["documents"])})),
            plain["path"],
            How.from_plain(plain["how"]),
            kept_in(runs / "corpora" / plain["identity"]),
        )


@lru_cache(maxsize=4)
def from_memory(corpus: Corpus) -> OwnCorpus:
    """A corpus from memory as what runs are made of.

    Raises:
        DataError: when no run can be made of it, naming what stands in the way.
    """
    check(corpus)
    train = corpus.train
    splits = [getattr(corpus, name) for name in SPLITS]
    counts = Counts(
        documents=(len(train), len(corpus.valid), len(corpus.test)),
        vocabulary=len(corpus.vocabulary),
        tokens=int(train.lengths.sum()),
        median=float(np.median(train.lengths)),
        longest=max(int(split.lengths.max()) for split in splits),
        lengths=len(np.unique(train.lengths)),
        labelled=all(split.labels is not None for split in splits),
    )
    log = corpus.reading or ReadingLog()
    return OwnCorpus(corpus.name, identity(corpus), counts, log.path, log.how, corpus)


def from_path(path: str | Path, how: How | None = None) -> OwnCorpus:
    """A folder or file of one's own; it is read again only when a file in it has changed.

    Args:
        path: see :meth:`collapse.data.Corpus.from_folder`.
        how: instead of what the folder says, where it is given.

    Raises:
        DataError: with a sentence, when it cannot be read.
    """
    place = Path(path).expanduser().absolute()
    states = tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files_of(place))
    return from_memory(_read(place, how, states))


@lru_cache(maxsize=4)
def _read(path: Path, how: How | None, states: tuple[tuple[str, int, int], ...]) -> Corpus:
    return Corpus.from_folder(path, **({} if how is None else asdict(how)))


def check(corpus: Corpus) -> None:
    """Refuse a corpus that no run can be made of.

    Raises:
        DataError: naming what stands in the way.
    """
    least = 1 if corpus.bos_eos else 2
    for name in SPLITS:
        split: Documents = getattr(corpus, name)
        whose = f"The split {name} of the corpus {corpus.name!r}"
        if isinstance(split, Exchanges):
            raise DataError(
                f"{whose} holds replies with contexts, which are known by name only. Give the name "
                "of a corpus of dialogues."
            )
        if len(split) < own_texts.LEAST_DOCUMENTS:
            raise DataError(
                f"{whose} has {len(split)} documents; a run needs {own_texts.LEAST_DOCUMENTS} or "
                "more in each, to tell whether they differ. Give more documents."
            )
        if split.lengths.min() < least:
            raise DataError(
                f"{whose} has a document of {split.lengths.min()} tokens; each needs {least} or "
                "more. Leave it out."
            )
        if split.tokens.min() < 0 or split.tokens.max() >= len(corpus.vocabulary):
            raise DataError(
                f"{whose} has token numbers from {split.tokens.min()} to {split.tokens.max()}; its "
                f"vocabulary has 0 to {len(corpus.vocabulary) - 1}. Encode it with the vocabulary "
                "that it is given with."
            )
        if split.labels is not None and len(split.labels) != len(split):
            raise DataError(
                f"{whose} has {len(split)} documents and {len(split.labels)} labels. Give one "
                "label a document."
            )
