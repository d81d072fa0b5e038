"""Purity of neighbours and the discrepancy to the prior, on clouds that are known."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.metrics import discrepancy, neighbour_purity


def cloud(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


def test_purity_of_clouds_apart_and_of_noise() -> None:
    labels = np.arange(800) % 4
    centres = 20 * torch.tensor([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
    assert neighbour_purity(cloud(800) + centres[labels], labels) == 1
    assert neighbour_purity(cloud(800), labels) == pytest.approx(0.25, abs=0.03)


def test_purity_by_hand_and_whatever_the_scale() -> None:
    codes, labels = torch.tensor([[0.0], [1.0], [3.0], [3.5]]), np.array([0, 0, 1, 0])
    assert neighbour_purity(codes, labels, 1) == pytest.approx(0.5)
    assert neighbour_purity(7 * codes, labels, 1) == pytest.approx(0.5)


def test_too_few_codes() -> None:
    with pytest.raises(CollapseError, match="neighbours need"):
        neighbour_purity(cloud(5), np.zeros(5), 5)


def test_discrepancy_is_nothing_for_the_prior_and_grows_with_the_shift() -> None:
    prior = Normal(torch.zeros(2), torch.ones(2))
    found = []
    for shift in (0.0, 1.0, 3.0):
        q = Normal(shift + 0.6 * cloud(900), torch.full((900, 2), 0.8))
        found.append(discrepancy(q, prior))
    assert abs(found[0]) < 0.005
    assert found[0] < found[1] < found[2]


def test_discrepancy_does_not_change_with_the_unit() -> None:
    """Scaling codes and prior alike, as Scale-VAE's generator does, is no change."""
    means = cloud(400)
    one = discrepancy(Normal(means, torch.ones(400, 2)), Normal(torch.zeros(2), torch.ones(2)))
    wide = Normal(torch.zeros(2), torch.full((2,), 5.0))
    five = discrepancy(Normal(5 * means, torch.full((400, 2), 5.0)), wide)
    assert one == pytest.approx(five, abs=1e-5)
