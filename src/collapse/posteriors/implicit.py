"""The posterior of iVAE: noise mixed with the features by a network."""

import math
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal, constraints, register_kl

from collapse.distributions import Multivariate, normal_log_densities, standard_normal
from collapse.distributions.sphere import Shape
from collapse.parts import Sizes
from collapse.posteriors.gaussian import Posterior


class LinearNoise(Multivariate):
    """z = loc + A ε with standard normal ε: N(loc, A Aᵀ), with one square A for all documents.

    Args:
        loc: ``(batch, latent)``.
        features: of the encoder, ``(batch, hidden)``, for a critic that is told what x is.
        mix: A, ``(latent, latent)``; a document's z has a density if A can be inverted.
        validate_args: as in torch.
    """

    arg_constraints: ClassVar = {
        "loc": constraints.real_vector,
        "features": constraints.real_vector,
    }
    shared = ("mix",)
    has_rsample = True

    def __init__(
        self, loc: Tensor, features: Tensor, mix: Tensor, validate_args: bool | None = None
    ) -> None:
        self.loc, self.features, self.mix = loc, features, mix.to(loc)
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        """E z, ``(batch, latent)``."""
        return self.loc

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws ``sample_shape + (batch, latent)``."""
        shape = (*sample_shape, *self.loc.shape)
        noise = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        return self.loc + noise @ self.mix.T

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density in nats, ``(..., batch, 1)``."""
        noise = torch.linalg.solve(self.mix, (value - self.loc).unsqueeze(-1)).squeeze(-1)
        return -0.5 * noise.square().sum(-1, keepdim=True) - self._log_volume()

    def log_densities(self, z: Float[Tensor, "rows latent"]) -> Float[Tensor, "rows batch"]:
        """log q(z_i | x_j) in nats, worked out in doubles, far from 0 by differences."""
        mix = self.mix.double()
        noise = [torch.linalg.solve(mix, rows.double().T).T for rows in (self.loc, z)]
        standard = normal_log_densities(noise[0], torch.ones_like(noise[0]), noise[1])
        return (standard - torch.linalg.slogdet(mix).logabsdet).to(z)

    def entropy(self) -> Tensor:
        """Nats, ``(batch, 1)``; the same for every document."""
        value = self._log_volume() + 0.5 * self.loc.shape[-1]
        return value.expand(*self.batch_shape, 1)

    def _log_volume(self) -> Tensor:
        """log |det A| + D/2 log 2π."""
        size = self.loc.shape[-1]
        return torch.linalg.slogdet(self.mix).logabsdet + 0.5 * size * math.log(2 * math.pi)


@register_kl(LinearNoise, Normal)
def _exact_kl(q: LinearNoise, p: Normal) -> Tensor:
    """-H(q) - E_q log p, for independent factors of p; ``(batch, 1)``."""
    variance = q.mix.square().sum(-1)
    squares = ((q.loc - p.mean).square() + variance) / p.variance
    cross = 0.5 * (squares + (2 * math.pi * p.variance).log()).sum(-1, keepdim=True)
    return cross - q.entropy()


class ImplicitPosterior(Posterior):
    """z = W (h, ε) + b of features h and noise ε, prior N(0, I): iVAE (Fang et al. 2019).

    The paper lets z = G(x, ε) be any network, whose density is unknown: hence a KL by a critic,
    :class:`collapse.objectives.DualKL`. In the code that it released, for PTB and for Yahoo, G is
    one linear map of the last state and the noise. That is a Gaussian, N(B h + b, A Aᵀ), which has
    a full covariance and the same one for every document. Its KL and its likelihood are known
    exactly, and can stand beside what the critic says.

    Args:
        sizes: widths; features have width ``hidden``.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.latent, self.hidden = sizes.latent, sizes.hidden
        self.linear = nn.Linear(sizes.hidden + sizes.latent, sizes.latent)

    def forward(self, features: Float[Tensor, "batch hidden"]) -> LinearNoise:
        """The posterior of each row."""
        reads, mix = self.linear.weight.split([self.hidden, self.latent], dim=1)
        loc = nn.functional.linear(features, reads, self.linear.bias)
        return LinearNoise(loc, features, mix, validate_args=False)

    def prior(self) -> Normal:
        """The standard normal, batch shape ``(latent,)``."""
        return standard_normal(self.linear.weight.new_zeros(self.latent))
