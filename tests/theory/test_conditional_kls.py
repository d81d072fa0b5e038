"""The two KLs of BN-CVAE against torch.distributions, and the rates against a search."""

import math

import pytest
import torch
from scipy.optimize import minimize
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.theory import silent_rates, speaking_rates, two_kls

REFERENCE = Normal(0.0, 1.0)


def test_the_sum_is_that_of_two_divergences() -> None:
    torch.manual_seed(0)
    q_mean, p_mean = torch.randn(2, 50, dtype=torch.float64)
    q_std, p_std = torch.rand(2, 50, dtype=torch.float64) + 0.2
    q, p = Normal(q_mean, q_std), Normal(p_mean, p_std)
    expected = kl_divergence(q, p) + kl_divergence(p, REFERENCE)
    torch.testing.assert_close(two_kls(q_mean, q_std, p_mean, p_std), expected)


def test_the_constant_is_minus_two() -> None:
    zero, one = torch.zeros(200), torch.ones(200)
    assert two_kls(zero, one, zero, one).sum().item() == 0.0
    printed = two_kls(zero, one, zero, one) + 0.5  # with the -1 of Eq. 12
    assert printed.sum().item() == 100.0


def total(values: list[float], means: list[float]) -> float:
    """Mean of both KLs for q's means, its log-width and p's means and log-width."""
    q_log, p_log, *p_means = values
    q_std, p_std = torch.tensor(math.exp(q_log)), torch.tensor(math.exp(p_log))
    pairs = zip(means, p_means, strict=True)
    parts = [two_kls(torch.tensor(m), q_std, torch.tensor(p), p_std).item() for m, p in pairs]
    return sum(parts) / len(parts)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_the_silent_rates_are_the_least_for_a_mean_of_the_context(gamma: float) -> None:
    best = minimize(total, [0.0, 0.0, 0.1, -0.1], ([gamma, -gamma],), method="Nelder-Mead",
                    options={"xatol": 1e-5, "fatol": 1e-9, "maxiter": 4000})  # fmt: skip
    kl, tie = silent_rates(gamma)
    assert kl + tie == pytest.approx(best.fun, abs=2e-5)
    q = Normal(gamma, math.exp(best.x[0]))
    p = Normal(best.x[2], math.exp(best.x[1]))
    assert kl == pytest.approx(kl_divergence(q, p).item(), abs=2e-3)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_the_speaking_rates_are_the_least_for_a_mean_of_the_reply(gamma: float) -> None:
    def one_prior(values: list[float]) -> float:
        return total([*values, values[2]], [gamma, -gamma])

    best = minimize(one_prior, [0.0, 0.0, 0.2], method="Nelder-Mead",
                    options={"xatol": 1e-5, "fatol": 1e-9, "maxiter": 4000})  # fmt: skip
    assert sum(speaking_rates(gamma)) == pytest.approx(best.fun, abs=2e-5)


def test_to_say_nothing_is_cheaper_by_up_to_a_half() -> None:
    for gamma in (0.1, 0.7, 1.0, 1.5):
        silent, speaking = sum(silent_rates(gamma)), sum(speaking_rates(gamma))
        assert 0.5 < silent / speaking < 0.75
        assert silent < gamma**2 / 4 < speaking < gamma**2 / 2
        assert silent_rates(gamma)[0] > 0  # a KL(q || p) above 0 with nothing said


def test_a_scale_of_zero_is_refused() -> None:
    for rates in (silent_rates, speaking_rates):
        with pytest.raises(CollapseError, match="positive"):
            rates(0.0)
