"""A classifier that learns from the words themselves: the yardstick of Long et al. (2019), Table 5.

An encoder that was trained without labels is frozen and a small classifier reads its posterior
(:mod:`collapse.metrics.text.probes`). Beside it stands a bi-LSTM that sees the labels all the way
down.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import Batch, Corpus, Documents, in_batches, make_batch, plan_batches
from collapse.metrics.checks import at_least_one
from collapse.metrics.text.probes import MLP_WIDTH
from collapse.parts import Sizes


class BiLSTMClassifier(nn.Module):
    """One bidirectional LSTM layer, its two last states, an MLP (Long et al. 2019, Appendix A).

    Each direction is as narrow as it must be for the LSTM to have no more parameters than the one
    of an encoder of these sizes. The MLP has one hidden layer, as wide as that of the probes; the
    paper's has three layers of a width that it does not state.

    Args:
        sizes: of the encoder it is compared with.
        classes: number of labels.
    """

    def __init__(self, sizes: Sizes, classes: int) -> None:
        super().__init__()
        width = width_of_a_direction(sizes)
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.embedding)
        self.lstm = nn.LSTM(sizes.embedding, width, batch_first=True, bidirectional=True)
        self.head = nn.Sequential(
            nn.Linear(2 * width, MLP_WIDTH), nn.ReLU(), nn.Linear(MLP_WIDTH, classes)
        )

    def forward(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Scores of the classes; the padding is packed away, for the LSTM that begins there."""
        words = self.embedding(batch.tokens)
        packed = pack_padded_sequence(words, batch.lengths.cpu(), True, enforce_sorted=False)
        _, (last, _) = self.lstm(packed)  # (direction, batch, width)
        return self.head(torch.cat([last[0], last[1]], dim=-1))


def width_of_a_direction(sizes: Sizes) -> int:
    """The widest bi-LSTM that has no more parameters than one LSTM of ``sizes.hidden``.

    An LSTM of width h over inputs of width e has 4 h (e + h + 2) parameters.
    """
    e, h = sizes.embedding, sizes.hidden
    return max(w for w in range(1, h + 1) if w == 1 or 2 * w * (e + w + 2) <= h * (e + h + 2))


@dataclass(frozen=True)
class Supervision:
    """How the classifier is trained: Adam, and the epoch with the best validation accuracy."""

    epochs: int = 5
    learning_rate: float = 2e-3
    batch_size: int = 32


def supervised_accuracy(
    corpus: Corpus, sizes: Sizes, how: Supervision | None = None, seed: int = 0
) -> float:
    """Share of the test documents that a bi-LSTM gets right after training on all labels.

    Args:
        corpus: with labels in every split.
        sizes: of the encoder it is compared with.
        how: the training.
        seed: of weights and batches.

    Raises:
        CollapseError: when the corpus has no labels, or for less than one epoch.
    """
    labels = labels_of(corpus.train)
    how = how or Supervision()
    at_least_one(how.epochs, "epochs")
    with seeded(seed):
        model = BiLSTMClassifier(sizes, int(labels.max()) + 1)
        optimizer = torch.optim.Adam(model.parameters(), lr=how.learning_rate)
        scores = [
            [accuracy(model, split) for split in (corpus.valid, corpus.test)]
            for _ in epochs(model, optimizer, corpus, how, seed)
        ]
    return max(scores, key=lambda pair: pair[0])[1]


def epochs(
    model: BiLSTMClassifier,
    optimizer: torch.optim.Optimizer,
    corpus: Corpus,
    how: Supervision,
    seed: int,
) -> Iterator[int]:
    """Train, and stop after each epoch for whoever wants to measure."""
    labels = torch.tensor(labels_of(corpus.train))
    for epoch in range(how.epochs):
        model.train()
        for rows in plan_batches(corpus.train.lengths, how.batch_size, "random", seed, epoch):
            batch = make_batch(corpus.train, rows)
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(batch), labels[batch.indices]).backward()
            optimizer.step()
        yield epoch


@torch.no_grad()
def accuracy(model: BiLSTMClassifier, documents: Documents) -> float:
    """Share of the documents whose label has the highest score."""
    labels, right = torch.tensor(labels_of(documents)), 0
    model.eval()
    for batch in in_batches(documents, most=256):
        right += int((model(batch).argmax(-1) == labels[batch.indices]).sum())
    return right / len(documents)


def labels_of(documents: Documents) -> Int[np.ndarray, " documents"]:
    """The labels of a split.

    Raises:
        CollapseError: when it has none.
    """
    if documents.labels is None:
        raise CollapseError(
            "These documents have no labels. Take a corpus that has, such as 'yelp-sentiment'."
        )
    return documents.labels
