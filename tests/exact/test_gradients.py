"""Both estimators against finite differences of the exact ELBO."""

import math

import pytest
import torch
from torch.distributions import Normal

from collapse.exact import questionnaire
from collapse.exact.gradients import reparameterised_gradients, score_gradients

DRAWS = 60_000


@pytest.fixture(scope="module")
def decoder() -> questionnaire.Questionnaire:
    return questionnaire.Questionnaire([4.0, 2.5, 3.0], [3.0, 0.5, -2.0])


def draw(seed: int, draws: int, latent: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(draws, latent, generator=generator, dtype=torch.float64)


def exact_gradient(decoder, sheet: int, mean: float, sd: float) -> torch.Tensor:
    """Central differences of the ELBO in the mean and in the log-variance."""

    def elbo(loc: float, log_var: float) -> float:
        ones = torch.ones(8, dtype=torch.float64)
        readings = questionnaire.read(decoder, Normal(loc * ones, math.exp(0.5 * log_var) * ones))
        return readings.elbo[sheet].item()

    step, log_var = 1e-4, 2 * math.log(sd)
    by_mean = elbo(mean + step, log_var) - elbo(mean - step, log_var)
    by_log_var = elbo(mean, log_var + step) - elbo(mean, log_var - step)
    return torch.tensor([by_mean, by_log_var], dtype=torch.float64) / (2 * step)


def test_estimators_are_unbiased(decoder) -> None:
    """Two independent latents, each with a sheet of its own: the ELBO is a sum of two."""
    sheets, mean, sd = [0, 6], [0.3, -0.5], [0.4, 0.9]

    def log_joint(z):
        log_likelihood = decoder(z[:, 0])[:, sheets[0]] + decoder(z[:, 1])[:, sheets[1]]
        return log_likelihood + questionnaire.PRIOR.log_prob(z).sum(-1)

    pairs = zip(sheets, mean, sd, strict=True)
    truth = torch.stack([exact_gradient(decoder, *each) for each in pairs], dim=1)
    where = torch.tensor(mean).double(), torch.tensor(sd).double(), draw(0, DRAWS, 2)
    path = reparameterised_gradients(log_joint, *where)
    score = score_gradients(log_joint, *where)
    calmed = score_gradients(log_joint, *where, baseline=True)
    for draws in (path, score, calmed):
        assert draws.shape == (DRAWS, 2, 2)
        error = draws.std(0) / math.sqrt(DRAWS)
        assert ((draws.mean(0) - truth).abs() < 4 * error + 1e-6).all()
    assert (path.var(0) < calmed.var(0)).all()
    assert (calmed.var(0) < score.var(0)).all()


def test_a_quadratic_by_hand() -> None:
    """For ℓ(z) = -|z|²/2 at μ = 0, in D dimensions, Var[∂ℓ/∂z] = s² and
    Var[ℓ ε_1/s] = s²/4 · E ε_1² (Σ ε_d²)² = s²/4 · (D² + 6D + 8)."""
    for latent in (1, 3):
        where = torch.zeros(latent).double(), torch.full((latent,), 0.5).double()
        noise = draw(1, 400_000, latent)
        path = reparameterised_gradients(lambda z: -0.5 * z.square().sum(-1), *where, noise)
        score = score_gradients(lambda z: -0.5 * z.square().sum(-1), *where, noise)
        expected = 0.25 / 4 * (latent**2 + 6 * latent + 8)
        assert path[:, 0, 0].var().item() == pytest.approx(0.25, rel=0.02)
        assert score[:, 0, 0].var().item() == pytest.approx(expected, rel=0.04)


def test_the_baseline_is_the_mean_of_the_other_draws() -> None:
    noise = torch.tensor([[-1.0], [0.5], [2.0]], dtype=torch.float64)
    where = torch.tensor([0.2]).double(), torch.tensor([1.5]).double(), noise
    plain = score_gradients(lambda z: z.sin().sum(-1), *where)
    calmed = score_gradients(lambda z: z.sin().sum(-1), *where, baseline=True)
    values = torch.sin(where[0] + 1.5 * noise)[:, 0]
    others = torch.stack([values[[1, 2]].mean(), values[[0, 2]].mean(), values[[0, 1]].mean()])
    assert torch.allclose((plain - calmed)[:, 0, 0], others * noise[:, 0] / 1.5)
