"""Recognition and prior networks, and the batch normalisation of their means."""

from dataclasses import replace

import pytest
import torch
from small_dialogue import DIALOGUE_SIZES
from torch.distributions import kl_divergence

from collapse.posteriors import ConditionalGaussian


def network(**options: object) -> ConditionalGaussian:
    torch.manual_seed(0)
    return ConditionalGaussian(replace(DIALOGUE_SIZES, context=4, reply=3), **options)


def test_normalised_means_have_the_scale_asked_for() -> None:
    found = network(gamma=0.7, prior_gamma=0.3)
    q, p = found(torch.randn(64, 7)), found.conditional_prior(torch.randn(64, 4))
    torch.testing.assert_close(q.mean.std(0, correction=0), torch.full((2,), 0.7))
    torch.testing.assert_close(p.mean.std(0, correction=0), torch.full((2,), 0.3))


@pytest.mark.parametrize(("eps", "kept"), [(1e-5, False), (1e-12, True)])
def test_eps_decides_whether_small_means_are_stretched(eps: float, kept: bool) -> None:
    found = network(gamma=1.0, eps=eps)
    with torch.no_grad():
        found.recognition.weight.mul_(1e-3)
    spread = found(torch.randn(64, 7)).mean.std(0, correction=0)
    assert bool((spread > 0.99).all()) == kept


def test_plain_maps_are_those_of_the_layers() -> None:
    found, features = network(), torch.randn(5, 7)
    mean, log_var = (features @ found.recognition.weight.T + found.recognition.bias).chunk(2, -1)
    q = found(features)
    torch.testing.assert_close(q.mean, mean)
    torch.testing.assert_close(q.variance, log_var.exp())
    assert found.prior().mean.shape == (2,)


def test_both_normalised_leave_the_kl_free_to_vanish() -> None:
    """Footnote 1 of Zhu et al. (2020): two normalisations put no floor under KL(q || p)."""
    found = network(gamma=1.0, prior_gamma=1.0)
    context = torch.randn(64, 4)
    with torch.no_grad():
        found.recognition.weight.zero_()
        found.prior_net[0].weight.zero_()
        found.prior_net[0].weight[0, 0], found.prior_net[0].bias[:] = 1e-3, 0.0
        found.prior_net[2].weight.zero_()
        found.prior_net[2].weight[:2, 0] = 1.0
        found.recognition.weight[:2, 0] = 1.0
        found.recognition.bias.zero_()
        found.prior_net[2].bias.zero_()
    q, p = found(torch.cat([context, torch.randn(64, 3)], 1)), found.conditional_prior(context)
    assert kl_divergence(q, p).sum(-1).mean() < 1e-3
    assert q.mean.var() > 0.9
