"""The von Mises–Fisher distribution against quadrature, scipy, and what its draws look like."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from small import batch_of, tiny_documents, tiny_model
from torch.distributions import kl_divergence
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.data import make_batch
from collapse.distributions import UniformSphere, VonMisesFisher, by_row
from collapse.metrics import encode_split, iw_nll, mutual_information
from collapse.metrics.protocol import log_likelihood_of
from collapse.parts import Sizes
from collapse.posteriors import VonMisesFisherPosterior
from collapse.theory import log_sphere_area, mean_resultant_length, vmf_kl

CASES = [(2, 0.5), (2, 20.0), (3, 4.0), (5, 1e-3), (8, 13.0), (32, 13.0), (32, 30.0), (50, 400.0)]


def directions(rows: int, size: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(rows, size, generator=generator, dtype=torch.float64), dim=-1)


def over_angles(size: int, kappa: float, of=lambda t: 1.0, widest: float = math.pi) -> float:
    """The integral of exp(κ(t - 1)) sin(angle)^(D-2) of(t), t = cos(angle), up to ``widest``."""

    def integrand(angle: float) -> float:
        t = math.cos(angle)
        return math.exp(kappa * (t - 1)) * math.sin(angle) ** (size - 2) * of(t)

    return integrate.quad(integrand, 0, widest, epsabs=0, epsrel=1e-10, limit=200)[0]


@pytest.mark.parametrize(("size", "kappa"), CASES)
def test_closed_forms_by_quadrature(size: int, kappa: float) -> None:
    weight, flat = over_angles(size, kappa), over_angles(size, 0.0)
    cosine = over_angles(size, kappa, lambda t: t) / weight
    kl = kappa * (cosine - 1) - math.log(weight / flat)
    assert mean_resultant_length(size, kappa) == pytest.approx(cosine, rel=1e-8)
    assert vmf_kl(size, kappa) == pytest.approx(kl, rel=1e-7, abs=1e-13)


def test_rates_of_the_published_table_are_rounded_to_whole_nats() -> None:
    """Zhu et al. (2020), Table 8, prints 2.0, 3.0, 4.0, 5.0, 6.0, 7.0 for D = 32."""
    found = [vmf_kl(32, kappa) for kappa in (13.0, 16.0, 20.0, 23.0, 25.0, 30.0)]
    assert found == pytest.approx([2.17, 3.04, 4.25, 5.16, 5.755, 7.21], abs=0.006)


@pytest.mark.parametrize(("size", "kappa"), [(1024, 1.0), (2, 1e-6), (3, 700.0), (2, 5000.0)])
def test_nothing_underflows_or_cancels(size: int, kappa: float) -> None:
    import mpmath

    with mpmath.workdps(60):
        mean = mpmath.hyp0f1(mpmath.mpf(size) / 2, mpmath.mpf(kappa) ** 2 / 4)
        up = mpmath.hyp0f1(mpmath.mpf(size) / 2 + 1, mpmath.mpf(kappa) ** 2 / 4)
        kl = float(kappa**2 / mpmath.mpf(size) * up / mean - mpmath.log(mean))
    assert vmf_kl(size, kappa) == pytest.approx(kl, rel=1e-8)


@pytest.mark.parametrize(("size", "kappa"), [(2, 3.0), (3, 4.0), (8, 13.0), (32, 25.0)])
def test_density_and_entropy_against_scipy(size: int, kappa: float) -> None:
    mean, z = directions(1, size), directions(6, size, seed=1)
    q = VonMisesFisher(mean, kappa)
    peer = stats.vonmises_fisher(mean[0].numpy(), kappa)
    assert q.log_prob(z)[:, 0].tolist() == pytest.approx(peer.logpdf(z.numpy()), rel=1e-9)
    assert q.entropy().item() == pytest.approx(peer.entropy(), rel=1e-9)


def test_kl_is_the_mean_log_ratio_of_draws_within_its_error() -> None:
    torch.manual_seed(0)
    q = VonMisesFisher(directions(3, 8), 13.0)
    p = UniformSphere(torch.zeros(8, dtype=torch.float64))
    z = q.sample((20000,))
    ratio = (q.log_prob(z) - p.log_prob(z))[..., 0]
    error = ratio.std(0) / 20000**0.5
    kl = kl_divergence(q, p)
    assert kl.shape == (3, 1)
    assert ((ratio.mean(0) - kl[:, 0]).abs() < 4 * error).all()
    assert error.max() < 0.02


@pytest.mark.parametrize(("size", "kappa"), [(2, 4.0), (3, 0.0), (8, 13.0), (32, 300.0)])
def test_draws_have_the_right_heights_and_no_other_preference(size: int, kappa: float) -> None:
    torch.manual_seed(1)
    mean = directions(1, size)
    z = VonMisesFisher(mean, kappa).sample((4000,))[:, 0]
    torch.testing.assert_close(z.norm(dim=-1), torch.ones(4000).double())
    heights = (z @ mean[0]).numpy()
    angles = np.arccos(heights.clip(-1, 1))
    grid = np.linspace(0, angles.max(), 101)
    within = [over_angles(size, kappa, widest=a) / over_angles(size, kappa) for a in grid]
    assert stats.kstest(angles, lambda a: np.interp(a, grid, within)).pvalue > 1e-3
    assert abs(heights.mean() - mean_resultant_length(size, kappa)) < 4 * heights.std() / 4000**0.5
    across = z - torch.as_tensor(heights).unsqueeze(1) * mean
    assert (across.mean(0).abs() < 4.5 * across.std(0) / 4000**0.5).all()


def test_draws_follow_a_turn_of_the_direction() -> None:
    """d/dμ E f(z): the pathwise gradient against differences of the exact mean, f(z) = bᵀz."""
    torch.manual_seed(2)
    mean, b = directions(1, 6), directions(1, 6, seed=3)
    raw = mean.clone().requires_grad_()
    draws = VonMisesFisher(F.normalize(raw, dim=-1), 5.0).rsample((20000,))
    (draws * b).sum(-1).mean().backward()
    tangent = b - (b * mean).sum() * mean
    expected = mean_resultant_length(6, 5.0) * tangent
    assert raw.grad is not None
    torch.testing.assert_close(raw.grad, expected, atol=0.02, rtol=0)


@pytest.mark.parametrize("where", [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
def test_no_direction_is_special(where: list[float]) -> None:
    torch.manual_seed(0)
    mean = torch.tensor([where], requires_grad=True)
    z = VonMisesFisher(mean, 1e4).rsample((100,))
    assert z.dtype == torch.float32
    assert ((z - mean).norm(dim=-1) < 0.1).all()
    z.sum().backward()
    assert mean.grad is not None
    assert mean.grad.isfinite().all()


@pytest.mark.parametrize("rows", [1, 4])
def test_rows_are_documents(rows: int) -> None:
    q = VonMisesFisher(directions(rows, 3), 2.0)
    z = q.sample()
    pairs = q.log_densities(z)
    assert (z.shape, pairs.shape, q.mean.shape) == ((rows, 3), (rows, rows), (rows, 3))
    torch.testing.assert_close(pairs.diagonal(), q.log_prob(z)[:, 0])
    assert by_row(lambda t: t[:1].double(), q).concentration == 2.0


def test_information_of_far_and_of_equal_directions() -> None:
    mean = torch.eye(4).double()
    far, equal = VonMisesFisher(mean, 900.0), VonMisesFisher(mean[:1].expand(4, -1), 9.0)
    assert mutual_information(far, mean).value == pytest.approx(math.log(4))
    assert mutual_information(equal, equal.sample()).value == pytest.approx(0, abs=1e-9)


CIRCLE = Sizes(12, 5, 6, 2)


@torch.no_grad()
def test_importance_weighting_converges_to_the_exact_sum() -> None:
    """On a circle -log p(x) is a mean over angles, here over an even grid of them."""
    model, documents = tiny_model("vmf-vae-13", CIRCLE, spread=1.0), tiny_documents(6)
    batch = make_batch(documents, np.arange(6))
    angles = torch.arange(400) * 2 * math.pi / 400
    circle = torch.stack([angles.cos(), angles.sin()], -1).unsqueeze(1).expand(-1, 6, -1)
    log_p = log_likelihood_of(model, batch, circle).logsumexp(0)
    exact = math.log(400) - log_p
    for concentration in (0.5, 1.0):  # any: the limit does not depend on it
        model.posterior.concentration = concentration
        found = iw_nll(model, documents, 20000)
        torch.testing.assert_close(found, exact, atol=0.04, rtol=0)
    few = np.mean([iw_nll(model, documents, 2, s).mean() for s in range(60)])
    bound = np.mean([encode_split(model, documents, s).nll_bound.mean() for s in range(60)])
    assert bound > few > exact.mean()


def test_posterior_has_a_constant_rate_and_unit_directions_from_any_start() -> None:
    model, batch = tiny_model("vmf-vae-13", Sizes(12, 5, 6, 8), spread=0.01), batch_of()
    q = model.encode(batch)
    torch.testing.assert_close(q.direction.norm(dim=-1), torch.ones(7))
    kl = kl_divergence(q, model.prior())
    torch.testing.assert_close(kl, torch.full((7, 1), vmf_kl(8, 13.0)))
    assert model.prior().sample((3,)).norm(dim=-1).tolist() == pytest.approx([1, 1, 1])
    log_area = -model.prior().log_prob(q.mean)
    torch.testing.assert_close(log_area, torch.full((7, 1), log_sphere_area(8)))


def test_the_sphere_of_a_line_is_refused() -> None:
    with pytest.raises(CollapseError, match="2 or more dimensions"):
        VonMisesFisherPosterior(Sizes(12, 5, 6, 1), concentration=13.0)
    with pytest.raises(CollapseError, match="concentration of 0"):
        VonMisesFisherPosterior(CIRCLE, concentration=-1.0)


@pytest.mark.parametrize("length", [0.0, 2.0, math.nan])
def test_a_direction_of_another_length_is_refused(length: float) -> None:
    """Its density would integrate to another number than 1."""
    direction = torch.tensor([[1.0, 0.0, 0.0], [length, 0.0, 0.0]])
    with pytest.raises(CollapseError, match=r"1 of 2 have not|real_vector|Real"):
        VonMisesFisher(direction, 5.0)


@pytest.mark.parametrize("kappa", [1e4, 1e6, 1e9])
def test_the_rate_of_very_narrow_ones_keeps_its_digits(kappa: float) -> None:
    """In three dimensions it is log 2κ - 1, but for terms of exp(-2κ)."""
    assert vmf_kl(3, kappa) == pytest.approx(math.log(2 * kappa) - 1, abs=1e-6)
