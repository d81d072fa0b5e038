"""Distributions over z beyond those of torch, and one number a document from any of them."""

from collapse.distributions.multivariate import Multivariate, by_row
from collapse.distributions.normal import normal_log_densities, normal_of, standard_normal
from collapse.distributions.scaled_normal import ScaledNormal
from collapse.distributions.sphere import UniformSphere, VonMisesFisher

__all__ = [
    "Multivariate",
    "ScaledNormal",
    "UniformSphere",
    "VonMisesFisher",
    "by_row",
    "normal_log_densities",
    "normal_of",
    "standard_normal",
]
