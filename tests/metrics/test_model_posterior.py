"""The grid posterior against the closed form of a linear Gaussian model, and the two forces."""

import math

import numpy as np
import pytest
import torch
from small import tiny_corpus, tiny_documents, tiny_model
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.data import Batch, make_batch
from collapse.decoders import Decoder
from collapse.encoders import LSTMEncoder
from collapse.metrics import exact_nll, forces, grid_posterior
from collapse.metrics.model_posterior import batch_posterior
from collapse.parts import Sizes
from collapse.pooling import LastState
from collapse.posteriors import DiagonalGaussian
from collapse.vae import VAE

NOISE = 0.8


class LinearGaussian(Decoder):
    """p(x|z) = N(Wz, NOISE² I) for x = the document's tokens, read as numbers around zero."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.vocabulary = 12
        self.weights = torch.nn.Parameter(weights)

    def log_likelihood(self, batch: Batch, z: Tensor) -> Tensor:
        x = observations(batch)
        return Normal(z @ self.weights.T, NOISE).log_prob(x).sum(-1)


def observations(batch: Batch) -> Tensor:
    return (batch.tokens[:, :3].double() - 7.0) / 2


def linear_model(latent: int) -> VAE:
    torch.manual_seed(3)
    sizes = Sizes(12, 5, 6, latent)
    weights = 0.6 * torch.randn(3, latent)
    parts = (LSTMEncoder(sizes), LastState(sizes), DiagonalGaussian(sizes))
    return VAE(*parts, LinearGaussian(weights)).eval().double()


def numbers():
    documents = tiny_documents(40, longest=9, bos_eos=False)
    return documents.subset(np.flatnonzero(documents.lengths >= 3))


def closed_form(model: VAE, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Posterior means and covariance, and log p(x): Bishop (2006), Eqs. 2.115 to 2.117."""
    w, x = model.decoder.get_parameter("weights").detach(), observations(batch)
    covariance = torch.linalg.inv(torch.eye(w.shape[1]).double() + w.T @ w / NOISE**2)
    marginal = torch.distributions.MultivariateNormal(
        torch.zeros(3).double(), w @ w.T + NOISE**2 * torch.eye(3).double()
    )
    return x @ w @ covariance / NOISE**2, covariance, marginal.log_prob(x)


@pytest.mark.parametrize("latent", [1, 2])
def test_grid_against_the_linear_gaussian_closed_form(latent: int) -> None:
    model, documents = linear_model(latent), numbers()
    found = grid_posterior(model, documents)
    batch = make_batch(documents, np.arange(len(documents)))
    mean, covariance, log_marginal = closed_form(model, batch)
    torch.testing.assert_close(found.mean, mean, atol=1e-6, rtol=0)
    diagonal = covariance.diagonal().expand_as(mean)
    torch.testing.assert_close(found.variance, diagonal, atol=1e-6, rtol=0)
    torch.testing.assert_close(found.log_marginal, log_marginal, atol=1e-6, rtol=0)
    assert mean.std(0).min() > 0.2  # the documents differ, so that a wrong order would be seen


def test_agreement_against_the_kl_of_two_gaussians() -> None:
    model, documents = linear_model(1), numbers()
    found = grid_posterior(model, documents)
    batch = make_batch(documents, np.arange(len(documents)))
    mean, covariance, _ = closed_form(model, batch)
    q = Normal(0.7 * mean + 0.2, torch.full_like(mean, 0.5))
    expected = kl_divergence(q, Normal(mean, covariance[0, 0].sqrt())).squeeze(-1)
    torch.testing.assert_close(found.kl_from(q), expected, atol=1e-6, rtol=0)


def test_a_posterior_that_the_grid_does_not_hold_has_no_agreement() -> None:
    model, documents = linear_model(1), numbers()
    found = grid_posterior(model, documents)
    means = torch.zeros(len(documents), 1).double()
    far, narrow = Normal(means + 9.0, 1.0), Normal(means + 0.1, 0.02)
    assert found.kl_from(far).isnan().all()
    assert found.kl_from(narrow).isnan().all()
    assert not found.kl_from(Normal(means, 0.5)).isnan().any()


def test_two_dimensional_agreement_is_the_gap_of_the_bound() -> None:
    """log p(x) - ELBO = KL(q ‖ p(z|x)), with an ELBO of many draws."""
    model, corpus = tiny_model(spread=0.8), tiny_corpus()
    few = corpus.test.subset(range(3))
    found = grid_posterior(model, few)
    batch = make_batch(few, np.arange(3))
    with torch.no_grad():
        q = model.encode(batch)
        z = q.sample(torch.Size([20000]))
        elbo = [
            model.log_likelihood(make_batch(few, [row] * len(z)), z[:, row])
            - kl_divergence(q, model.prior()).sum(-1)[row]
            for row in range(3)
        ]
    for row, values in enumerate(elbo):
        error = (values.std() / math.sqrt(len(values))).item()
        gap = found.log_marginal[row] - values.mean()
        assert found.kl_from(q)[row].item() == pytest.approx(gap.item(), abs=4 * error + 1e-4)
    torch.testing.assert_close(-found.log_marginal, exact_nll(model, few))


def test_batch_and_split_agree() -> None:
    model, documents = tiny_model(spread=1.0), tiny_documents(9)
    whole = grid_posterior(model, documents)
    batch = make_batch(documents, np.arange(9))
    torch.testing.assert_close(batch_posterior(model, batch).mean, whole.mean, atol=1e-5, rtol=0)


def test_other_dimensions_are_refused() -> None:
    with pytest.raises(CollapseError, match="one or two latent dimensions; this model has 0"):
        grid_posterior(tiny_model("lm"), tiny_documents())
    with pytest.raises(CollapseError, match="at most 2 dimensions; this model has 3"):
        grid_posterior(tiny_model(sizes=Sizes(12, 5, 6, 3)), tiny_documents())


def spread_and_bounds(model: VAE, batch: Batch) -> tuple[float, float, float]:
    with torch.no_grad():
        posterior = batch_posterior(model, batch)
        gap = posterior.kl_from(model.encode(batch)).mean().item()
        spread = posterior.mean.var(0).sum().sqrt().item()
        return spread, posterior.log_marginal.mean().item(), gap


def nudged(model: VAE, along: list[Tensor], step: float) -> None:
    with torch.no_grad():
        for parameter, direction in zip(model.generator_parameters(), along, strict=True):
            parameter.add_(step * direction)


@pytest.mark.parametrize("latent", [1, 2])
def test_forces_against_finite_differences_of_the_spread(latent: int) -> None:
    """Walk a little along each gradient, itself taken of an ELBO and a likelihood, and look."""
    model = tiny_model(sizes=Sizes(12, 5, 6, latent), spread=0.8).double()
    batch = make_batch(tiny_documents(7), np.arange(7))
    found = forces(model, batch)
    spread, _, gap = spread_and_bounds(model, batch)
    assert (found.std, found.gap) == (pytest.approx(spread), pytest.approx(gap))
    assert found.together == found.likelihood + found.agreement
    parameters = model.generator_parameters()
    for name, sign in (("likelihood", None), ("agreement", -1.0)):
        posterior = batch_posterior(model, batch)
        with torch.no_grad():
            q = model.encode(batch)
        target = posterior.log_marginal if sign is None else sign * posterior.kl_from(q)
        along = torch.autograd.grad(target.mean(), parameters)
        step = 1e-5
        nudged(model, list(along), step)
        up = spread_and_bounds(model, batch)[0]
        nudged(model, list(along), -2 * step)
        down = spread_and_bounds(model, batch)[0]
        nudged(model, list(along), step)
        assert getattr(found, name) == pytest.approx((up - down) / (2 * step), rel=1e-5)


def test_no_force_of_agreement_where_the_encoder_agrees() -> None:
    """∇ KL(q ‖ p(z|x)) = 0 at q = p(z|x): the linear model with its own posterior as q."""
    model, documents = linear_model(1), numbers()
    batch = make_batch(documents, np.arange(len(documents)))
    mean, covariance, _ = closed_form(model, batch)
    away = forces(model, batch)
    model.encode = lambda batch: Normal(mean, covariance[0, 0].sqrt().expand_as(mean))  # type: ignore[method-assign]
    found = forces(model, batch)
    assert found.gap == pytest.approx(0, abs=1e-7)
    assert found.agreement == pytest.approx(0, abs=1e-6)
    assert found.likelihood == pytest.approx(away.likelihood)
    assert abs(away.agreement) > 0.01
