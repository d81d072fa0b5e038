"""The integrable VAE against scipy's adaptive quadrature and against sampling."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.exact import questionnaire
from collapse.metrics.information import decomposition

SLOPES, INTERCEPTS = [4.0, 2.5, 3.0], [3.0, 0.5, -2.0]


@pytest.fixture(scope="module")
def decoder() -> questionnaire.Questionnaire:
    return questionnaire.Questionnaire(SLOPES, INTERCEPTS)


@pytest.fixture(scope="module")
def frequencies(decoder) -> torch.Tensor:
    return questionnaire.log_marginal(decoder).detach().exp()


@pytest.fixture(scope="module")
def q(decoder, frequencies) -> Normal:
    return questionnaire.fit(decoder, frequencies)


def log_conditional(sheet: np.ndarray, z: float) -> float:
    """log p(sheet | z), spelled out."""
    logits = np.array(SLOPES) * z + np.array(INTERCEPTS)
    return -np.logaddexp(0, np.where(sheet == 1, -logits, logits)).sum()


def integrate(function) -> float:
    return quad(function, -9, 9, epsabs=1e-12, limit=400, points=[-1, 0, 1])[0]


@pytest.mark.parametrize("k", [0, 3, 4, 7])
def test_terms_by_adaptive_quadrature(decoder, q, k) -> None:
    sheet = questionnaire.answer_sheets(3)[k].numpy()
    marginal = integrate(lambda z: math.exp(log_conditional(sheet, z)) * norm.pdf(z))
    posterior = norm(q.loc[k].item(), q.scale[k].item())
    readings = questionnaire.read(decoder, q)

    def gap(z: float) -> float:
        truth = log_conditional(sheet, z) + norm.logpdf(z) - math.log(marginal)
        return posterior.pdf(z) * (posterior.logpdf(z) - truth)

    reconstruction = integrate(lambda z: posterior.pdf(z) * log_conditional(sheet, z))
    assert readings.log_marginal[k].item() == pytest.approx(math.log(marginal), abs=1e-8)
    assert readings.reconstruction[k].item() == pytest.approx(reconstruction, abs=1e-7)
    assert readings.gap[k].item() == pytest.approx(integrate(gap), abs=1e-7)


def test_log_marginal_is_elbo_plus_gap_for_any_posterior(decoder) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        loc, size = torch.randn(2, 8, generator=generator, dtype=torch.float64)
        readings = questionnaire.read(decoder, Normal(loc, 0.05 + size.sigmoid()))
        assert torch.allclose(readings.elbo + readings.gap, readings.log_marginal, atol=1e-9)
        assert (readings.gap > 0).all()


def test_rate_is_the_closed_form(decoder, q) -> None:
    closed = torch.distributions.kl_divergence(q, questionnaire.PRIOR)
    assert torch.allclose(questionnaire.read(decoder, q).rate, closed, atol=1e-10)


def test_probabilities_sum_to_one(decoder, frequencies) -> None:
    assert frequencies.sum().item() == pytest.approx(1, abs=1e-10)
    given_z = decoder(torch.tensor([-1.0, 2.0], dtype=torch.float64)).exp().sum(-1)
    assert given_z.tolist() == pytest.approx([1, 1], abs=1e-12)
    free = questionnaire.FreeDecoder(
        torch.randn(8, generator=torch.Generator().manual_seed(1)).double()
    )
    assert questionnaire.log_marginal(free).exp().sum().item() == pytest.approx(1, abs=1e-10)


def test_fitted_posteriors_cannot_be_improved(decoder, frequencies, q) -> None:
    best = (frequencies * questionnaire.read(decoder, q).elbo).sum()
    for loc, scale in [(0.02, 1.0), (-0.02, 1.0), (0.0, 1.05), (0.0, 0.95)]:
        moved = Normal(q.loc + loc, q.scale * scale)
        assert (frequencies * questionnaire.read(decoder, moved).elbo).sum() < best


def test_information_adds_up_and_agrees_with_the_estimator(decoder, frequencies, q) -> None:
    mi, marginal = questionnaire.information(q, frequencies)
    rate = (frequencies * questionnaire.read(decoder, q).rate).sum()
    assert (mi + marginal).item() == pytest.approx(rate.item(), abs=1e-9)
    generator = torch.Generator().manual_seed(2)
    sheets = torch.multinomial(frequencies, 3000, replacement=True, generator=generator)
    drawn = Normal(q.loc[sheets, None], q.scale[sheets, None])
    noise = torch.randn(3000, 1, generator=generator, dtype=torch.float64)
    parts = decomposition(drawn, drawn.loc + drawn.scale * noise, questionnaire.PRIOR.expand([1]))
    for estimate, truth in [(parts.mutual_information, mi), (parts.marginal_kl, marginal)]:
        assert abs(estimate.value - truth.item()) < 4 * estimate.standard_error


@pytest.mark.parametrize("wide", [True, False])
def test_importance_bounds_climb_to_the_exact_value(decoder, frequencies, q, wide) -> None:
    proposal = Normal(torch.zeros(8).double(), torch.ones(8).double()) if wide else q
    bounds = questionnaire.importance_bounds(
        decoder, proposal, [1, 5, 50, 500], repeats=200, seed=0
    )
    assert bounds.shape == (4, 200, 8)
    averages = (bounds * frequencies).sum(-1)
    error = averages.std(1) / math.sqrt(200)
    truth = (frequencies * questionnaire.log_marginal(decoder)).sum()
    elbo = (frequencies * questionnaire.read(decoder, proposal).elbo).sum()
    assert (averages.mean(1).diff() > -3 * error[:-1]).all()
    assert (averages.mean(1) < truth + 3 * error).all()
    assert abs(averages.mean(1)[0] - elbo) < 4 * error[0]
    assert abs(averages.mean(1)[-1] - truth) < 0.01


def test_a_decoder_that_needs_no_latent_pays_no_rate(frequencies) -> None:
    start = torch.randn(8, generator=torch.Generator().manual_seed(3)).double()
    free = questionnaire.FreeDecoder(start)
    before = questionnaire.read(free, questionnaire.fit(free, frequencies))
    q = questionnaire.fit(free, frequencies, train_decoder=True)
    after = questionnaire.read(free, q)
    assert (frequencies * after.rate).sum() < 0.2 * (frequencies * before.rate).sum()
    ceiling = (frequencies * frequencies.log()).sum()
    assert (frequencies * after.elbo).sum().item() == pytest.approx(ceiling.item(), abs=1e-3)


def test_a_sheet_that_never_occurs_is_refused(decoder) -> None:
    with pytest.raises(CollapseError, match="positive frequency"):
        questionnaire.fit(decoder, torch.tensor([1.0] + [0.0] * 7).double())


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1e-4), (30.0, 1.0), (0.0, 20.0)])
def test_a_posterior_that_the_grid_does_not_hold_is_refused(decoder, mean, std) -> None:
    """The sum would say 183.7 nats, 0 and 9 for KLs of 8.7, 450 and 196."""
    q = Normal(torch.full((8,), mean).double(), torch.full((8,), std).double())
    for ask in (
        lambda: questionnaire.read(decoder, q),
        lambda: questionnaire.information(q, torch.full((8,), 1 / 8).double()),
    ):
        with pytest.raises(CollapseError, match="does not hold"):
            ask()


@pytest.mark.parametrize("std", [0.02, 0.006])
def test_the_narrowest_posteriors_that_it_holds_have_their_kl(decoder, std) -> None:
    q = Normal(torch.linspace(-3, 3, 8).double(), torch.full((8,), std).double())
    expected = kl_divergence(q, Normal(0.0, 1.0))
    torch.testing.assert_close(questionnaire.read(decoder, q).rate, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([0.5] * 8, "sum to 4"),
        ([2.0, -1.0, *[0.0] * 6], "the least is -1"),
        ([math.nan, *[0.1] * 7], "sum to nan"),
        ([0.25] * 4, "as many of the one as of the other"),
    ],
)
def test_frequencies_that_are_none(decoder, values, sentence) -> None:
    frequencies = torch.tensor(values).double()
    q = Normal(torch.zeros(8).double(), torch.ones(8).double())
    for ask in (
        lambda: questionnaire.information(q, frequencies),
        lambda: questionnaire.fit(decoder, frequencies, steps=1),
    ):
        with pytest.raises(CollapseError, match=sentence):
            ask()


def test_counts_that_do_not_fit(decoder) -> None:
    q = Normal(torch.zeros(4).double(), torch.ones(4).double())
    for ask, sentence in (
        (lambda: questionnaire.read(decoder, q), "decoder sheets 8, posteriors 4"),
        (lambda: questionnaire.Questionnaire([1.0, 2.0], [0.0]), "slopes 2, intercepts 1"),
        (lambda: questionnaire.answer_sheets(-1), "from 0 to 20; got -1"),
        (lambda: questionnaire.importance_bounds(decoder, q, [], 1, 0), "counts is needed"),
        (
            lambda: questionnaire.importance_bounds(decoder, q, [1, 0], 1, 0),
            r"counts\[1\] must be 1",
        ),
        (lambda: questionnaire.importance_bounds(decoder, q, [1], 0, 0), "repeats must be 1"),
    ):
        with pytest.raises(CollapseError, match=sentence):
            ask()
