"""Documents, corpora and batches: the text as the models see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from collapse.base.errors import DataError
from collapse.data.reading import How, Reading
from collapse.data.report import Report, report_on
from collapse.data.vocabulary import END, PAD, START, Vocabulary


@dataclass(frozen=True, eq=False)
class Documents:
    """One split of a corpus: documents of any length, kept as one run of words.

    Attributes:
        tokens: (total,) int32, the words of all documents, one after the other, no markers.
        offsets: (n + 1,) int64; document ``i`` is ``tokens[offsets[i] : offsets[i + 1]]``.
        labels: (n,) int64, or ``None`` where the corpus has none.
        bos_eos: True where batches begin with ``<s>`` and end with ``</s>``; False where the first
            word of a document is given and never predicted.
    """

    tokens: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray | None = None
    bos_eos: bool = True

    @classmethod
    def from_arrays(
        cls,
        documents: Iterable[np.ndarray | Sequence[int]],
        labels: np.ndarray | Sequence[int] | None = None,
        *,
        bos_eos: bool = True,
    ) -> "Documents":
        """Documents from one array of word numbers each; the rest as in the class."""
        rows = [np.asarray(row, dtype=np.int32) for row in documents]
        offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        tokens = np.concatenate([np.zeros(0, dtype=np.int32), *rows])
        known = None if labels is None else np.asarray(labels, dtype=np.int64)
        return cls(tokens, offsets, known, bos_eos)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int | np.integer) -> np.ndarray:
        """The words of one document, (length,) int32, without markers."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"There is no document {index}; the split has {len(self)}.")
        index = index % len(self)
        return self.tokens[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """The number of words of each document, (n,) int64, without markers."""
        return np.diff(self.offsets)

    @property
    def predicted(self) -> np.ndarray:
        """The number of tokens of each document that a decoder predicts, (n,) int64.

        With markers all words and ``</s>``, without them all words but the first.
        """
        return self.lengths + (1 if self.bos_eos else -1)

    def subset(self, indices: np.ndarray | Sequence[int]) -> "Documents":
        """The documents with these numbers, in this order."""
        chosen = np.asarray(indices, dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(self.lengths[chosen])]).astype(np.int64)
        tokens = self.tokens[_positions(self.offsets[chosen], self.lengths[chosen])]
        labels = None if self.labels is None else self.labels[chosen]
        return Documents(tokens, offsets, labels, self.bos_eos)

    def first(self, most: int | None) -> "Documents":
        """The first documents, as many as ``most`` where there are so many; all for None."""
        return self if most is None else self.subset(range(min(most, len(self))))

    def complete(self, batch: "Batch") -> "Batch":
        """The batch with whatever belongs to its documents beside their words: here nothing."""
        return batch


def _positions(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """``start, start + 1, ...`` for each document, all in one array."""
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)


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
    reading: Reading | None = None

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
        from collapse.data import own_texts  # which needs this class

        how = How(tokens, vocabulary_size, longest)
        given = {"train": train, "valid": valid, "test": test}
        return own_texts.from_texts(given, labels, how, name)

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
        from collapse.data import own_texts  # which needs this class

        return own_texts.from_folder(path, name, options)

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


@dataclass(frozen=True, eq=False)
class Batch:
    """Documents of one training step, padded on the right with ``<pad>``.

    Attributes:
        tokens: markers included.
        lengths: the number of real tokens of each document, markers included.
        indices: the numbers of the documents in their split.
        even: whether all documents are known to have the same length, so that nothing is padding.
            It is kept beside the lengths because to read these would make a loop wait for a GPU.
    """

    tokens: Int[Tensor, "batch time"]
    lengths: Int[Tensor, "batch"]
    indices: Int[Tensor, "batch"]
    even: bool = False

    @property
    def inputs(self) -> Int[Tensor, "batch steps"]:
        """What the decoder reads: every token but the last."""
        return self.tokens[:, :-1]

    @property
    def targets(self) -> Int[Tensor, "batch steps"]:
        """What the decoder predicts: every token but the first."""
        return self.tokens[:, 1:]

    @property
    def mask(self) -> Bool[Tensor, "batch steps"]:
        """True where a target is a real token."""
        steps = torch.arange(1, self.tokens.shape[1], device=self.tokens.device)
        return steps < self.lengths[:, None]

    @property
    def predicted(self) -> Int[Tensor, "batch"]:
        """The number of targets of each document."""
        return self.lengths - 1

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on another device; a GPU gets it while it is still busy."""
        tokens, lengths = moved(self.tokens, device), moved(self.lengths, device)
        return Batch(tokens, lengths, moved(self.indices, device), self.even)

    def repeat(self, times: int) -> "Batch":
        """The batch ``times`` times over, one copy after the other."""
        tokens, lengths = self.tokens.repeat(times, 1), self.lengths.repeat(times)
        return Batch(tokens, lengths, self.indices.repeat(times), self.even)


def moved(part: Tensor, device: torch.device | str) -> Tensor:
    """A tensor on another device; a GPU gets it while it is still busy."""
    pinned = torch.device(device).type == "cuda" and part.device.type == "cpu"
    held = part.pin_memory() if pinned else part
    return held.to(device, non_blocking=pinned)


def make_batch(documents: Documents, indices: np.ndarray | Sequence[int]) -> Batch:
    """Put the documents with these numbers into one padded batch, with markers if they have any.

    Args:
        documents: the split.
        indices: (batch,) numbers of documents in the split.

    Raises:
        DataError: when ``indices`` is empty.
    """
    chosen = np.asarray(indices, dtype=np.int64)
    if chosen.size == 0:
        raise DataError("A batch needs at least one document; the list of indices is empty.")
    starts = documents.offsets[chosen]
    words = documents.offsets[chosen + 1] - starts
    longest = int(words.max())
    even = longest == int(words.min())
    marked = documents.bos_eos
    tokens = np.full((len(chosen), longest + 2 * marked), PAD, dtype=np.int64)
    inner = tokens[:, 1:-1] if marked else tokens
    if even:
        inner[:] = documents.tokens[starts[:, None] + np.arange(longest)]
    else:
        inner[np.arange(longest) < words[:, None]] = documents.tokens[_positions(starts, words)]
    if marked:
        tokens[:, 0] = START
        tokens[np.arange(len(chosen)), words + 1] = END
    lengths = torch.from_numpy(words + 2 * marked)
    batch = Batch(torch.from_numpy(tokens), lengths, torch.from_numpy(chosen), even)
    return documents.complete(batch)
