"""A corpus: three splits with one vocabulary, and where they came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from collapse.base.errors import DataError
from collapse.data import own_texts
from collapse.data.documents import Documents
from collapse.data.reading import How, ReadingLog
from collapse.data.report import Report, report_on
from collapse.data.vocabulary import Vocabulary


@runtime_checkable
class Generator(Protocol):
    """What a generated corpus knows about itself."""

    def log_likelihood(self, documents: Documents) -> np.ndarray:
        """The true log-probability of each document in nats, (n,) float64."""

    def sample(self, n: int, seed: int) -> Documents:
        """``n`` new documents."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Three splits with one vocabulary, and where they came from.

    All three have markers, or none has.

    Attributes:
        name: the name by which it was asked for.
        scale: "light", "colab" or "full".
        vocabulary: made from the training split only.
        train: the documents to learn from.
        valid: the documents that steer training.
        test: the documents that are reported.
        source: what this is, where it came from and how it was cut.
        rights: under which terms the text may be used.
        generator: the object that knows the truth of a generated corpus, else ``None``.
        reading: how texts of one's own were read, and what was met; ``None`` for other corpora.
    """

    name: str
    scale: str
    vocabulary: Vocabulary
    train: Documents
    valid: Documents
    test: Documents
    source: str
    rights: str
    generator: Generator | None = None
    reading: ReadingLog | None = None

    @classmethod
    def from_texts(
        cls,
        train: Iterable[str],
        valid: Iterable[str] | None = None,
        test: Iterable[str] | None = None,
        *,
        labels: Any = None,
        tokens: str = "words",
        vocabulary_size: int = 20_000,
        longest: int | None = 200,
        name: str = "texts",
    ) -> "Corpus":
        """A corpus from documents of one's own; :meth:`report` says what became of them.

        Blank documents are left out and counted; nothing else is changed: no case, no mark.

        Args:
            train: the documents to learn from. Where they are all there is, a tenth of them, at
                least 2 and at most 10,000, becomes the validation split, as many the test split,
                after a shuffle with a fixed seed.
            valid: the documents that steer training.
            test: the documents that are reported.
            labels: one a document, texts or whole numbers, in lists by the name of the split or in
                one list a split; beside ``train`` alone, one list.
            tokens: "words", which white space separates, or "characters", for languages without
                spaces.
            vocabulary_size: the most tokens of the training split that get a number, the four
                markers included; the others become ``<unk>``.
            longest: documents are cut after so many tokens, which is counted; None keeps all.
            name: what to call it.

        Raises:
            DataError: with a sentence, for a missing or empty split, too few documents to make
                splits of, what is no text, or labels of another number.
            UnknownNameError: for other tokens.

        >>> corpus = Corpus.from_texts(["a b", "b c", "", "a", "c d", "d", "b b"])
        >>> len(corpus.train), len(corpus.valid), len(corpus.test), len(corpus.vocabulary)
        (2, 2, 2, 7)
        """
        how = How(tokens, vocabulary_size, longest)
        given = {"train": train, "valid": valid, "test": test}
        return cls(**own_texts.from_texts(given, labels, how, name))

    @classmethod
    def from_folder(cls, path: str | Path, *, name: str | None = None, **options: Any) -> "Corpus":
        """A corpus from files of one's own; :meth:`report` says what was read.

        A folder holds ``train``, or ``train``, ``valid`` and ``test``, as ``.txt`` (a document a
        line), ``.csv`` or ``.tsv`` (a header, a text column, perhaps a label column) or ``.jsonl``
        (JSON Lines). A single such file is split as by :meth:`from_texts`. The files are UTF-8,
        with or without a byte-order mark, with any line ends. Columns with usual names ("text",
        "review", ...; "label", "stars", ...) are found.

        Args:
            path: of the folder or the file. How it is to be read may stand beside the texts, in
                ``corpus.yaml`` in the folder, or in ``NAME.csv.yaml`` beside a file ``NAME.csv``.
            name: what to call it; by default as the folder or file.
            options: fields of :class:`collapse.data.reading.How`, such as
                ``tokens="characters"`` or ``text_column="comment"``; they count before the file.

        Raises:
            DataError: with a sentence that names file, line and value, for what cannot be read.
            UnknownNameError: for an option that there is not.
        """
        return cls(**own_texts.from_folder(path, name, options))

    def report(self) -> Report:
        """Documents, lengths, vocabulary, ``<unk>``, and what was left out: ``print`` shows it."""
        splits = {"train": self.train, "valid": self.valid, "test": self.test}
        return report_on(self.name, self.vocabulary, splits, self.reading)

    def __post_init__(self) -> None:
        if not self.train.bos_eos == self.valid.bos_eos == self.test.bos_eos:
            raise DataError(
                f"The splits of {self.name!r} must all have markers or none: bos_eos is "
                f"{self.train.bos_eos}, {self.valid.bos_eos}, {self.test.bos_eos} for training, "
                "validation and test."
            )

    @property
    def bos_eos(self) -> bool:
        """Whether batches have markers, see :class:`Documents`."""
        return self.train.bos_eos
