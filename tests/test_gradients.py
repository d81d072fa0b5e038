"""Both estimators against finite differences of the exact ELBO."""

import math

import pytest
import torch
from torch.distributions import Normal

from collapse import exact
from collapse.gradients import reparameterised_gradients, score_gradients

DRAWS = 60_000


@pytest.fixture(scope="module")
def decoder() -> exact.Questionnaire:
    return exact.Questionnaire([4.0, 2.5, 3.0], [3.0, 0.5, -2.0])


def exact_gradient(decoder, sheet: int, mean: float, sd: float) -> torch.Tensor:
    """Central differences of the ELBO in the mean and in the log-variance."""

    def elbo(loc: float, log_var: float) -> float:
        ones = torch.ones(8, dtype=torch.float64)
        readings = exact.read(decoder, Normal(loc * ones, math.exp(0.5 * log_var) * ones))
        return readings.elbo[sheet].item()

    step, log_var = 1e-4, 2 * math.log(sd)
    by_mean = elbo(mean + step, log_var) - elbo(mean - step, log_var)
    by_log_var = elbo(mean, log_var + step) - elbo(mean, log_var - step)
    return torch.tensor([by_mean, by_log_var], dtype=torch.float64) / (2 * step)


@pytest.mark.parametrize("sheet", [0, 6])
@pytest.mark.parametrize(("mean", "sd"), [(0.3, 0.4), (-0.5, 0.9)])
def test_estimators_are_unbiased(decoder, sheet, mean, sd) -> None:
    noise = torch.randn(DRAWS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def log_joint(z):
        return decoder(z)[:, sheet] + exact.PRIOR.log_prob(z)

    truth = exact_gradient(decoder, sheet, mean, sd)
    path = reparameterised_gradients(log_joint, mean, sd, noise)
    score = score_gradients(log_joint, mean, sd, noise)
    calmed = score_gradients(log_joint, mean, sd, noise, baseline=True)
    for draws in (path, score, calmed):
        error = draws.std(0) / math.sqrt(DRAWS)
        assert ((draws.mean(0) - truth).abs() < 4 * error).all()
    assert (path.var(0) < calmed.var(0)).all()
    assert (calmed.var(0) < score.var(0)).all()


def test_a_quadratic_by_hand() -> None:
    """For ℓ(z) = -z²/2: Var[ℓ'] = s² and, at μ = 0, Var[ℓ · ε/s] = s² E ε⁶ / 4 = 15 s² / 4."""
    noise = torch.randn(400_000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    path = reparameterised_gradients(lambda z: -0.5 * z.square(), 0.0, 0.5, noise)
    score = score_gradients(lambda z: -0.5 * z.square(), 0.0, 0.5, noise)
    assert path[:, 0].var().item() == pytest.approx(0.25, rel=0.02)
    assert score[:, 0].var().item() == pytest.approx(15 * 0.25 / 4, rel=0.04)


def test_the_baseline_is_the_mean_of_the_other_draws() -> None:
    noise = torch.tensor([-1.0, 0.5, 2.0], dtype=torch.float64)
    plain = score_gradients(torch.sin, 0.2, 1.5, noise)
    calmed = score_gradients(torch.sin, 0.2, 1.5, noise, baseline=True)
    values = torch.sin(0.2 + 1.5 * noise)
    others = torch.stack([values[[1, 2]].mean(), values[[0, 2]].mean(), values[[0, 1]].mean()])
    assert torch.allclose(plain[:, 0] - calmed[:, 0], others * noise / 1.5)
