"""The drawings of chapter 4 show what the package computes."""

import math

import pytest
import torch

from collapse.theory.dual_bound import best_steps, gaussian
from collapse.viz import critics, pooled_states
from collapse.viz.drawings.pooling import STATES, pooled


def test_each_feature_is_that_of_its_pooling() -> None:
    found = pooled()
    assert found["vae"] == pytest.approx(STATES[-1])
    assert found["pool-avg"] == pytest.approx(sum(STATES) / len(STATES))
    assert found["pool-max"] == pytest.approx(max(STATES))
    assert found["pool-abs"] == pytest.approx(min(STATES))  # here the strongest


def test_the_names_say_the_numbers() -> None:
    (axes,) = pooled_states().axes
    said = {text.get_text() for text in axes.texts}
    assert {"maximum +0.56", "sign-preserving −0.78", "last state +0.08"} <= said


def test_the_drawn_steps_have_the_best_dual_value() -> None:
    edges = torch.linspace(-1.5, 1.5, 3)
    (axes,) = critics(1.0, 0.2, edges).axes
    lines = {line.get_label(): line for line in axes.lines}
    z, steps = lines["4 steps"].get_data()
    q, prior = gaussian(1.0, 0.2), gaussian(0.0, 1.0)
    levels = [steps[abs(z - at).argmin()] for at in (-1.9, -1.0, 1.0, 2.0)]
    ends = [-math.inf, *edges.tolist(), math.inf]
    value = 1.0
    for level, low, high in zip(levels, ends[:-1], ends[1:], strict=True):
        ends_of = torch.tensor([low, high]).double()
        (mass_q,) = q.cdf(ends_of).diff().tolist()
        (mass_p,) = prior.cdf(ends_of).diff().tolist()
        value += mass_q * level - mass_p * math.exp(level)
    assert value == pytest.approx(best_steps(q, edges), abs=1e-6)
