"""The dual form of the KL in one dimension, exactly: how far below the KL a critic leaves it.

For any function ν with finite expectations

    D(ν) = E_q ν - E_p exp(ν) + 1  ≤  KL(q ‖ p),

because exp(v) ≥ r (1 + v - log r) with r = q/p, with equality only at v = log r (Fenchel duality;
Dai et al. 2018, used by Fang et al. 2019). A critic from a restricted family therefore gives a
lower bound of the KL, and the "negative ELBO" with it a lower bound of the negative ELBO: with an
exact posterior it lies *below* the negative log-likelihood (Long et al. 2019, Appendix B). Here p
is N(0, 1), q is N(mean, variance), and everything is in nats.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal
from torch.special import erfc

from collapse.base.errors import CollapseError
from collapse.theory.checks import positive
from collapse.theory.grids import even_axis

STEP = 0.002
DUAL_GRID = even_axis(15.0, STEP, torch.float64)
PRIOR = Normal(torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64))


def gaussian(mean: float, variance: float) -> Normal:
    """N(mean, variance) in double precision.

    Raises:
        CollapseError: for a variance that is not positive, or a mean that is not finite.
    """
    positive(variance=variance)
    if not math.isfinite(mean):
        raise CollapseError(f"The mean must be finite; got {mean}.")
    return Normal(torch.tensor(mean).double(), torch.tensor(variance).double().sqrt())


def exact_kl(q: Normal) -> float:
    """KL(q ‖ N(0, 1)) by the same rule, the closed form's independent twin.

    Raises:
        CollapseError: for a q that the grid does not hold.
    """
    check_held(q)
    log_q = q.log_prob(DUAL_GRID)
    return float((log_q.exp() * (log_q - PRIOR.log_prob(DUAL_GRID))).sum() * STEP)


def check_held(q: Normal, grid: Float[Tensor, " points"] = DUAL_GRID) -> None:
    """Refuse a q that reaches beyond the grid, or that its step cannot follow.

    Args:
        q: one normal distribution, or several.
        grid: evenly spaced and symmetric about 0.

    Raises:
        CollapseError: naming the grid and the first q that it does not hold.
    """
    end, step = float(grid[-1]), float(grid[1] - grid[0])
    means, widths = q.mean.flatten().tolist(), q.stddev.flatten().tolist()
    for mean, width in zip(means, widths, strict=True):
        if not (width >= step * (1 - 1e-6) and abs(mean) + 5 * width <= end):
            raise CollapseError(
                f"The grid from {-end:g} to {end:g} in steps of {step:.3g} does not hold "
                f"N({mean:.4g}, {width:.4g}²)."
            )


def best_linear(q: Normal) -> float:
    """The largest D(ν) over all straight lines: mean²/2, at ν(z) = mean · z - mean²/2.

    A line sees the shift of q. That q is narrower than the prior costs it nothing.
    """
    return 0.5 * float(q.mean) ** 2


def best_steps(q: Normal, edges: Float[Tensor, " edges"]) -> float:
    """The largest D(ν) over functions that are constant between the edges, and outside of them.

    It is Σ_k Q_k log(Q_k / P_k), the KL of the two histograms: the more steps a critic has, the
    closer it comes, and it never arrives.

    Raises:
        CollapseError: unless the edges are finite and increase.
    """
    if not (edges.diff() > 0).all() or not edges.isfinite().all():
        raise CollapseError("The edges of a step function must increase.")
    ends = torch.cat([edges.new_tensor([-math.inf]), edges, edges.new_tensor([math.inf])]).double()
    mass, prior = (cells(d, ends) for d in (q, PRIOR))
    occupied = mass > 0
    ratio = mass[occupied] / prior[occupied]
    return float((mass[occupied] * ratio.log()).sum())


def cells(q: Normal, ends: Float[Tensor, " ends"]) -> Float[Tensor, " cells"]:
    """The probability of each cell between neighbouring ends, far out on either side as well.

    Far right the distribution function is 1 to all digits and its differences are 0, so cells right
    of the mean are mirrored; far left torch's own, 1 + erf, is 0 where erfc is not.
    """
    standard = (ends - q.mean) / (q.stddev * math.sqrt(2))
    left, right = standard[:-1], standard[1:]
    plain, mirrored = erfc(-right) - erfc(-left), erfc(left) - erfc(right)
    return 0.5 * torch.where(left > 0, mirrored, plain)


@dataclass(frozen=True)
class LineModel:
    """x = slope · z + noise, z ~ N(0, 1): a VAE in one dimension whose posterior is exact.

    Attributes:
        slope: of the decoder.
        noise: variance of x given z.

    Raises:
        CollapseError: for a noise that is not positive.
    """

    slope: float
    noise: float

    def __post_init__(self) -> None:
        positive(noise=self.noise)

    def posterior(self, x: float) -> Normal:
        """p(z|x)."""
        marginal = self.slope**2 + self.noise
        return gaussian(self.slope * x / marginal, self.noise / marginal)

    def nll(self, x: float) -> float:
        """-log p(x)."""
        marginal = self.slope**2 + self.noise
        return 0.5 * (math.log(2 * math.pi * marginal) + x**2 / marginal)

    def reconstruction(self, x: float) -> float:
        """-E log p(x|z) over the exact posterior."""
        q = self.posterior(x)
        square = (x - self.slope * float(q.mean)) ** 2 + self.slope**2 * float(q.variance)
        return 0.5 * (math.log(2 * math.pi * self.noise) + square / self.noise)

    def bound(self, x: float, divergence: float) -> float:
        """The reported "NLL": the reconstruction plus whatever stands for the KL."""
        return self.reconstruction(x) + divergence
