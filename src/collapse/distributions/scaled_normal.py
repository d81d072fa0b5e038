"""The posterior of Scale-VAE (Song et al. 2024, Eq. 2): a normal that knows its factor."""

import torch
from torch import Tensor
from torch.distributions import Normal, constraints


class ScaledNormal(Normal):
    """q̂ = N(f μ, σ²), what the decoder reads, which remembers μ and f.

    As a distribution it is q̂ and nothing else: samples, densities, entropy and
    ``kl_divergence(q, prior)`` are those of N(f μ, σ²). The posterior that Song et al. (2024)
    charge for is :attr:`unscaled`, another distribution; it never enters a number unless it is
    named.

    Args:
        loc: f μ, ``(batch, latent)``.
        scale: σ, ``(batch, latent)``.
        unscaled_mean: μ, ``(batch, latent)``.
        factor: f, ``(latent,)``, the same for all documents.
        validate_args: as in torch.
    """

    arg_constraints = {  # noqa: RUF012, as torch has it
        "loc": constraints.real,
        "scale": constraints.positive,
        "unscaled_mean": constraints.real,
    }
    shared = ("factor",)

    def __init__(
        self,
        loc: Tensor,
        scale: Tensor,
        unscaled_mean: Tensor,
        factor: Tensor,
        validate_args: bool | None = None,
    ) -> None:
        self.unscaled_mean, self.factor = unscaled_mean, factor
        super().__init__(loc, scale, validate_args)

    @property
    def unscaled(self) -> Normal:
        """q = N(μ, σ²), the posterior before the factor."""
        return Normal(self.unscaled_mean, self.scale, validate_args=False)

    @property
    def generated(self) -> Normal:
        """N(0, f²), what the decoder reads when z comes from N(0, I) and is multiplied by f."""
        return Normal(torch.zeros_like(self.factor), self.factor, validate_args=False)
