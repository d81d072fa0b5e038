"""Intervals over runs, by formulas written out and quantiles from a table."""

import math

import numpy as np
import pytest
from scipy import stats

from collapse.ledger.claims.intervals import (
    Interval,
    beyond,
    every,
    of_difference,
    of_mean,
    of_pairs,
    paired_error,
)

# Student's quantiles at 97.5 %, from a printed table, by degrees of freedom.
TABLE = {1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262}


@pytest.mark.parametrize("values", [[1.0, 3.0], [1.0, 2.0, 3.0], [0.3, 0.1, 0.2, 0.7, -0.4]])
def test_the_mean_is_students(values: list[float]) -> None:
    found, n = of_mean(values), len(values)
    half = TABLE[n - 1] * np.std(values, ddof=1) / math.sqrt(n)
    assert found.mean == pytest.approx(np.mean(values))
    assert (found.low, found.high) == pytest.approx(
        (found.mean - half, found.mean + half), rel=1e-3
    )


def test_the_difference_is_welchs() -> None:
    """Ten values against ten of another width: degrees of freedom by Satterthwaite's formula."""
    one, other = np.arange(10.0), np.arange(10.0) * 0.1 + 1
    parts = [each.var(ddof=1) / 10 for each in (one, other)]
    freedom = sum(parts) ** 2 / sum(part**2 / 9 for part in parts)
    assert 9 < freedom < 10  # the narrow one hardly counts, so the quantile is nearly that of nine
    found = of_difference(one.tolist(), other.tolist())
    half = TABLE[9] * math.sqrt(sum(parts))
    assert found.mean == pytest.approx(one.mean() - other.mean())
    assert found.high - found.mean == pytest.approx(half, rel=0.005)
    assert found.mean - found.low == pytest.approx(half, rel=0.005)


@pytest.mark.parametrize(
    ("op", "bound", "answer"),
    [
        (">", 0.0, True),
        (">", 1.0, None),
        (">", 3.0, False),
        ("<", 3.0, True),
        ("<", 2.0, None),
        ("<", 0.0, False),
    ],
)
def test_an_interval_decides_only_if_it_is_beyond_the_bound(op, bound, answer) -> None:
    assert beyond(Interval(1.5, 1.0, 2.0), op, bound) is answer


def test_intervals_hold_what_they_should() -> None:
    """Of 2,000 samples of five, 95 % of the intervals hold the truth, within four errors."""
    random = np.random.default_rng(0)
    samples = random.normal(2.0, 3.0, (2000, 2, 5))
    means = [of_mean(one.tolist()) for one, _ in samples]
    differences = [of_difference(one.tolist(), other.tolist()) for one, other in samples]
    error = math.sqrt(0.95 * 0.05 / 2000)
    assert abs(np.mean([i.low < 2 < i.high for i in means]) - 0.95) < 4 * error
    assert abs(np.mean([i.low < 0 < i.high for i in differences]) - 0.95) < 4 * error


def test_one_run_has_no_interval_and_equal_runs_have_no_width() -> None:
    assert str(of_mean([0.5])) == "0.500, no interval from one run"
    assert math.isinf(of_difference([1.0, 2.0], [1.0]).high)
    assert str(of_mean([0.0, -0.0, 0.0])) == "0.000 [0.000, 0.000]"
    same = of_difference([2.0, 2.0], [1.0, 1.0])
    assert (same.low, same.mean, same.high) == (1.0, 1.0, 1.0)


def test_the_error_over_documents_is_that_of_the_paired_difference() -> None:
    """By scipy's paired test; what the two systems find equally hard cancels."""
    random = np.random.default_rng(1)
    hard = 20 * random.normal(size=50)  # of each document, for both
    runs, others = (hard + shift + random.normal(size=(3, 50)) for shift in (0.2, 0.0))
    error = paired_error(runs.tolist(), others.tolist())
    paired = stats.ttest_rel(runs.mean(0), others.mean(0))
    assert error == pytest.approx((runs.mean() - others.mean()) / paired.statistic)
    assert error < 0.2 < runs.std(1).mean() / math.sqrt(50)


@pytest.mark.parametrize(
    ("ends", "below", "above", "within"),
    [
        ((-0.3, -0.2), True, False, False),
        ((-0.05, 0.08), None, None, True),
        ((-0.05, 0.3), None, None, None),
        ((0.15, 0.3), False, True, False),
        ((-math.inf, math.inf), None, None, None),
    ],
)
def test_an_interval_decides_only_where_the_bound_is_outside(ends, below, above, within) -> None:
    found = Interval(0.0, *ends)
    assert (found.below(), found.above(), found.within(0.1)) == (below, above, within)
    moved = Interval(1.0, ends[0] + 1, ends[1] + 1)
    assert (moved.below(1), moved.above(1)) == (below, above)


def test_pairs_leave_out_what_both_share() -> None:
    seeds = np.array([10.0, 20.0, 40.0])
    assert of_pairs((seeds - 0.5).tolist(), seeds.tolist()) == of_mean([-0.5, -0.5, -0.5])
    with pytest.raises(ValueError, match="shorter"):
        of_pairs([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("answers", "together"),
    [([True, True], True), ([True, None], None), ([None, False], False), ([], True)],
)
def test_of_several_answers_one_no_refutes(answers, together) -> None:
    assert every(answers) is together
