"""Place 2: features to the approximate posterior q(z|x), with the prior it is measured against."""

from collapse.distributions import ScaledNormal, standard_normal
from collapse.posteriors.batch_norm import BatchNorm, BatchNormGaussian
from collapse.posteriors.conditional import ConditionalGaussian
from collapse.posteriors.delta import DeltaGaussian
from collapse.posteriors.diverse import DiverseGaussian
from collapse.posteriors.flow import Flowed, FlowGaussian
from collapse.posteriors.gaussian import DiagonalGaussian, NoLatent, Posterior
from collapse.posteriors.implicit import ImplicitPosterior, LinearNoise
from collapse.posteriors.reading import Grid, Reading
from collapse.posteriors.scaled import ScaledGaussian
from collapse.posteriors.scaled_readings import READINGS
from collapse.posteriors.von_mises_fisher import VonMisesFisherPosterior

__all__ = [
    "READINGS",
    "BatchNorm",
    "BatchNormGaussian",
    "ConditionalGaussian",
    "DeltaGaussian",
    "DiagonalGaussian",
    "DiverseGaussian",
    "FlowGaussian",
    "Flowed",
    "Grid",
    "ImplicitPosterior",
    "LinearNoise",
    "NoLatent",
    "Posterior",
    "Reading",
    "ScaledGaussian",
    "ScaledNormal",
    "VonMisesFisherPosterior",
    "standard_normal",
]
