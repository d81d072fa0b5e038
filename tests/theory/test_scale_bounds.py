"""The derivations about Scale-VAE, against quadrature to 1e-6 and brute force."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from collapse import theory
from collapse.base.errors import CollapseError

DOUBLE = torch.float64
GRID = torch.linspace(-60, 60, 24_001, dtype=DOUBLE)  # 50 points a width, or more
STEP = (GRID[1] - GRID[0]).item()
MEANS = torch.tensor([-0.8, -0.1, 0.3, 0.6], dtype=DOUBLE)
VARIANCES = torch.tensor([0.4, 0.9, 1.3, 0.7], dtype=DOUBLE)


def normal(mean: float, variance: float) -> Normal:
    return Normal(torch.tensor(mean, dtype=DOUBLE), torch.tensor(variance, dtype=DOUBLE).sqrt())


def integral_kl(q: Normal, p: Normal) -> float:
    log_q = q.log_prob(GRID)
    return (log_q.exp() * (log_q - p.log_prob(GRID))).sum().item() * STEP


@pytest.mark.parametrize("factor", [0.6, 1.0, 2.5, 7.0])
def test_three_charges_are_the_kls_that_they_say(factor: float) -> None:
    found = theory.charges(MEANS[:, None], VARIANCES[:, None], torch.tensor([factor], dtype=DOUBLE))
    unit, wide = normal(0.0, 1.0), normal(0.0, factor**2)
    for row, (mean, variance) in enumerate(zip(MEANS.tolist(), VARIANCES.tolist(), strict=True)):
        read = normal(factor * mean, variance)
        assert found.unscaled[row].item() == pytest.approx(
            integral_kl(normal(mean, variance), unit), abs=1e-6
        )
        assert found.generation[row].item() == pytest.approx(integral_kl(read, wide), abs=1e-6)
        assert found.standard[row].item() == pytest.approx(integral_kl(read, unit), abs=1e-6)


def information(means: torch.Tensor, variances: torch.Tensor) -> float:
    """I(x; u) of a uniform mixture, by integration."""
    log_q = Normal(means, variances.sqrt()).log_prob(GRID[:, None])
    log_mixture = log_q.logsumexp(1, keepdim=True) - math.log(len(means))
    return (log_q.exp() * (log_q - log_mixture)).sum(0).mean().item() * STEP


def coded(seed: int, des_std: float, symbols: int = 12) -> tuple[torch.Tensor, ...]:
    random = torch.Generator().manual_seed(seed)
    raw = torch.randn(symbols, generator=random, dtype=DOUBLE)
    means = 10 ** (-2 * torch.rand((), generator=random, dtype=DOUBLE)) * (raw - raw.mean())
    variances = torch.exp(0.7 * torch.randn(symbols, generator=random, dtype=DOUBLE) - 0.7)
    factor = des_std / means.std(correction=0)
    return means, variances, factor


@pytest.mark.parametrize("des_std", [0.3, 0.7, 1.1, 2.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_information_bound_and_the_largest_excess(seed: int, des_std: float) -> None:
    means, variances, factor = coded(seed, des_std)
    kl = kl_divergence(Normal(means, variances.sqrt()), normal(0.0, 1.0)).mean().item()
    told = information(factor * means, variances)
    assert told <= theory.information_bound(kl, des_std, 1) + 1e-6
    assert told - kl <= theory.largest_excess(des_std) + 1e-6


@pytest.mark.parametrize("des_std", [0.5, 0.8])
def test_the_largest_excess_is_reached(des_std: float) -> None:
    """Normal codes of width 1 - des_std², means of vanishing size before scaling."""
    levels = torch.special.ndtri((torch.arange(1600, dtype=DOUBLE) + 0.5) / 1600)
    means = des_std * levels / levels.std(correction=0)
    variance = 1 - des_std**2
    grid = torch.linspace(-8, 8, 801, dtype=DOUBLE)
    q = Normal(means, torch.full_like(means, variance**0.5))
    mixture = q.log_prob(grid[:, None]).logsumexp(1) - math.log(1600)
    entropy = -(mixture.exp() * mixture).sum().item() * (grid[1] - grid[0]).item()
    told = entropy - q.entropy()[0].item()
    kl = 0.5 * (variance - 1 - math.log(variance))  # of N(0, variance): μ itself is next to 0
    assert told - kl == pytest.approx(theory.largest_excess(des_std), abs=2e-4)


def test_the_excess_of_the_objective_over_any_model_needs_its_decoder() -> None:
    """Step 4: with p(x|u) ∝ q̂(u|x) the mean objective is -log V + D, above every model."""
    means, variances, factor = coded(1, 1.1)
    q, unit = Normal(factor * means, variances.sqrt()), normal(0.0, 1.0)
    kl = kl_divergence(Normal(means, variances.sqrt()), unit).mean().item()
    log_q = q.log_prob(GRID[:, None])
    log_chance = log_q - log_q.logsumexp(1, keepdim=True)
    reconstruction = (log_q.exp() * log_chance.clamp(min=-1e4)).sum(0).mean().item() * STEP
    excess = information(factor * means, variances) - kl
    assert reconstruction - kl == pytest.approx(-math.log(12) + excess, abs=1e-6)


@pytest.mark.parametrize("widest", [0.7, 1.0, math.inf])
@pytest.mark.parametrize(("kl", "des_std"), [(0.3, 1.1), (0.1, 0.7), (1.0, 1.5)])
def test_no_posteriors_have_a_smaller_gap(kl: float, des_std: float, widest: float) -> None:
    """Two dimensions with random means, widths and shares of the KL, by their three charges."""
    floor = theory.smallest_gap(2 * kl, des_std, 2, widest)
    random, tries = np.random.default_rng(0), 4000
    variances = np.exp(random.uniform(-3, min(math.log(widest), 1.0), (tries, 2)))
    left = 4 * kl - (variances - np.log(variances) - 1).sum(1)
    share = random.uniform(0.05, 0.95, tries)
    spreads = left[:, None] * np.stack([share, 1 - share], 1)
    roots = torch.tensor(spreads[left > 0] ** 0.5).view(-1)  # dimensions are charged one by one:
    means = torch.stack([roots, -roots])  # two of each pair, side by side
    widths = torch.tensor(variances[left > 0]).view(-1).expand(2, -1)
    three = theory.charges(means, widths, des_std / means.std(0, correction=0))
    paid = three.unscaled.view(2, -1, 2).sum(-1).mean(0)
    torch.testing.assert_close(paid, torch.full_like(paid, 2 * kl), rtol=1e-6, atol=0)
    found = (three.generation - three.unscaled).view(2, -1, 2).sum(-1).mean(0)
    assert len(found) > 100
    assert found.min().item() >= floor - 1e-6


def test_with_widths_of_one_the_gap_is_known() -> None:
    kl, des_std = 8.4, 1.1
    factor = des_std / math.sqrt(2 * kl / 32)
    expected = 32 * (math.log(factor) - 0.5 * (1 - factor**-2))
    assert theory.smallest_gap(kl, des_std, 32, 1.0) == pytest.approx(expected, abs=1e-3)


def pair_kls(means: torch.Tensor, variances: torch.Tensor) -> torch.Tensor:
    q = Normal(means[:, None], variances[:, None].sqrt())
    return kl_divergence(q, Normal(means[None], variances[None].sqrt()))


def test_mutual_divergence_is_the_mean_over_pairs_and_above_its_floor() -> None:
    """Eq. 8 by brute force, Eq. 9 in closed form, Eq. 10 as a bound."""
    found = theory.mutual_divergence(MEANS[:, None], VARIANCES[:, None])
    assert found.item() == pytest.approx(pair_kls(MEANS, VARIANCES).mean().item(), abs=1e-12)
    floor = theory.mutual_divergence_floor(MEANS[:, None], VARIANCES[:, None])
    assert 0 < floor.item() < found.item()
    equal = torch.full_like(VARIANCES, 0.7)[:, None]
    touched = theory.mutual_divergence(MEANS[:, None], equal)
    torch.testing.assert_close(touched, theory.mutual_divergence_floor(MEANS[:, None], equal))


def test_mutual_divergence_is_a_symmetric_information() -> None:
    """Eq. 11: KL to the aggregated posterior, both ways round, by integration."""
    log_q = Normal(MEANS, VARIANCES.sqrt()).log_prob(GRID[:, None])
    mixture = (log_q.logsumexp(1) - math.log(len(MEANS)))[:, None]
    there = (log_q.exp() * (log_q - mixture)).sum(0).mean().item() * STEP
    back = (mixture.exp() * (mixture - log_q)).sum(0).mean().item() * STEP
    found = theory.mutual_divergence(MEANS[:, None], VARIANCES[:, None]).item()
    assert found == pytest.approx(there + back, abs=1e-6)


def test_numbers_that_cannot_be() -> None:
    with pytest.raises(CollapseError, match="positive"):
        theory.largest_excess(0.0)
    with pytest.raises(CollapseError, match="positive"):
        theory.smallest_gap(0.0, 1.0, 1)
