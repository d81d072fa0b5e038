"""MMD: both estimators against the closed form, and what WAE-RNF makes of it."""

import math

import pytest
import torch
from oracles import gaussian_mmd, mean_kernel
from scipy import integrate, stats
from small import SIZES, batch_of, tiny_model, tiny_system

from collapse.base.errors import CollapseError
from collapse.objectives import WassersteinRegulariser, mmd

CASES = [
    (([0.0], 1.0), ([0.0], 1.0), 1.0),
    (([0.7], 0.3), ([0.0], 1.0), 0.8),
    (([1.0, -0.5, 0.2], 0.2), ([0.0, 0.0, 0.0], 1.0), 3.0**0.5),
]
REPEATS = 1000


def test_mean_of_the_kernel_by_quadrature() -> None:
    def integrand(y: float, x: float) -> float:
        density = stats.norm.pdf(x, 0.7, 0.3**0.5) * stats.norm.pdf(y, -0.2, 1.1**0.5)
        return density * math.exp(-0.5 * (x - y) ** 2 / 0.64)

    found = integrate.dblquad(integrand, -4, 5, -8, 8, epsabs=1e-9)[0]
    assert mean_kernel(([0.7], 0.3), ([-0.2], 1.1), 0.8) == pytest.approx(found, abs=1e-7)


def draws(moments: tuple[list[float], float], count: int, generator) -> torch.Tensor:
    means, variance = moments
    noise = torch.randn(count, len(means), generator=generator, dtype=torch.float64)
    return torch.tensor(means).double() + variance**0.5 * noise


@pytest.mark.parametrize(("one", "other", "length"), CASES)
def test_the_unbiased_estimate_is_right_on_average_and_the_biased_one_too_high(
    one, other, length: float
) -> None:
    generator = torch.Generator().manual_seed(0)
    exact = gaussian_mmd(one, other, length)
    pairs = [(draws(one, 8, generator), draws(other, 10, generator)) for _ in range(REPEATS)]
    found = torch.stack([mmd(x, y, length) for x, y in pairs])
    assert abs(found.mean().item() - exact) < 4 * found.std().item() / REPEATS**0.5
    biased = torch.stack([mmd(x, y, length, biased=True) for x, y in pairs])
    too_high = (1 - mean_kernel(one, one, length)) / 8 + (
        1 - mean_kernel(other, other, length)
    ) / 10
    error = biased.std().item() / REPEATS**0.5
    assert abs(biased.mean().item() - exact - too_high) < 4 * error
    assert biased.min() >= 0 > found.min()


def test_equal_distributions_are_no_distance_apart() -> None:
    assert gaussian_mmd(*CASES[0]) == 0
    x = torch.randn(5, 3)
    assert mmd(x, x, 1.0, biased=True).item() == pytest.approx(0, abs=1e-6)


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(CollapseError, match="needs 2 draws of each; got 1 and 4"):
        mmd(torch.zeros(1, 2), torch.zeros(4, 2), 1.0)


def test_the_charge_is_the_sum_of_its_three_parts() -> None:
    system, batch = tiny_system("wae-rnf"), batch_of()
    model, charge = system.model, system.objective.regulariser
    assert isinstance(charge, WassersteinRegulariser)
    torch.manual_seed(0)
    terms = system.objective(model, batch)
    torch.manual_seed(0)
    q, prior = model.encode(batch), model.prior()
    z = q.rsample()
    other = prior.sample(torch.Size([7]))
    ratio = q.log_prob(z)[:, 0] - prior.log_prob(z).sum(-1)
    nearest = torch.cdist(z, charge.centres).amin(-1)
    curvature = (1 + torch.exp(-0.5 * nearest**2)).log()
    expected = 0.8 * ratio + 9.2 * mmd(z, other, 2**0.5) - curvature
    torch.testing.assert_close(terms.rate[:, 0], expected)


def test_without_the_kl_and_the_metric_it_is_the_wasserstein_autoencoder() -> None:
    """A batch whose codes are draws of the prior is charged next to nothing, whatever each is."""
    charge = WassersteinRegulariser(SIZES, kl=0.0, total=1.0, band=1e6)
    model = tiny_model()
    torch.manual_seed(0)
    z = torch.randn(2000, 2)
    q = torch.distributions.Normal(z, torch.full_like(z, 1e-3))
    assert charge(q, z, model.prior()).mean().abs().item() < 0.01
    assert charge(q, 0 * z, model.prior()).mean().item() > 0.1


def test_a_batch_of_one_is_charged() -> None:
    system = tiny_system("wae-rnf")
    assert system.objective(system.model, batch_of(1)).rate.isfinite().all()
