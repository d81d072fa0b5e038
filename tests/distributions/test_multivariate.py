"""A posterior of one factor goes through training terms and metrics like one of many."""

import math
from typing import ClassVar

import numpy as np
import pytest
import torch
from small import batch_of, tiny_corpus, tiny_documents, tiny_model
from torch import Tensor
from torch.distributions import (
    Distribution,
    Independent,
    Normal,
    RelaxedBernoulli,
    Uniform,
    constraints,
    kl_divergence,
    register_kl,
)

from collapse.base.errors import CollapseError
from collapse.distributions import Multivariate, by_row, normal_log_densities
from collapse.metrics import encode_split, exact_nll, iw_nll, marginal_kl, mutual_information
from collapse.objectives import elbo_terms
from collapse.posteriors import DiagonalGaussian
from collapse.vae import VAE


class OneFactor(Multivariate):
    """A diagonal Gaussian that says it is one factor: every sum must stay what it was."""

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    shared = ("name",)
    has_rsample = True

    def __init__(self, loc: Tensor, scale: Tensor, name: str, validate_args=None) -> None:
        self.loc, self.scale, self.name = loc, scale, name
        self.normal = Normal(loc, scale)
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    def rsample(self, sample_shape=()) -> Tensor:
        return self.normal.rsample(torch.Size(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        return self.normal.log_prob(value).sum(-1, keepdim=True)

    def entropy(self) -> Tensor:
        return self.normal.entropy().sum(-1, keepdim=True)

    def log_densities(self, z: Tensor) -> Tensor:
        return self.log_prob(z.unsqueeze(1)).squeeze(-1)


@register_kl(OneFactor, OneFactor)
def _kl(q: OneFactor, p: OneFactor) -> Tensor:
    return kl_divergence(q.normal, p.normal).sum(-1, keepdim=True)


class OneFactorPosterior(DiagonalGaussian):
    def forward(self, features: Tensor) -> OneFactor:
        q = super().forward(features)
        return OneFactor(q.loc, q.scale, "mine")

    def prior(self) -> OneFactor:
        p = super().prior()
        return OneFactor(p.loc, p.scale, "mine")


def both(spread: float = 1.5) -> tuple[VAE, VAE]:
    """The same model with a posterior of two factors and of one."""
    many, one = tiny_model(spread=spread), tiny_model(spread=spread)
    one.posterior.__class__ = OneFactorPosterior
    return many, one


def test_terms_of_the_elbo_have_one_factor_with_the_same_sum() -> None:
    found = []
    for model in both():
        torch.manual_seed(0)
        found.append(elbo_terms(model, batch_of()))
    assert found[1].kl.shape == (7, 1)
    torch.testing.assert_close(found[0].kl.sum(-1), found[1].kl.sum(-1))
    torch.testing.assert_close(found[0].elbo, found[1].elbo)


def test_metrics_do_not_see_how_many_factors_there_are() -> None:
    documents = tiny_documents()
    many, one = both()
    seen = [encode_split(model, documents) for model in (many, one)]
    torch.testing.assert_close(seen[0].nll_bound, seen[1].nll_bound)
    torch.testing.assert_close(seen[0].z, seen[1].z)
    assert seen[1].q.name == "mine"
    batches = np.array_split(np.arange(len(documents)), 3)
    for entropy in ("sampled", "analytic"):
        for split in (None, batches):
            values = [mutual_information(s.q, s.z, split, entropy).value for s in seen]
            assert values[0] == pytest.approx(values[1], rel=1e-5)
    kls = [marginal_kl(s.q, s.z, m.prior()).value for s, m in zip(seen, (many, one), strict=True)]
    assert kls[0] == pytest.approx(kls[1], rel=1e-4)
    torch.testing.assert_close(
        iw_nll(many, documents, 20), iw_nll(one, documents, 20), rtol=1e-4, atol=1e-4
    )


def test_the_first_documents_are_those_of_the_split() -> None:
    seen = encode_split(both()[1], tiny_documents())
    few = seen.first(5)
    assert (few.q.mean == seen.q.mean[:5]).all()
    assert few.q.batch_shape == (5,)
    assert few.kl.shape == (5, 1)


def test_rows_of_two_batches_in_any_order() -> None:
    q, r = (Normal(torch.randn(n, 2), torch.rand(n, 2)) for n in (3, 4))
    back = torch.tensor([6, 0, 3])
    joined = by_row(lambda *rows: torch.cat(rows)[back], q, r)
    assert (joined.scale == torch.stack([r.scale[3], q.scale[0], r.scale[0]])).all()


def test_rows_of_a_distribution_whose_arguments_depend_on_each_other() -> None:
    q = Uniform(-torch.rand(3, 2), torch.rand(3, 2))
    for whole in (q, Independent(q, 1)):
        few = by_row(lambda rows: rows[[2, 0]], whole)
        assert torch.equal(few.mean, q.mean[[2, 0]])
        assert torch.equal(few.variance, q.variance[[2, 0]])


class Unsaid(Distribution):
    """It names nothing."""


def test_rows_that_cannot_be_made_again_are_refused() -> None:
    with pytest.raises(CollapseError, match="Unsaid names no tensor in arg_constraints"):
        by_row(torch.Tensor.double, Unsaid(validate_args=False))
    warm = RelaxedBernoulli(torch.tensor(0.5), torch.ones(3, 2) / 2)
    with pytest.raises(CollapseError, match=r"cannot be made of its logits alone .*temperature"):
        by_row(torch.Tensor.double, warm)

    class Shared(RelaxedBernoulli):
        shared = ("temperature",)

    warm = Shared(torch.tensor(0.5), torch.ones(3, 2) / 2)
    assert by_row(lambda rows: rows[:2], warm).temperature == 0.5


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(CollapseError, match=r"for a normal prior .* this one is a OneFactor"):
        exact_nll(both()[1], tiny_corpus().test)
    z = torch.zeros(3, 2)
    with pytest.raises(CollapseError, match=r"q has shape \(3, 2\), z \(2, 2\)"):
        mutual_information(OneFactor(z, torch.ones(3, 2), "mine"), z[:2])


def test_a_joint_posterior_of_far_documents_shows_the_log_of_their_number() -> None:
    loc = torch.arange(8.0).view(-1, 1).expand(-1, 2) * 100
    q = OneFactor(loc, torch.ones(8, 2), "mine")
    assert mutual_information(q, loc).value == pytest.approx(math.log(8))


@pytest.mark.parametrize(("far", "width"), [(0.0, 1.0), (10.0, 1e-8), (1e6, 1e-3), (0.0, 1e-150)])
def test_no_digit_is_lost_where_a_square_is_large(far: float, width: float) -> None:
    generator = torch.Generator().manual_seed(0)
    steps, noise = torch.randn(2, 40, 3, generator=generator).double()
    means, z = far + width * steps, far + width * noise
    found = normal_log_densities(means, torch.full_like(means, width**2), z)
    # The differences of what was rounded: exact, since neighbours are of one size.
    standard = (z[:, None] - means) / width
    right = (-0.5 * standard.square() - math.log(width) - 0.5 * math.log(2 * math.pi)).sum(-1)
    torch.testing.assert_close(found, right, rtol=1e-9, atol=1e-7)
