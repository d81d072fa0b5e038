"""Two samples of one normal distribution: mean and variance of their MMD² in closed form."""

import pytest
import torch
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.chapters.chance_discrepancy import chance_differences, chance_discrepancies
from collapse.metrics import discrepancy

PLANE = Normal(torch.zeros(2), torch.ones(2))


def variance(documents: int, dimensions: int) -> float:
    """Of the unbiased estimate, for N(0, I) and a kernel with length² = dimensions.

    With the kernel centred, k̃, the three means of it in the estimate are not correlated:
    E k̃² (4 / n(n - 1) + 4 / n²), where E k̃² = E k² - 2 E g² + (E k)² and g(x) = E k(x, y).
    """
    square = float(dimensions)
    both = (1 + 2 / square) ** (-dimensions / 2)
    twice = (1 + 4 / square) ** (-dimensions / 2)
    ridge = ((1 + 1 / square) * (1 + 2 / (square + 1)) ** 0.5) ** -dimensions
    n = documents
    return (twice - 2 * ridge + both**2) * (4 / (n * (n - 1)) + 4 / n**2)


@pytest.mark.parametrize(
    "dimensions", [2, *(pytest.param(d, marks=pytest.mark.thorough) for d in (1, 5))]
)
def test_mean_and_variance_are_those_of_the_closed_form(dimensions: int) -> None:
    prior = Normal(torch.zeros(dimensions), torch.ones(dimensions))
    found = chance_discrepancies(prior, 50, repeats=1500)
    expected = variance(50, dimensions)
    assert abs(found.mean().item()) < 4 * (expected / 1500) ** 0.5
    assert found.var().item() == pytest.approx(expected, rel=0.2)
    assert 0.3 < (found < 0).double().mean() < 0.75


def test_a_wider_prior_has_the_same_chance() -> None:
    wide = Normal(torch.zeros(2), 7 * torch.ones(2))
    one, other = (chance_discrepancies(prior, 20, repeats=5) for prior in (PLANE, wide))
    torch.testing.assert_close(one, other)


def test_an_aggregated_posterior_that_is_not_the_prior_stands_out() -> None:
    chance = chance_discrepancies(PLANE, 100, repeats=200)
    moved = Normal(torch.full((100, 2), 0.7), torch.ones(100, 2))
    assert discrepancy(moved, PLANE) > chance.max()


def test_differences_of_means_are_narrower_by_the_number_of_runs() -> None:
    values = torch.randn(4000, generator=torch.Generator().manual_seed(0))
    found = chance_differences(values, runs=3, repeats=20_000)
    assert found.std().item() == pytest.approx((2 / 3) ** 0.5, rel=0.03)
    assert found.mean().abs() < 0.03
    assert torch.equal(found, chance_differences(values, runs=3, repeats=20_000))


def test_nothing_to_repeat() -> None:
    with pytest.raises(CollapseError, match="repeats"):
        chance_discrepancies(PLANE, 10, repeats=0)
    with pytest.raises(CollapseError, match="runs"):
        chance_differences(torch.zeros(4), runs=0)
    with pytest.raises(CollapseError):
        chance_discrepancies(PLANE, 1, repeats=1)
