"""What a metric is asked of nothing, of NaN, or of one item: a sentence or a nan, no number."""

import math

import numpy as np
import pytest
import torch
from small import tiny_documents, tiny_model
from torch.distributions import Independent, MultivariateNormal, Normal

from collapse.base.errors import CollapseError
from collapse.data import make_batch
from collapse.metrics import (
    OrderEffect,
    between_prior_draws,
    classification_accuracy,
    decode,
    discrepancy,
    dispersion,
    effective_rank,
    exact_nll,
    few_labels,
    forces,
    grid_posterior,
    iw_readings,
    mean_cosine,
    neighbour_purity,
    order_effect,
    word_counts,
)
from collapse.metrics.checks import exp_or_inf
from collapse.metrics.dialogue import word_vectors as wv
from collapse.metrics.dialogue.scores import distinct, over_contexts, sentence_bleu, variety

BAD = torch.randn(20, 3)
BAD[4, 1], BAD[9, 0] = math.nan, math.inf
GOOD, LABELS = torch.randn(20, 3), np.arange(20) % 2

TABLES = {
    "purity": lambda: neighbour_purity(BAD, LABELS, 3),
    "cosine": lambda: mean_cosine(BAD),
    "dispersion": lambda: dispersion(BAD),
    "rank": lambda: effective_rank(BAD),
    "probe": lambda: classification_accuracy(BAD, LABELS, GOOD, LABELS),
    "test of a probe": lambda: classification_accuracy(GOOD, LABELS, BAD, LABELS),
    "decode": lambda: decode(tiny_model(), BAD[:, :2]),
}


@pytest.mark.parametrize("name", TABLES)
def test_numbers_that_are_none_are_counted(name: str) -> None:
    with pytest.raises(CollapseError, match=r"2 of 20 rows hold a NaN .* \(rows 4, 9\)"):
        TABLES[name]()


NOTHING = {
    "neighbours": lambda: neighbour_purity(GOOD, LABELS, 0),
    "draws": lambda: few_labels(GOOD, LABELS, GOOD, LABELS, sizes=[10], draws=0),
    "documents": lambda: classification_accuracy(GOOD, LABELS, GOOD[:0], LABELS[:0]),
    "lines": lambda: between_prior_draws(tiny_model(), 0),
    "points": lambda: decode(tiny_model(), torch.zeros(0, 2)),
    "words": lambda: decode(tiny_model(), torch.zeros(2, 2), longest=0),
    "samples": lambda: order_effect(tiny_model(), tiny_documents(3), 0),
    "samples of readings": lambda: iw_readings(tiny_model(), tiny_documents(3), 0),
    "words in an n-gram": lambda: distinct([["a", "b"]], 0),
    "dimensions": lambda: wv.learned_vectors([["a", "b", "c"]], width=0),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_mean_over_nothing_is_refused(name: str) -> None:
    with pytest.raises(CollapseError, match=f"number of {name.split(' of ')[0]} must be 1 or more"):
        NOTHING[name]()


def test_replies_to_no_context_have_no_mean() -> None:
    with pytest.raises(CollapseError, match="a context or more"):
        over_contexts(sentence_bleu, [], [])
    with pytest.raises(CollapseError, match="samples of 1 contexts and references of 2"):
        over_contexts(sentence_bleu, [[["a"]]], [[["a"]], [["b"]]])
    with pytest.raises(CollapseError, match="2 contexts, 1 of them without a sample"):
        variety([[["a"]], []])


def test_words_beyond_the_vocabulary_and_words_alone() -> None:
    with pytest.raises(CollapseError, match="the vocabulary has 5 words"):
        word_counts(tiny_documents(), 5)
    with pytest.raises(CollapseError, match="No word of the text stands beside another"):
        wv.learned_vectors([["a"], ["b"], ["c"]])


def test_equal_rows_have_no_rank_whatever_rounding_says() -> None:
    for value in (0.1, 1 / 3, 1e9 + 0.7):
        with pytest.raises(CollapseError, match="all rows are the same"):
            dispersion(torch.full((7, 3), value, dtype=torch.float64))


def test_neighbours_of_codes_far_from_the_origin() -> None:
    """Purity does not change with the origin; the quick distances of torch do."""
    codes = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    codes = (codes * 64).round() / 64  # so that nothing is rounded when they are moved
    labels = (codes[:, 0] > 0).numpy().astype(np.int64)
    assert neighbour_purity(codes + 4096, labels, 5) == neighbour_purity(codes, labels, 5)


def test_one_pair_has_no_standard_error() -> None:
    assert math.isnan(OrderEffect(torch.zeros(1), torch.ones(1)).standard_error)


def test_a_line_needs_a_prior_of_all_dimensions() -> None:
    model = tiny_model()
    model.posterior.prior = lambda: Normal(0.0, 1.0)
    with pytest.raises(CollapseError, match=r"Draws of z must have shape \(2, 5, 2\)"):
        between_prior_draws(model, 5)


def test_forces_need_two_documents() -> None:
    batch = make_batch(tiny_documents(), [0])
    with pytest.raises(
        CollapseError, match="A standard deviation needs 2 documents or more; got 1"
    ):
        forces(tiny_model(), batch)


def test_discrepancy_of_any_posterior_and_of_a_prior_in_one_dimension() -> None:
    zero, one = torch.zeros(2), torch.ones(2)
    q = Normal(torch.randn(50, 2), 0.5 * torch.ones(50, 2))
    right = discrepancy(q, Normal(zero, one))
    for prior in (Independent(Normal(zero, one), 1), MultivariateNormal(zero, torch.eye(2))):
        assert discrepancy(Independent(q, 1), prior) == pytest.approx(right, abs=0.05)
    with pytest.raises(CollapseError, match="prior must be that of a single document"):
        discrepancy(q, Normal(0.0, 1.0))
    with pytest.raises(CollapseError, match="length of a kernel is positive"):
        discrepancy(q, Normal(zero, one), length=0.0)


def test_the_gap_of_a_bound_is_that_of_any_way_to_say_the_posterior() -> None:
    model, documents = tiny_model(spread=1.0), tiny_documents(5)
    grid, batch = grid_posterior(model, documents), make_batch(documents, range(5))
    with torch.no_grad():
        q = model.encode(batch)
    right = grid.kl_from(q)
    full = MultivariateNormal(q.mean, scale_tril=q.stddev.diag_embed())
    for other in (Independent(q, 1), full):
        torch.testing.assert_close(grid.kl_from(other), right, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(-grid.log_marginal, exact_nll(model, documents))
    with pytest.raises(CollapseError, match="The grid is that of 5 documents, q of 1"):
        grid.kl_from(Normal(q.mean[:1], q.stddev[:1]))


def test_exp_never_fails() -> None:
    assert (exp_or_inf(1e9), exp_or_inf(-1e9), exp_or_inf(0.0)) == (math.inf, 0.0, 1.0)
    assert math.isnan(exp_or_inf(math.nan))
