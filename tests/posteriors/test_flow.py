"""Planar flows: there and back, densities by automatic differentiation and by quadrature."""

import math

import pytest
import torch
from small import SIZES, tiny_documents, tiny_model
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.distributions import by_row
from collapse.metrics import encode_split, exact_nll, iw_nll, mutual_information
from collapse.parts import Sizes
from collapse.posteriors import Flowed, FlowGaussian
from collapse.posteriors.planar import Planes, bend, parts, solve, straighten

CASES = [(1, 1), (2, 3), (5, 4)]


def planes(latent: int, flows: int, spread: float = 2.0, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return spread * torch.randn(flows, 2 * latent + 1, generator=generator, dtype=torch.float64)


def posterior(rows: int, latent: int, flows: int, spread: float = 2.0) -> Flowed:
    generator = torch.Generator().manual_seed(1)
    loc = torch.randn(rows, latent, generator=generator, dtype=torch.float64)
    scale = 0.3 + torch.rand(rows, latent, generator=generator, dtype=torch.float64)
    return Flowed(loc, scale, planes(latent, flows, spread))


@pytest.mark.parametrize(("latent", "flows"), CASES)
def test_there_and_back(latent: int, flows: int) -> None:
    rows = planes(latent, flows)
    z = 3 * torch.randn(50, latent, dtype=torch.float64)
    image, volume = bend(z, rows)
    back, same = straighten(image, rows)
    torch.testing.assert_close(back, z, atol=1e-8, rtol=1e-8)
    torch.testing.assert_close(same, volume, atol=1e-8, rtol=1e-8)
    assert (image - z).abs().max() > 0.1


@pytest.mark.parametrize(("latent", "flows"), CASES)
def test_volume_is_the_determinant_of_the_jacobian(latent: int, flows: int) -> None:
    rows = planes(latent, flows)
    z = torch.randn(latent, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda z: bend(z.unsqueeze(0), rows)[0][0], z)
    volume = bend(z.unsqueeze(0), rows)[1].item()
    assert volume == pytest.approx(torch.linalg.slogdet(jacobian).logabsdet.item(), abs=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_every_flow_has_an_inverse(seed: int) -> None:
    for row in planes(3, 4, spread=10.0, seed=seed):
        w, u, _ = parts(row)
        assert (w * u).sum() > -0.991
    slopes = torch.tensor([-1 + 1e-6, -0.5, 0.0, 30.0]).double()
    for slope in slopes:
        target = torch.linspace(-40, 40, 81).double()
        a = solve(target, slope)
        torch.testing.assert_close(a + slope * a.tanh(), target, atol=1e-6, rtol=0)


def test_the_start_is_near_the_identity() -> None:
    torch.manual_seed(0)
    rows = Planes(3, 8).rows.detach()
    z = torch.randn(100, 8)
    image, volume = bend(z, rows)
    assert (image - z).abs().max() < 0.15
    assert volume.abs().max() < 0.15


def test_density_integrates_to_one_and_its_kl_is_that_of_the_grid() -> None:
    q = posterior(1, 1, 3)
    prior = Normal(torch.zeros(1).double(), torch.ones(1).double())
    grid = torch.arange(-30, 30, 0.002).double().view(-1, 1, 1)
    log_q = q.log_prob(grid).flatten()
    assert log_q.exp().sum().item() * 0.002 == pytest.approx(1, abs=1e-5)
    exact = (log_q.exp() * (log_q - prior.log_prob(grid).flatten())).sum().item() * 0.002
    torch.manual_seed(0)
    many = by_row(lambda rows: rows.expand(5000, -1), q)
    draws = kl_divergence(many, prior)
    assert draws.shape == (5000, 1)
    assert draws.mean().item() == pytest.approx(exact, abs=4 * draws.std().item() / 5000**0.5)


def test_density_at_draws_and_elsewhere_is_one_function_with_its_gradients() -> None:
    q = posterior(4, 3, 3)
    torch.manual_seed(0)
    z = q.rsample()
    start, _ = straighten(z, q.planes)
    direct = q.base.log_prob(start).sum(-1, keepdim=True) - bend(start, q.planes)[1]
    torch.testing.assert_close(q.log_prob(z), direct)
    assert torch.autograd.gradcheck(
        lambda v, rows: Flowed(q.loc, q.scale, rows).log_prob(v),
        (z.detach().requires_grad_(), q.planes.clone().requires_grad_()),
        atol=1e-4,
    )


@pytest.mark.parametrize("rows", [1, 5])
def test_pairs_of_draws_and_documents(rows: int) -> None:
    q = posterior(rows, 3, 2)
    z = q.sample()
    one_by_one = torch.stack(
        [by_row(lambda t, j=j: t[j : j + 1], q).log_prob(z)[:, 0] for j in range(rows)], -1
    )
    torch.testing.assert_close(q.log_densities(z), one_by_one)


def test_information_does_not_change_under_the_flow() -> None:
    q = posterior(40, 2, 3)
    torch.manual_seed(0)
    start = q.base.sample()
    bent = mutual_information(q, bend(start, q.planes)[0])
    plain = mutual_information(q.base, start)
    assert bent.value == pytest.approx(plain.value, abs=1e-6)
    assert 0.2 < plain.value < math.log(40)


def test_the_likelihood_does_not_depend_on_the_proposal() -> None:
    model, documents = tiny_model("wae-rnf", spread=0.3), tiny_documents(6)
    with torch.no_grad():
        model.posterior.planes.rows.copy_(planes(2, 3, spread=0.4).float())
    exact = exact_nll(model, documents)
    torch.testing.assert_close(iw_nll(model, documents, 20000), exact, atol=0.05, rtol=0)
    seen = encode_split(model, documents)
    assert seen.kl.shape == (6, 1)


def test_one_dimension_and_no_flow_at_all() -> None:
    features = torch.randn(3, 6)
    for latent, flows in ((1, 2), (2, 0)):
        q = FlowGaussian(Sizes(12, 5, 6, latent), flows=flows)(features)
        assert q.rsample().shape == (3, latent)
        assert q.log_prob(q.rsample()).isfinite().all()
    base = FlowGaussian(SIZES, flows=0)(features)
    z = torch.randn(3, 2)
    torch.testing.assert_close(base.log_prob(z), base.base.log_prob(z).sum(-1, keepdim=True))


def test_fewer_flows_than_none_are_refused() -> None:
    with pytest.raises(CollapseError, match="flows must be"):
        FlowGaussian(SIZES, flows=-1)
