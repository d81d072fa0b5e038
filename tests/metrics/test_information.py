"""The estimators against sums and integrals that can be done exactly."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch.distributions import Laplace, Normal

from collapse.base.errors import CollapseError
from collapse.metrics import information, kl_per_dimension
from collapse.theory import gaussian_channel_mi, mi_cap_batches

PRIOR = Normal(torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64))


def mixture(means: list[float], sds: list[float], copies: int) -> tuple[Normal, torch.Tensor]:
    """Each component held by ``copies`` examples, and one draw for each example."""
    q = Normal(
        torch.tensor(means).double().repeat(copies)[:, None],
        torch.tensor(sds).double().repeat(copies)[:, None],
    )
    noise = torch.randn(q.loc.shape, generator=torch.Generator().manual_seed(0)).double()
    return q, q.loc + q.scale * noise


def exact_mixture(means: list[float], sds: list[float]) -> tuple[float, float, float]:
    """KL, MI and marginal KL of the mixture by quadrature on a fine grid, in numpy alone."""
    grid = np.linspace(-40, 40, 160_001)
    mu, sd = np.array(means)[:, None], np.array(sds)[:, None]
    q = np.exp(-0.5 * ((grid - mu) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))
    log_prior = -0.5 * grid**2 - 0.5 * math.log(2 * math.pi)
    step, tiny = grid[1] - grid[0], 1e-300
    both = (q * (np.log(q + tiny) - log_prior)).sum(1).mean() * step
    marginal = q.mean(0)
    between = (q * (np.log(q + tiny) - np.log(marginal + tiny))).sum(1).mean() * step
    return both, between, (marginal * (np.log(marginal + tiny) - log_prior)).sum() * step


CASES = [
    ([-9.0, 0.0, 9.0], [0.5, 1.0, 0.5]),  # apart: MI = log 3
    ([-1.0, 0.2, 1.5], [0.7, 0.4, 0.9]),  # overlapping
    ([0.3, 0.3, 0.3], [0.8, 0.8, 0.8]),  # a KL without information
]


@pytest.mark.parametrize(("means", "sds"), CASES)
def test_decomposition_of_a_mixture_by_quadrature(means, sds) -> None:
    kl, mi, marginal = exact_mixture(means, sds)
    q, z = mixture(means, sds, copies=1000)
    parts = information.decomposition(q, z, PRIOR)
    direct = information.marginal_kl(q, z, PRIOR)
    assert parts.kl.value == pytest.approx(kl, abs=1e-6)
    for estimate, exact in [
        (parts.mutual_information, mi),
        (parts.marginal_kl, marginal),
        (direct, marginal),
    ]:
        # 1e-6 is what the quadrature is good for, where chance plays no part.
        assert abs(estimate.value - exact) < 4 * estimate.standard_error + 1e-6
        assert estimate.standard_error < 0.03 + 0.02 * exact
    total = parts.mutual_information.value + parts.marginal_kl.value
    assert total == pytest.approx(parts.kl.value, abs=1e-12)


@pytest.mark.parametrize(("means", "scales"), CASES)
def test_decomposition_of_a_mixture_of_laplaces_by_quadrature(means, scales) -> None:
    """The same with kinks: scipy's densities on a grid that has the kinks among its points."""
    grid = np.linspace(-40, 40, 160_001)
    step, log_prior = grid[1] - grid[0], stats.norm.logpdf(grid)
    log_q = stats.laplace(np.array(means)[:, None], np.array(scales)[:, None]).logpdf(grid)
    density, log_mixture = np.exp(log_q), np.logaddexp.reduce(log_q, 0) - math.log(len(means))
    kl = (density * (log_q - log_prior)).sum(1).mean() * step
    mi = (density * (log_q - log_mixture)).sum(1).mean() * step
    loc, scale = (torch.tensor(v).double().repeat(1000)[:, None] for v in (means, scales))
    torch.manual_seed(0)
    q = Laplace(loc, scale)
    parts = information.decomposition(q, q.sample(), PRIOR)
    assert parts.kl.value == pytest.approx(kl, abs=1e-5)
    for found, exact in ((parts.mutual_information, mi), (parts.marginal_kl, kl - mi)):
        assert abs(found.value - exact) < 4 * found.standard_error + 1e-5
        assert found.standard_error < 0.03 + 0.02 * exact


def test_information_of_separated_components_is_the_log_of_their_number() -> None:
    _, mi, _ = exact_mixture(*CASES[0])
    assert mi == pytest.approx(math.log(3), abs=1e-3)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("entropy", ["analytic", "sampled"])
def test_estimate_agrees_with_a_loop_over_pairs(batched, entropy, monkeypatch) -> None:
    monkeypatch.setattr(information, "CHUNK", 3)
    generator = torch.Generator().manual_seed(1)
    loc, z = torch.randn(2, 11, 4, generator=generator).unbind()
    q = Normal(loc, 0.2 + torch.rand(11, 4, generator=generator))
    batches = [np.array([7, 0, 3, 9]), np.array([1]), np.array([2, 4, 5, 6, 8, 10])]
    groups = batches if batched else [np.arange(11)]
    total = 0.0
    for group in groups:
        for n in group:
            rows = [Normal(q.loc[m], q.scale[m]).log_prob(z[n]).sum().item() for m in group]
            own = Normal(q.loc[n], q.scale[n])
            total += own.log_prob(z[n]).sum().item() if entropy == "sampled" else 0.0
            total -= own.entropy().sum().item() if entropy == "analytic" else 0.0
            total -= math.log(np.mean(np.exp(rows)))
    estimate = information.mutual_information(q, z, batches if batched else None, entropy)
    assert estimate.value == pytest.approx(total / 11, abs=1e-5)
    assert estimate.cap == pytest.approx(mi_cap_batches([len(g) for g in groups]))


def test_taken_at_the_draw_a_collapsed_posterior_shows_nothing_at_all() -> None:
    collapsed = Normal(torch.zeros(200, 8), torch.ones(200, 8))
    z = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    assert information.mutual_information(collapsed, z).value == pytest.approx(0, abs=1e-5)
    assert abs(information.mutual_information(collapsed, z, entropy="analytic").value) > 0.01


# Means spread as N(0, I): the true information is known, and the estimate is not it.
@pytest.mark.parametrize(
    ("dimensions", "variance", "n", "truth", "shown"),
    [
        (1, 0.1, 32, 1.20, 1.14),
        (1, 0.1, 512, 1.20, 1.20),
        (8, 0.3, 32, 5.87, 3.23),
        (8, 0.3, 512, 5.87, 5.00),
        (32, 0.5, 128, 17.58, 4.84),
    ],
)
def test_saturation(dimensions, variance, n, truth, shown) -> None:
    assert gaussian_channel_mi(variance, dimensions) == pytest.approx(truth, abs=0.01)
    generator = torch.Generator().manual_seed(2)
    values = []
    for _ in range(2000 // n + 10):
        loc, noise = torch.randn(2, n, dimensions, generator=generator).unbind()
        q = Normal(loc, torch.full_like(loc, math.sqrt(variance)))
        estimate = information.mutual_information(q, loc + q.scale * noise)
        assert estimate.value < estimate.cap + 6 * math.sqrt(dimensions / 2 / n)
        values.append(estimate.value)
    tolerance = 4 * float(np.std(values)) / math.sqrt(len(values)) + 0.03
    assert np.mean(values) == pytest.approx(shown, abs=tolerance)


def test_the_same_posteriors_show_less_information_in_batches() -> None:
    generator = torch.Generator().manual_seed(3)
    loc, noise = torch.randn(2, 640, 8, generator=generator).unbind()
    q = Normal(loc, torch.full_like(loc, 0.3))
    z = loc + 0.3 * noise
    whole = information.mutual_information(q, z)
    parts = information.mutual_information(q, z, np.array_split(np.arange(640), 20))
    assert parts.cap == pytest.approx(math.log(32))
    assert whole.value > parts.value + 2


def test_an_estimate_is_the_mean_of_its_terms() -> None:
    for terms in ([0.5, 0.7, 0.9], torch.tensor([0.5, 0.7, 0.9], dtype=torch.float64)):
        found = information.Estimate.of(terms, cap=2.0)
        assert found.value == pytest.approx(0.7, abs=1e-15)
        assert found.standard_error == pytest.approx(0.2 / 3**0.5, abs=1e-15)
    assert str(found) == "0.700 ± 0.115 (cap 2.00)"
    assert math.isnan(information.Estimate.of([1.0]).standard_error)
    with pytest.raises(CollapseError, match="number of terms must be 1 or more; got 0"):
        information.Estimate.of([])


def test_means_that_are_no_table_have_no_active_units() -> None:
    for shape in ((5,), (5, 2, 3)):
        with pytest.raises(CollapseError, match="columns of a table"):
            information.active_units.__wrapped__(torch.zeros(shape))


def test_standard_error_is_the_spread_over_repetitions() -> None:
    generator = torch.Generator().manual_seed(4)
    estimates = []
    for _ in range(200):
        loc, noise = torch.randn(2, 400, 1, generator=generator).unbind()
        q = Normal(loc, torch.full_like(loc, 0.5))
        estimates.append(information.mutual_information(q, loc + 0.5 * noise))
    spread = np.std([e.value for e in estimates])
    assert np.mean([e.standard_error for e in estimates]) == pytest.approx(spread, rel=0.2)


def test_active_units_follow_the_published_code() -> None:
    means = torch.tensor([[0.0, 1.0, 0.05], [0.2, 1.0, 0.19], [0.1, 1.0, 0.12]])
    units = information.active_units(means)
    assert units.variances.tolist() == pytest.approx([0.01, 0.0, 0.0049], abs=1e-7)
    assert information.active_units(means, threshold=0.004).mask.tolist() == [True, False, True]
    assert information.active_units(means, threshold=0.02).count == 0
    with pytest.raises(CollapseError, match="at least 2 examples"):
        information.active_units(means[:1])


def test_kl_per_dimension_by_quadrature() -> None:
    loc = torch.tensor([[0.7, -2.0]], dtype=torch.float64)
    q = Normal(loc, torch.tensor([[0.5, 1.3]], dtype=torch.float64))
    prior = Normal(torch.zeros(2).double(), torch.ones(2).double())
    expected = [exact_mixture([0.7], [0.5])[0], exact_mixture([-2.0], [1.3])[0]]
    kl = kl_per_dimension(q, prior)
    assert kl.shape == (1, 2)
    assert kl[0].tolist() == pytest.approx(expected, abs=1e-8)


def test_refusals() -> None:
    q, z = mixture([0.0, 1.0], [1.0, 1.0], copies=2)
    with pytest.raises(CollapseError, match="One draw per example"):
        information.mutual_information(q, z[:3])
    for batches in (
        [np.array([0, 1])],
        [np.arange(4), np.array([2])],
        [np.arange(4), np.array([])],
    ):
        with pytest.raises(CollapseError, match="each of the 4 examples once"):
            information.mutual_information(q, z, batches)


def test_an_estimate_prints_with_its_cap() -> None:
    assert str(information.Estimate(3.3, 0.04, math.log(32))) == "3.300 ± 0.040 (cap 3.47)"
    assert str(information.Estimate(3.3, 0.04)) == "3.300 ± 0.040"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("spread", [10.0, 1e4])
def test_sharp_posteriors_far_apart_show_the_log_of_their_number(dtype, spread) -> None:
    loc = spread * torch.randn(500, 1, generator=torch.Generator().manual_seed(0)).to(dtype)
    q = Normal(loc, torch.full_like(loc, 1e-8))
    torch.manual_seed(0)
    z = q.sample()
    found = information.mutual_information(q, z)
    assert found.value == pytest.approx(math.log(500), abs=1e-6)
    assert found.value <= found.cap + 1e-9
    parts = information.decomposition(q, z, PRIOR)
    exact = 0.5 * (loc.double().square().mean() + 1e-16 - 2 * math.log(1e-8) - 1).item()
    assert parts.kl.value == pytest.approx(exact, rel=1e-6)
    assert parts.marginal_kl.value == pytest.approx(exact - math.log(500), rel=1e-6)


def test_sharp_posteriors_side_by_side_show_what_broad_ones_do() -> None:
    """Information does not change with the unit of z, nor with its origin."""
    steps, noise = torch.randn(2, 200, 3, generator=torch.Generator().manual_seed(1)).double()
    broad = information.mutual_information(Normal(steps, torch.ones_like(steps)), steps + noise)
    loc, width = 10 + 1e-8 * steps, torch.full_like(steps, 1e-8)
    sharp = information.mutual_information(Normal(loc, width), loc + 1e-8 * noise)
    assert 0.1 < broad.value == pytest.approx(sharp.value, abs=1e-5)


def test_draws_that_are_rounded_are_refused_where_rounding_does_not_cancel() -> None:
    loc = 10 * torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    q = Normal(loc, torch.full_like(loc, 1e-8))
    for ask in (
        lambda: information.mutual_information(q, loc, entropy="analytic"),
        lambda: information.marginal_kl(q, loc, PRIOR),
    ):
        with pytest.raises(CollapseError, match="50 of 50 draws are rounded"):
            ask()
    noise = torch.randn(50, 2, generator=torch.Generator().manual_seed(1)).double()
    wide, z = Normal(loc.double(), q.scale.double()), loc + 1e-8 * noise
    found = information.mutual_information(wide, z, entropy="analytic")
    assert abs(found.value - math.log(50)) < 5 * found.standard_error
    exact = -math.log(1e-8) - math.log(2 * math.pi) / 2 - 0.5
    direct = information.marginal_kl(wide, z, PRIOR).value
    expected = 2 * exact - math.log(50) - PRIOR.log_prob(z).sum(-1).mean().item()
    assert direct == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["z", "mean", "width"])
@pytest.mark.parametrize("entropy", ["sampled", "analytic"])
def test_an_estimate_of_something_that_is_no_number_is_none(bad, where, entropy) -> None:
    q, z = mixture([0.0, 1.0, 2.0], [1.0, 0.5, 1.0], copies=3)
    loc, scale = q.loc.clone(), q.scale.clone()
    {"z": z, "mean": loc, "width": scale}[where][4] = bad
    q = Normal(loc, scale, validate_args=False)
    for batches in (None, [np.arange(4), np.arange(4, 9)]):
        for found in (
            information.mutual_information(q, z, batches, entropy),
            information.marginal_kl(q, z, Normal(0.0, 1.0, validate_args=False), batches),
            information.decomposition(q, z, Normal(0.0, 1.0), batches).mutual_information,
        ):
            assert math.isnan(found.value)


def test_units_of_means_that_are_no_numbers_are_not_counted() -> None:
    means = torch.randn(9, 2)
    means[3, 1], means[7, 0] = math.nan, math.inf
    with pytest.raises(CollapseError, match=r"2 of 9 rows hold a NaN .* \(rows 3, 7\)"):
        information.active_units(means)


def test_one_example_and_none() -> None:
    q, z = mixture([0.3], [0.7], copies=1)
    found = information.mutual_information(q, z)
    assert (found.value, found.cap) == (pytest.approx(0, abs=1e-12), 0.0)
    assert math.isnan(found.standard_error)
    with pytest.raises(CollapseError, match="One draw per example"):
        information.mutual_information(Normal(q.loc[:0], q.scale[:0]), z[:0])
    for empty in ([], [np.arange(0)]):
        with pytest.raises(CollapseError, match="each of the 1 examples once"):
            information.mutual_information(q, z, empty)
