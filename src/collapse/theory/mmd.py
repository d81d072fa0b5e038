"""The maximum mean discrepancy of two Gaussians under a Gaussian kernel, in closed form."""

import math
from collections.abc import Sequence

from collapse.base.errors import CollapseError
from collapse.theory.checks import not_negative, positive

Moments = tuple[Sequence[float], float]
"""Mean by dimension, and the variance that all dimensions share."""


def gaussian_mmd(one: Moments, other: Moments, length: float) -> float:
    """MMD² between N(m, v I) and N(m', v' I) with k(x, y) = exp(-|x - y|² / 2 length²).

    Gretton et al. (2012), Eq. 2, with :func:`mean_kernel` for each expectation.

    Raises:
        CollapseError: for means of unequal dimension, a length that is not positive, or a negative
            variance.
    """
    if (here := len(one[0])) != (there := len(other[0])):
        raise CollapseError(f"Means of {here} and {there} dimensions cannot be compared.")
    across = mean_kernel(one, other, length)
    return mean_kernel(one, one, length) - 2 * across + mean_kernel(other, other, length)


def mean_kernel(one: Moments, other: Moments, length: float) -> float:
    """E k(x, y) for independent x and y: the kernel convolved with both Gaussians.

    In each dimension length / √w · exp(-(m - m')² / 2w) with w = length² + v + v'.
    """
    (means, variance), (others, other_variance) = one, other
    positive(length=length)
    not_negative(variance=variance, other_variance=other_variance)
    width = length**2 + variance + other_variance
    square = sum((m - o) ** 2 for m, o in zip(means, others, strict=True))
    return (length**2 / width) ** (len(means) / 2) * math.exp(-0.5 * square / width)
