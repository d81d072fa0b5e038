"""The four numbers that are written out are those of the metrics."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from collapse import metrics, theory
from collapse.chapters import four_numbers


@pytest.fixture
def q() -> Normal:
    """Posteriors of forty documents; the second of three dimensions does not move."""
    random = torch.Generator().manual_seed(0)
    mean, width = torch.rand(2, 40, 3, generator=random)
    return Normal(mean * torch.tensor([2.0, 0.01, 0.5]), 0.2 + width)


def test_the_kl_is_that_of_torch(q: Normal) -> None:
    wanted = kl_divergence(q, Normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(four_numbers.kl_to_prior(q), wanted)


def test_the_information_is_that_of_the_metrics(q: Normal) -> None:
    torch.manual_seed(1)
    z = q.sample()
    wanted = metrics.mutual_information(q, z).value
    assert four_numbers.information(q, z).item() == pytest.approx(wanted, abs=1e-4)


def test_the_units_are_those_of_the_metrics(q: Normal) -> None:
    assert four_numbers.active_units(q).item() == metrics.active_units(q.mean).count == 2
    assert four_numbers.active_units(q, threshold=10.0).item() == 0


class Line:
    """x = 2 z + noise of width 1, so that x is N(0, 5); with a posterior that is too wide."""

    def encode(self, x: torch.Tensor) -> Normal:
        return Normal(0.4 * x, torch.full_like(x, 0.5))

    def prior(self, batch: object = None) -> Normal:
        return Normal(torch.zeros(1), torch.ones(1))

    def log_likelihood(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return Normal(2 * z, 1.0).log_prob(x).sum(-1)


def test_the_likelihood_is_the_integral() -> None:
    torch.manual_seed(0)
    x = torch.tensor([[1.0], [-3.0], [0.0]])
    wanted = -Normal(0.0, 5**0.5).log_prob(x)[:, 0]
    found = four_numbers.nll(Line(), x, samples=4000)
    torch.testing.assert_close(found, wanted, atol=0.02, rtol=0)
    # With one draw it is the bound, which is no better on average.
    many = torch.cat([four_numbers.nll(Line(), x, samples=1) for _ in range(500)])
    assert many.mean() > wanted.mean()


def test_known_posteriors_have_the_information_of_their_channel() -> None:
    q, z = four_numbers.known_posteriors(2, 2048, seed=3)
    again, _ = four_numbers.known_posteriors(2, 2048, seed=3)
    assert torch.equal(q.mean, again.mean)
    truth = 2 * theory.gaussian_channel_mi(0.1)
    assert four_numbers.information(q, z).item() == pytest.approx(truth, abs=0.1)
