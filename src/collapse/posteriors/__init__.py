"""Place 2: features to the approximate posterior q(z|x), with the prior it is measured against."""

from collapse.posteriors.gaussian import DiagonalGaussian, NoLatent, Posterior, standard_normal
from collapse.posteriors.joint import Joint, by_row

__all__ = ["DiagonalGaussian", "Joint", "NoLatent", "Posterior", "by_row", "standard_normal"]
