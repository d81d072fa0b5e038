"""The closed forms against brute force: scipy's optimiser, Bayes by hand, quadrature."""

import math

import numpy as np
import pytest
import torch
from oracles import exact_posterior
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import multivariate_normal

from collapse import theory
from collapse.base.errors import CollapseError

SPECTRUM = torch.tensor([5.0, 2.0, 0.9, 0.3, 0.1], dtype=torch.float64)


def random_covariance(seed: int) -> torch.Tensor:
    """A covariance with the eigenvalues of SPECTRUM and random axes."""
    noise = torch.randn(5, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    axes = torch.linalg.qr(noise).Q
    return axes @ torch.diag(SPECTRUM) @ axes.T


def mean_log_density(covariance: np.ndarray, model: np.ndarray) -> float:
    """Mean log N(x; 0, model) over points whose covariance is exactly ``covariance``."""
    root = np.linalg.cholesky(covariance) * math.sqrt(len(covariance))
    points = np.concatenate([root.T, -root.T])
    return multivariate_normal(np.zeros(len(model)), model).logpdf(points).mean()


def test_log_likelihood_agrees_with_scipy() -> None:
    covariance = random_covariance(0)
    weight = torch.randn(5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    model = weight @ weight.T + 0.4 * torch.eye(5, dtype=torch.float64)
    ours = theory.linear_log_likelihood(covariance, weight, 0.4)
    assert ours == pytest.approx(mean_log_density(covariance.numpy(), model.numpy()), abs=1e-9)


@pytest.mark.parametrize("noise_variance", [0.05, 0.5, 1.0, 3.0, 7.0])
@pytest.mark.parametrize("latent", [1, 3, 5])
def test_optimal_elbo_is_the_likelihood_of_the_ppca_solution(noise_variance, latent) -> None:
    covariance = random_covariance(2)
    weight = theory.ppca_weight(covariance, latent, noise_variance)
    likelihood = theory.linear_log_likelihood(covariance, weight, noise_variance)
    optimum = theory.linear_optimum(SPECTRUM, latent, noise_variance)
    assert optimum.elbo == pytest.approx(likelihood, abs=1e-9)
    assert optimum.kept.sum() == torch.linalg.matrix_rank(weight)


def test_no_weight_found_by_search_beats_the_ppca_solution() -> None:
    covariance = random_covariance(3).numpy()

    def loss(flat: np.ndarray) -> float:
        weight = flat.reshape(5, 2)
        return -mean_log_density(covariance, weight @ weight.T + 0.7 * np.eye(5))

    start = np.random.default_rng(0).normal(size=10)
    found = minimize(loss, start, method="L-BFGS-B").fun
    best = theory.linear_optimum(SPECTRUM, 2, 0.7).elbo
    assert -found == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize(("variance", "beta"), [(2.0, 0.5), (2.0, 1.0), (2.0, 3.0), (2.0, 5.0)])
def test_weighted_optimum_in_one_dimension_by_search(variance, beta) -> None:
    noise = 0.5

    def parts(flat: np.ndarray) -> tuple[float, float]:
        decoder, encoder, log_var = flat
        error = (1 - decoder * encoder) ** 2 * variance + decoder**2 * math.exp(log_var)
        kl = 0.5 * (encoder**2 * variance + math.exp(log_var) - 1 - log_var)
        return -0.5 * (math.log(2 * math.pi * noise) + error / noise), kl

    def loss(flat: np.ndarray) -> float:
        reconstruction, kl = parts(flat)
        return beta * kl - reconstruction

    found = minimize(loss, [0.8, 0.8, -0.5], method="BFGS", options={"gtol": 1e-9})
    reconstruction, kl = parts(found.x)
    optimum = theory.linear_optimum(torch.tensor([variance]).double(), 1, noise, beta)
    assert optimum.kl.item() == pytest.approx(kl, abs=1e-4)
    assert optimum.reconstruction == pytest.approx(reconstruction, abs=1e-3)
    assert optimum.posterior_variance.item() == pytest.approx(math.exp(found.x[2]), abs=1e-2)
    assert bool(optimum.kept) == (variance > theory.collapse_threshold(noise, beta))


def test_dimensions_switch_off_one_at_a_time_as_the_noise_grows() -> None:
    kept = [
        theory.linear_optimum(SPECTRUM, 5, s).kept.sum().item() for s in (0.05, 0.2, 1.0, 4.0, 6.0)
    ]
    assert kept == [5, 4, 2, 1, 0]


def test_dimensions_beyond_the_data_are_never_kept() -> None:
    optimum = theory.linear_optimum(SPECTRUM, 8, 0.01)
    assert optimum.kept.tolist() == [True] * 5 + [False] * 3
    assert optimum.kl[5:].tolist() == [0, 0, 0]


def test_noise_variance_by_search() -> None:
    def loss(noise: float) -> float:
        return -theory.linear_optimum(SPECTRUM, 2, noise).elbo

    found = minimize_scalar(loss, bounds=(0.01, 5), method="bounded", options={"xatol": 1e-9})
    best = theory.ppca_noise_variance(SPECTRUM, 2)
    assert best == pytest.approx(found.x, abs=1e-5)
    assert theory.linear_optimum(SPECTRUM, 2, best).kept.all()


def test_exact_posterior_by_conditioning_the_joint() -> None:
    generator = torch.Generator().manual_seed(4)
    weight = torch.randn(5, 2, generator=generator, dtype=torch.float64)
    x = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    marginal = weight @ weight.T + 0.3 * torch.eye(5, dtype=torch.float64)
    gain = weight.T @ marginal.inverse()
    posterior = exact_posterior(weight, 0.3, x)
    assert torch.allclose(posterior.mean, x @ gain.T, atol=1e-12)
    expected = torch.eye(2).double() - gain @ weight
    assert torch.allclose(posterior.covariance_matrix, expected.expand(3, 2, 2), atol=1e-12)


def test_caps() -> None:
    assert theory.mi_cap(10_000) == pytest.approx(9.2103, abs=1e-4)
    assert theory.mi_cap(1) == 0
    assert theory.mi_cap_batches([50] * 161 + [20]) == pytest.approx(3.910, abs=1e-3)
    spelled_out = np.log([32] * 32 + [5] * 5 + [1]).mean()
    assert theory.mi_cap_batches([32, 5, 1]) == pytest.approx(spelled_out)


def test_gaussian_channel_by_entropies() -> None:
    wide = torch.distributions.Normal(0.0, math.sqrt(1.1)).entropy()
    narrow = torch.distributions.Normal(0.0, math.sqrt(0.1)).entropy()
    assert theory.gaussian_channel_mi(0.1, 2) == pytest.approx(2 * (wide - narrow).item(), abs=1e-6)


def test_refusals() -> None:
    with pytest.raises(CollapseError, match="must be positive, not 0"):
        theory.linear_optimum(SPECTRUM, 2, 0.0)
    with pytest.raises(CollapseError, match="5 latent dimensions leave nothing"):
        theory.ppca_noise_variance(SPECTRUM, 5)
    with pytest.raises(CollapseError, match="at least one example"):
        theory.mi_cap(0)
    with pytest.raises(CollapseError, match="at least one batch"):
        theory.mi_cap_batches([])
