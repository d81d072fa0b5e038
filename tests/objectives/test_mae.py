"""MAE's charge, against a double loop over pairs."""

import math
from pathlib import Path

import pytest
import torch
from scipy import integrate, stats
from small import SIZES, tiny_corpus
from torch.distributions import (
    Independent,
    Laplace,
    MultivariateNormal,
    Normal,
    StudentT,
    kl_divergence,
)

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.distributions import Multivariate
from collapse.objectives import MAERegulariser
from collapse.objectives.mae import pairwise_kl
from collapse.recipes import RECIPES
from collapse.runs.measuring.measure import measure_epoch
from collapse.runs.settings import Settings
from collapse.theory import mutual_divergence
from collapse.training import Joint, Trainer, Training
from collapse.vae import init_uniform_


def posteriors(n: int, seed: int = 0) -> Normal:
    random = torch.Generator().manual_seed(seed)
    mean, log_var = torch.randn(2, n, 3, generator=random, dtype=torch.float64)
    return Normal(mean, (0.5 * log_var).exp())


def prior() -> Normal:
    return Normal(torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64))


def by_hand(q: Normal, eta: float, gamma: float, free: float) -> torch.Tensor:
    n, pairs = len(q.loc), []
    for i in range(n):
        for j in range(n):
            if i != j:
                s, t = q.scale[i] ** 2, q.scale[j] ** 2
                pairs.append(0.5 * (s / t + (q.loc[i] - q.loc[j]) ** 2 / t - 1 - (s / t).log()))
    table = torch.stack(pairs)
    apart = sum(eta * math.log1p(math.exp(-m / eta)) for m in table.mean(0).tolist())
    sums = table.sum(1)
    deviation = ((sums - sums.mean()) ** 2).sum() / (len(sums) - 1)
    rate = torch.maximum(kl_divergence(q, prior()).sum(1), torch.tensor(free))
    return (rate + apart + gamma * deviation.sqrt())[:, None]


@pytest.mark.parametrize(("eta", "gamma", "free"), [(1.0, 0.2, 0.0), (2.0, 0.0, 3.0)])
@pytest.mark.parametrize("n", [2, 7])
def test_the_charge(eta: float, gamma: float, free: float, n: int) -> None:
    q = posteriors(n)
    found = MAERegulariser(SIZES, eta=eta, gamma=gamma, free=free)(q, q.loc, prior())
    torch.testing.assert_close(found, by_hand(q, eta, gamma, free), atol=1e-5, rtol=1e-5)


def test_it_is_never_below_the_kl_so_the_objective_stays_a_bound() -> None:
    for seed in range(20):
        q = posteriors(5, seed)
        charge = MAERegulariser(SIZES, eta=1.0, gamma=0.2)(q, q.loc, prior())
        assert (charge >= kl_divergence(q, prior()).sum(1, keepdim=True)).all()


def test_pairs_are_those_of_the_mutual_divergence() -> None:
    """The theory takes a document with itself as a pair; it adds nothing but to the count."""
    q = posteriors(6)
    whole = mutual_divergence(q.mean, q.variance)
    torch.testing.assert_close(pairwise_kl(q).mean(0) * 5 / 6, whole)


def test_equal_posteriors_and_a_single_one() -> None:
    """Nothing is apart: the first term is at its largest, the second at 0, no gradient is lost."""
    mean = torch.zeros(4, 3, dtype=torch.float64, requires_grad=True)
    q = Normal(mean, torch.ones_like(mean))
    charge = MAERegulariser(SIZES, eta=1.0, gamma=0.2)
    found = charge(q, mean, prior())
    torch.testing.assert_close(found, torch.full_like(found, 3 * math.log(2)))
    found.sum().backward()
    assert mean.grad is not None
    assert mean.grad.isfinite().all()
    single = posteriors(1)
    torch.testing.assert_close(
        charge(single, single.loc, prior()), kl_divergence(single, prior()).sum(1, keepdim=True)
    )


@pytest.mark.parametrize("options", [{"eta": 0.0}, {"gamma": -1.0}, {"free": -1.0}])
def test_options_that_cannot_be(options: dict) -> None:
    with pytest.raises(CollapseError, match="eta > 0"):
        MAERegulariser(SIZES, **{"eta": 1.0, "gamma": 0.2, **options})


def test_posteriors_that_are_not_a_factor_a_dimension_are_refused() -> None:
    q = posteriors(4)
    for joint in (
        Multivariate(torch.Size([2]), torch.Size([3]), validate_args=False),
        MultivariateNormal(q.loc, q.variance.diag_embed()),
    ):
        with pytest.raises(CollapseError, match=f"those of {type(joint).__name__} hang together"):
            pairwise_kl(joint)
    with pytest.raises(CollapseError, match="MAE needs a KL of two StudentT in closed form"):
        pairwise_kl(StudentT(3.0, q.loc))


def test_laplace_posteriors_are_compared_by_quadrature() -> None:
    """KL of each pair and dimension, by scipy's own density and an adaptive rule."""
    normal = posteriors(3)
    found = pairwise_kl(Laplace(normal.loc, normal.scale))
    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    for (i, j), row in zip(pairs, found.tolist(), strict=True):
        for d, value in enumerate(row):
            one, other = (
                stats.laplace(normal.loc[n, d].item(), normal.scale[n, d].item()) for n in (i, j)
            )
            kinks = sorted([one.mean(), other.mean()])
            expected = integrate.quad(
                lambda z, p=one, q=other: p.pdf(z) * (p.logpdf(z) - q.logpdf(z)),
                one.ppf(1e-12),
                one.ppf(1 - 1e-12),
                points=kinks,
            )[0]
            assert value == pytest.approx(expected, abs=1e-7)


def test_an_event_of_all_dimensions_is_charged_alike() -> None:
    """The KL of ``Independent`` is one number a document, not a row to be summed."""
    charge = MAERegulariser(SIZES, eta=1.0, gamma=0.2)
    for n in (1, 7):
        q = posteriors(n)
        found = charge(Independent(q, 1), q.loc, Independent(prior(), 1))
        assert torch.equal(found, charge(q, q.loc, prior()))
    one = posteriors(1)
    joint = MultivariateNormal(one.loc, one.variance.diag_embed())
    torch.testing.assert_close(charge(joint, one.loc, prior()), charge(one, one.loc, prior()))


def test_it_trains(tmp_path: Path) -> None:
    recipe = RECIPES["mae-2"]
    with seeded(0):
        system = recipe.build(SIZES)
        init_uniform_(system, 0.5, 0.5)
    parts = (Training(learning_rate=0.1, epochs=2), Joint())
    small = Settings(embedding=5, hidden=6, latent=2)
    trainer = Trainer(system, tiny_corpus(), *parts, tmp_path, seed=0)
    history = trainer.fit(lambda m: measure_epoch(m, tiny_corpus(), small, 0), lambda line: None)
    assert history[-1]["charge"] > history[-1]["kl"]
    assert history[-1]["objective"] > history[-1]["loss"]
