"""Supports that torch says in many ways, compared by what draws do."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Cauchy,
    Dirichlet,
    Distribution,
    Exponential,
    Gamma,
    HalfNormal,
    Independent,
    LogNormal,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
    OneHotCategorical,
    Poisson,
    RelaxedBernoulli,
    StudentT,
    TransformedDistribution,
    Uniform,
    VonMises,
    Weibull,
    transforms,
)

from collapse.base.errors import CollapseError
from collapse.distributions import ScaledNormal, UniformSphere, VonMisesFisher
from collapse.distributions.support import check_inside, check_same_support
from collapse.posteriors import Flowed, LinearNoise

ZERO, ONE = torch.zeros(4, 3), torch.ones(4, 3)
AXIS = torch.eye(3)[[0, 1, 2, 0]]


def mixed(parts: Distribution) -> MixtureSameFamily:
    return MixtureSameFamily(Categorical(torch.ones(4, 3, 2)), parts)


def bent(base: Distribution, *steps: transforms.Transform) -> TransformedDistribution:
    return TransformedDistribution(base, list(steps))


TWO = ZERO.unsqueeze(-1).expand(4, 3, 2)
SUPPORTS = {  # within a line all take the same values
    "real vectors": [
        Normal(ZERO, ONE),
        Normal(0.0, 1.0),
        Independent(Cauchy(ZERO, ONE), 1),
        StudentT(5.0, ZERO, ONE),
        MultivariateNormal(ZERO, torch.eye(3)),
        mixed(Normal(TWO, 1.0)),
        ScaledNormal(ZERO, ONE, ZERO, torch.ones(3)),
        Flowed(ZERO, ONE, torch.zeros(0, 7)),
        LinearNoise(ZERO, ZERO, torch.eye(3)),
        bent(Normal(ZERO, ONE), transforms.AffineTransform(1.0, 2.0)),
        bent(Normal(ZERO, ONE), transforms.ExpTransform(), transforms.ExpTransform().inv),
    ],
    "positive": [
        LogNormal(ZERO, ONE),
        Gamma(ONE, ONE),
        Exponential(ONE),
        HalfNormal(ONE),
        Weibull(ONE, ONE),
        mixed(Gamma(TWO + 1, 1.0)),
        bent(Normal(ZERO, ONE), transforms.ExpTransform()),
    ],
    "unit interval": [
        Beta(ONE, ONE),
        Uniform(0.0, 1.0),
        Uniform(ZERO, ONE),
        Independent(Uniform(ZERO, ONE), 1),
        RelaxedBernoulli(torch.tensor(0.5), ONE / 2),
        bent(Normal(ZERO, ONE), transforms.ComposeTransform([transforms.SigmoidTransform()])),
    ],
    "ends of their own": [Uniform(-AXIS, ONE)],
    "angles": [VonMises(ZERO, ONE), Uniform(-math.pi * ONE, math.pi * ONE)],
    "simplex": [Dirichlet(ONE), bent(Normal(ZERO, ONE), transforms.SoftmaxTransform())],
    "sphere": [VonMisesFisher(AXIS, 3.0), UniformSphere(AXIS[0])],
    "yes or no": [Bernoulli(ONE / 2), Independent(Bernoulli(ONE / 2), 1)],
    "counts": [Poisson(ONE)],
    "counts to 2": [Binomial(2, ONE / 2), Binomial(2 * ONE, ONE / 2), Categorical(torch.ones(3))],
    "one of many": [OneHotCategorical(ONE)],
}
PARTS = {  # beside each what it is a part of
    "positive": ["real vectors"],
    "unit interval": ["real vectors", "positive", "ends of their own", "angles"],
    "ends of their own": ["real vectors", "angles"],
    "angles": ["real vectors"],
    "counts to 2": ["counts"],
}


def refused(check, q: Distribution, p: Distribution) -> bool:
    try:
        check(q, p)
    except CollapseError as error:
        assert type(q).__name__ in str(error)  # noqa: PT017
        return True
    return False


@pytest.mark.parametrize("name", SUPPORTS)
@pytest.mark.parametrize("other", SUPPORTS)
def test_weights_need_one_support_and_a_kl_a_larger_one(name: str, other: str) -> None:
    for q in SUPPORTS[name]:
        for p in SUPPORTS[other]:
            assert refused(check_same_support, q, p) == (name != other)
            inside = other in [name, *PARTS.get(name, [])]
            assert refused(check_inside, q, p) != inside


class Silent(Distribution):
    """Says nothing of itself."""

    arg_constraints = {}  # noqa: RUF012

    def log_prob(self, value: Tensor) -> Tensor:
        return -value.abs()


NOT_KNOWN = [
    Silent(validate_args=False),
    bent(Uniform(ZERO, ONE), transforms.AffineTransform(0.0, 5.0)),
    bent(Normal(ZERO, ONE), transforms.TanhTransform(), transforms.AffineTransform(0.0, 5.0)),
    bent(HalfNormal(ONE), transforms.AffineTransform(3.0, 1.0)),
    mixed(Uniform(TWO, TWO + torch.tensor([1.0, 2.0]))),
]


@pytest.mark.parametrize("q", NOT_KNOWN, ids=lambda q: type(q).__name__)
def test_what_is_not_known_is_not_guessed(q: Distribution) -> None:
    for check in (check_same_support, check_inside):
        for pair in ((q, Normal(ZERO, ONE)), (Normal(ZERO, ONE), q)):
            with pytest.raises(CollapseError, match=r"Which values .* takes is not known"):
                check(*pair)
