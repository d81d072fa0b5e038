"""Place 2: features to the approximate posterior q(z|x), with the prior it is measured against."""

from collapse.posteriors.batch_norm import BatchNorm, BatchNormGaussian
from collapse.posteriors.gaussian import DiagonalGaussian, NoLatent, Posterior, standard_normal

__all__ = [
    "BatchNorm",
    "BatchNormGaussian",
    "DiagonalGaussian",
    "NoLatent",
    "Posterior",
    "standard_normal",
]
