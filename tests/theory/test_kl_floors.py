"""Floors of the KL against sums written out, sampling and scipy."""

import math

import pytest
import torch
from scipy import integrate, stats
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.metrics import decomposition
from collapse.theory import (
    kl_density,
    kl_floor,
    kl_parts,
    matched_rate,
    normalised_variance,
)


def posteriors(n: int = 40, latent: int = 3) -> Normal:
    generator = torch.Generator().manual_seed(0)
    means = 0.3 + 0.8 * torch.randn(n, latent, generator=generator, dtype=torch.float64)
    return Normal(means, 0.2 + torch.rand(n, latent, generator=generator, dtype=torch.float64))


@pytest.mark.parametrize("n", [1, 40])
def test_the_parts_sum_to_the_mean_kl(n: int) -> None:
    q = posteriors(n)
    parts = kl_parts(q.mean, q.variance)
    kl = kl_divergence(q, Normal(torch.zeros(3).double(), torch.ones(3).double()))
    assert parts.total == pytest.approx(kl.sum(-1).mean().item(), rel=1e-12)
    for part in (parts.spread, parts.shift, parts.width):
        assert (part >= 0).all()


def test_the_floor_of_the_paper() -> None:
    assert kl_floor(0.0, 0.7, 32) == pytest.approx(7.84)
    assert kl_floor(0.6, 0.0, 32) == pytest.approx(5.76)
    assert kl_floor(0.3, 0.4, 1) == pytest.approx(0.125)


def test_the_floor_is_spread_and_shift() -> None:
    q = posteriors()
    parts = kl_parts(q.mean, q.variance)
    floors = [kl_floor(m.std(correction=0).item(), m.mean().item()) for m in q.mean.unbind(-1)]
    assert sum(floors) == pytest.approx((parts.spread + parts.shift).sum().item(), rel=1e-12)


def test_eps_halves_the_variance_where_it_equals_it() -> None:
    assert normalised_variance(2.0, 1e-5, 1e-5) == pytest.approx(2.0)
    assert normalised_variance(1.0, 1e-9, 1e-5) == pytest.approx(1e-4, rel=1e-3)
    assert normalised_variance(1.0, 1.0, 1e-5) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("gamma", [0.5, 0.9])
def test_matched_codes_have_no_mismatch(gamma: float) -> None:
    """Means N(0, γ²), widths 1 - γ²: the sampled KL is all information, of this size."""
    generator = torch.Generator().manual_seed(1)
    means = gamma * torch.randn(4000, 1, generator=generator)
    q = Normal(means, torch.full_like(means, math.sqrt(1 - gamma**2)))
    z = q.mean + q.stddev * torch.randn(4000, 1, generator=generator)
    found = decomposition(q, z, Normal(torch.zeros(1), torch.ones(1)))
    assert found.kl.value == pytest.approx(matched_rate(gamma), abs=4 * found.kl.standard_error)
    assert abs(found.marginal_kl.value) < 4 * found.marginal_kl.standard_error + 0.01
    assert matched_rate(gamma) > kl_floor(gamma)


@pytest.mark.parametrize(("gamma", "dimensions"), [(0.7, 1), (0.6, 8), (1.5, 2)])
def test_density_of_the_kl_against_scipy_and_its_mean(gamma: float, dimensions: int) -> None:
    values = torch.tensor([0.05, 0.3, 1.0, 4.0], dtype=torch.float64)
    law = stats.chi2(dimensions, scale=gamma**2 / 2)
    expected = torch.from_numpy(law.pdf(values.numpy()))
    torch.testing.assert_close(kl_density(values, gamma, dimensions), expected)

    def weighted(kl: float) -> float:
        at = torch.tensor([kl], dtype=torch.float64)
        return kl * kl_density(at, gamma, dimensions).item()

    mean = integrate.quad(weighted, 0, 60, limit=200)[0]
    assert mean == pytest.approx(kl_floor(gamma, 0.0, dimensions), rel=1e-6)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(CollapseError, match="at least one document"):
        kl_parts(torch.zeros(0, 2), torch.zeros(0, 2))
    with pytest.raises(CollapseError, match="gamma < 1"):
        matched_rate(1.0)
    with pytest.raises(CollapseError, match="no density"):
        kl_density(torch.ones(1), 0.0)
