"""iVAE's posterior, of which everything is known, and the critic, which knows less."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from small import batch_of, tiny_documents, tiny_model, tiny_system
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.data import Documents
from collapse.distributions import by_row
from collapse.metrics import (
    encode_split,
    exact_nll,
    iw_nll,
    mutual_information,
)
from collapse.objectives import DualKL
from collapse.parts import Sizes
from collapse.posteriors import LinearNoise

ONE = Sizes(12, 5, 6, 1)


def noise(rows: int = 4, size: int = 3, seed: int = 0) -> tuple[LinearNoise, MultivariateNormal]:
    generator = torch.Generator().manual_seed(seed)
    loc, features, mix = (
        torch.randn(*shape, generator=generator, dtype=torch.float64)
        for shape in ((rows, size), (rows, 6), (size, size))
    )
    return LinearNoise(loc, features, mix), MultivariateNormal(loc, mix @ mix.T)


@pytest.mark.parametrize(("rows", "size"), [(4, 3), (1, 3), (4, 1), (1, 1)])
def test_against_the_multivariate_normal_of_torch(rows: int, size: int) -> None:
    q, peer = noise(rows, size)
    z = torch.randn(7, rows, size, dtype=torch.float64)
    torch.testing.assert_close(q.log_prob(z).squeeze(-1), peer.log_prob(z))
    torch.testing.assert_close(q.entropy().squeeze(-1), peer.entropy())
    prior = Normal(torch.zeros(size).double(), torch.ones(size).double())
    whole = MultivariateNormal(torch.zeros(size).double(), torch.eye(size).double())
    kl = kl_divergence(q, prior)
    assert kl.shape == (rows, 1)
    torch.testing.assert_close(kl.squeeze(-1), kl_divergence(peer, whole))
    pairs = q.log_densities(z[0])
    torch.testing.assert_close(pairs, peer.log_prob(z[0].unsqueeze(1)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_pairs_far_from_zero_keep_their_digits(dtype: torch.dtype) -> None:
    """Multiplied out, a mean of 1e4 makes terms of 1e9 and a float keeps 100 of them."""
    random = torch.Generator().manual_seed(0)
    loc = (1e4 + torch.randn(5, 3, generator=random)).to(dtype)
    mix = (0.3 * torch.randn(3, 3, generator=random) + 0.5 * torch.eye(3)).to(dtype)
    z = loc + (torch.randn(5, 3, generator=random).to(dtype) @ mix.T)
    found = LinearNoise(loc, loc, mix).log_densities(z)
    assert found.dtype == dtype
    covariance = (mix.double() @ mix.double().T).numpy()
    expected = [
        [stats.multivariate_normal.logpdf(row, mean, covariance) for mean in loc.double().numpy()]
        for row in z.double().numpy()
    ]
    accuracy = 1e-6 if dtype == torch.float32 else 1e-9
    np.testing.assert_allclose(found.double().numpy(), expected, rtol=accuracy, atol=accuracy)


def test_draws_have_mean_and_covariance() -> None:
    q, peer = noise(2, 3)
    torch.manual_seed(0)
    z = q.sample((20000,))
    error = z.std(0) / 20000**0.5
    assert ((z.mean(0) - peer.mean).abs() < 4.5 * error).all()
    torch.testing.assert_close(torch.cov(z[:, 0].T), peer.covariance_matrix[0], atol=0.2, rtol=0.05)


def test_rows_keep_the_one_covariance() -> None:
    q, _ = noise()
    two = by_row(lambda rows: rows[:2].float(), q)
    assert (two.batch_shape, two.features.shape) == ((2,), (2, 6))
    assert two.mix.dtype == torch.float32
    torch.testing.assert_close(two.mean, q.mean[:2].float())


def test_the_model_is_charged_what_the_critic_says_and_measured_by_the_kl() -> None:
    system, batch = tiny_system("ivae", ONE), batch_of()
    model = system.model
    torch.manual_seed(0)
    terms = system.objective(model, batch)
    torch.manual_seed(0)
    q = model.encode(batch)
    z = q.rsample()
    other = model.prior().sample(torch.Size([7]))
    nu = system.objective.regulariser.conditional
    features = q.features
    expected = nu(torch.cat([z, features], -1)) - nu(torch.cat([other, features], -1)).exp() + 1
    torch.testing.assert_close(terms.rate, expected)
    seen = encode_split(model, tiny_documents())
    covariance = q.mix @ q.mix.T
    exact = 0.5 * (covariance[0, 0] + seen.q.mean.square() - 1 - covariance[0, 0].log())
    torch.testing.assert_close(seen.kl, exact, rtol=1e-4, atol=1e-4)


def test_the_marginal_charge_does_not_look_at_the_document() -> None:
    system, batch = tiny_system("ivae-mi", ONE), batch_of()
    model, divergence = system.model, system.objective.regulariser
    q, prior = model.encode(batch), model.prior()
    z = torch.ones(7, 1)
    torch.manual_seed(0)
    first = divergence(q, z, prior)
    torch.manual_seed(0)
    other = LinearNoise(q.loc + 1, q.features + 1, q.mix)
    torch.testing.assert_close(first, divergence(other, z, prior))


def trained(charge: str, documents: Documents, steps: int = 600) -> tuple:
    """A system with fixed posteriors of known spread, and critics trained on them alone."""
    system = tiny_system("ivae", ONE, spread=1.5)
    model = system.model
    with torch.no_grad():
        model.posterior.linear.weight[:, -1] = 0.4  # the noise
    torch.manual_seed(0)
    critics = system.objective.regulariser = DualKL(ONE, charge=charge, width=32)
    optimizer = torch.optim.Adam(critics.parameters(), 3e-3)
    from collapse.data import make_batch

    batch = make_batch(documents, range(len(documents)))
    q = by_row(torch.Tensor.detach, model.encode(batch))
    q = by_row(lambda rows: rows.repeat(20, 1), q)
    for _ in range(steps):
        optimizer.zero_grad()
        critics.critic_loss(q, q.sample(), model.prior()).backward()
        optimizer.step()
    return system, batch


@torch.no_grad()
def by_quadrature(system, q: LinearNoise, row: int) -> tuple[float, float]:
    """The dual form of one document, and its KL, on a grid and without a draw."""
    grid = torch.arange(-9.0, 9.0, 0.01)
    column = grid.view(-1, 1)
    told = torch.cat([column, q.features[row].expand(len(grid), -1)], -1)
    nu = system.objective.regulariser.conditional(told).squeeze(-1).double()
    own = Normal(q.mean[row].double(), q.mix.abs()[0].double())
    log_q, log_p = own.log_prob(grid), Normal(0.0, 1.0).log_prob(grid).double()
    value = ((log_q.exp() * nu).sum() - (log_p + nu).exp().sum()) * 0.01 + 1
    kl = (log_q.exp() * (log_q - log_p)).sum() * 0.01
    return value.item(), kl.item()


def test_a_trained_critic_comes_near_and_stays_below() -> None:
    documents = tiny_documents(8)
    system, batch = trained("conditional", documents)
    model = system.model
    q = model.encode(batch)
    found = [by_quadrature(system, q, row) for row in range(8)]
    assert all(value <= kl + 1e-6 for value, kl in found)
    dual, exact = (sum(column) / 8 for column in zip(*found, strict=True))
    assert 0.7 * exact < dual < exact
    torch.testing.assert_close(
        torch.tensor([kl for _, kl in found]),
        kl_divergence(q, model.prior())[:, 0].detach(),
        atol=1e-3,
        rtol=1e-3,
    )


def test_estimates_agree_with_quadrature_and_the_marginal_with_the_mixture() -> None:
    documents = tiny_documents(8)
    system, batch = trained("conditional", documents)
    model = system.model
    q = model.encode(batch)
    values = torch.tensor([by_quadrature(system, q, row)[0] for row in range(8)])
    critics = system.objective.regulariser
    assert isinstance(critics, DualKL)
    found = critics.averaged(model, documents, particles=1500)
    torch.testing.assert_close(found["conditional"], values, atol=0.15, rtol=0)
    seen = encode_split(model, documents)
    whole = seen.kl.mean().item()
    assert found["marginal"].mean().item() < whole
    one = critics.charged(model, documents, seed=1)
    assert one.shape == (8,)
    assert mutual_information(seen.q, seen.z).value <= math.log(8)


def test_importance_weights_of_a_joint_posterior_and_a_factored_prior() -> None:
    """q has one factor, the prior two: the likelihood is that of the grid all the same."""
    model, documents = tiny_model("ivae", spread=0.8), tiny_documents(6)
    with torch.no_grad():
        model.posterior.linear.weight[:, -2:] = torch.tensor([[1.2, 0.3], [-0.4, 1.1]])
    found = iw_nll(model, documents, 20000)
    torch.testing.assert_close(found, exact_nll(model, documents), atol=0.05, rtol=0)


def test_refusals() -> None:
    with pytest.raises(UnknownNameError, match="no charge called 'joint'"):
        DualKL(ONE, charge="joint")
    with pytest.raises(CollapseError, match="particles must be 1 or more; got 0"):
        DualKL(ONE).averaged(tiny_model("ivae"), tiny_documents(3), particles=0)
