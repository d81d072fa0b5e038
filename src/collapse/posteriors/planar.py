"""Planar flows, forwards and backwards (Rezende & Mohamed 2015)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

HALVINGS = 50  # of an interval, to invert a flow
LEAST_VOLUME = 0.01  # of the volume change of a flow
IDENTITY = math.log(math.exp(1 - LEAST_VOLUME) - 1)  # where softplus is one minus that


class Planes(nn.Module):
    """The parameters of some planar flows, which start near the identity.

    Args:
        flows: how many.
        latent: dimensions of z.
    """

    keep_init = True

    def __init__(self, flows: int, latent: int) -> None:
        super().__init__()
        w, u = torch.randn(flows, latent) / latent**0.5, 0.01 * torch.randn(flows, latent)
        self.rows = nn.Parameter(torch.cat([w, u, torch.zeros(flows, 1)], -1))


def bend(z: Tensor, planes: Float[Tensor, "flows row"]) -> tuple[Tensor, Tensor]:
    """z + u tanh(wᵀz + b), one flow after the other, and the log of the volume change.

    Args:
        z: ``(..., latent)``.
        planes: w, u and b of each flow in a row.

    Returns:
        The image, ``(..., latent)``, and log |det| of the whole map there, ``(..., 1)``.
    """
    volume = torch.zeros_like(z[..., :1])
    for plane in planes:
        w, u, b = parts(plane)
        tanh = ((z * w).sum(-1, keepdim=True) + b).tanh()
        volume = volume + (1 + (1 - tanh.square()) * (w * u).sum()).log()
        z = z + u * tanh
    return z, volume


def straighten(z: Tensor, planes: Float[Tensor, "flows row"]) -> tuple[Tensor, Tensor]:
    """The z₀ of which :func:`bend` makes ``z``, and the log-volume change there; shapes as there.

    Each flow moves along u only, so its inverse is an equation for the one number wᵀz₀ + b.
    """
    for plane in planes.flip(0):
        w, u, b = parts(plane)
        z = z - u * solve((z * w).sum(-1, keepdim=True) + b, (w * u).sum()).tanh()
    return z, bend(z, planes)[1]


def parts(plane: Float[Tensor, " row"]) -> tuple[Tensor, Tensor, Tensor]:
    """w, u and b, with u moved along w so that wᵀu ≥ -0.99; above -1 a flow has an inverse.

    Rezende & Mohamed (2015), Appendix A.1, with constants that make u = 0 the identity.
    """
    latent = (len(plane) - 1) // 2
    w, u, b = plane[:latent], plane[latent:-1], plane[-1]
    inner = (w * u).sum()
    allowed = F.softplus(inner + IDENTITY) - (1 - LEAST_VOLUME)
    return w, u + (allowed - inner) * w / w.square().sum(), b


def solve(target: Tensor, slope: Tensor) -> Tensor:
    """The a with a + slope · tanh(a) = target, for slope > -1, where the left side increases.

    Bisection without gradients, then one step of Newton's method, which carries them.
    """
    with torch.no_grad():
        low, high = target - slope.abs(), target + slope.abs()
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            below = middle + slope * middle.tanh() < target
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        a = 0.5 * (low + high)
        rise = 1 + slope * (1 - a.tanh().square())
    return a - (a + slope * a.tanh() - target) / rise
