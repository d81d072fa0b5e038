"""Normal distributions: of a network's output, the standard one, and the densities of many."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal


def normal_of(mean_and_log_var: Float[Tensor, "batch twice_latent"]) -> Normal:
    """N(mean, diag exp(log_var)) of each row: the means, and behind them the log-variances."""
    mean, log_var = mean_and_log_var.chunk(2, dim=-1)
    return Normal(mean, (0.5 * log_var).exp(), validate_args=False)


def standard_normal(mean: Tensor) -> Normal:
    """N(0, 1) in the shape, type and device of ``mean``, which must be zeros."""
    return Normal(mean, torch.ones_like(mean), validate_args=False)


ROUNDING = 1e-8
"""Nats that multiplying out may lose of a log-density."""


def normal_log_densities(
    means: Float[Tensor, "members latent"],
    variances: Float[Tensor, "members latent"],
    z: Float[Tensor, "rows latent"],
) -> Float[Tensor, "rows members"]:
    """log N(z_i; mean_j, variance_j) in nats; no (N, M, D) array is built.

    The square is multiplied out, which is fast. That loses digits where means are large and
    variances tiny: means of 10 and σ = 1e-8 make terms of 1e18, and doubles know these to 100. So
    where the terms are too large for :data:`ROUNDING`, differences are taken first, slowly.
    """
    precision = 1 / variances
    square = z.square() @ precision.T
    of_means = (means.square() * precision).sum(-1)
    largest = sum(part.max().item() for part in (square, of_means) if part.numel())
    if not largest * torch.finfo(z.dtype).eps <= ROUNDING:  # also where it is not a number
        return _normal_by_differences(means, variances, z)
    quadratic = square - 2 * z @ (means * precision).T
    constant = (means.square() * precision + variances.log() + math.log(2 * math.pi)).sum(-1)
    return -0.5 * (quadratic + constant)


def _normal_by_differences(means: Tensor, variances: Tensor, z: Tensor) -> Tensor:
    """The same, dimension by dimension: nothing cancels."""
    stds = variances.sqrt()
    quadratic = z.new_zeros(len(z), len(means))
    for z_d, mean_d, std_d in zip(z.T, means.T, stds.T, strict=True):
        quadratic = quadratic + ((z_d[:, None] - mean_d) / std_d).square()
    return -0.5 * (quadratic + (variances.log() + math.log(2 * math.pi)).sum(-1))
