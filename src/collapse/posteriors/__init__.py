"""Place 2: features to the approximate posterior q(z|x), with the prior it is measured against."""

from collapse.posteriors.batch_norm import BatchNorm, BatchNormGaussian
from collapse.posteriors.conditional import ConditionalGaussian
from collapse.posteriors.delta import DeltaGaussian
from collapse.posteriors.diverse import DiverseGaussian
from collapse.posteriors.gaussian import DiagonalGaussian, NoLatent, Posterior, standard_normal
from collapse.posteriors.joint import Joint, by_row
from collapse.posteriors.sphere import UniformSphere, VonMisesFisher
from collapse.posteriors.von_mises_fisher import VonMisesFisherPosterior

__all__ = [
    "BatchNorm",
    "BatchNormGaussian",
    "ConditionalGaussian",
    "DeltaGaussian",
    "DiagonalGaussian",
    "DiverseGaussian",
    "Joint",
    "NoLatent",
    "Posterior",
    "UniformSphere",
    "VonMisesFisher",
    "VonMisesFisherPosterior",
    "by_row",
    "standard_normal",
]
