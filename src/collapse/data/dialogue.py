"""Replies with the turns that come before them: what a split of a dialogue corpus is.

A split of replies *is* a split of documents, the replies, so that whatever works on documents
works on replies. Beside them it has all utterances once, and for each reply the window of them
that is its context; windows may overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from collapse.base.errors import DataError
from collapse.data.documents import Batch, Documents, make_batch, moved


@dataclass(frozen=True, eq=False)
class DialogueBatch(Batch):
    """Replies of one training step, with their contexts.

    The utterances of all contexts stand one below the other, those of the first reply first.

    Attributes:
        context: the words of each utterance, without markers, padded on the right.
        context_lengths: the number of words of each utterance, at least 1. Stays on the CPU.
        turns: the number of utterances before each reply, at least 1. Stays on the CPU.
        same_speaker: True where an utterance is by the speaker of the reply.
        context_encoding: one vector a reply, what a model made of its context, once it has.
        reply_encoding: one vector a reply, what a model made of the reply itself, once it has.
    """

    context: Int[Tensor, "utterances words"] = None  # type: ignore[assignment]
    context_lengths: Int[Tensor, " utterances"] = None  # type: ignore[assignment]
    turns: Int[Tensor, " batch"] = None  # type: ignore[assignment]
    same_speaker: Bool[Tensor, " utterances"] = None  # type: ignore[assignment]
    context_encoding: Float[Tensor, "batch context"] | None = None
    reply_encoding: Float[Tensor, "batch reply"] | None = None

    def to(self, device: torch.device | str) -> "DialogueBatch":
        """The same batch on another device; lengths that packing needs stay where they are."""
        return replace(
            self,
            tokens=moved(self.tokens, device),
            lengths=moved(self.lengths, device),
            indices=moved(self.indices, device),
            context=moved(self.context, device),
            same_speaker=moved(self.same_speaker, device),
        )

    def repeat(self, times: int) -> "DialogueBatch":
        """The batch ``times`` times over, one copy after the other."""
        return DialogueBatch(
            self.tokens.repeat(times, 1),
            self.lengths.repeat(times),
            self.indices.repeat(times),
            self.equal_length,
            context=self.context.repeat(times, 1),
            context_lengths=self.context_lengths.repeat(times),
            turns=self.turns.repeat(times),
            same_speaker=self.same_speaker.repeat(times),
            context_encoding=repeated(self.context_encoding, times),
            reply_encoding=repeated(self.reply_encoding, times),
        )


def repeated(rows: Tensor | None, times: int) -> Tensor | None:
    """The rows ``times`` times over, where there are any."""
    return None if rows is None else rows.repeat(times, 1)


@dataclass(frozen=True, eq=False)
class Exchanges(Documents):
    """Replies, and before each of them a context of one or more utterances.

    Attributes:
        utterances: of all conversations of the split, without markers.
        speakers: (utterances,) who says each of them.
        windows: (n, 2) the context of reply ``i`` is the utterances from the first of its two
            numbers up to, and without, the second.
        repliers: (n,) who replies.
        acts: the names of the dialogue acts that the labels number, where labels are these.
    """

    utterances: Documents = None  # type: ignore[assignment]
    speakers: np.ndarray = None  # type: ignore[assignment]
    windows: np.ndarray = None  # type: ignore[assignment]
    repliers: np.ndarray = None  # type: ignore[assignment]
    acts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self) and (np.diff(self.windows, axis=1) < 1).any():
            raise DataError("A reply without a context: each window needs one utterance or more.")
        if len(self.utterances) and self.utterances.lengths.min() < 1:
            raise DataError("An utterance without words cannot be read: leave it out.")
        if self.utterances.bos_eos:
            raise DataError(
                "Contexts are read without markers; make utterances with bos_eos=False."
            )

    def subset(self, indices: np.ndarray | Sequence[int]) -> "Exchanges":
        """The replies with these numbers, in this order, with their contexts."""
        chosen, replies = np.asarray(indices, dtype=np.int64), super().subset(indices)
        return replace(
            self,
            tokens=replies.tokens,
            offsets=replies.offsets,
            labels=replies.labels,
            windows=self.windows[chosen],
            repliers=self.repliers[chosen],
        )

    def context(self, index: int) -> list[np.ndarray]:
        """The utterances before a reply, the oldest first."""
        return [self.utterances[number] for number in range(*self.windows[index])]

    def attach_context(self, batch: Batch) -> DialogueBatch:
        """The batch with the contexts of its replies."""
        chosen = batch.indices.numpy()
        windows, repliers = self.windows[chosen], self.repliers[chosen]
        turns = windows[:, 1] - windows[:, 0]
        numbers = np.concatenate([np.arange(*window) for window in windows])
        spoken = make_batch(self.utterances, numbers)
        same_speaker = self.speakers[numbers] == np.repeat(repliers, turns)
        return DialogueBatch(
            **vars(batch),
            context=spoken.tokens,
            context_lengths=spoken.lengths,
            turns=torch.from_numpy(turns),
            same_speaker=torch.from_numpy(same_speaker),
        )

    def same_context(self) -> list[np.ndarray]:
        """The numbers of the replies, grouped by the words of their context."""
        groups: dict[tuple[bytes, ...], list[int]] = {}
        for index in range(len(self)):
            words = tuple(utterance.tobytes() for utterance in self.context(index))
            groups.setdefault(words, []).append(index)
        return [np.array(group) for group in groups.values()]
