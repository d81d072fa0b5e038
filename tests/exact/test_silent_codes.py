"""Silent codes: their price against a search over all normals, and against other silent codes."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.exact.silent_codes import one_apart, price
from collapse.theory import silent_rates

REFERENCE = Normal(0.0, 1.0)


def searched(mean: float) -> tuple[float, float]:
    """KL(q ‖ p) and KL(p ‖ r) by torch's divergences, at the least over q's width and p."""

    def both(at: np.ndarray) -> tuple[float, float]:
        q_std, p_std = np.exp(at[:2])
        q, p = Normal(float(mean), float(q_std)), Normal(float(at[2]), float(p_std))
        return kl_divergence(q, p).item(), kl_divergence(p, REFERENCE).item()

    options = {"xatol": 1e-6, "fatol": 1e-10, "maxiter": 4000}
    start = [0.0, 0.0, mean / 2]
    best = minimize(lambda at: sum(both(at)), start, method="Nelder-Mead", options=options)
    return both(best.x)


@pytest.mark.parametrize(("gamma", "contexts"), [(0.5, 3), (1.0, 8), (2.0, 30)])
def test_the_price_is_the_least_over_all_normals(gamma: float, contexts: int) -> None:
    root = math.sqrt(contexts - 1)
    far, near = searched(gamma * root), searched(-gamma / root)
    kl, tie = ((f + (contexts - 1) * n) / contexts for f, n in zip(far, near, strict=True))
    found = one_apart(gamma, contexts)
    assert found.both == pytest.approx(kl + tie, abs=3e-5)
    assert found.kl == pytest.approx(kl, abs=2e-3)


@pytest.mark.parametrize("contexts", [2, 3, 8, 100])
def test_its_means_are_what_batch_normalisation_makes(contexts: int) -> None:
    gamma, root = 1.3, math.sqrt(contexts - 1)
    means = np.array([gamma * root, *[-gamma / root] * (contexts - 1)])
    assert means.mean() == pytest.approx(0, abs=1e-12)
    assert means.std() == pytest.approx(gamma)
    one, other = price(means.tolist()), one_apart(gamma, contexts)
    assert (one.kl, one.tie) == (pytest.approx(other.kl), pytest.approx(other.tie))


def test_two_contexts_are_the_two_groups_of_the_theory() -> None:
    assert (one_apart(1.0, 2).kl, one_apart(1.0, 2).tie) == pytest.approx(silent_rates(1.0))
    assert one_apart(1.0, 2, dimensions=50).kl == pytest.approx(50 * silent_rates(1.0)[0])


def test_what_a_reading_of_the_chapter_worked_out_by_hand() -> None:
    """Eight contexts at γ = 1: ±1, two apart, one apart; one of 32, and one of 3,200."""
    halves, two = price([1.0, -1.0] * 4), price([2.0, -2.0, *[0.0] * 6])
    assert (halves.kl, halves.both) == (
        pytest.approx(0.1235, abs=1e-4),
        pytest.approx(0.2356, abs=1e-4),
    )
    assert (two.kl, two.both) == (pytest.approx(0.1129, abs=1e-4), pytest.approx(0.2047, abs=1e-4))
    for contexts, kl, both in ((8, 0.1058, 0.1924), (32, 0.0695, 0.1258), (3200, 0.0086, 0.0168)):
        found = one_apart(1.0, contexts)
        assert (found.kl, found.both) == (
            pytest.approx(kl, abs=2e-4),
            pytest.approx(both, abs=2e-4),
        )


SEARCHED = {(0.5, 8), (1.0, 12), (2.0, 5)}  # each of both, the other pairs where there is an hour


@pytest.mark.parametrize(
    ("gamma", "contexts"),
    [
        pytest.param(*pair, marks=[] if pair in SEARCHED else pytest.mark.thorough)
        for pair in product((0.5, 1.0, 2.0), (5, 8, 12))
    ],
)
def test_no_search_finds_a_cheaper_silent_code(gamma: float, contexts: int) -> None:
    """Descent from many starts over all means with mean 0 and variance γ²."""
    random = np.random.default_rng(contexts)

    def normalised(at: np.ndarray) -> list[float]:
        return (gamma * (at - at.mean()) / at.std()).tolist()

    starts = random.standard_normal((6, contexts)) ** 3
    found = [minimize(lambda at: price(normalised(at)).both, start).fun for start in starts]
    assert min(found) >= one_apart(gamma, contexts).both - 1e-7
    assert min(found) == pytest.approx(one_apart(gamma, contexts).both, abs=1e-4)


@pytest.mark.parametrize("gamma", [0.3, 1.0, 2.0])
def test_the_price_goes_to_zero_like_one_over_the_root_of_n(gamma: float) -> None:
    prices = [one_apart(gamma, 10**power) for power in (1, 2, 4, 6, 8)]
    assert sorted(prices, key=lambda p: -p.both) == prices
    assert prices[-1].both * 1e4 == pytest.approx(gamma, rel=0.01)
    assert prices[-1].kl * 1e4 == pytest.approx(gamma / 2, rel=0.01)
    assert prices[-1].kl > 0


def test_what_cannot_be() -> None:
    for arguments in ((0.0, 8), (1.0, 1), (1.0, 8, 0)):
        with pytest.raises(CollapseError):
            one_apart(*arguments)
    with pytest.raises(CollapseError):
        price([])


def test_information_of_such_a_code_is_zero_and_its_kl_is_not() -> None:
    """Two replies to each context have one q: nothing tells them apart, whatever is paid."""
    means = torch.tensor([[math.sqrt(7)] * 2, *[[-1 / math.sqrt(7)] * 2] * 7])
    assert means.var(correction=0).item() == pytest.approx(1.0)
    assert torch.equal(means - means.mean(1, keepdim=True), torch.zeros_like(means))
    assert one_apart(1.0, 8).kl > 0.1
