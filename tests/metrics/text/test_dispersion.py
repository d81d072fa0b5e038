"""Dispersion against all pairs, against closed forms, and at its edges."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import ortho_group
from small import tiny_corpus, tiny_model

from collapse.base.errors import CollapseError
from collapse.data import make_batch
from collapse.metrics import dispersion, effective_rank, mean_cosine, split_features


def cloud(n: int, width: int, away: float, seed: int = 0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(n, width, generator=draw) + away


@pytest.mark.parametrize(("n", "width", "away"), [(2, 1, 0.3), (7, 3, 0), (60, 5, 2), (41, 64, 50)])
def test_cosine_against_all_pairs(n: int, width: int, away: float) -> None:
    features = cloud(n, width, away)
    rows = features.tolist()
    pairs = [
        math.fsum(a * b for a, b in zip(rows[i], rows[j], strict=True))
        / math.hypot(*rows[i])
        / math.hypot(*rows[j])
        for i in range(n)
        for j in range(n)
        if i != j
    ]
    assert mean_cosine(features) == pytest.approx(math.fsum(pairs) / len(pairs), abs=1e-12)


def test_cosine_ignores_lengths_and_knows_its_extremes() -> None:
    features = cloud(30, 4, 1.0)
    scaled = features * torch.linspace(0.1, 9, 30)[:, None]
    assert mean_cosine(scaled) == pytest.approx(mean_cosine(features), abs=1e-6)
    assert mean_cosine(torch.ones(5, 3)) == pytest.approx(1)
    # n unit vectors that sum to zero are as far apart as n vectors can be
    simplex = torch.eye(6) - 1 / 6
    assert mean_cosine(simplex) == pytest.approx(-1 / 5)


def test_effective_rank_of_matrices_with_known_singular_values() -> None:
    left, right = ortho_group.rvs(8, random_state=0), ortho_group.rvs(5, random_state=1)
    for values in ([3, 3, 3, 3, 3], [2, 0, 0, 0, 0], [4, 2, 1, 1, 0], [1, 1, 0, 0, 0]):
        matrix = left[:, :5] * np.array(values, dtype=float) @ right
        shares = [v / sum(values) for v in values if v]
        expected = math.exp(-math.fsum(p * math.log(p) for p in shares))
        assert effective_rank(torch.from_numpy(matrix)) == pytest.approx(expected, rel=1e-9)


def test_dispersion_reports_what_the_parts_report() -> None:
    features = cloud(50, 6, 3.0)
    found = dispersion(features)
    rows = np.asarray(features, dtype=float)
    assert found.cosine == mean_cosine(features)
    assert found.variances.numpy() == pytest.approx(rows.var(axis=0, ddof=1))
    # A shift moves the cosine; how many directions the rows differ in stays the same.
    moved = dispersion(features + 100)
    assert moved.cosine > 0.99 > found.cosine
    assert moved.effective_rank == pytest.approx(found.effective_rank, rel=1e-4)


def test_what_has_no_direction_is_refused() -> None:
    with pytest.raises(CollapseError, match="needs 2 documents; there are 1"):
        mean_cosine(torch.ones(1, 3))
    with pytest.raises(CollapseError, match="1 feature vectors are zero"):
        mean_cosine(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    with pytest.raises(CollapseError, match="The matrix is zero"):
        dispersion(torch.ones(4, 3))


@pytest.mark.parametrize("name", ["vae", "pool-max", "pool-attention"])
def test_features_of_a_split_are_in_the_order_of_its_documents(name: str) -> None:
    model, corpus = tiny_model(name), tiny_corpus()
    found = split_features(model, corpus.train)
    for i in range(len(corpus.train)):
        batch = make_batch(corpus.train, [i])
        states = model.encoder(batch.tokens, batch.lengths)
        one = model.features(states, batch.lengths)[0].detach()
        torch.testing.assert_close(found[i], one)
