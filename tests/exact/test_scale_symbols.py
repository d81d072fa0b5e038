"""Sixteen symbols: what no model can score, and what sums to one."""

import math

import pytest
import torch
from scipy.optimize import brentq, minimize
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


def test_factors_by_hand() -> None:
    """Two epochs of two steps with own factors, then the mean of the epoch before, to the bit."""
    means = [torch.tensor([-m, m], dtype=torch.float64) for m in (1, 2, 4, 8, 1, 1, 2, 2)]
    factors = scale_symbols.Factors(des_std=2.0, f_epo=2, epoch=2)
    found = [factors.at(step, each).item() for step, each in enumerate(means)]
    assert found == [2, 1, 0.5, 0.25, 0.375, 0.375, 2, 2]
    always = scale_symbols.Factors(des_std=2.0, f_epo=None, epoch=2)
    assert [always.at(n, each).item() for n, each in enumerate(means)] == [
        2,
        1,
        0.5,
        0.25,
        2,
        2,
        1,
        1,
    ]


def test_the_gradient_goes_through_an_own_factor_and_not_through_a_held_one() -> None:
    means = torch.tensor([-1.0, 3.0], dtype=torch.float64, requires_grad=True)
    factors = scale_symbols.Factors(des_std=1.0, f_epo=1, epoch=1)
    own, held = (factors.at(step, means) for step in (0, 1))
    assert own.requires_grad
    assert not held.requires_grad
    assert own.item() == held.item()


def test_before_the_first_epoch_has_ended_a_held_factor_is_that_of_the_plain_vae() -> None:
    """With no epoch of own factors the first is held at 1: the same descent, bit by bit."""
    held = scale_symbols.train(1.1, 0, steps=7, f_epo=0, epoch=7)
    plain = scale_symbols.train(None, 0, steps=7)
    assert torch.equal(held.means, plain.means)
    assert held.factor > 1 == plain.factor
    late = scale_symbols.train(1.1, 0, steps=7, f_epo=1, epoch=7)
    assert torch.equal(late.means, scale_symbols.train(1.1, 0, steps=7).means)


@pytest.mark.parametrize("f_epo", [None, 2])
def test_no_factor_lets_the_excess_be_more_than_its_logarithm(f_epo: int | None) -> None:
    """Eq. 7 is the bound of M_f plus log f - ½ σ² (1 - f⁻²), and that bound is below -log V."""
    model = scale_symbols.train(2.0, 1, steps=200, f_epo=f_epo)
    found = scale_symbols.read(model)
    assert model.factor > 1
    assert FLOOR - found.objective <= math.log(model.factor)
    assert FLOOR - found.objective <= theory.largest_excess(2.0)


@pytest.mark.parametrize(
    "des_std",
    [0.8, 1.1, *(pytest.param(s, marks=pytest.mark.thorough) for s in (0.3, 1.0, 2.0, 4.0))],
)
def test_where_a_held_factor_rests(des_std: float) -> None:
    """Normal codes: the best encoder for a fixed factor, and the factor its spread asks for.

    For des_std below 1 the spread jumps where the factor is 1: there, and only there, every spread
    is as good as any other."""
    least = -16.0  # log σ² of codes as narrow as their number allows

    def best(log_factor: float) -> tuple[float, float]:
        def negative(at: list[float]) -> float:
            spread, width = math.exp(at[0]), math.exp(at[1])
            told = 0.5 * math.log(1 + math.exp(2 * log_factor) * spread / width)
            return 0.5 * (spread + width - 1 - math.log(width)) - told

        bounds = [(-30.0, 5.0), (least, 3.0)]
        options = {"ftol": 1e-15, "gtol": 1e-9}
        found = minimize(negative, [0.0, -1.0], bounds=bounds, options=options)
        return found.x[0], -found.fun

    def too_wide(log_factor: float) -> float:
        return 2 * log_factor + best(log_factor)[0] - 2 * math.log(des_std)

    rest = brentq(too_wide, -0.7, math.log(des_std + 2), xtol=1e-9)
    assert best(rest)[1] == pytest.approx(scale_symbols.held_excess(des_std), abs=2e-3)


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
        ({"epoch": 0}, "epoch must be 1"),
        ({"f_epo": -1}, "f_epo must be"),
    ],
)
def test_training_that_cannot_be(options: dict, sentence: str) -> None:
    with pytest.raises(CollapseError, match=sentence):
        scale_symbols.train(**{"des_std": 1.0, "seed": 0, **options})
