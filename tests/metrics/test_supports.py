"""Posteriors over other values than the prior's: the right number, or a sentence."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor
from torch.distributions import (
    Bernoulli,
    Categorical,
    Distribution,
    Gamma,
    Independent,
    LogNormal,
    MixtureSameFamily,
    Normal,
    Poisson,
    TransformedDistribution,
    Uniform,
    VonMises,
)
from torch.distributions.transforms import TanhTransform

from collapse.base.errors import CollapseError
from collapse.distributions import VonMisesFisher
from collapse.metrics import (
    active_units,
    decomposition,
    encode_split,
    grid_posterior,
    importance_weights,
    iw_nll,
    marginal_kl,
    mutual_information,
)
from collapse.metrics.kl import check_resolved

X = torch.tensor([[0.0], [0.4], [-1.3], [2.0]])
STANDARD = Normal(torch.zeros(1), torch.ones(1))


class Noisy:
    """x = z + N(0, 1), one dimension of z."""

    def __init__(self, encode: Callable[[Tensor], Distribution], prior: Distribution) -> None:
        self.encode, self.p = encode, prior

    def prior(self) -> Distribution:
        return self.p

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        return Normal(z, 1.0).log_prob(x).sum(-1)


def integral(density, low: float, high: float) -> list[float]:
    """-log of the integral of p(z) N(x; z, 1), for each x."""
    joint = lambda z, x: density(z) * stats.norm.pdf(x - z)  # noqa: E731
    return [-math.log(integrate.quad(joint, low, high, args=(x,))[0]) for x in X[:, 0].tolist()]


ONE = torch.ones(1)
RIGHT = {
    "a mixture": (
        lambda x: MixtureSameFamily(
            Categorical(torch.ones(len(x), 2)),
            Independent(Normal(torch.stack([x / 2, x / 2 + 1], 1), ONE), 1),
        ),
        STANDARD,
        lambda: integral(stats.norm.pdf, -12, 12),
    ),
    "positive": (
        lambda x: LogNormal(0.3 * x, 1.0),
        Gamma(2 * ONE, ONE),
        lambda: integral(stats.gamma(2).pdf, 0, 40),
    ),
    "uniform": (
        lambda x: Uniform(-ONE.expand(len(x), 1), 2.0),
        Uniform(-ONE, 2 * ONE),
        lambda: integral(stats.uniform(-1, 3).pdf, -1, 2),
    ),
    "squashed": (
        lambda x: TransformedDistribution(Normal(0.2 * x, ONE), [TanhTransform()]),
        Uniform(-ONE, ONE),
        lambda: integral(stats.uniform(-1, 2).pdf, -1, 1),
    ),
    "yes or no": (
        lambda x: Bernoulli(logits=x / 2),
        Bernoulli(0.3 * ONE),
        lambda: -np.log(0.7 * stats.norm.pdf(X[:, 0]) + 0.3 * stats.norm.pdf(X[:, 0] - 1)),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_likelihood_over_any_one_support(name: str) -> None:
    encode, prior, exact = RIGHT[name]
    found = iw_nll(Noisy(encode, prior), X, 40_000)
    np.testing.assert_allclose(found.numpy(), exact(), atol=0.02)


OTHER = {
    "Bernoulli": lambda x: Bernoulli(0.5 * torch.ones_like(x)),
    "Poisson": lambda x: Poisson(torch.ones_like(x)),
    "Uniform": lambda x: Uniform(x - 1, x + 1),
    "LogNormal": lambda x: LogNormal(x, 1.0),
    "Gamma": lambda x: Gamma(torch.ones_like(x), 1.0),
    "VonMises": lambda x: VonMises(x, torch.ones_like(x)),
    "Independent": lambda x: Independent(Uniform(x - 1, x + 1), 1),
}


@pytest.mark.parametrize("name", OTHER)
def test_draws_that_are_not_weighed_right_are_not_weighed(name: str) -> None:
    sentence = rf"posterior {name} \(\w+\) does not take the same values as the prior Normal \(Real"
    with pytest.raises(CollapseError, match=sentence):
        iw_nll(Noisy(OTHER[name], STANDARD), X, 10)
    with pytest.raises(CollapseError, match=r"Normal .* does not take the same values as"):
        iw_nll(Noisy(lambda x: Normal(x, 1.0), OTHER[name](X[:1])), X, 10)


def test_a_posterior_on_the_sphere_is_not_weighed_by_a_normal_prior() -> None:
    q = VonMisesFisher(torch.eye(3), 2.0)
    prior = Normal(torch.zeros(3), torch.ones(3))
    with pytest.raises(CollapseError, match=r"VonMisesFisher \(Sphere\) does not take the same"):
        importance_weights(lambda z: z.sum(-1), q, prior, 10)
    with pytest.raises(CollapseError, match="infinite or not defined"):
        marginal_kl(q, q.sample(), prior)


def test_information_and_kl_of_a_discrete_latent_are_sums() -> None:
    """One of three values, of five examples, with a prior of its own."""
    logits = torch.randn(5, 1, 3, generator=torch.Generator().manual_seed(0)).double()
    q, p = Categorical(logits=logits), Categorical(torch.tensor([0.5, 0.3, 0.2]).double())
    z = torch.tensor([[0], [2], [1], [1], [0]])
    own = q.probs[:, 0].numpy()
    assert check_resolved.__wrapped__(q, z) is None  # whole numbers, as torch draws them
    at = own[np.arange(5), z[:, 0]]
    mixed, prior = own.mean(0)[z[:, 0]], p.probs.numpy()[z[:, 0]]
    z = z.double()
    assert mutual_information(q, z).value == pytest.approx(np.log(at / mixed).mean())
    assert marginal_kl(q, z, p).value == pytest.approx(np.log(mixed / prior).mean())
    kl = (own * np.log(own / p.probs.numpy())).sum(1)
    assert decomposition(q, z, p).kl.value == pytest.approx(kl.mean())


@pytest.mark.parametrize("name", ["Bernoulli", "Poisson"])
def test_mass_is_not_divided_by_density(name: str) -> None:
    q = OTHER[name](X)
    with pytest.raises(CollapseError, match=f"{name} .* no density of the same kind"):
        marginal_kl(q, q.sample(), STANDARD)
    with pytest.raises(CollapseError, match="infinite or not defined"):
        encode_split(Noisy(OTHER[name], STANDARD), X)
    grid = grid_posterior(Noisy(lambda x: Normal(x, 1.0), STANDARD), X)
    with pytest.raises(CollapseError, match="infinite or not defined"):
        grid.kl_from(OTHER[name](X))


def test_a_uniform_posterior_has_its_bound_and_its_information() -> None:
    """It lies inside the prior's support: the bound is one, and only a likelihood is refused."""
    model = Noisy(OTHER["Uniform"], STANDARD)
    seen = encode_split(model, [X[:3], X[3:]])
    low = X[:, 0].double().numpy() - 1
    kl = [
        integrate.quad(lambda z: 0.5 * (math.log(0.5) - stats.norm.logpdf(z)), a, a + 2)[0]
        for a in low
    ]
    np.testing.assert_allclose(seen.kl[:, 0].numpy(), kl, atol=1e-5)
    z = seen.z[:, 0].double().numpy()
    assert ((z >= low) & (z <= low + 2)).all()
    shares = stats.uniform.pdf(z[:, None], low, 2).mean(1)
    information = np.mean(np.log(0.5 / shares))
    assert mutual_information(seen.q, seen.z).value == pytest.approx(information, abs=1e-6)
    aggregate = np.mean(np.log(shares) - stats.norm.logpdf(z))
    assert marginal_kl(seen.q, seen.z, STANDARD).value == pytest.approx(aggregate, abs=1e-6)
    assert active_units(seen.q.mean).count == 1
    assert torch.equal(seen.first(2).q.high, X[:2] + 1)
