"""The dual form is below the KL for any critic, and the "NLL" that it gives below the true one."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import dual_value
from scipy import integrate, optimize, stats
from torch import nn
from torch.distributions import kl_divergence

from collapse.base.errors import CollapseError
from collapse.theory.dual_bound import (
    PRIOR,
    LineModel,
    best_linear,
    best_steps,
    exact_kl,
    gaussian,
)

CASES = [(0.0, 1.0), (1.5, 0.3), (-0.7, 0.05), (2.0, 1.2)]


@pytest.mark.parametrize(("mean", "variance"), CASES)
def test_the_grid_gives_the_closed_form(mean: float, variance: float) -> None:
    q = gaussian(mean, variance)
    assert exact_kl(q) == pytest.approx(kl_divergence(q, PRIOR).item(), abs=1e-9)


@pytest.mark.parametrize(("mean", "variance"), CASES)
def test_only_the_log_ratio_reaches_the_kl(mean: float, variance: float) -> None:
    q = gaussian(mean, variance)

    def ratio(z: torch.Tensor) -> torch.Tensor:
        return q.log_prob(z) - PRIOR.log_prob(z)

    kl = exact_kl(q)
    assert dual_value(ratio, q) == pytest.approx(kl, abs=1e-9)
    for change in (lambda z: ratio(z) + 0.1, lambda z: 0.9 * ratio(z), lambda z: ratio(z - 0.05)):
        assert dual_value(change, q) < kl - 1e-6 or kl == pytest.approx(0, abs=1e-9)


@given(
    mean=st.floats(-3, 3),
    variance=st.floats(0.02, 1.5),
    seed=st.integers(0, 1000),
    size=st.floats(0.1, 3.0),
)
@settings(deadline=None, max_examples=60)
def test_no_critic_exceeds_the_kl(mean: float, variance: float, seed: int, size: float) -> None:
    """Random networks, of the kind that is trained."""
    torch.manual_seed(seed)
    layers = (nn.Linear(1, 8), nn.LeakyReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    net = nn.Sequential(*layers).double()
    q = gaussian(mean, variance)
    with torch.no_grad():
        found = dual_value(lambda z: size * net(z.unsqueeze(-1)).squeeze(-1), q)
    assert found <= exact_kl(q) + 1e-9


@pytest.mark.parametrize(("mean", "variance"), CASES)
def test_the_best_line_by_search(mean: float, variance: float) -> None:
    q = gaussian(mean, variance)

    def lost(line: np.ndarray) -> float:
        return -dual_value(lambda z: float(line[0]) * z + float(line[1]), q)

    found = optimize.minimize(lost, np.zeros(2), method="BFGS")
    assert -found.fun == pytest.approx(best_linear(q), abs=1e-6)
    assert found.x[0] == pytest.approx(mean, abs=1e-3)
    assert best_linear(q) <= exact_kl(q) + 1e-12


def test_a_line_is_enough_for_a_shift_and_blind_to_a_width() -> None:
    assert best_linear(gaussian(1.2, 1.0)) == pytest.approx(exact_kl(gaussian(1.2, 1.0)))
    narrow = gaussian(0.0, 0.01)
    assert best_linear(narrow) == 0
    assert exact_kl(narrow) > 1.8


def test_steps_climb_towards_the_kl_from_below() -> None:
    q = gaussian(1.0, 0.1)
    values = [
        best_steps(q, torch.linspace(-2.0, 3.0, edges).double()) for edges in (2, 5, 9, 33, 257)
    ]
    assert values == sorted(values)
    assert values[0] < 0.8 * exact_kl(q)
    assert exact_kl(q) - 1e-2 < values[-1] < exact_kl(q)


def test_the_best_steps_by_search() -> None:
    q, edges = gaussian(0.8, 0.2), torch.tensor([0.0, 0.7, 1.3]).double()

    def lost(heights: np.ndarray) -> float:
        values = torch.tensor(heights)
        return -dual_value(lambda z: values[torch.bucketize(z, edges)], q)

    found = optimize.minimize(lost, np.zeros(4), method="BFGS")
    assert -found.fun == pytest.approx(best_steps(q, edges), abs=2e-3)


@pytest.mark.parametrize("x", [-2.0, 0.3, 4.0])
def test_with_the_true_kl_the_bound_is_the_likelihood_and_with_a_critic_below_it(x: float) -> None:
    model = LineModel(slope=1.5, noise=0.5)
    q = model.posterior(x)

    def joint(z: float) -> float:
        return stats.norm.pdf(z) * stats.norm.pdf(x, 1.5 * z, 0.5**0.5)

    nll = -math.log(integrate.quad(joint, -12, 12, epsabs=0, points=[q.mean.item()])[0])
    assert model.nll(x) == pytest.approx(nll, abs=1e-7)
    assert model.bound(x, exact_kl(q)) == pytest.approx(nll, abs=1e-7)
    assert model.bound(x, best_linear(q)) < nll - 0.1
    steps = best_steps(q, torch.linspace(-3.0, 3.0, 7).double())
    assert model.bound(x, steps) < nll - 0.05


def test_better_information_makes_the_false_likelihood_better_still() -> None:
    """A line misses ½(s² - 1 - log s²), which grows without bound as the posterior sharpens."""
    missing = []
    for noise in (1.0, 0.1, 0.01):
        model = LineModel(slope=1.0, noise=noise)
        q = model.posterior(0.5)
        missing.append(model.nll(0.5) - model.bound(0.5, best_linear(q)))
        variance = noise / (1 + noise)
        assert missing[-1] == pytest.approx(0.5 * (variance - 1 - math.log(variance)))
    assert missing == sorted(missing)
    assert missing[-1] > 1.5


def test_edges_that_do_not_increase_are_refused() -> None:
    with pytest.raises(CollapseError, match="must increase"):
        best_steps(gaussian(0.0, 1.0), torch.tensor([1.0, 1.0]))
