"""The committed rate of the δ-VAE: never below δ, and worth nothing by itself."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from small import tiny_documents, tiny_model
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.metrics import active_units, encode_split, mutual_information
from collapse.parts import Sizes
from collapse.posteriors import DeltaGaussian
from collapse.theory import feasible_deviations


def features_to_posterior(m: torch.Tensor, s: torch.Tensor, delta: float) -> Normal:
    """The posterior of a layer that passes m and s on, in double precision."""
    posterior = DeltaGaussian(Sizes(12, 5, 2, 1), delta=delta).double()
    with torch.no_grad():
        posterior.linear.weight.copy_(torch.eye(2))
    return posterior(torch.stack([m, s], -1).double())


@pytest.mark.parametrize("delta", [1e-4, 0.1, 0.25, 3.0])
def test_interval_is_where_the_variance_alone_costs_less_than_delta(delta: float) -> None:
    low, high = feasible_deviations(delta)
    assert low < 1 < high
    for deviation in (low, high):
        kl = kl_divergence(Normal(0.0, deviation), Normal(0.0, 1.0))
        assert kl.item() == pytest.approx(delta, rel=2e-3)
    inside = kl_divergence(Normal(0.0, 0.5 * (low + high)), Normal(0.0, 1.0))
    assert inside < delta


@given(
    m=st.lists(st.floats(-50, 50), min_size=1, max_size=5),
    s=st.floats(-80, 80),
    delta=st.floats(1e-3, 10),
)
@settings(deadline=None, max_examples=60)
def test_rate_is_never_below_delta(m: list[float], s: float, delta: float) -> None:
    q = features_to_posterior(torch.tensor(m), torch.full((len(m),), s), delta)
    kl = kl_divergence(q, Normal(0.0, 1.0).expand((1,)))
    assert (kl >= delta).all()
    assert (kl <= delta + 0.5 * max(*m, 0.0) + 1e-5).all()


def test_rate_by_quadrature() -> None:
    q = features_to_posterior(torch.tensor([1.3]), torch.tensor([-0.7]), 0.15)
    mean, deviation = q.mean.item(), q.stddev.item()

    def integrand(z: float) -> float:
        log_q = stats.norm.logpdf(z, mean, deviation)
        return math.exp(log_q) * (log_q - stats.norm.logpdf(z))

    kl = integrate.quad(integrand, mean - 12 * deviation, mean + 12 * deviation)[0]
    assert kl == pytest.approx(0.15 + 1.3 / 2, abs=1e-5)


def test_without_the_root_the_rate_falls_below_delta() -> None:
    """Eq. 8 as printed, at the σ where 2δ + 1 + ln σ² - σ² is largest: σ = 1, μ = 2δ."""
    delta = 0.1
    printed = kl_divergence(Normal(2 * delta, 1.0), Normal(0.0, 1.0)).item()
    assert printed == pytest.approx(2 * delta**2)
    assert printed < delta
    rooted = kl_divergence(Normal((2 * delta) ** 0.5, 1.0), Normal(0.0, 1.0)).item()
    assert rooted == pytest.approx(delta)


@torch.no_grad()
def test_a_rate_of_n_delta_can_carry_no_information_at_all() -> None:
    """m ≤ 0 and σ the same for all documents: the weights of the layer at zero do it."""
    model = tiny_model("delta-vae-0.15", Sizes(12, 5, 6, 4), spread=1.0)
    model.posterior.linear.weight.zero_()
    seen = encode_split(model, tiny_documents())
    torch.testing.assert_close(seen.kl.sum(-1), torch.full((24,), 4 * 0.15), atol=1e-5, rtol=0)
    assert mutual_information(seen.q, seen.z).value == pytest.approx(0, abs=1e-6)
    assert active_units(seen.q.mean).count == 0


def test_means_are_positive_and_gradients_finite_at_the_ends_of_the_interval() -> None:
    s = torch.tensor([-1e3, 0.0, 1e3], requires_grad=True)
    posterior = DeltaGaussian(Sizes(12, 5, 2, 1), delta=0.1)
    with torch.no_grad():
        posterior.linear.weight.copy_(torch.eye(2))
    q = posterior(torch.stack([torch.full((3,), -1.0), s], -1))
    q.mean.sum().backward()
    assert (q.mean > 0).all()
    assert s.grad is not None
    assert s.grad.isfinite().all()


def test_a_rate_of_zero_is_refused() -> None:
    with pytest.raises(CollapseError, match="above 0 nats a dimension, not 0"):
        DeltaGaussian(Sizes(12, 5, 6, 2), delta=0.0)
