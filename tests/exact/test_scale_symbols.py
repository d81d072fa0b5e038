"""Sixteen symbols: what no model can score, and what sums to one."""

import math

import pytest
import torch
from torch.distributions import Normal

from collapse import theory
from collapse.base.errors import CollapseError, UnknownNameError
from collapse.exact import scale_symbols

FLOOR = math.log(16)


@pytest.fixture(scope="module")
def trained() -> dict[str, scale_symbols.SymbolModel]:
    charges = scale_symbols.CHARGES
    return {charge: scale_symbols.train(1.1, 0, charge=charge, steps=400) for charge in charges}


def test_there_is_a_model_whose_number_goes_below_what_any_model_can_score(trained: dict) -> None:
    """Descent in doubles finds one; that one exists is all that is said."""
    found = scale_symbols.read(trained["unscaled"])
    assert found.objective < FLOOR - 0.2
    assert found.told < found.objective, "more samples move it further from a likelihood"
    assert found.told_sum > 1.5
    assert FLOOR - found.objective <= theory.largest_excess(1.1) + 1e-6
    assert found.information <= theory.information_bound(found.kl, 1.1, 1) + 1e-6


@pytest.mark.parametrize("charge", sorted(scale_symbols.CHARGES))
def test_what_is_a_likelihood_sums_to_one_and_stays_above(charge: str, trained: dict) -> None:
    found = scale_symbols.read(trained[charge])
    for name in ("standard", "generation"):
        assert getattr(found, f"{name}_sum") == pytest.approx(1, abs=1e-6)
        assert getattr(found, name) >= FLOOR - 1e-6
    assert found.aggregate >= FLOOR - 1e-6


def test_a_valid_charge_is_never_below_its_likelihood(trained: dict) -> None:
    """Reconstruction plus the right KL is above the exact NLL, and above log V with it."""
    for charge, name in (("generation", "generation"), ("standard", "standard")):
        model = trained[charge]
        found, q = scale_symbols.read(model), model.scaled
        prior = Normal(torch.zeros(()), model.factor if charge == "generation" else 1.0)
        extra = torch.distributions.kl_divergence(q, prior).mean().item() - found.kl
        assert found.objective + extra >= getattr(found, name) - 1e-9
        assert getattr(found, name) < FLOOR + 0.1


def test_the_told_chances_by_sampling(trained: dict) -> None:
    """Importance weighting with the weights of Eq. 7, by hand, tends to the integral."""
    model, random = trained["unscaled"], torch.Generator().manual_seed(0)
    noise = torch.randn(20_000, 16, generator=random, dtype=torch.float64)
    sd = model.variances.sqrt()
    z = model.means + sd * noise
    u = model.factor * model.means + sd * noise
    log_w = scale_symbols.PRIOR.log_prob(z) - Normal(model.means, sd).log_prob(z)
    log_w = log_w + model.decoder(u).diagonal(dim1=-2, dim2=-1)
    found = (math.log(20_000) - log_w.logsumexp(0)).mean().item()
    assert found == pytest.approx(scale_symbols.read(model).told, abs=0.02)


def test_a_plain_vae_has_one_number() -> None:
    found = scale_symbols.read(scale_symbols.train(None, 0, steps=200))
    values = (found.told, found.standard, found.generation, found.mixed)
    assert max(values) - min(values) < 1e-9
    assert found.factor == 1


def test_information_of_codes_far_apart_is_log_v() -> None:
    q = Normal(100 * torch.arange(16, dtype=torch.float64), torch.ones(16, dtype=torch.float64))
    assert scale_symbols.information(q) == pytest.approx(FLOOR, abs=1e-9)


def test_the_same_seed_gives_the_same_model() -> None:
    one, two = (scale_symbols.train(1.0, 3, steps=5) for _ in range(2))
    assert torch.equal(one.means, two.means)
    assert not torch.equal(one.means, scale_symbols.train(1.0, 4, steps=5).means)


def test_a_charge_that_is_not_known() -> None:
    with pytest.raises(UnknownNameError, match="generation"):
        scale_symbols.train(1.0, 0, charge="none")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"des_std": math.nan}, "des_std must be a positive"),
        ({"des_std": 0.0}, "des_std must be a positive"),
        ({"symbols": 1}, "symbols_but_one must be 1"),
        ({"symbols": 0}, "symbols must be 1"),
        ({"draws": 0}, "draws must be 1"),
        ({"steps": -1}, "steps must be"),
    ],
)
def test_training_that_cannot_be(options: dict, sentence: str) -> None:
    with pytest.raises(CollapseError, match=sentence):
        scale_symbols.train(**{"des_std": 1.0, "seed": 0, **options})
