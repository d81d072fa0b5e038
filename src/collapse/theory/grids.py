"""Grids for quadrature: an even one, and one that grows outside, for wide normals.

The sum of a smooth function that vanishes at the ends, times the stride, converges to its integral
faster than any power of the stride.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError


def wide_grid(
    wider: Sequence[float], limit: float, stride: float
) -> tuple[Float[Tensor, "points latent"], Float[Tensor, " points"]]:
    """A grid that is even inside and grows geometrically outside, and the log-volume of each point.

    Args:
        wider: for each dimension, how many times farther than ``limit`` it goes; with 1 it is the
            even grid of :func:`z_grid`, and below ``stride`` that grid made smaller.
        limit: the even part goes from -limit to limit in each dimension.
        stride: distance of neighbouring points in the even part.
    """
    axes = [wide_axis(limit, stride, factor) for factor in wider]
    if not axes:
        return torch.zeros(1, 0), torch.zeros(1)
    points = torch.cartesian_prod(*(axis for axis, _ in axes)).reshape(-1, len(axes))
    volumes = torch.cartesian_prod(*(volume.log() for _, volume in axes))
    return points, volumes.reshape(-1, len(axes)).sum(-1)


def wide_axis(
    limit: float, stride: float, wider: float
) -> tuple[Float[Tensor, " points"], Float[Tensor, " points"]]:
    """Points of one dimension of :func:`wide_grid`, and the length that each stands for."""
    if 0 < wider < stride:
        # An even grid loses a normal that is narrower than its stride: 0.003 ppm at σ = stride.
        return wide_axis(limit, stride, 1.0)[0] * wider, torch.full_like(
            z_grid(1, limit, stride)[:, 0], stride * wider
        )
    core = z_grid(1, limit, stride)[:, 0]
    if wider <= 1:
        return core, torch.full_like(core, stride)
    steps = math.ceil(math.log(wider) / math.log1p(stride / limit))
    tail = limit * torch.linspace(0.0, math.log(wider), steps + 1)[1:].exp()
    points = torch.cat([-tail.flip(0), core, tail])
    gaps = torch.nn.functional.pad(points.diff(), (1, 1))
    return points, 0.5 * (gaps[1:] + gaps[:-1])


def z_grid(latent: int, limit: float, stride: float) -> Float[Tensor, "points latent"]:
    """An even grid over ``[-limit, limit]`` in each dimension; one empty point without a latent.

    Raises:
        CollapseError: unless 0 < stride ≤ limit, both finite.
    """
    if not 0 < stride <= limit < math.inf:
        raise CollapseError(
            f"A grid needs a stride above 0 and a finite limit that is no shorter; got {stride} "
            f"and {limit}."
        )
    if latent == 0:
        return torch.zeros(1, 0)
    axis = even_axis(limit, stride)
    return torch.cartesian_prod(*[axis] * latent).reshape(-1, latent)


def even_axis(
    limit: float, stride: float, dtype: torch.dtype | None = None
) -> Float[Tensor, " points"]:
    """Points from -limit to limit, both among them."""
    return torch.arange(-limit, limit + stride / 2, stride, dtype=dtype)
