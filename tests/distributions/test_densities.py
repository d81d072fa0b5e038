"""Each of torch's contracts for ``log_prob`` gives the right number, or a sentence."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from scipy import stats
from small import SIZES, tiny_documents, tiny_model
from torch import Tensor
from torch.distributions import (
    Categorical,
    Distribution,
    Independent,
    Laplace,
    LowRankMultivariateNormal,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
    StudentT,
    TransformedDistribution,
)
from torch.distributions.transforms import ExpTransform

from collapse.base.errors import CollapseError
from collapse.distributions import by_row, densities
from collapse.metrics import (
    Encoded,
    decomposition,
    encode_split,
    frozen_features,
    iw_nll,
    kl_per_dimension,
    marginal_kl,
    mutual_information,
)
from collapse.posteriors import LinearNoise

N, D = 23, 3


def tables(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Means and standard deviations of N documents."""
    generator = torch.Generator().manual_seed(0)
    loc, width = torch.randn(2, N, D, generator=generator, dtype=dtype)
    return loc, 0.3 + width.abs()


def correlated(dtype: torch.dtype = torch.float64) -> MultivariateNormal:
    loc, width = tables(dtype)
    root = width.diag_embed() + 0.4 * torch.ones(D, D, dtype=dtype).tril(-1)
    return MultivariateNormal(loc, scale_tril=root)


def posteriors() -> dict[str, Distribution]:
    loc, width = tables()
    far = torch.stack([loc, loc + 2], 1)
    parts = Independent(Normal(far, width.unsqueeze(1).expand_as(far)), 1)
    return {
        "Normal": Normal(loc, width),
        "Laplace": Laplace(loc, width),
        "StudentT": StudentT(4.0, loc, width),
        "Independent Normal": Independent(Normal(loc, width), 1),
        "Independent Laplace": Independent(Laplace(loc, width), 1),
        "MultivariateNormal": correlated(),
        "LowRank": LowRankMultivariateNormal(loc, 0.2 * loc.unsqueeze(-1), width),
        "Mixture": MixtureSameFamily(Categorical(torch.ones(N, 2, dtype=loc.dtype)), parts),
    }


def one_by_one(name: str, n: int, z: np.ndarray) -> float:
    """log q(z|x_n) by scipy, which knows nothing of batches."""
    return float(law(name, n)(z))


@cache
def law(name: str, n: int) -> Callable[[np.ndarray], float]:
    """log q(.|x_n): a distribution of scipy, which takes long to make."""
    loc, width = (table[n].numpy() for table in tables())
    kind = name.split()[-1]
    if kind == "MultivariateNormal":
        return stats.multivariate_normal(loc, correlated().covariance_matrix[n]).logpdf
    if kind == "LowRank":
        factor = 0.2 * loc[:, None]
        return stats.multivariate_normal(loc, factor @ factor.T + np.diag(width)).logpdf
    if kind == "Mixture":
        sides = [stats.norm(loc + by, width).logpdf for by in (0, 2)]
        return lambda z: np.logaddexp(*(side(z).sum() for side in sides)) - math.log(2)
    laws = {"Normal": stats.norm, "Laplace": stats.laplace, "StudentT": stats.t}
    more = (4.0,) if kind == "StudentT" else ()
    made = laws[kind](*more, loc=loc, scale=width).logpdf
    return lambda z: made(z).sum()


@pytest.mark.parametrize("name", posteriors())
@pytest.mark.parametrize("batched", [False, True])
def test_information_of_any_posterior_is_that_of_a_loop_over_pairs(name, batched) -> None:
    q = posteriors()[name]
    torch.manual_seed(0)
    z = q.sample()
    groups = [np.array([3, 1, 20]), np.setdiff1d(np.arange(N), [3, 1, 20])]
    total = aggregated = 0.0
    for group in groups if batched else [np.arange(N)]:
        for n in group:
            pairs = [one_by_one(name, m, z[n].numpy()) for m in group]
            mixed = np.logaddexp.reduce(pairs) - math.log(len(group))
            aggregated += (mixed - stats.norm.logpdf(z[n].numpy()).sum()) / N
            total += (one_by_one(name, n, z[n].numpy()) - mixed) / N
    batches = groups if batched else None
    assert mutual_information(q, z, batches).value == pytest.approx(total, abs=1e-9)
    for prior in priors():
        found = marginal_kl(q, z, prior, batches)
        assert found.value == pytest.approx(aggregated, abs=1e-9)


def priors() -> list[Distribution]:
    """Seven ways to say N(0, I)."""
    zero, one = torch.zeros(D).double(), torch.ones(D).double()
    return [
        Normal(zero, one),
        Normal(zero[0], one[0]),
        Normal(zero[:1], one[:1]),
        Independent(Normal(zero, one), 1),
        MultivariateNormal(zero, torch.eye(D).double()),
        Normal(zero.expand(N, -1), one.expand(N, -1)),
        MultivariateNormal(zero.expand(N, -1), torch.eye(D).double()),
    ]


@pytest.mark.parametrize("size", [1, D, N])
def test_draws_as_many_as_documents_are_not_taken_for_documents(size: int) -> None:
    for name, q in posteriors().items():
        z = q.sample(torch.Size([size]))
        found = densities.log_density(q, z)
        assert found.shape == (size, N)
        expected = [[one_by_one(name, n, row[n].numpy()) for n in range(N)] for row in z]
        torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_rows_of_any_distribution() -> None:
    back = torch.tensor([6, 0, 3])
    for name, q in posteriors().items():
        few = by_row(lambda rows: rows[back], q)
        z = few.sample()
        found = densities.log_density(few, z)
        rows = zip(back.tolist(), z, strict=True)
        expected = [one_by_one(name, n, row.numpy()) for n, row in rows]
        torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))
        twice = by_row(lambda *rows: torch.cat(rows), q, few)
        assert (twice.batch_shape + twice.event_shape) == (N + 3, D)


def test_rows_that_nothing_is_known_of_are_refused() -> None:
    loc, width = tables()
    q = TransformedDistribution(Normal(loc, width), [ExpTransform()])
    with pytest.raises(CollapseError, match="TransformedDistribution names no tensor"):
        mutual_information(q, q.sample())


def test_the_kl_of_any_pair_is_that_of_draws_or_refused() -> None:
    """Every prior says the same, so every KL must; the oracle is an average over draws."""
    torch.manual_seed(0)
    plain = priors()[0]
    for name, q in posteriors().items():
        z = q.sample(torch.Size([40_000]))
        terms = densities.log_density(q, z) - densities.log_density(plain, z)
        for prior in priors():
            try:
                found = kl_per_dimension(q, prior)
            except CollapseError as error:
                assert "no closed form of the KL" in str(error), name  # noqa: PT017
                assert name.split()[-1] in ("StudentT", "Laplace", "Mixture"), name
                continue
            assert len(found) == N
            error = 5 * terms.std(0) / 200
            assert ((found.sum(-1) - terms.mean(0)).abs() < error).all(), (name, prior)


def test_a_decomposition_with_events_is_that_with_factors() -> None:
    loc, width = tables()
    z = Normal(loc, width).sample()
    many = decomposition(Normal(loc, width), z, priors()[0])
    one = MultivariateNormal(loc, scale_tril=width.diag_embed())
    for q in (Independent(Normal(loc, width), 1), one):
        for prior in priors():
            found = decomposition(q, z, prior)
            for part in ("kl", "mutual_information", "marginal_kl"):
                right, value = getattr(many, part), getattr(found, part)
                assert value.value == pytest.approx(right.value, abs=1e-9)
                assert value.standard_error == pytest.approx(right.standard_error, abs=1e-9)


@pytest.mark.parametrize("entropy", ["sampled", "analytic"])
def test_the_analytic_entropy_of_an_event_is_not_summed_over_documents(entropy: str) -> None:
    loc, width = tables()
    z = Normal(loc, width).sample()
    right = mutual_information(Normal(loc, width), z, entropy=entropy).value
    one = MultivariateNormal(loc, scale_tril=width.diag_embed())
    for q in (one, Independent(Normal(loc, width), 1)):
        assert mutual_information(q, z, entropy=entropy).value == pytest.approx(right, abs=1e-9)


def test_an_entropy_that_is_not_known_is_refused() -> None:
    q = posteriors()["Mixture"]
    with pytest.raises(CollapseError, match="no known entropy; take it at the draw"):
        mutual_information(q, q.sample(), entropy="analytic")


class Rewritten(torch.nn.Module):
    """A model's posterior said in another way."""

    def __init__(self, inner, posterior, prior) -> None:
        super().__init__()
        self.inner, self.of, self.to, self.latent = inner, posterior, prior, inner.latent

    def forward(self, features: Tensor) -> Distribution:
        return self.of(self.inner(features))

    def prior(self) -> Distribution:
        return self.to(self.inner.prior())


def event(q: Normal) -> Independent:
    return Independent(q, 1)


def full(q: Normal) -> MultivariateNormal:
    return MultivariateNormal(q.mean, scale_tril=q.stddev.diag_embed())


def plain(q: Normal) -> Normal:
    return q


@pytest.mark.parametrize("of", [event, full])
@pytest.mark.parametrize("to", [plain, event, full])
@pytest.mark.parametrize("samples", [1, 7, 24])
def test_likelihoods_do_not_depend_on_how_a_posterior_is_said(of, to, samples: int) -> None:
    model, documents = tiny_model(spread=1.5), tiny_documents(24)
    right, seen = iw_nll(model, documents, samples), encode_split(model, documents)
    model.posterior = Rewritten(model.posterior, of, to)
    torch.testing.assert_close(iw_nll(model, documents, samples), right)
    found: Encoded = encode_split(model, documents)
    torch.testing.assert_close(found.nll_bound, seen.nll_bound)
    assert len(found.first(3).kl) == 3


def test_a_laplace_posterior_gives_the_same_likelihood_in_the_end() -> None:
    model, documents = tiny_model(spread=1.0), tiny_documents(6)
    right = iw_nll(model, documents, 4000)
    wide = lambda q: Laplace(q.mean, q.stddev)  # noqa: E731
    model.posterior = Rewritten(model.posterior, wide, plain)
    torch.testing.assert_close(iw_nll(model, documents, 4000), right, atol=0.1, rtol=0)
    assert encode_split(model, documents).kl.shape == (6, SIZES.latent)


def test_a_posterior_of_one_document_for_all_is_refused() -> None:
    model = tiny_model()
    alone = lambda q: Normal(q.mean[0], q.stddev[0])  # noqa: E731
    model.posterior = Rewritten(model.posterior, alone, plain)
    for ask in (iw_nll, encode_split, frozen_features):
        with pytest.raises(CollapseError, match="a row a document and a column a dimension"):
            ask(model, tiny_documents(2))
    model.posterior.of = lambda q: Normal(q.mean[:1], q.stddev[:1])
    for ask in (iw_nll, encode_split, frozen_features):
        with pytest.raises(CollapseError, match="a posterior for each of the 3 examples"):
            ask(model, tiny_documents(3))


def test_densities_of_another_shape_are_refused() -> None:
    loc, width = tables()
    with pytest.raises(CollapseError, match=r"must be \(23,\), or that with a last axis"):
        densities.log_density(Independent(Normal(loc, width), 2), loc)
    with pytest.raises(CollapseError, match="has no density at z of shape"):
        densities.log_density(Normal(loc, width), loc[:, :2])


def test_posteriors_that_are_no_table_are_refused() -> None:
    """A row of numbers may be documents or dimensions; nobody can tell."""
    loc, width = tables()
    row, deep = Normal(loc[:, 0], width[:, 0]), Normal(loc[:, None], width[:, None])
    z = loc.clone()
    for q in (row, deep):
        for ask in (
            lambda q: kl_per_dimension(q, priors()[0]),
            lambda q: mutual_information(q, z),
            densities.entropy,
            densities.mean,
            lambda q: densities.log_densities(q, z),
        ):
            with pytest.raises(CollapseError, match="a row a document and a column a dimension"):
                ask(q)


def test_a_prior_of_other_documents_is_refused() -> None:
    loc, width = tables()
    q = Normal(loc, width)
    others = torch.zeros(N - 1, D).double(), torch.zeros(D + 1).double(), torch.zeros(2, N, D)
    for zeros in others:
        with pytest.raises(CollapseError, match="does not fit posteriors of shape"):
            kl_per_dimension(q, Normal(zeros, torch.ones_like(zeros)))
    with pytest.raises(CollapseError, match=r"of shape \(23, 3\) does not fit .* shape \(1, 3\)"):
        kl_per_dimension(by_row(lambda rows: rows[:1], q), q)


def test_a_kl_that_torch_knows_and_refuses_is_not_said_to_be_unknown() -> None:
    loc, width = tables()
    zeros, ones = (make(D, device="meta") for make in (torch.zeros, torch.ones))
    elsewhere = Normal(zeros, ones, validate_args=False)
    with pytest.raises(CollapseError, match="Torch refuses the KL from Normal to Normal"):
        kl_per_dimension(Normal(loc, width), elsewhere)


def test_a_grid_of_another_number_of_dimensions_is_refused() -> None:
    """One column would be stretched to three without a word."""
    with pytest.raises(CollapseError, match="q is over 3 dimensions, z has 1"):
        densities.log_densities(posteriors()["Laplace"], torch.zeros(5, 1).double())


def test_means_of_any_posterior_are_a_table_or_a_sentence() -> None:
    for q in posteriors().values():
        assert densities.mean(q).shape == (N, D)
    loc, width = tables()
    unknown = TransformedDistribution(Normal(loc, width), [ExpTransform()])
    with pytest.raises(CollapseError, match="TransformedDistribution does not know its mean"):
        densities.mean(unknown)


def test_an_event_of_no_axis_is_a_factor_a_dimension() -> None:
    loc, width = tables()
    plain, none = Normal(loc, width), Independent(Normal(loc, width), 0)
    for prior in priors():
        assert torch.equal(kl_per_dimension(none, prior), kl_per_dimension(plain, prior))


def test_a_joint_that_loses_digits_is_asked_pair_by_pair() -> None:
    """Squares of 1e8 widths hide a difference of one; the density of a single pair does not."""
    loc = torch.arange(8.0).double().view(-1, 1).expand(-1, 2)
    q = LinearNoise(1e8 + loc, loc, torch.eye(2).double())
    apart = LinearNoise(loc, loc, torch.eye(2).double())
    noise = torch.randn(8, 2, generator=torch.Generator().manual_seed(0)).double()
    found, right = mutual_information(q, q.loc + noise), mutual_information(apart, loc + noise)
    assert found.value == pytest.approx(right.value, abs=1e-6)
