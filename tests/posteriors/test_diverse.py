"""DU-VAE: scales of fixed norm, a floor under each variance, dropout on the rest."""

import math

import pytest
import torch
from small import tiny_model
from torch.distributions import kl_divergence

from collapse.base.errors import CollapseError
from collapse.parts import Part, Sizes
from collapse.posteriors import DiverseGaussian
from collapse.theory import kl_floor

FLOOR = 1 / (2 * math.pi * math.e)


def posterior(latent: int = 3, gamma: float = 0.6, eps: float = 1e-12) -> DiverseGaussian:
    made = DiverseGaussian(Sizes(12, 5, 6, latent), gamma=gamma, eps=eps)
    with torch.no_grad():
        made.scales.raw.copy_(torch.linspace(0.5, -2.0, latent))
        made.scales.shift.copy_(torch.linspace(0.0, 0.3, latent))
    return made


def features(rows: int = 50, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, 6, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("latent", [1, 3])
def test_scales_keep_their_norm_while_they_train(latent: int) -> None:
    made = posterior(latent)
    optimizer = torch.optim.SGD(made.parameters(), lr=10.0)
    for step in range(5):
        assert made.scales.gamma.square().mean().item() == pytest.approx(0.36, rel=1e-5)
        before = made.scales.gamma.detach()
        optimizer.zero_grad()
        made(features(seed=step)).mean[:, 0].square().sum().backward()
        optimizer.step()
        assert latent == 1 or (made.scales.gamma != before).any()


def test_means_have_the_spread_and_shift_that_they_were_given() -> None:
    made = posterior()
    q = made(features())
    spread = q.mean.var(0, correction=0)
    torch.testing.assert_close(spread, made.scales.gamma.square(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(q.mean.mean(0), made.scales.shift, rtol=1e-4, atol=1e-5)
    kl = kl_divergence(q, made.prior()).sum(-1).mean().item()
    shifts = 0.5 * made.scales.shift.square().sum().item()
    assert kl >= kl_floor(0.6, 0.0, 3) + shifts - 1e-5


def test_at_its_floor_a_dimension_has_no_entropy() -> None:
    made = posterior()
    torch.manual_seed(0)
    entropy = made(features(), 0.9).entropy()
    assert entropy.min().item() == pytest.approx(0, abs=1e-5)


def test_variances_are_dropped_to_the_floor_and_right_on_average() -> None:
    made = posterior()
    torch.manual_seed(0)
    x = features(4)
    drawn = torch.stack([made(x, 0.3).variance for _ in range(4000)])
    whole = made.eval()(x).variance
    dropped = (drawn - FLOOR).abs() < 1e-6
    assert dropped.float().mean().item() == pytest.approx(0.3, abs=0.01)
    error = drawn.std(0) / 4000**0.5
    assert ((drawn.mean(0) - whole).abs() < 4.5 * error).all()
    assert (whole > FLOOR).all()


def test_nothing_is_dropped_unless_it_is_asked_for() -> None:
    made = posterior()
    x = features()
    torch.testing.assert_close(made(x).variance, made(x).variance)
    first = made.eval()(x)
    torch.testing.assert_close(first.mean[:1], made(x[:1]).mean)


def test_a_batch_of_one_is_normalised_by_the_running_averages() -> None:
    made = posterior()
    made(features())
    alone = made(features(1)).mean
    torch.testing.assert_close(alone, made.eval()(features(1)).mean)


def test_the_start_of_the_protocol_does_not_touch_the_scales() -> None:
    model = tiny_model("du-vae", Sizes(12, 5, 6, 3), spread=0.01)
    assert model.posterior.scales.gamma.tolist() == pytest.approx([0.6] * 3)
    assert model.posterior.linear.weight.abs().max() <= 0.01


def test_refusals() -> None:
    for options in ({"alpha": 0.0}, {"alpha": math.nan}, {"gamma": -1.0}):
        options = {"gamma": 0.6, **options}
        with pytest.raises(CollapseError, match="alpha > 0 and gamma >= 0"):
            Part(DiverseGaussian, **options).build(Sizes(12, 5, 6, 2))
