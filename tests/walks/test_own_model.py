"""A newcomer's walk: an image VAE of one's own, measured in a few lines, checked by hand.

Nothing of the model comes from this package: an ``nn.Module`` with three methods and a training
loop. The oracles are written out here, in numpy where they can be.
"""

import inspect
import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.distributions import (
    Bernoulli,
    Distribution,
    Independent,
    Laplace,
    MultivariateNormal,
    Normal,
)
from torch.utils.data import DataLoader

from collapse import LatentVariableModel, metrics

LATENT = 2


class ImageVAE(nn.Module):
    """Black and white images of 64 pixels; two hidden layers of 32 units."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 2 * LATENT))
        self.decoder = nn.Sequential(nn.Linear(LATENT, 32), nn.Tanh(), nn.Linear(32, 64))

    def encode(self, x: Tensor) -> Distribution:
        mean, log_var = self.encoder(x).chunk(2, -1)
        return Normal(mean, (log_var / 2).exp())

    def prior(self) -> Distribution:
        return Normal(torch.zeros(LATENT), torch.ones(LATENT))

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        return Bernoulli(logits=self.decoder(z)).log_prob(x).sum(-1)


@pytest.fixture(scope="module")
def images() -> Tensor:
    """The first 300 digits of scikit-learn, a pixel on where it is more than half black."""
    return (torch.from_numpy(load_digits().data[:300]) > 7).float()


@pytest.fixture(scope="module")
def model(images) -> ImageVAE:
    torch.manual_seed(0)
    mine = ImageVAE()
    optimizer = torch.optim.Adam(mine.parameters(), lr=1e-2)
    for _ in range(300):
        q = mine.encode(images)
        z = q.rsample()
        kl = torch.distributions.kl_divergence(q, mine.prior()).sum(-1)
        loss = (kl - mine.log_likelihood(images, z)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mine.eval()


def everything(model: LatentVariableModel, images: Tensor) -> dict[str, object]:
    seen = metrics.encode_split(model, DataLoader(images, batch_size=100))
    parts = metrics.decomposition(seen.q, seen.z, model.prior())
    nll = metrics.iw_nll(model, DataLoader(images, batch_size=100), samples=500)
    return {
        "KL": parts.kl,
        "MI, with its cap": parts.mutual_information,
        "marginal KL": parts.marginal_kl,
        "AU": metrics.active_units(seen.q.mean).count,
        "-ELBO": metrics.Estimate.of(seen.nll_bound),
        "NLL": metrics.Estimate.of(nll),
    }


def test_it_takes_no_more_than_fifteen_lines() -> None:
    assert len(inspect.getsource(everything).strip().splitlines()) <= 15


def test_a_model_of_ones_own_is_one() -> None:
    assert isinstance(ImageVAE(), LatentVariableModel)
    assert not isinstance(nn.Linear(1, 1), LatentVariableModel)


def test_kl_information_and_active_units_by_hand(model, images) -> None:
    found = everything(model, images)
    with torch.no_grad():
        q = model.encode(images)
    mean, sd = q.loc.double().numpy(), q.scale.double().numpy()
    kl = 0.5 * (mean**2 + sd**2 - 1) - np.log(sd)
    assert found["KL"].value == pytest.approx(kl.sum(1).mean(), rel=1e-5)
    assert found["AU"] == (mean.var(0, ddof=1) >= 0.01).sum() == LATENT
    assert found["MI, with its cap"].cap == pytest.approx(math.log(300))
    z = metrics.encode_split(model, DataLoader(images, batch_size=100)).z.double().numpy()
    log_q = stats.norm(mean, sd).logpdf(z[:, None]).sum(-1)  # (draw, image)
    information = np.diag(log_q) - np.logaddexp.reduce(log_q, 1) + math.log(300)
    assert found["MI, with its cap"].value == pytest.approx(information.mean(), abs=1e-5)
    assert 2 < information.mean() < math.log(300)  # the code is used: it has learnt something
    total = found["MI, with its cap"].value + found["marginal KL"].value
    assert found["KL"].value == pytest.approx(total, abs=1e-9)


def test_likelihoods_by_hand(model, images) -> None:
    """-log p(x) by a fine grid over the plane, one image after the other."""
    found, some = everything(model, images), images[:20]
    axis = torch.arange(-7, 7, 0.05)
    grid = torch.cartesian_prod(axis, axis)
    log_prior = stats.norm.logpdf(grid.numpy()).sum(-1)
    with torch.no_grad():
        on = nn.functional.logsigmoid(model.decoder(grid)).double().numpy()
        off = nn.functional.logsigmoid(-model.decoder(grid)).double().numpy()
    exact = [
        -np.logaddexp.reduce(on @ x + off @ (1 - x) + log_prior) - 2 * math.log(0.05)
        for x in some.double().numpy()
    ]
    sampled = metrics.iw_nll(model, some, samples=5000)
    np.testing.assert_allclose(sampled.numpy(), exact, atol=0.1)
    fine = metrics.exact_nll(model, some, limit=7.0, stride=0.05)
    np.testing.assert_allclose(fine.numpy(), exact, rtol=1e-4)
    gap = metrics.grid_posterior(model, some, 7.0, 0.05).kl_from(model.encode(some)).mean().item()
    bounds = [metrics.encode_split(model, some, seed).nll_bound.mean() for seed in range(60)]
    assert np.mean(bounds) == pytest.approx(np.mean(exact) + gap, abs=0.3)
    assert gap > 0.05
    assert found["-ELBO"].value > found["NLL"].value


def test_batches_tensors_and_data_loaders_are_one(model, images) -> None:
    """What does not depend on the draws is the same however the images come."""
    right = metrics.encode_split(model, images)
    exact = metrics.exact_nll(model, images[:50])
    for data in ([images[:7], images[7:]], DataLoader(images, 64), iter(images.split(299))):
        found = metrics.encode_split(model, data)
        torch.testing.assert_close(found.q.mean, right.q.mean)
        torch.testing.assert_close(found.kl, right.kl)
    loader = DataLoader(images[:50], 8)
    torch.testing.assert_close(metrics.exact_nll(model, loader), exact)
    torch.testing.assert_close(metrics.posterior_means(model, images), right.q.mean)


# A linear VAE: x = W z + noise. Everything about it is known.
PIXELS, NOISE = 5, 0.6


class LinearVAE(nn.Module):
    """x ~ N(W z, noise² I), z ~ N(0, I); the encoder's posterior is of one of many families.

    Args:
        family: from mean and covariance factor to a distribution.
        wide: how many times wider than the exact posterior it is.
    """

    def __init__(self, family, wide: float = 1.0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.weights = torch.randn(PIXELS, LATENT, generator=generator, dtype=torch.float64)
        self.family, self.wide = family, wide
        self.eval()  # there is nothing to train

    def exact(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and covariance of p(z|x): Bishop (2006), Eq. 2.116."""
        w = self.weights
        covariance = torch.linalg.inv(torch.eye(LATENT).double() + w.T @ w / NOISE**2)
        return x @ w @ covariance / NOISE**2, covariance

    def encode(self, x: Tensor) -> Distribution:
        mean, covariance = self.exact(x)
        root = self.wide * torch.linalg.cholesky(covariance)
        return self.family(mean, root.expand(len(x), -1, -1))

    def prior(self, batch: Tensor | None = None) -> Distribution:
        return Normal(torch.zeros(LATENT).double(), torch.ones(LATENT).double())

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        return Normal(z @ self.weights.T, NOISE).log_prob(x).sum(-1)


def full(mean: Tensor, root: Tensor) -> Distribution:
    return MultivariateNormal(mean, scale_tril=root)


def normal(mean: Tensor, root: Tensor) -> Distribution:
    return Normal(mean, root.square().sum(-1).sqrt())


def event(mean: Tensor, root: Tensor) -> Distribution:
    return Independent(normal(mean, root), 1)


def laplace(mean: Tensor, root: Tensor) -> Distribution:
    return Laplace(mean, root.square().sum(-1).sqrt())


def noisy(n: int) -> tuple[Tensor, np.ndarray]:
    """Observations of the linear model, and their -log p(x) in closed form, by scipy."""
    w = LinearVAE(full).weights.numpy()
    marginal = stats.multivariate_normal(np.zeros(PIXELS), w @ w.T + NOISE**2 * np.eye(PIXELS))
    x = marginal.rvs(n, random_state=1)
    return torch.from_numpy(x), -marginal.logpdf(x)


def test_one_draw_from_the_exact_posterior_is_the_whole_likelihood() -> None:
    """p(x|z) p(z) / q(z|x) is p(x) at every z, so a single weight has no error."""
    x, exact = noisy(40)
    for samples in (1, 3, 40):  # 40: as many as there are examples
        found = metrics.iw_nll(LinearVAE(full), x, samples)
        np.testing.assert_allclose(found.numpy(), exact, rtol=1e-10)
    np.testing.assert_allclose(metrics.exact_nll(LinearVAE(full), x), exact, rtol=1e-6)


@pytest.mark.parametrize("said", [full, normal, event, laplace])
def test_the_likelihood_does_not_know_how_a_posterior_is_said(said) -> None:
    x, exact = noisy(5)  # as many documents as draws in a chunk: no axis may be taken for another
    found = metrics.iw_nll(LinearVAE(said, wide=1.3), x, samples=20_000)
    np.testing.assert_allclose(found.numpy(), exact, atol=0.06)
    few = [metrics.iw_nll(LinearVAE(said, wide=1.3), x, 5, seed).numpy() for seed in range(200)]
    error = np.std(few, 0) / 200**0.5
    assert (np.mean(few, 0) > exact - 4 * error).all()  # a bound in expectation


def test_an_event_has_the_numbers_of_its_factors() -> None:
    x, _ = noisy(30)
    one, many = LinearVAE(event, wide=1.3), LinearVAE(normal, wide=1.3)
    torch.testing.assert_close(metrics.iw_nll(one, x, 5), metrics.iw_nll(many, x, 5))
    seen, right = metrics.encode_split(one, x), metrics.encode_split(many, x)
    assert metrics.decomposition(seen.q, seen.z, one.prior()) == metrics.decomposition(
        right.q, right.z, many.prior()
    )


@pytest.mark.thorough
def test_the_gap_of_the_bound_is_the_kl_to_the_exact_posterior() -> None:
    """-ELBO + log p(x) on average over draws is KL(q ‖ p(z|x)), in closed form."""
    x, exact = noisy(6)
    model = LinearVAE(full, wide=1.3)
    with torch.no_grad():
        q = model.encode(x)
    kl = torch.distributions.kl_divergence(q, MultivariateNormal(*model.exact(x)))
    bounds = np.stack([metrics.encode_split(model, x, seed).nll_bound for seed in range(2000)])
    error = bounds.std(0) / 2000**0.5
    assert (np.abs(bounds.mean(0) - exact - kl.numpy()) < 4 * error).all()


def test_weights_from_functions_alone() -> None:
    """No model at all: a function of z, a posterior, a prior."""
    x, exact = noisy(7)
    model = LinearVAE(normal, wide=1.3)
    torch.manual_seed(0)
    found = metrics.importance_weights(
        lambda z: Normal(z @ model.weights.T, NOISE).log_prob(x).sum(-1),
        model.encode(x),
        model.prior(),
        samples=20_000,
    )
    assert found.shape == (20_000, 7)
    nll = math.log(20_000) - found.logsumexp(0)
    np.testing.assert_allclose(nll.numpy(), exact, atol=0.06)
