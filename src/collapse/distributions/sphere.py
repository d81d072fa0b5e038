"""Two distributions on the unit sphere: von Mises–Fisher with fixed concentration, and uniform."""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Beta, constraints, register_kl
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.distributions.multivariate import Multivariate
from collapse.theory import log_mean_exp, log_sphere_area, mean_resultant_length, vmf_kl

Shape = torch.Size | list[int] | tuple[int, ...]


class _Sphere(constraints.Constraint):
    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        return (value.norm(dim=-1) - 1).abs() < 1e-3


SPHERE = _Sphere()
"""Unit vectors; densities on them are relative to the surface."""


class VonMisesFisher(Multivariate):
    """Density C_D(κ) exp(κ μᵀz) on the unit sphere of R^D, D ≥ 2; κ is a number, not learned.

    Args:
        direction: μ, unit vectors, ``(batch, latent)``.
        concentration: κ ≥ 0, the same for all rows.
        validate_args: as in torch.

    Raises:
        CollapseError: for a negative κ; unless ``validate_args`` is False, for a direction whose
            length is not 1.
    """

    arg_constraints: ClassVar = {"direction": constraints.real_vector}
    support = SPHERE
    shared = ("concentration",)
    has_rsample = True

    def __init__(
        self, direction: Tensor, concentration: float, validate_args: bool | None = None
    ) -> None:
        self.direction, self.concentration = direction, concentration
        size = direction.shape[-1]
        if validate_args is not False:
            check_length(direction)
        self.log_peak = concentration - log_mean_exp(size, concentration) - log_sphere_area(size)
        super().__init__(direction.shape[:-1], direction.shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        """E z, which lies inside the sphere, ``(batch, latent)``."""
        return mean_resultant_length(self.event_shape[0], self.concentration) * self.direction

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density on the sphere in nats, ``(..., batch, 1)``."""
        cosine = (value * self.direction).sum(-1, keepdim=True)
        return self.concentration * (cosine - 1) + self.log_peak

    def log_densities(self, z: Float[Tensor, "rows latent"]) -> Float[Tensor, "rows batch"]:
        """log q(z_i | x_j)."""
        return self.concentration * (z @ self.direction.T - 1) + self.log_peak

    def entropy(self) -> Tensor:
        """Nats relative to the surface, ``(batch, 1)``; the same for every direction."""
        size = self.event_shape[0]
        return self._every(log_sphere_area(size) - vmf_kl(size, self.concentration))

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws ``sample_shape + (batch, latent)``, differentiable in the direction.

        A draw about one end of the first axis is reflected onto the direction, as in Davidson et
        al. (2018), Algorithm 1; the end farther away is taken, so that the mirror is never
        ill-defined. The height along the axis does not depend on the direction.
        """
        shape = (*sample_shape, *self.batch_shape)
        height = self._heights(shape).unsqueeze(-1)
        size = (*shape, self.event_shape[0] - 1)
        around = F.normalize(torch.randn(size, dtype=height.dtype, device=height.device), dim=-1)
        end = 1 - 2 * (self.direction[..., :1] > 0).to(self.direction)
        draw = torch.cat(
            [end.to(height) * height, (1 - height**2).clamp(min=0).sqrt() * around], -1
        )
        draw = draw.to(self.direction)
        axis = F.pad(end, (0, self.event_shape[0] - 1))
        mirror = F.normalize(self.direction - axis, dim=-1)
        return draw - 2 * (draw * mirror).sum(-1, keepdim=True) * mirror

    @torch.no_grad()
    def _heights(self, shape: tuple[int, ...]) -> Tensor:
        """Draws of μᵀz by the rejection sampler of Wood (1994), in double precision.

        Apple's GPUs have no doubles: there it runs on the CPU.
        """
        kappa, tangent = self.concentration, self.event_shape[0] - 1
        b = tangent / (2 * kappa + (4 * kappa**2 + tangent**2) ** 0.5)
        middle = (1 - b) / (1 + b)
        where = "cpu" if self.direction.device.type == "mps" else self.direction.device
        half = torch.tensor(tangent / 2, dtype=torch.float64, device=where)
        heights = half.new_full(shape, torch.nan)
        while (missing := heights.isnan()).any():
            beta = Beta(half, half).sample((int(missing.sum()),))
            height = (1 - (1 + b) * beta) / (1 - (1 - b) * beta)
            odds = ((1 - middle * height) / (1 - middle**2)).log()
            accepted = kappa * (height - middle) + tangent * odds >= torch.rand_like(height).log()
            heights[missing] = torch.where(accepted, height, torch.nan)
        return heights

    def _every(self, value: float) -> Tensor:
        return self.direction.new_full((*self.batch_shape, 1), value)


def check_length(direction: Tensor) -> None:
    """Refuse what is no unit vector: it would give a density that does not integrate to 1.

    Raises:
        CollapseError: naming how many there are, and the length of the first.
    """
    length = direction.norm(dim=-1)
    wrong = ~((length - 1).abs() < 1e-3)
    if wrong.any():
        raise CollapseError(
            f"A direction has length 1; {int(wrong.sum())} of {wrong.numel()} have not, the first "
            f"has {length[wrong][0].item():.4g}."
        )


class UniformSphere(Multivariate):
    """The uniform distribution on the unit sphere, one factor.

    Args:
        like: any tensor ``(latent,)``: gives size, type and device.
        validate_args: as in torch.
    """

    arg_constraints: ClassVar = {"like": constraints.real_vector}
    support = SPHERE
    has_rsample = True

    def __init__(self, like: Tensor, validate_args: bool | None = None) -> None:
        self.like = like
        super().__init__(like.shape[:-1], like.shape[-1:], validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Minus the log-area, ``(..., 1)``."""
        return torch.full_like(value[..., :1], -log_sphere_area(self.event_shape[0]))

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws ``sample_shape + (latent,)``."""
        shape = (*sample_shape, *self.batch_shape, *self.event_shape)
        noise = torch.randn(shape, dtype=self.like.dtype, device=self.like.device)
        return F.normalize(noise, dim=-1)


@register_kl(VonMisesFisher, UniformSphere)
def _kl_to_uniform(q: VonMisesFisher, p: UniformSphere) -> Tensor:
    return q._every(vmf_kl(q.event_shape[0], q.concentration))
