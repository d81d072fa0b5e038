"""Every reading of the NLL of scaled means, against sums over all documents that there are."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from small import SIZES, tiny_documents, tiny_model

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import Documents
from collapse.metrics import exact_nll, exact_readings, iw_readings
from collapse.metrics.likelihood import encode_split
from collapse.parts import Part, Sizes
from collapse.posteriors import ScaledGaussian
from collapse.recipe import Recipe
from collapse.theory import charges
from collapse.theory.grids import wide_axis
from collapse.vae import VAE, init_uniform_

WORDS, LONG = 4, 3  # a first word that is given, and two more of these


def scaled_model(latent: int = 1, factor: float = 2.5, seed: int = 0) -> VAE:
    """Weights and a factor large enough that the readings differ."""
    recipe = Recipe(posterior=Part(ScaledGaussian, des_std=1.0))
    with seeded(seed):
        model = recipe.build(Sizes(4 + WORDS, 5, 6, latent)).model
        init_uniform_(model, 1.0, 1.0)
    model.posterior.factor.fill_(factor)
    return model.eval()


def every_document() -> Documents:
    """All continuations of one first word, without markers."""
    rest = product(range(4 + WORDS), repeat=LONG - 1)  # a decoder may write markers, too
    return Documents.from_arrays([np.array([4, *words]) for words in rest], bos_eos=False)


@pytest.mark.parametrize("latent", [1, 2])
def test_only_likelihoods_sum_to_one(latent: int) -> None:
    """Chances of all documents that there are: 1 for M_1 and M_f, not 1 for the others."""
    model, documents = scaled_model(latent), every_document()
    found = exact_readings(model, documents, stride=0.25)
    sums = {name: torch.exp(-values).sum().item() for name, values in found.items()}
    assert sums["M_1"] == pytest.approx(1, abs=1e-4)
    assert sums["M_f"] == pytest.approx(1, abs=1e-3)
    assert abs(sums["Eq. 7 weights"] - 1) > 0.01
    assert abs(sums["mixed weights"] - 1) > 0.05


@pytest.mark.parametrize("latent", [1, 2])
def test_readings_tend_to_their_integrals(latent: int) -> None:
    model, documents = scaled_model(latent, factor=1.4), every_document()
    exact = exact_readings(model, documents, stride=0.25)
    many = iw_readings(model, documents, samples=4000)
    for name in ("Eq. 7 weights", "M_1", "M_f"):
        assert many[name].mean().item() == pytest.approx(exact[name].mean().item(), abs=0.03)
    from_q = many["M_f, from q"].mean().item()
    assert from_q == pytest.approx(exact["M_f"].mean().item(), abs=0.03)


def test_the_mixed_weights_tend_to_their_integral_on_average() -> None:
    """Their spread is large; a small factor keeps it in hand."""
    model, documents = scaled_model(1, factor=1.15), every_document()
    exact = exact_readings(model, documents)["mixed weights"].mean()
    many = iw_readings(model, documents, 4000, readings=["mixed weights"])
    assert many["mixed weights"].mean().item() == pytest.approx(exact.item(), abs=0.05)


def test_with_a_factor_of_one_there_is_one_reading() -> None:
    model, documents = scaled_model(factor=1.0), every_document()
    exact = exact_readings(model, documents)
    for values in exact.values():
        torch.testing.assert_close(values, exact["M_1"], atol=1e-4, rtol=0)
    same = iw_readings(model, documents, samples=5)
    for values in same.values():
        torch.testing.assert_close(values, same["M_1"], atol=1e-4, rtol=1e-4)


def test_one_sample_of_the_eq7_reading_is_the_papers_objective() -> None:
    """In expectation: minus log-likelihood at draws of q̂, plus the KL of the unscaled q."""
    model, documents = scaled_model(), every_document()
    name, draws = "Eq. 7 weights", range(20)
    one = [iw_readings(model, documents, 1, s, [name])[name].mean() for s in draws]
    seen = [encode_split(model, documents, s) for s in draws]
    q = seen[0].q
    kl = charges(q.unscaled_mean, q.variance, q.factor).unscaled.sum(-1)
    objective = [(kl - each.log_likelihood).mean() for each in seen]
    found, expected = torch.stack(one), torch.stack(objective)
    error = ((found.var() + expected.var()) / 20) ** 0.5
    assert (found.mean() - expected.mean()).abs() < 4 * error < 0.2
    many = iw_readings(model, documents, 300, readings=[name])[name].mean()
    assert many < expected.mean(), "more samples move it away from the objective, downwards"


def test_the_measured_likelihood_is_that_of_the_generator() -> None:
    model, documents = scaled_model(), every_document()
    found = exact_readings(model, documents)["M_f"]
    torch.testing.assert_close(exact_nll(model, documents), found, atol=1e-3, rtol=0)


@pytest.mark.parametrize("wider", [1.0, 3.0, 40.0])
def test_a_wide_axis_integrates_a_wide_normal(wider: float) -> None:
    points, lengths = wide_axis(6.0, 0.2, wider)
    normal = torch.distributions.Normal(0.0, wider)
    assert (lengths * normal.log_prob(points).exp()).sum().item() == pytest.approx(1, abs=2e-3)
    square = (lengths * points.square() * normal.log_prob(points).exp()).sum().item()
    assert math.sqrt(square) == pytest.approx(wider, rel=5e-3)


def test_other_posteriors_have_no_readings() -> None:
    with pytest.raises(CollapseError, match="scaled means"):
        iw_readings(tiny_model("vae", SIZES), tiny_documents(3), 2)
