"""The stopping rule on lists of numbers, and estimates of an information that is known."""

import math

import pytest
import torch

from collapse.chapters.lagging.stopping import first_fall, rising_estimates
from collapse.theory import gaussian_channel_mi


@pytest.mark.parametrize(
    ("values", "epoch"),
    [([0.1, 0.3, 0.2, 0.5], 3), ([-0.1, 1.0], 1), ([0.2, 0.2, 0.3], None), ([], None)],
)
def test_first_fall(values: list[float], epoch: int | None) -> None:
    assert first_fall(values) == epoch


def rising(truth: list[float], dimensions: int, size: int, entropy: str) -> list[float]:
    generator = torch.Generator().manual_seed(0)
    return rising_estimates(truth, 2000, dimensions, size, entropy, generator)


def test_small_information_is_found_and_large_is_capped() -> None:
    small = rising([0.3, gaussian_channel_mi(0.5)], 1, 2000, "sampled")
    assert small == [pytest.approx(v, abs=0.08) for v in (0.3, gaussian_channel_mi(0.5))]
    for entropy, slack in (("sampled", 0.0), ("analytic", 4 * math.sqrt(8 / 2 / 2000))):
        (large,) = rising([60.0], 8, 32, entropy)
        assert 3.4 < large <= math.log(32) + slack
