"""The supervised bi-LSTM: what it can learn, what padding must not do, how large it is."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small import SIZES, tiny_corpus, tiny_documents
from torch import nn

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import Batch, Documents, make_batch
from collapse.metrics import BiLSTMClassifier, Supervision, supervised_accuracy
from collapse.metrics.text.supervised import width_of_a_direction
from collapse.parts import Sizes


def labelled(n: int, seed: int) -> Documents:
    """The label says whether the first word is one of the first four."""
    documents = tiny_documents(n, seed)
    labels = np.array([int(documents[i][0] < 8) for i in range(n)])
    return replace(documents, labels=labels)


def corpus_with_labels():
    splits = {name: labelled(n, s) for s, (name, n) in enumerate(SPLITS.items())}
    return replace(tiny_corpus(), **splits)


SPLITS = {"train": 300, "valid": 100, "test": 100}


def test_it_learns_what_the_words_say_and_nothing_from_shuffled_labels() -> None:
    corpus = corpus_with_labels()
    how = Supervision(epochs=8, learning_rate=0.01)
    assert supervised_accuracy(corpus, SIZES, how) > 0.95
    labels = np.random.default_rng(0).permutation(corpus.train.labels)
    mixed = replace(corpus, train=replace(corpus.train, labels=labels))
    assert supervised_accuracy(mixed, SIZES, how) < 0.75


def test_padding_and_neighbours_change_nothing() -> None:
    with seeded(0):
        model = BiLSTMClassifier(SIZES, 3).eval()
    batch = make_batch(tiny_documents(), range(8))
    longer = torch.cat([batch.tokens, torch.full((8, 5), 7)], 1)
    found = model(batch)
    torch.testing.assert_close(model(Batch(longer, batch.lengths, batch.indices)), found)
    alone = [model(make_batch(tiny_documents(), [i]))[0] for i in range(8)]
    torch.testing.assert_close(torch.stack(alone), found)


@pytest.mark.parametrize(("embedding", "hidden"), [(64, 64), (512, 1024), (5, 6), (3, 1)])
def test_it_is_no_larger_than_the_encoder_and_nearly_as_large(embedding: int, hidden: int) -> None:
    def parameters(module: nn.Module) -> int:
        return sum(p.numel() for p in module.parameters())

    def both_ways(width: int) -> int:
        return parameters(nn.LSTM(embedding, width, bidirectional=True))

    width = width_of_a_direction(Sizes(10, embedding, hidden, 2))
    encoder = parameters(nn.LSTM(embedding, hidden))
    assert both_ways(width) <= encoder or width == 1
    assert both_ways(width + 1) > encoder


def test_a_corpus_without_labels_is_refused() -> None:
    with pytest.raises(CollapseError, match="have no labels"):
        supervised_accuracy(tiny_corpus(), SIZES)
