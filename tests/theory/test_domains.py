"""Closed forms outside of their domain: a sentence, and nan stays nan where it is let in."""

import itertools
import math

import pytest
import torch
from scipy import stats
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse import theory
from collapse.base.errors import CollapseError
from collapse.theory import dual_bound

NUMBERS = {
    "silent_rates": [theory.silent_rates],
    "speaking_rates": [theory.speaking_rates],
    "gaussian_channel_mi": [theory.gaussian_channel_mi],
    "feasible_deviations": [theory.feasible_deviations],
    "largest_excess": [theory.largest_excess],
    "smallest_gap": [
        lambda v: theory.smallest_gap(v, 1.0, 2),
        lambda v: theory.smallest_gap(1.0, v, 2),
    ],
    "collapse_threshold": [theory.collapse_threshold, lambda v: theory.collapse_threshold(1.0, v)],
    "linear_optimum": [lambda v: theory.linear_optimum(torch.ones(3), 2, v)],
    "kl_density": [lambda v: theory.kl_density(torch.ones(2), v)],
    "normalised_variance": [lambda v: theory.normalised_variance(1.0, v, v)],
    "gaussian": [lambda v: dual_bound.gaussian(0.0, v)],
    "line": [lambda v: dual_bound.LineModel(1.0, v)],
    "linear_log_likelihood": [
        lambda v: theory.linear_log_likelihood(torch.eye(2), torch.ones(2, 1), v)
    ],
}


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("name", NUMBERS)
def test_what_must_be_positive_and_finite(name: str, value: float) -> None:
    for ask in NUMBERS[name]:
        with pytest.raises(CollapseError, match=r"positive|0 or more|no density"):
            ask(value)


COUNTS = [
    lambda: theory.mi_cap(0),
    lambda: theory.mi_cap_batches([3, 0]),
    lambda: theory.gaussian_channel_mi(1.0, 0),
    lambda: theory.kl_floor(1.0, 0.0, 0),
    lambda: theory.matched_rate(0.5, 0),
    lambda: theory.kl_density(torch.ones(2), 1.0, 0),
    lambda: theory.information_bound(1.0, 1.0, 0),
    lambda: theory.smallest_gap(1.0, 1.0, 0),
    lambda: theory.log_sphere_area(0),
    lambda: theory.vmf_kl(1, 1.0),
    lambda: theory.worth_of_topic(0, 3, 0.5),
    lambda: theory.worth_of_topic(3, 0, 0.5),
    lambda: theory.worth_of_topic(3, 3, 1.5),
    lambda: theory.reach_of_average(0),
    lambda: theory.reach_of_last_state(1001),
    lambda: theory.recurrent_radius(0, 1.0),
    lambda: theory.linear_optimum(torch.ones(3), -1, 1.0),
    lambda: theory.linear_optimum(torch.ones(0), 1, 1.0),
    lambda: theory.ppca_noise_variance(torch.ones(2), 2),
    lambda: theory.ppca_weight(torch.eye(2), 3, 0.5),
    lambda: theory.mutual_divergence(torch.ones(0, 2), torch.ones(0, 2)),
    lambda: theory.mutual_divergence_floor(torch.ones(0, 2), torch.ones(0, 2)),
    lambda: theory.kl_parts(torch.ones(0, 2), torch.ones(0, 2)),
]


@pytest.mark.parametrize("number", range(len(COUNTS)))
def test_counts_of_nothing(number: int) -> None:
    with pytest.raises(CollapseError):
        COUNTS[number]()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_spectra_that_no_covariance_has(bad: float) -> None:
    values = torch.tensor([2.0, bad, 0.5])
    for ask in (
        lambda: theory.linear_optimum(values, 2, 1.0),
        lambda: theory.ppca_noise_variance(values, 1),
    ):
        with pytest.raises(CollapseError, match="1 of 3 are not"):
            ask()


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_variances_that_are_none(value: float) -> None:
    means, variances = torch.ones(3, 2), torch.tensor([1.0, value]).expand(3, 2)
    for ask in (
        lambda: theory.kl_parts(means, variances),
        lambda: theory.mutual_divergence(means, variances),
        lambda: theory.mutual_divergence_floor(means, variances),
        lambda: theory.charges(means, variances, torch.ones(2)),
        lambda: theory.two_kls(means, means, means, variances),
    ):
        with pytest.raises(CollapseError, match="3 of 6 are not"):
            ask()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_no_number_shows(bad: float, which: int) -> None:
    tables = torch.ones(2, 4, 3)
    tables[which, 1, 2] = bad
    means, variances = tables
    for found in (
        theory.kl_parts(means, variances).total,
        float(theory.mutual_divergence(means, variances).sum()),
        float(theory.charges(means, variances, torch.ones(3)).unscaled.sum()),
        float(theory.two_kls(means, variances, means, variances).sum()),
    ):
        assert not math.isfinite(found)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_diversity_does_not_depend_on_the_origin(dtype: torch.dtype) -> None:
    steps, width = torch.randn(2, 30, 2, generator=torch.Generator().manual_seed(0)).to(dtype)
    means, variances = 100 + 2**-10 * (steps * 64).round() / 64, (width.abs() + 0.1) * 1e-6
    q = Normal(means.double()[:, None], variances.double().sqrt()[:, None])
    p = Normal(means.double(), variances.double().sqrt())
    right = kl_divergence(q, p).mean((0, 1))
    found = theory.mutual_divergence(means, variances)
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), right, rtol=1e-4, atol=0)


def test_doubles_stay_doubles() -> None:
    means, variances = torch.ones(2, 3, 2, dtype=torch.float64)
    tables: list[Tensor] = [
        theory.kl_parts(means, variances).width,
        theory.charges(means, variances, means[0]).standard,
        theory.mutual_divergence_floor(means, variances),
        theory.linear_optimum(means[:, 0], 2, 1.0).kl,
        theory.ppca_weight(torch.eye(2).double(), 1, 0.5),
        theory.kl_density(means[0], 1.0),
    ]
    assert {table.dtype for table in tables} == {torch.float64}


@pytest.mark.parametrize(("mean", "variance"), [(20.0, 1.0), (0.0, 1e-8), (0.0, 100.0)])
def test_a_q_that_the_grid_does_not_hold_is_refused(mean: float, variance: float) -> None:
    q = dual_bound.gaussian(mean, variance)
    with pytest.raises(CollapseError, match="does not hold"):
        dual_bound.exact_kl(q)


def test_steps_far_out_on_either_side_cost_the_same() -> None:
    edges = torch.tensor([9.0, 10.0, 11.0]).double()
    right = dual_bound.best_steps(dual_bound.gaussian(10.0, 0.5), edges)
    left = dual_bound.best_steps(dual_bound.gaussian(-10.0, 0.5), -edges.flip(0))
    ends = [-math.inf, 9, 10, 11, math.inf]
    pairs = list(itertools.pairwise(ends))
    q = [stats.norm(10, 0.5**0.5).cdf(b) - stats.norm(10, 0.5**0.5).cdf(a) for a, b in pairs]
    p = [stats.norm.sf(a) - stats.norm.sf(b) for a, b in pairs]
    by_hand = sum(m * math.log(m / n) for m, n in zip(q, p, strict=True))
    assert right == pytest.approx(by_hand, rel=1e-9)
    assert right == pytest.approx(left, rel=1e-9)


def test_a_large_rate_has_its_two_roots() -> None:
    for delta in (0.1, 10.0, 300.0, 1000.0):
        low, high = theory.feasible_deviations(delta)
        assert 0.5 * (high**2 - 2 * math.log(high) - 1) == pytest.approx(delta, rel=1e-9)
        if low:
            assert 0.5 * (low**2 - 2 * math.log(low) - 1) == pytest.approx(delta, rel=1e-9)


def test_matrices_that_are_no_covariance() -> None:
    weight = torch.ones(2, 1)
    for matrix, sentence in (
        (torch.tensor([[1.0, 5.0], [0.0, 1.0]]), "is symmetric.* differ by 5"),
        (-torch.eye(2), "2 of 2 are not"),
        (torch.full((2, 2), math.nan), "not finite"),
    ):
        for ask in (theory.ppca_weight, lambda m, *_: theory.linear_log_likelihood(m, weight, 0.5)):
            with pytest.raises(CollapseError, match=sentence):
                ask(matrix, 1, 0.5)
    with pytest.raises(CollapseError, match="2 data dimensions has no likelihood"):
        theory.linear_log_likelihood.__wrapped__(torch.eye(3), weight, 0.5)


def test_a_kl_below_zero_has_no_density() -> None:
    found = theory.kl_density(torch.tensor([-1.0, 2.0]).double(), 1.5, 3)
    assert found[0] == 0
    assert found[1].item() == pytest.approx(stats.chi2.pdf(2 / 1.125, 3) / 1.125)


@pytest.mark.parametrize("kl", [1e-3, 1e-8, 1e-12])
def test_the_gap_of_a_tiny_kl(kl: float) -> None:
    """With widths near 1 the factor is all of it: log f - ½ (1 - f⁻²) at f² = 1 / 2 KL."""
    squared = 1 / (2 * kl)
    expected = 0.5 * math.log(squared) - 0.5 * (1 - 1 / squared)
    assert theory.smallest_gap(kl, 1.0, 1) == pytest.approx(expected, rel=1e-3)
    with pytest.raises(CollapseError, match=r"variances of 0.25 at most have a KL above"):
        theory.smallest_gap(kl, 1.0, 1, widest=0.25)
