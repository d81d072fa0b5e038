"""The gap of the bound in the family's part and the network's."""

import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from collapse.chapters.lagging.gap_parts import gap_parts
from collapse.metrics import GridPosterior
from collapse.theory.grids import z_grid

POINTS = z_grid(1, 6.0, 0.1).double()


def posterior(*densities: torch.distributions.Distribution) -> GridPosterior:
    """That of documents whose model posteriors are known; log p(x) is 0."""
    joint = torch.stack([density.log_prob(POINTS[:, 0]) for density in densities], 1)
    return GridPosterior(POINTS, torch.tensor(0.1).log().item(), joint)


def test_a_normal_posterior_leaves_no_approximation_gap() -> None:
    exact = [Normal(0.5, 0.6), Normal(-1.0, 0.9)]
    q = Normal(torch.tensor([[0.5], [0.0]]).double(), torch.tensor([[0.6], [1.0]]).double())
    found = gap_parts(posterior(*exact), q)
    assert found.approximation.abs().max() < 1e-4
    wanted = torch.distributions.kl_divergence(Normal(0.0, 1.0), exact[1])
    torch.testing.assert_close(found.amortisation[1].float(), wanted, atol=2e-3, rtol=0)
    assert found.amortisation[0].abs() < 1e-4


def test_two_bumps_leave_one_that_no_normal_closes() -> None:
    bumps = MixtureSameFamily(
        Categorical(torch.tensor([0.5, 0.5]).double()),
        Normal(torch.tensor([-1.5, 1.5]).double(), torch.tensor([0.5, 0.5]).double()),
    )
    q = Normal(torch.zeros(1, 1).double(), torch.full((1, 1), 1.3).double())
    model = posterior(bumps)
    found = gap_parts(model, q)
    pairs = torch.cartesian_prod(torch.linspace(-2, 2, 41), torch.linspace(0.3, 2, 35)).double()
    tried = Normal(*pairs.split(1, dim=1))  # each for a document of its own, all of them alike
    brute = posterior(*[bumps] * len(pairs)).kl_from(tried)
    least = brute[brute.isfinite()].min().item()
    assert 0.1 < found.approximation.item() <= least + 1e-3
    torch.testing.assert_close(found.gap, model.kl_from(q))
