"""Likelihoods against enumeration, quadrature of another kind, and one another."""

import math
import warnings

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from small import SIZES, tiny_corpus, tiny_documents, tiny_model

from collapse.base.errors import CollapseError, DataError
from collapse.data import Documents, make_batch
from collapse.metrics import exact_nll, grid_posterior, likelihood
from collapse.metrics.likelihood import encode_split, iw_nll
from collapse.metrics.protocol import log_likelihood_of
from collapse.metrics.text.perplexity import perplexity, unknown_share
from collapse.parts import Sizes

ONE = Sizes(12, 5, 6, 1)


def scipy_nll(model, documents, row: int) -> float:
    """-log of the integral of p(z) p(x|z) by adaptive quadrature in double precision."""
    batch = make_batch(documents, [row])

    def integrand(z: float) -> float:
        value = model.log_likelihood(batch, torch.tensor([[z]], dtype=torch.float64)).item()
        return math.exp(value) * stats.norm.pdf(z)

    return -math.log(integrate.quad(integrand, -8, 8, epsabs=0, epsrel=1e-8, limit=200)[0])


@torch.no_grad()
def test_even_grid_against_adaptive_quadrature() -> None:
    model, documents = tiny_model(sizes=ONE, spread=1.0), tiny_documents(5)
    found = exact_nll(model, documents)
    model.double()
    for row in range(5):
        assert found[row].item() == pytest.approx(scipy_nll(model, documents, row), abs=1e-5)


def test_two_dimensions_agree_with_many_draws_from_the_prior() -> None:
    model, documents = tiny_model(spread=1.0), tiny_documents(4)
    found = exact_nll(model, documents)
    batch = make_batch(documents, np.arange(4))
    z = torch.randn(20000, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        draws = log_likelihood_of(model, batch, z.unsqueeze(1).expand(-1, 4, -1)).exp()
    error = draws.std(0) / draws.mean(0) / 20000**0.5
    assert ((-draws.mean(0).log() - found).abs() < 4 * error).all()
    assert error.max() < 0.05


def test_elbo_iw_and_exact_are_in_order() -> None:
    """In expectation: -ELBO >= IW-5 >= IW-50 >= exact; over 40 documents and 30 seeds."""
    model, documents = tiny_model(sizes=ONE, spread=1.5), tiny_documents(40)
    exact = exact_nll(model, documents)
    mean = {
        k: np.mean([iw_nll(model, documents, k, s).mean() for s in range(30)]) for k in (1, 5, 50)
    }
    bound = np.mean([encode_split(model, documents, s).nll_bound.mean() for s in range(30)])
    assert bound == pytest.approx(mean[1], abs=0.05)
    assert mean[1] > mean[5] > mean[50] > exact.mean().item() - 1e-3
    assert mean[50] == pytest.approx(exact.mean().item(), abs=0.01)


def test_bound_is_short_by_the_kl_to_the_true_posterior() -> None:
    """log p(x) - ELBO = KL(q(z|x) || p(z|x)), the right side on a grid."""
    model, documents = tiny_model(sizes=ONE, spread=1.0), tiny_documents(6)
    batch = make_batch(documents, np.arange(6))
    grid = torch.arange(-10, 10, 0.02)
    with torch.no_grad():
        q = model.encode(batch)
        z = grid.view(-1, 1, 1).expand(-1, 6, -1)
        joint = log_likelihood_of(model, batch, z) + model.prior().log_prob(z).sum(-1)
        log_q = q.log_prob(z).sum(-1)
        elbo = (log_q.exp() * (joint - log_q)).sum(0) * 0.02
        log_p = joint.logsumexp(0) + math.log(0.02)
        gap = (log_q.exp() * (log_q - (joint - log_p))).sum(0) * 0.02
    torch.testing.assert_close(-exact_nll(model, documents), log_p, atol=1e-5, rtol=0)
    torch.testing.assert_close(log_p - elbo, gap, atol=1e-5, rtol=0)


def test_memory_bound_does_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    model, documents = tiny_model(), tiny_documents()
    whole = exact_nll(model, documents)
    monkeypatch.setattr(likelihood, "NUMBERS", 500)
    torch.testing.assert_close(exact_nll(model, documents), whole)
    for batch, _ in likelihood.batches_of(model, documents, most=16):
        sizes = likelihood.counts(model, batch, 50)
        assert sum(sizes) == 50
        assert max(sizes) < 50


def test_results_come_in_the_order_of_the_documents() -> None:
    model, documents = tiny_model(), tiny_documents()
    whole = exact_nll(model, documents)
    few = exact_nll(model, documents.subset([17, 3]))
    torch.testing.assert_close(few, whole[[17, 3]])
    seen = encode_split(model, documents)
    alone = encode_split(model, documents.subset([17]))
    torch.testing.assert_close(seen.q.mean[17], alone.q.mean[0])


def test_language_model_needs_no_samples() -> None:
    model, documents = tiny_model("lm"), tiny_documents()
    bound = encode_split(model, documents).nll_bound
    torch.testing.assert_close(exact_nll(model, documents), bound)
    torch.testing.assert_close(iw_nll(model, documents, 3), bound)


def test_quadrature_refuses_three_dimensions() -> None:
    model = tiny_model(sizes=Sizes(12, 5, 6, 3))
    with pytest.raises(CollapseError, match="at most 2 dimensions; this model has 3"):
        exact_nll(model, tiny_documents())


def test_perplexity_of_a_uniform_model_is_its_vocabulary() -> None:
    model = tiny_model("lm", spread=0.0)
    corpus = tiny_corpus()
    nll = exact_nll(model, corpus.test)
    predicted = torch.as_tensor(corpus.test.lengths + 1)
    assert perplexity(nll, predicted) == pytest.approx(SIZES.vocabulary, rel=1e-5)


def test_perplexity_of_a_run_that_diverged_is_infinite() -> None:
    tokens = torch.tensor([3, 5])
    assert perplexity(torch.tensor([1e30, 0.0]), tokens) == math.inf
    assert perplexity(torch.tensor([math.inf, 0.0]), tokens) == math.inf
    assert math.isnan(perplexity(torch.tensor([math.nan, 0.0]), tokens))
    assert perplexity(torch.tensor([4.0, 4.0], dtype=torch.float64), tokens) == math.exp(1.0)


@pytest.mark.parametrize("predicted", [[], [0, 0], [3], [4, -1]])
def test_perplexity_of_nothing_is_refused(predicted: list[int]) -> None:
    nll = torch.zeros(2 if predicted else 0)
    with pytest.raises(CollapseError, match="needs a number of predicted tokens for each"):
        perplexity.__wrapped__(nll, torch.tensor(predicted, dtype=torch.long))


def test_the_share_of_unknown_words_is_counted() -> None:
    corpus = tiny_corpus()
    mixed = Documents.from_arrays([[3, 3, 4], [5], [], [3, 6]])
    assert unknown_share(mixed, corpus.vocabulary) == 0.5
    assert unknown_share(corpus.test, corpus.vocabulary) == 0.0
    words = [corpus.vocabulary.encode(row.split()) for row in ("never seen", "such words")]
    assert unknown_share(Documents.from_arrays(words), corpus.vocabulary) == 1.0
    with pytest.raises(CollapseError, match="at least one word"):
        unknown_share(Documents.from_arrays([[]]), corpus.vocabulary)
    with pytest.raises(CollapseError, match="from 4 to 12, the vocabulary has 12"):
        unknown_share(Documents.from_arrays([[4, 12]]), corpus.vocabulary)


@pytest.mark.parametrize("samples", [0, -3])
def test_no_samples_are_refused(samples: int) -> None:
    with pytest.raises(CollapseError, match=f"samples must be 1 or more; got {samples}"):
        iw_nll(tiny_model(), tiny_documents(), samples)


def test_no_documents_are_refused() -> None:
    none = tiny_documents(0)
    for ask in (encode_split, iw_nll, exact_nll):
        with pytest.raises(DataError, match="at least one document"):
            ask(tiny_model(), none)


@pytest.mark.parametrize(
    ("limit", "stride"), [(6.0, 0.0), (6.0, -1.0), (math.nan, 0.2), (0.1, 0.2)]
)
def test_a_grid_of_nothing_is_refused(limit: float, stride: float) -> None:
    with pytest.raises(CollapseError, match="A grid needs a stride above 0"):
        exact_nll(tiny_model(), tiny_documents(), limit, stride)


def with_prior(mean: float, width: float, latent: int = 1):
    model = tiny_model(sizes=Sizes(12, 5, 6, latent), spread=1.0)
    model.posterior.prior = lambda: torch.distributions.Normal(
        torch.full((latent,), mean), torch.full((latent,), width)
    )
    return model


@pytest.mark.parametrize("latent", [1, 2])
@pytest.mark.parametrize("width", [0.01, 0.15, 0.5, 3.0])
def test_narrow_and_wide_priors_by_quadrature_and_by_draws(width: float, latent: int) -> None:
    model, documents = with_prior(0.0, width, latent), tiny_documents(3)
    batch, draws = make_batch(documents, np.arange(3)), 20000
    noise = torch.randn(draws, 1, latent, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        z = (width * noise).expand(-1, 3, -1)
        weights = log_likelihood_of(model, batch, z).exp()
    error = weights.std(0) / weights.mean(0) / draws**0.5
    found = exact_nll(model, documents)
    assert ((-weights.mean(0).log() - found).abs() < 4 * error + 1e-4).all()


def test_a_prior_beside_the_grid_is_refused() -> None:
    with pytest.raises(CollapseError, match=r"finds 0 of the prior's|finds .*e-\d+ of the prior's"):
        exact_nll(with_prior(20.0, 1.0), tiny_documents())


def test_a_weight_that_is_no_number_shows() -> None:
    model = tiny_model()
    torch.nn.init.constant_(model.decoder.output.weight, math.nan)
    with pytest.warns(UserWarning, match=r"NLL is NaN for 24 of 24 examples \(rows 0, 1, .*\.\.\."):
        assert iw_nll(model, tiny_documents(), 3).isnan().all()
    torch.nn.init.constant_(model.posterior.linear.weight, math.nan)
    with pytest.warns(UserWarning, match="The negative ELBO is NaN for 24 of 24 examples"):
        assert encode_split(model, tiny_documents()).nll_bound.isnan().all()
    with pytest.raises(CollapseError, match="gives no draws; has the run diverged"):
        iw_nll(model, tiny_documents(), 3)


@pytest.mark.parametrize("ask", [encode_split, iw_nll, exact_nll, grid_posterior])
def test_a_likelihood_beyond_infinity_is_refused_and_nothing_else(ask) -> None:
    """NaN is what a run that diverged reports, -inf what cannot be: both go into the result."""

    class Constant(torch.nn.Module):
        def encode(self, x):
            return torch.distributions.Normal(x, 1.0)

        def prior(self):
            return torch.distributions.Normal(torch.zeros(1), torch.ones(1))

        def log_likelihood(self, x, z):
            return x[:, 0] + torch.tensor([0.0, value]).repeat(len(x) // 2)

    model, x = Constant().eval(), torch.tensor([[-1.0], [-2.0]])
    value = math.inf
    with pytest.raises(CollapseError, match=r"must be below infinity; \d+ of \d+ are \+inf"):
        ask(model, x)
    if ask is grid_posterior:
        return
    for value in (math.nan, -math.inf):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = ask(model, x)
        assert len(said) == math.isnan(value)
        assert all("is NaN for 1 of 2 examples (rows 1), and" in str(each.message) for each in said)
        nll = found.nll_bound if ask is encode_split else found
        assert nll[0].isfinite()
        assert nll[1].isnan() if math.isnan(value) else nll[1] == math.inf


def test_double_models_have_double_likelihoods() -> None:
    model, documents = tiny_model(sizes=ONE).double(), tiny_documents(4)
    assert iw_nll(model, documents, 3).dtype == torch.float64
    assert exact_nll(model, documents).dtype == torch.float64
    seen = encode_split(model, documents)
    assert {seen.z.dtype, seen.kl.dtype, seen.log_likelihood.dtype} == {torch.float64}
