"""The trained linear VAE against probabilistic PCA."""

import math

import pytest
import torch
from oracles import exact_posterior
from torch.distributions import kl_divergence

from collapse import theory
from collapse.base.errors import CollapseError
from collapse.exact.linear_vae import LinearVAE, generate, train

SPECTRUM = torch.tensor([4.0, 2.0, 1.0, 0.5, 0.25, 0.1], dtype=torch.float64)


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return generate(SPECTRUM, 200, seed=0)


def test_generated_data_has_exactly_the_spectrum(x) -> None:
    covariance = x.T @ x / len(x)
    found = torch.linalg.eigvalsh(covariance).flip(0)
    assert torch.allclose(found, SPECTRUM, atol=1e-12)
    assert x.mean(0).abs().max() < 1e-12
    assert torch.equal(x, generate(SPECTRUM, 200, seed=0))
    assert not torch.allclose(x, generate(SPECTRUM, 200, seed=1))


@pytest.mark.parametrize("noise_variance", [0.35, 0.7, 1.4, 3.0, 5.0])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.thorough)])
def test_training_reaches_the_closed_form(x, noise_variance, seed) -> None:
    model = LinearVAE(6, 5, noise_variance, seed=seed)
    run = train(model, x, steps=400, learning_rate=0.1)
    optimum = theory.linear_optimum(SPECTRUM, 5, noise_variance)
    assert run.elbo[-1].item() == pytest.approx(optimum.elbo, abs=1e-4)
    assert torch.allclose(run.kl[-1], optimum.kl, atol=2e-3)
    assert torch.equal(run.kl[-1] > 0.01, optimum.kept)
    assert torch.equal(optimum.kept, SPECTRUM[:5] > noise_variance)


def test_beta_acts_as_more_noise(x) -> None:
    model = LinearVAE(6, 5, 0.35, seed=0)
    run = train(model, x, steps=400, learning_rate=0.1, beta=4.0)
    optimum = theory.linear_optimum(SPECTRUM, 5, 0.35, beta=4.0)
    assert torch.allclose(run.kl[-1], optimum.kl, atol=2e-3)
    assert run.elbo[-1].item() == pytest.approx(optimum.elbo, abs=1e-3)
    assert optimum.kept.sum() == 2


def test_learned_noise_keeps_every_dimension(x) -> None:
    model = LinearVAE(6, 3, 3.0, seed=0, learn_noise=True)
    run = train(model, x, steps=600, learning_rate=0.1)
    assert model.noise_variance == pytest.approx(theory.ppca_noise_variance(SPECTRUM, 3), abs=1e-3)
    assert (run.kl[-1] > 0.3).all()


def test_learned_posterior_is_the_exact_one(x) -> None:
    model = LinearVAE(6, 3, 0.7, seed=0)
    train(model, x, steps=500, learning_rate=0.1)
    exact = exact_posterior(model.decoder.detach(), 0.7, x)
    q = model.encode(x)
    assert torch.allclose(q.loc, exact.mean, atol=1e-4)
    assert torch.allclose(torch.diag_embed(q.variance), exact.covariance_matrix, atol=1e-4)


def test_sampled_training_keeps_the_same_dimensions(x) -> None:
    model = LinearVAE(6, 4, 0.7, seed=0)
    run = train(model, x, steps=400, learning_rate=0.1, sample_seed=1)
    optimum = theory.linear_optimum(SPECTRUM, 4, 0.7)
    assert torch.allclose(run.kl[-1], optimum.kl, atol=0.03)
    assert run.elbo[-1].item() == pytest.approx(optimum.elbo, abs=0.03)


def test_the_origin_is_stationary(x) -> None:
    model = LinearVAE(6, 5, 0.35, seed=0, init_std=0.0)
    run = train(model, x, steps=50, learning_rate=0.05)
    assert run.kl.abs().max() == 0
    assert run.elbo[-1] == run.elbo[0]


def test_elbo_terms_by_sampling_and_by_torch(x) -> None:
    model = LinearVAE(6, 3, 0.7, seed=2, init_std=0.4)
    few = x[:5]
    q = model.encode(few)
    assert torch.allclose(model.kl(few), kl_divergence(q, model.prior()))
    torch.manual_seed(0)
    z = q.sample(torch.Size([4000]))  # of every document, one below the other
    draws = model.log_likelihood(few.repeat(4000, 1), z.flatten(0, 1)).view(4000, 5)
    error = (draws.mean(0) - model.expected_log_likelihood(few)).abs()
    assert (error < 5 * draws.std(0) / math.sqrt(4000)).all()


def test_log_likelihood_is_a_density(x) -> None:
    model = LinearVAE(6, 3, 0.7, seed=2)
    z = torch.ones(2, 3, dtype=torch.float64)
    density = torch.distributions.Normal(z @ model.decoder.T, math.sqrt(0.7))
    assert torch.allclose(model.log_likelihood(x[:2], z), density.log_prob(x[:2]).sum(-1))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"noise_variance": -1.0}, "noise_variance must be a positive"),
        ({"noise_variance": math.nan}, "noise_variance must be a positive"),
        ({"data": 0}, "data must be 1 or more"),
        ({"latent": -1}, "latent must be a finite number of 0 or more"),
        ({"init_std": math.nan}, "init_std must be"),
    ],
)
def test_models_that_cannot_be(options: dict, sentence: str) -> None:
    with pytest.raises(CollapseError, match=sentence):
        LinearVAE(**{"data": 6, "latent": 3, "noise_variance": 1.0, "seed": 0, **options})


def test_floats_are_taken_as_doubles(x) -> None:
    """Data as torch makes them by default; the numbers are those of the rounded data."""
    model, single = LinearVAE(6, 3, 0.7, seed=2), x.float()
    assert torch.equal(model.elbo(single), model.elbo(single.double()))
    z = torch.ones(len(x), 3)
    assert torch.equal(
        model.log_likelihood(single, z), model.log_likelihood(single.double(), z.double())
    )
    assert train(model, single, steps=2, sample_seed=0).elbo.isfinite().all()


@pytest.mark.parametrize(
    ("eigenvalues", "n", "sentence"),
    [
        ([3.0, 1.0], 2, "needs more points than that; got 2"),
        ([3.0, -1.0], 9, "1 of 2 are not"),
        ([3.0, math.nan], 9, "1 of 2 are not"),
        ([], 9, "eigenvalues is needed"),
    ],
)
def test_spectra_that_no_data_have(eigenvalues: list, n: int, sentence: str) -> None:
    with pytest.raises(CollapseError, match=sentence):
        generate(torch.tensor(eigenvalues), n, seed=0)


@pytest.mark.parametrize("options", [{"steps": -1}, {"beta": -1.0}, {"learning_rate": 0.0}])
def test_training_that_cannot_be(options: dict, x) -> None:
    with pytest.raises(CollapseError, match=next(iter(options))):
        train(LinearVAE(6, 3, 0.7, seed=2), x, **options)
    with pytest.raises(CollapseError, match="data points is needed"):
        train(LinearVAE(6, 3, 0.7, seed=2), x[:0])
