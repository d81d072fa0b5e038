"""The map of replies: rows are the second dimension of z, and each point is decoded alone."""

import numpy as np
import pytest
import torch
from small_dialogue import tiny_cvae, tiny_dialogue

from collapse.base.errors import RunError
from collapse.chapters import reply_grid as rg
from collapse.data import END, START, load, make_batch
from collapse.parts import Sizes
from collapse.recipes import RECIPES


def test_points_are_counted_in_standard_deviations_of_the_prior() -> None:
    model, corpus = tiny_cvae(spread=2.0), tiny_dialogue()
    points = torch.tensor([[1.0, -2.0], [0.0, 0.0]])
    found = rg.replies_at(model, corpus, 3, points)
    batch = make_batch(corpus.test, [3])
    prior = model.prior(batch)
    for point, reply in zip(points, found, strict=True):
        code = model.code(batch, prior.mean + prior.stddev * point)
        words = model.decoder.generate(code, torch.tensor([START]), rg.LONGEST_CELL)[0].tolist()
        assert reply.tolist() == (words[: words.index(END)] if END in words else words)


def test_rows_of_the_map_are_the_second_dimension(monkeypatch) -> None:
    corpus = load("toy-dialogue")
    templates = corpus.generator.templates[int(corpus.test.labels[0]) // 4]

    def by_first(model, corpus, index, points):
        return [templates[0] if x < 0 else templates[1] if y < 0 else templates[2][:2]
                for x, y in points.tolist()]  # fmt: skip

    monkeypatch.setattr(rg, "replies_at", by_first)
    model = RECIPES["cvae"].build(Sizes(len(corpus.vocabulary), 5, 8, 2)).model
    found = rg.reply_grid(model, corpus, 0, steps=4)
    np.testing.assert_array_equal(found[:, :2], 0)
    np.testing.assert_array_equal(found[:2, 2:], 1)
    np.testing.assert_array_equal(found[2:, 2:], -1)


def test_the_map_is_for_two_dimensions_and_a_known_truth() -> None:
    with pytest.raises(RunError, match="generated exchanges"):
        rg.reply_grid(tiny_cvae(), tiny_dialogue(), 0)
