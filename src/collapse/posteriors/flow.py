"""A Gaussian bent by planar flows: the posterior of WAE-RNF."""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal, constraints, register_kl

from collapse.distributions import Multivariate, normal_log_densities
from collapse.distributions.sphere import Shape
from collapse.parts import Sizes
from collapse.posteriors.gaussian import DiagonalGaussian, Posterior
from collapse.posteriors.planar import Planes, bend, straighten
from collapse.theory.checks import not_negative

DRAWS = 8  # of z, to estimate the KL of one document


class Flowed(Multivariate):
    """z = f(z₀) with z₀ ~ N(loc, diag scale²) and f a sequence of planar flows, one for all.

    f has an inverse, so the density is known at any z and not only at the distribution's own
    draws.

    Args:
        loc: mean of z₀, ``(batch, latent)``.
        scale: standard deviation of z₀, ``(batch, latent)``.
        planes: see :func:`collapse.posteriors.planar.bend`.
        validate_args: as in torch.
    """

    arg_constraints: ClassVar = {
        "loc": constraints.real_vector,
        "scale": constraints.independent(constraints.positive, 1),
    }
    shared = ("planes",)
    has_rsample = True

    def __init__(
        self, loc: Tensor, scale: Tensor, planes: Tensor, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale, self.planes = loc, scale, planes.to(loc)
        self.base = Normal(loc, scale, validate_args=False)
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        """The image f(loc) of the base's mean, ``(batch, latent)``; E z itself is not known."""
        return bend(self.loc, self.planes)[0]

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws ``sample_shape + (batch, latent)``."""
        return bend(self.base.rsample(torch.Size(sample_shape)), self.planes)[0]

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density in nats, ``(..., batch, 1)``; differentiable in z and in the flows."""
        start, volume = straighten(value, self.planes)
        return self.base.log_prob(start).sum(-1, keepdim=True) - volume

    def log_densities(self, z: Float[Tensor, "rows latent"]) -> Float[Tensor, "rows batch"]:
        """log q(z_i | x_j): the volume change is the same for all j."""
        start, volume = straighten(z, self.planes)
        return normal_log_densities(self.loc, self.scale.square(), start) - volume


@register_kl(Flowed, Normal)
def _sampled_kl(q: Flowed, p: Normal) -> Tensor:
    """A mean over a few draws of log q/p, ``(batch, 1)``: unbiased, and not always positive."""
    z = q.rsample(torch.Size([DRAWS]))
    return (q.log_prob(z) - p.log_prob(z).sum(-1, keepdim=True)).mean(0)


class FlowGaussian(Posterior):
    """A diagonal Gaussian that planar flows bend, prior N(0, I).

    The flows have parameters of their own that do not depend on x, as in the code of Wang & Wang
    (2019); the mutual information of x and z is therefore that of x and z₀.

    Args:
        sizes: widths; features have width ``hidden``.
        flows: how many.
        bias: see :class:`DiagonalGaussian`.

    Raises:
        CollapseError: for a negative number of flows.
    """

    def __init__(self, sizes: Sizes, *, flows: int = 3, bias: bool = False) -> None:
        super().__init__()
        not_negative(flows=flows)
        self.latent = sizes.latent
        self.base, self.planes = DiagonalGaussian(sizes, bias=bias), Planes(flows, sizes.latent)

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Flowed:
        """The posterior of each row."""
        q = self.base(features)
        return Flowed(q.mean, q.stddev, self.planes.rows, validate_args=False)

    def prior(self) -> Normal:
        """The standard normal, batch shape ``(latent,)``."""
        return self.base.prior()
