"""Counting what is generated, by hand on documents of a few words."""

import math

import numpy as np
import pytest
import torch
from small import tiny_corpus, tiny_model

from collapse.base.errors import CollapseError
from collapse.data import END, Documents
from collapse.metrics import between_prior_draws, decode, quality
from collapse.metrics.text.generation import different, grams, share_of


def documents(*rows: list[int]) -> Documents:
    return Documents.from_arrays([np.array(row, dtype=np.int64) for row in rows])


def test_grams_stay_within_a_document() -> None:
    assert list(grams(documents([5, 6, 7], [8, 9]), 2)) == [(5, 6), (6, 7), (8, 9)]
    assert list(grams(documents([5], [8, 9]), 3)) == []
    assert share_of([(5, 6), (6, 7)], {(5, 6)}) == 0.5
    assert different([(5,), (5,), (6,)]) == pytest.approx(2 / 3)
    assert math.isnan(different([]))


def test_quality_by_hand() -> None:
    written, corpus = documents([5, 6, 5], [5]), documents([5, 6, 7], [6, 5])
    model = tiny_model("lm")
    found = quality(written, corpus, model)
    assert found.words == 4
    assert found.seen[2] == 1.0  # 5 6 and 6 5
    assert found.seen[3] == 0.0
    assert found.entropy == pytest.approx(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))
    assert found.distinct[1] == 0.5
    assert found.distinct[2] == 1.0


def test_perplexity_is_that_of_the_language_model() -> None:
    """Word by word, the end marker included."""
    model, rows = tiny_model("lm"), ([5, 6, 5], [7])
    nats, nothing = 0.0, torch.zeros(1, 0)
    for row in rows:
        words = [1, *row, END]
        for place in range(1, len(words)):
            chance = model.decoder.next_word(torch.tensor([words[:place]]), nothing)
            nats -= chance[0, words[place]].log().item()
    found = quality(documents(*rows), tiny_corpus().train, model)
    assert found.perplexity == pytest.approx(math.exp(nats / 6), rel=1e-4)


def test_lines_between_draws_are_straight_and_from_the_prior() -> None:
    model = tiny_model("vae")
    points = between_prior_draws(model, 400, steps=5).view(400, 5, 2)
    torch.testing.assert_close(points[:, 2], 0.5 * (points[:, 0] + points[:, 4]))
    assert points[:, 0].std().item() == pytest.approx(1, abs=0.1)
    assert points[:, 2].std().item() == pytest.approx(0.5**0.5, abs=0.1)
    with pytest.raises(CollapseError, match="2 or more"):
        between_prior_draws(model, 3, steps=1)


def test_decoding_ends_at_the_end_marker_or_at_the_longest() -> None:
    model = tiny_model("vae")
    z = between_prior_draws(model, 10)
    whole = decode(model, z, longest=7)
    assert len(whole) == len(z)
    assert whole.lengths.max() <= 7
    assert END not in whole.tokens
    drawn = decode(model, z, 7, torch.Generator().manual_seed(0))
    again = decode(model, z, 7, torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(drawn.tokens, again.tokens)


def test_what_cannot_be_judged() -> None:
    with pytest.raises(CollapseError, match="language model"):
        quality(documents([5]), documents([5]), tiny_model("vae"))
