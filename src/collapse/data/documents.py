"""Documents, corpora and batches: the text as the models see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from collapse.base.errors import DataError
from collapse.data.vocabulary import END, PAD, START


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
        labels = None if labels is None else np.asarray(labels, dtype=np.int64)
        return cls(tokens, offsets, labels, bos_eos)

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

    def attach_context(self, batch: "Batch") -> "Batch":
        """The batch with whatever belongs to its documents beside their words: here nothing."""
        return batch


def _positions(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """``start, start + 1, ...`` for each document, all in one array."""
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)


@dataclass(frozen=True, eq=False)
class Batch:
    """Documents of one training step, padded on the right with ``<pad>``.

    Attributes:
        tokens: markers included.
        lengths: the number of real tokens of each document, markers included.
        indices: the numbers of the documents in their split.
        equal_length: whether all documents are known to have the same length, so that nothing is
            padding. It is kept beside the lengths because to read these would make a loop wait for
            a GPU.
    """

    tokens: Int[Tensor, "batch time"]
    lengths: Int[Tensor, "batch"]
    indices: Int[Tensor, "batch"]
    equal_length: bool = False

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
        return Batch(tokens, lengths, moved(self.indices, device), self.equal_length)

    def repeat(self, times: int) -> "Batch":
        """The batch ``times`` times over, one copy after the other."""
        tokens, lengths = self.tokens.repeat(times, 1), self.lengths.repeat(times)
        return Batch(tokens, lengths, self.indices.repeat(times), self.equal_length)


def moved(part: Tensor, device: torch.device | str) -> Tensor:
    """A tensor on another device; a GPU gets it while it is still busy."""
    pinned = torch.device(device).type == "cuda" and part.device.type == "cpu"
    return (part.pin_memory() if pinned else part).to(device, non_blocking=pinned)


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
    equal_length = longest == int(words.min())
    marked = documents.bos_eos
    tokens = np.full((len(chosen), longest + 2 * marked), PAD, dtype=np.int64)
    inner = tokens[:, 1:-1] if marked else tokens
    if equal_length:
        inner[:] = documents.tokens[starts[:, None] + np.arange(longest)]
    else:
        inner[np.arange(longest) < words[:, None]] = documents.tokens[_positions(starts, words)]
    if marked:
        tokens[:, 0] = START
        tokens[np.arange(len(chosen)), words + 1] = END
    lengths = torch.from_numpy(words + 2 * marked)
    batch = Batch(torch.from_numpy(tokens), lengths, torch.from_numpy(chosen), equal_length)
    return documents.attach_context(batch)
