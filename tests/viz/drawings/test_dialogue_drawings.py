"""The drawing of chapter 6 shows where the closed forms say that p comes to rest."""

import numpy as np
import pytest
import torch

from collapse import theory
from collapse.viz import springs


def places(axes, marker: str) -> list[float]:
    """Where the marks of one kind are."""
    return sorted(line.get_xdata()[0] for line in axes.lines if line.get_marker() == marker)


def test_the_prior_follows_stops_half_way_or_stays() -> None:
    free, tied, said = springs().axes
    for axes in (free, tied, said):
        assert places(axes, "s") == [-1.0, 1.0]
    assert places(free, "o") == [-1.0, 1.0]
    assert places(said, "o") == [0.0, 0.0]
    assert 0 < places(tied, "o")[1] < 1


def test_half_way_is_where_the_two_kls_are_least() -> None:
    rest = places(springs().axes[1], "o")[1]
    one = torch.tensor(1.0, dtype=torch.float64)
    best = min(
        (theory.two_kls(one, s.sqrt(), mean, s.sqrt()).item(), mean.item())
        for s in torch.linspace(1.0, 1.6, 121, dtype=torch.float64)
        for mean in torch.linspace(0.3, 0.6, 121, dtype=torch.float64)
    )
    assert rest == pytest.approx(best[1], abs=5e-3)
    assert sum(theory.silent_rates(1.0)) == pytest.approx(best[0], abs=1e-4)


def test_there_is_a_spring_for_each_charge() -> None:
    coils = [
        sum(len(np.atleast_1d(line.get_xdata())) > 2 for line in axes.lines)
        for axes in springs().axes
    ]
    assert coils == [0, 4, 2]
