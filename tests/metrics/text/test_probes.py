"""Probes on data that a line separates, that only a curve separates, and that nothing separates."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from small import tiny_documents, tiny_model

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.metrics import (
    ProbeResult,
    classification_accuracy,
    encode_split,
    few_labels,
    frozen_features,
    word_counts,
)
from collapse.metrics.text import probes


def blobs(n: int, distance: float, seed: int) -> tuple[torch.Tensor, np.ndarray]:
    """Two normal classes whose means are ``distance`` apart; the second feature means nothing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    features = rng.normal(size=(n, 2))
    features[:, 0] += distance * (labels - 0.5)
    return torch.from_numpy(features).float(), labels


def test_separable_classes_are_told_apart() -> None:
    result = few_labels(*blobs(400, 20.0, 0), *blobs(500, 20.0, 1), sizes=(20, 200), draws=3)
    assert [one.values for one in result] == [(1.0,) * 3] * 2


def test_overlapping_classes_reach_the_best_possible_accuracy() -> None:
    """Bayes: the chance that N(1, 1) is on its side of 0 is 0.841."""
    result = few_labels(*blobs(5000, 2.0, 0), *blobs(20_000, 2.0, 1), sizes=(2000,), draws=3)
    assert result[0].mean == pytest.approx(0.8413, abs=0.01)


def test_noise_is_guessed() -> None:
    """10 draws on 2,000 test documents: 0.5 within five standard errors of one draw."""
    result = few_labels(*blobs(2000, 0.0, 0), *blobs(2000, 0.0, 1), sizes=(100, 1000))
    for one in result:
        assert one.mean == pytest.approx(0.5, abs=5 * 0.5 / 2000**0.5)


def ring(n: int, seed: int) -> tuple[torch.Tensor, np.ndarray]:
    features = torch.from_numpy(np.random.default_rng(seed).normal(size=(n, 2))).float()
    return features, (features.square().sum(-1) > 1.386).long().numpy()  # half of the mass


def test_a_ring_needs_the_mlp() -> None:
    train, test = ring(800, 0), ring(1000, 1)
    assert classification_accuracy(*train, *test) < 0.65
    assert classification_accuracy(*train, *test, kind="mlp") > 0.9


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_the_same_seed_gives_the_same_numbers(kind: str) -> None:
    data = (*blobs(300, 1.0, 0), *blobs(200, 1.0, 1))
    first, again, other = (
        few_labels(*data, sizes=(40,), draws=2, kind=kind, seed=seed)[0].values
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_the_test_documents_do_not_reach_the_standardiser() -> None:
    """Scaling or shifting all features by the labelled sample leaves predictions as they are;
    scaling the test features alone does not."""
    features, labels = blobs(300, 2.0, 0)
    test, test_labels = blobs(300, 2.0, 1)
    plain = classification_accuracy(features, labels, test, test_labels)
    moved = classification_accuracy(100 * features + 7, labels, 100 * test + 7, test_labels)
    assert moved == plain
    assert classification_accuracy(features, labels, test + 10, test_labels) < 0.6


def test_draws_are_without_replacement_and_differ() -> None:
    first, second = (probes.sample(50, 30, seed=0, draw=draw) for draw in (0, 1))
    assert len(set(first)) == 30
    assert sorted(probes.sample(50, 50, 0, 0)) == list(range(50))
    assert first.tolist() != second.tolist()


def test_all_documents_are_one_sample() -> None:
    result = few_labels(*blobs(60, 5.0, 0), *blobs(60, 5.0, 1), sizes=(30, 60), draws=4)
    assert [len(one.values) for one in result] == [4, 1]


def test_mean_and_standard_error() -> None:
    result = ProbeResult(100, (0.5, 0.7, 0.9))
    assert result.mean == pytest.approx(0.7)
    assert result.standard_error == pytest.approx(0.2 / 3**0.5)
    assert np.isnan(ProbeResult(100, (0.5,)).standard_error)


def test_a_feature_without_spread_is_no_trouble() -> None:
    features, labels = torch.zeros(60, 2), np.arange(60) % 2
    assert classification_accuracy(features, labels, features, labels) == 0.5


def test_an_mlp_that_uses_all_its_steps_does_not_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings are errors here."""
    monkeypatch.setattr(probes, "STEPS", 2)
    features, labels = blobs(100, 1.0, 0)
    assert classification_accuracy(features, labels, features, labels, kind="mlp") > 0.3


def test_words_are_counted() -> None:
    documents = tiny_documents(5)
    counts = word_counts(documents, 12)
    for number in range(5):
        assert counts[number].tolist() == np.bincount(documents[number], minlength=12).tolist()


def test_errors_are_sentences() -> None:
    features, labels = blobs(20, 1.0, 0)
    with pytest.raises(CollapseError, match="Cannot draw 100 labels from 20"):
        few_labels(features, labels, features, labels, sizes=(100,))
    with pytest.raises(CollapseError, match="two classes"):
        classification_accuracy(features, np.zeros(20, dtype=np.int64), features, labels)
    with pytest.raises(UnknownNameError, match="linear"):
        classification_accuracy(features, labels, features, labels, kind="forest")


@pytest.mark.parametrize("training", [True, False])
def test_features_are_posterior_means_in_order_and_the_mode_is_kept(training: bool) -> None:
    model, documents = tiny_model(), tiny_documents()
    expected = encode_split(model, documents).q.mean
    model.train(training)
    torch.testing.assert_close(frozen_features(model, documents), expected)
    assert model.training is training


def test_documents_without_labels_are_refused_where_no_annotation_is_executed() -> None:
    code = """
import torch
from collapse.base.errors import CollapseError
from collapse.metrics import few_labels, neighbour_purity
x, y = torch.eye(12), torch.arange(12).numpy() % 2
for ask in (lambda: few_labels(x, None, x, y), lambda: few_labels(x, y, x, None),
            lambda: neighbour_purity(x, None)):
    try:
        ask()
    except CollapseError as error:
        print(error)
"""
    said = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    assert len(said) == 3
    assert all("Take a corpus that has, such as 'yelp-sentiment'" in line for line in said)
