"""A KL that nobody knows in closed form, by its draws, against quadrature."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from test_supports import STANDARD, Noisy, X
from torch.distributions import (
    Categorical,
    Distribution,
    Independent,
    MixtureSameFamily,
    Normal,
    StudentT,
    Uniform,
)

from collapse.base.errors import CollapseError
from collapse.metrics import (
    active_units,
    decomposition,
    encode_split,
    iw_nll,
    kl_per_dimension,
    marginal_kl,
    mutual_information,
)

MIXED = MixtureSameFamily(  # as a VampPrior has it, one event of all dimensions
    Categorical(torch.tensor([0.3, 0.7])),
    Independent(Normal(torch.tensor([[-1.0], [2.0]]), 0.5), 1),
)


def log_mixed(z: float) -> float:
    sides = stats.norm.logpdf(z, -1, 0.5), stats.norm.logpdf(z, 2, 0.5)
    return np.logaddexp(math.log(0.3) + sides[0], math.log(0.7) + sides[1])


CASES = {
    "StudentT": (
        Noisy(lambda x: StudentT(5.0, x / 2, 0.7), STANDARD),
        lambda x: stats.t(5, x / 2, 0.7),
        stats.norm.logpdf,
    ),
    "mixture prior": (
        Noisy(lambda x: Normal(x / 2, 0.7), MIXED),
        lambda x: stats.norm(x / 2, 0.7),
        log_mixed,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_mean_of_the_estimate_is_the_kl(name: str) -> None:
    model, of, log_prior = CASES[name]
    draws = 20_000
    for x in X[:, 0].tolist():
        q = of(x)
        ratio = lambda z, q=q: q.pdf(z) * (q.logpdf(z) - log_prior(z))  # noqa: E731
        exact = integrate.quad(ratio, q.ppf(1e-10), q.ppf(1 - 1e-10), points=[x / 2], limit=400)[0]
        kl = encode_split(model, torch.full((draws, 1), x)).kl
        assert kl.shape == (draws, 1)
        assert abs(kl.mean().item() - exact) < 4 * kl.std().item() / draws**0.5
        assert kl.min() < 0  # an estimate, and not a KL


@pytest.mark.parametrize("name", CASES)
def test_the_documented_road_leads_to_information_and_active_units(name: str) -> None:
    model = CASES[name][0]
    x = torch.linspace(-3, 3, 200).unsqueeze(1)
    seen = encode_split(model, x)
    parts = decomposition(seen.q, seen.z, model.prior())
    assert parts.kl.value == pytest.approx(seen.kl.mean().item(), abs=1e-5)
    assert parts.mutual_information == mutual_information(seen.q, seen.z)
    directly = marginal_kl(seen.q, seen.z, model.prior())  # the terms are the same ones
    assert parts.marginal_kl.value == pytest.approx(directly.value, abs=1e-5)
    assert active_units(seen.q.mean).count == 1
    torch.testing.assert_close(seen.nll_bound, one_weight(model, x, seen.z))


def one_weight(model: Noisy, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """The negative of one importance weight, from torch's densities alone."""
    log_p, log_q = model.prior().log_prob(z), model.encode(x).log_prob(z).sum(-1)
    return log_q - log_p.view(len(x)) - model.log_likelihood(x, z)


def test_many_draws_of_such_a_posterior_give_the_likelihood() -> None:
    model = CASES["mixture prior"][0]
    joint = lambda z, x: math.exp(log_mixed(z)) * stats.norm.pdf(x - z)  # noqa: E731
    for x, found in zip(X[:, 0].tolist(), iw_nll(model, X, 20_000), strict=True):
        exact = integrate.quad(joint, -12, 12, args=(x,), points=[-1, 2])[0]
        assert (-found).exp().item() == pytest.approx(exact, rel=0.05)


def test_a_closed_form_is_taken_where_there_is_one() -> None:
    model = Noisy(lambda x: Normal(x / 2, 0.7), STANDARD)
    seen = encode_split(model, X)
    assert torch.equal(seen.kl, kl_per_dimension(seen.q, STANDARD))


def refused_priors() -> dict[str, Distribution]:
    parts = Normal(torch.tensor([[0.0, 1.0]]), 1.0)
    return {
        "Normal .* takes values that MixtureSameFamily": MixtureSameFamily(
            Categorical(torch.ones(1, 2)), torch.distributions.LogNormal(parts.loc, 1.0)
        ),
        "Which values MixtureSameFamily takes is not known": MixtureSameFamily(
            Categorical(torch.ones(1, 2)), Uniform(parts.loc, parts.loc + 1)
        ),
    }


@pytest.mark.parametrize("sentence", refused_priors())
def test_an_estimate_over_other_values_is_refused(sentence: str) -> None:
    model = Noisy(lambda x: Normal(x, 1.0), refused_priors()[sentence])
    with pytest.raises(CollapseError, match=sentence):
        encode_split(model, X)


def test_an_estimate_at_a_draw_that_is_rounded_to_its_mean_is_refused() -> None:
    model = Noisy(lambda x: StudentT(5.0, x + 10, 1e-8), STANDARD)
    with pytest.raises(CollapseError, match="rounded more coarsely than their posterior"):
        encode_split(model, X)
