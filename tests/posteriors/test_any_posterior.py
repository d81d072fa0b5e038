"""A posterior of one's own class through a whole run: training, and every measure of it."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Float
from scipy import integrate, stats
from torch import Tensor
from torch.distributions import Distribution, Independent, Laplace, MultivariateNormal, StudentT

from collapse.base.errors import CollapseError
from collapse.data import make_batch
from collapse.metrics import (
    active_units,
    decomposition,
    encode_split,
    exact_nll,
    iw_nll,
    mutual_information,
)
from collapse.objectives import FreeBits, MAERegulariser, WassersteinRegulariser
from collapse.parts import Part
from collapse.posteriors import DiagonalGaussian
from collapse.recipe import Recipe
from collapse.runs.request import make_request
from collapse.runs.run import Run, perform

DRAWS = 20_000


class EventGaussian(DiagonalGaussian):
    """The Gaussian as torch says a vector: one event of all dimensions, and so the prior."""

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Distribution:
        return Independent(super().forward(features), 1)

    def prior(self) -> Distribution:
        return Independent(super().prior(), 1)


class FullGaussian(DiagonalGaussian):
    """The Gaussian as a multivariate one."""

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Distribution:
        q = super().forward(features)
        return MultivariateNormal(q.mean, scale_tril=q.stddev.diag_embed())


class LaplacePosterior(DiagonalGaussian):
    """A Laplace distribution a dimension."""

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Distribution:
        q = super().forward(features)
        return Laplace(q.mean, q.stddev)


class LaplaceBoth(LaplacePosterior):
    """And the prior is one as well."""

    def prior(self) -> Distribution:
        p = super().prior()
        return Laplace(p.mean, p.stddev)


class StudentPosterior(DiagonalGaussian):
    """A distribution whose KL to a normal nobody has told torch."""

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Distribution:
        q = super().forward(features)
        return StudentT(5.0, q.mean, q.stddev)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a posterior, each once."""
    folder: Path = tmp_path_factory.mktemp("runs")

    @cache
    def perform_once(kind: type, corpus: str, **more) -> Run:
        recipe = Recipe(posterior=Part(kind), **more)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COLLAPSE_RUNS", str(folder))
            request = make_request(recipe, corpus, "smoke", name=kind.__name__)
            return Run(request, perform(request).folder)

    return perform_once


NUMBERS = ("elbo_nll", "reconstruction", "kl", "nll", "mi", "mi_batch", "marginal_kl", "mi_cap")


@pytest.mark.parametrize("kind", [EventGaussian, FullGaussian])
@pytest.mark.parametrize("corpus", ["synthetic", "toy-reviews"])
def test_the_same_posterior_in_other_words_is_the_same_run(run, kind: type, corpus: str) -> None:
    """The draws are the same, so training and every measure is, up to rounding."""
    right, found = run(DiagonalGaussian, corpus).summary, run(kind, corpus).summary
    assert found["nll_method"] == right["nll_method"]
    for name in NUMBERS:
        assert found[name] == pytest.approx(right[name], abs=1e-4), name
    assert found["au"] == right["au"]


def test_free_bits_of_an_event_of_factors_are_those_of_the_factors(run) -> None:
    free = FreeBits(2.0)
    right = run(DiagonalGaussian, "toy-reviews", free_bits=free).summary
    found = run(EventGaussian, "toy-reviews", free_bits=free).summary
    assert right["kl"] > run(DiagonalGaussian, "toy-reviews").summary["kl"] + 0.1
    for name in NUMBERS:
        assert found[name] == pytest.approx(right[name], abs=1e-4), name


def laplaces(q: Laplace) -> list[list]:
    """scipy's distributions, by document and dimension."""
    pairs = zip(q.loc.double().tolist(), q.scale.double().tolist(), strict=True)
    return [[stats.laplace(m, s) for m, s in zip(*both, strict=True)] for both in pairs]


def expected_log_ratio(one, other) -> float:
    """KL by adaptive quadrature."""
    kinks = sorted([one.mean(), other.mean()])
    ends = one.ppf(1e-13), one.ppf(1 - 1e-13)
    inside = [kink for kink in kinks if ends[0] < kink < ends[1]]
    ratio = lambda z: one.pdf(z) * (one.logpdf(z) - other.logpdf(z))  # noqa: E731
    return integrate.quad(ratio, *ends, points=inside, limit=200)[0]


@pytest.mark.parametrize("kind", [LaplacePosterior, LaplaceBoth])
@pytest.mark.parametrize("corpus", ["synthetic", "toy-reviews"])
def test_a_laplace_posterior_is_measured_right(run, kind: type, corpus: str) -> None:
    done = run(kind, corpus)
    model, few = done.model(), done.corpus().test.first(3)
    seen = encode_split(model, few, seed=3)
    prior = stats.laplace() if kind is LaplaceBoth else stats.norm()
    q = laplaces(seen.q)
    kl = [[expected_log_ratio(one, prior) for one in row] for row in q]
    np.testing.assert_allclose(seen.kl.numpy(), kl, atol=2e-5)
    log_q = np.array([[sum(one.logpdf(v) for one, v in zip(row, z, strict=True)) for row in q]
                      for z in seen.z.double().tolist()])  # fmt: skip
    information = (np.diag(log_q) - np.logaddexp.reduce(log_q, 1) + math.log(3)).mean()
    found = decomposition(seen.q, seen.z, model.prior())
    assert found.mutual_information.value == pytest.approx(information, abs=1e-4)
    assert found.kl.value == pytest.approx(np.sum(kl, 1).mean(), abs=1e-4)
    assert found.mutual_information.cap == math.log(3)
    means = np.array([[one.mean() for one in row] for row in q])
    assert active_units(seen.q.mean).count == (means.var(0, ddof=1) >= 0.01).sum()
    assert done.summary["mi_cap"] == math.log(done.summary["test_documents"])


def test_the_likelihood_under_a_laplace_posterior_by_quadrature(run) -> None:
    """One dimension, a normal prior: importance weights against the even grid."""
    done = run(LaplacePosterior, "synthetic")
    model, few = done.model(), done.corpus().test.first(6)
    exact = exact_nll(model, few, stride=0.02)
    torch.testing.assert_close(iw_nll(model, few, DRAWS), exact, atol=0.02, rtol=0)
    assert done.summary["nll_method"] == "quadrature"


def test_the_likelihood_under_a_laplace_prior_by_quadrature(run) -> None:
    """No grid of ours is for it; here the integral is done by scipy's own density."""
    done = run(LaplaceBoth, "synthetic")
    model, few = done.model(), done.corpus().test.first(4)
    grid = torch.arange(-30, 30, 0.01)
    log_prior = stats.laplace.logpdf(grid.numpy())
    for row in range(4):
        one = make_batch(few, [row]).repeat(len(grid))
        with torch.no_grad():
            log_p = model.log_likelihood(one, grid[:, None]).double().numpy()
        exact = -np.logaddexp.reduce(log_p + log_prior) - math.log(0.01)
        found = iw_nll(model, few.subset([row]), DRAWS).item()
        assert found == pytest.approx(exact, abs=0.03)
    with pytest.raises(CollapseError, match=r"for a normal prior .* this one is a Laplace"):
        exact_nll(model, few)


def test_mae_pushes_laplace_posteriors_apart(run) -> None:
    charge = Part(MAERegulariser, eta=1.0, gamma=0.2)
    found = run(LaplacePosterior, "toy-reviews", regulariser=charge)
    assert all(math.isfinite(found.summary[name]) for name in NUMBERS)
    assert found.history[-1]["charge"] > found.history[-1]["kl"]


def test_a_kl_that_nobody_knows_is_a_sentence(run) -> None:
    with pytest.raises(CollapseError, match="no closed form of the KL from StudentT to Normal"):
        run(StudentPosterior, "synthetic")


def test_a_run_that_is_not_charged_the_kl_is_measured_by_its_draws(run) -> None:
    done = run(StudentPosterior, "synthetic", regulariser=Part(WassersteinRegulariser))
    model, test = done.model(), done.corpus().test
    seen = encode_split(model, test)
    q = stats.t(5, seen.q.loc.double().numpy(), seen.q.scale.double().numpy())
    z = seen.z.double().numpy()
    ratio = q.logpdf(z) - stats.norm.logpdf(z)
    np.testing.assert_allclose(seen.kl.numpy(), ratio, atol=1e-4)
    assert done.summary["kl"] == pytest.approx(ratio.mean(), abs=1e-4)
    assert done.summary["mi"] == mutual_information(seen.q, seen.z).value
    assert done.summary["au"] == active_units(seen.q.mean).count


def test_what_does_not_need_the_kl_is_measured_without_it() -> None:
    generator = torch.Generator().manual_seed(0)
    loc = torch.randn(9, 2, generator=generator)
    q = StudentT(5.0, loc, 0.5)
    assert 0 < mutual_information(q, q.sample()).value < math.log(9)
    assert active_units(q.mean).count == 2
