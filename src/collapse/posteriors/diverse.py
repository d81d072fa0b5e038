"""The posterior of the DU-VAE: diverse means, and variances that are sometimes at their floor."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.parts import Sizes
from collapse.posteriors.batch_norm import BatchNorm
from collapse.posteriors.gaussian import DiagonalGaussian


class Scales(nn.Module):
    """A trained scale γ_d and shift for each dimension, the mean of all γ_d² fixed at γ².

    Args:
        width: dimensions.
        gamma: γ, the root mean square of the scales.
    """

    keep_init = True  # all scales start equal

    def __init__(self, width: int, gamma: float) -> None:
        super().__init__()
        self.size = gamma
        self.raw, self.shift = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    @property
    def gamma(self) -> Float[Tensor, " width"]:
        """The scales; only the direction of the trained vector counts, not its length."""
        return self.size * self.raw / self.raw.square().mean().sqrt()

    def forward(self, values: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
        """γ_d times each value, plus the shift."""
        return self.gamma * values + self.shift


class DiverseGaussian(DiagonalGaussian):
    """Batch-normalised means whose scales are trained, and a floor under the variances (DU-VAE).

    Shen et al. (2021). A dimension may get more of the spread than another, but their sum is
    fixed: over a batch the mean KL stays above n γ² / 2, as in BN-VAE. Each variance has a floor
    of α / (2πe), at which a dimension has an entropy of zero nats for α = 1. The part above it may
    be dropped at random, and enlarged by 1 / (1 - drop) where it is not, so that no document can
    hide behind a wide posterior; :class:`collapse.training.VarianceDropout` does so in training.

    After the released code, which rescales the trained γ before each step; here its length does
    not count, which is the same constraint. The code adds the floor only once the weight of the
    KL is 1; here it is always there, so that the model does not change with the schedule. The code
    also skips batches of fewer than 16 documents.

    Args:
        sizes: widths; features have width ``hidden``.
        gamma: the root mean square of the scales.
        alpha: the floor is α / (2πe).
        eps: see :class:`BatchNorm`.

    Raises:
        CollapseError: for a floor that is not positive, or a negative scale.
    """

    def __init__(
        self, sizes: Sizes, *, gamma: float, alpha: float = 1.0, eps: float = 1e-5
    ) -> None:
        super().__init__(sizes)
        if not (0 < alpha < math.inf and 0 <= gamma < math.inf):
            raise CollapseError(f"DU-VAE needs alpha > 0 and gamma >= 0; got {alpha} and {gamma}.")
        self.floor = alpha / (2 * math.pi * math.e)
        self.norm = BatchNorm(sizes.latent, gamma=1.0, eps=eps, learn_beta=False)
        self.scales = Scales(sizes.latent, gamma)

    def forward(self, features: Float[Tensor, "batch hidden"], drop: float = 0.0) -> Normal:
        """The posterior of each row, batch shape ``(batch, latent)``.

        Args:
            features: of the documents.
            drop: the probability that the variance of a dimension falls to its floor.
        """
        q = super().forward(features)
        variance = F.dropout(q.variance, drop, drop > 0)
        std = (variance + self.floor).sqrt()
        return Normal(self.scales(self.norm(q.mean)), std, validate_args=False)
