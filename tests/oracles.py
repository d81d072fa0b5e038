"""Closed forms and sums that tests compare the package with; nothing in the package needs them."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from collapse.theory.dual_bound import DUAL_GRID, PRIOR, STEP

Moments = tuple[Sequence[float], float]
"""Mean by dimension, and the variance that all dimensions share."""


def gaussian_mmd(one: Moments, other: Moments, length: float) -> float:
    """MMD² between N(m, v I) and N(m', v' I) with k(x, y) = exp(-|x - y|² / 2 length²).

    Gretton et al. (2012), Eq. 2, with :func:`mean_kernel` for each expectation.
    """
    across = mean_kernel(one, other, length)
    return mean_kernel(one, one, length) - 2 * across + mean_kernel(other, other, length)


def mean_kernel(one: Moments, other: Moments, length: float) -> float:
    """E k(x, y) for independent x and y: the kernel convolved with both Gaussians.

    In each dimension length / √w · exp(-(m - m')² / 2w) with w = length² + v + v'.
    """
    (means, variance), (others, other_variance) = one, other
    width = length**2 + variance + other_variance
    square = sum((m - o) ** 2 for m, o in zip(means, others, strict=True))
    return (length**2 / width) ** (len(means) / 2) * math.exp(-0.5 * square / width)


def dual_value(critic: Callable[[Tensor], Tensor], q: Normal) -> float:
    """D(ν) = E_q ν - E_p exp(ν) + 1 with p = N(0, 1), by the trapezoid rule on a fine grid.

    Args:
        critic: ν, of points ``(points,)``.
        q: that the grid of :mod:`collapse.theory.dual_bound` holds.
    """
    nu = critic(DUAL_GRID)
    gain = (q.log_prob(DUAL_GRID).exp() * nu).sum() * STEP
    cost = ((PRIOR.log_prob(DUAL_GRID) + nu).exp()).sum() * STEP
    return float(gain - cost + 1)


def exact_posterior(weight: Tensor, noise_variance: float, x: Tensor) -> MultivariateNormal:
    """p(z|x) = N(M⁻¹Wᵀx, σ²M⁻¹) with M = WᵀW + σ²I, the posterior of a linear decoder.

    Tipping and Bishop (1999), Eq. 6.

    Args:
        weight: W, ``(data, latent)``.
        noise_variance: σ².
        x: centred, ``(batch, data)``.
    """
    precision = weight.T @ weight / noise_variance + torch.eye(weight.shape[1]).to(weight)
    mean = torch.linalg.solve(precision, weight.T @ x.T / noise_variance).T
    return MultivariateNormal(mean, precision_matrix=precision)
