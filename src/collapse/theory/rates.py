"""Rates that a Gaussian posterior cannot go below, in nats."""

import math

from scipy.optimize import brentq

from collapse.theory.checks import positive


def feasible_deviations(delta: float) -> tuple[float, float]:
    """The σ between which N(0, σ²) is within δ nats of N(0, 1): the roots of ln σ² - σ² + 2δ + 1.

    Outside of them the variance alone costs more than δ. Source: Zhu et al. (2020), below Eq. 8;
    Razavi et al. (2019), Eq. 4.

    Args:
        delta: δ > 0 in nats.

    Raises:
        CollapseError: for a δ that is not positive.
    """
    positive(delta=delta)

    def missing(log_variance: float) -> float:
        return log_variance - math.exp(log_variance) + 2 * delta + 1

    low = brentq(missing, -2 * delta - 1, 0.0, xtol=1e-14)
    high = brentq(missing, 0.0, min(2 * delta + 2, 700.0), xtol=1e-14)  # exp(700) still fits
    return math.exp(low / 2), math.exp(high / 2)
