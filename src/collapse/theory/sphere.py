"""The von Mises–Fisher distribution on the unit sphere of R^D, in closed form and nats.

Its density is C_D(κ) exp(κ μᵀz) with respect to the surface. With the hypergeometric function
0F1(; D/2; κ²/4), the mean of exp(κ μᵀz) over the sphere, everything is short: log C_D(κ) is minus
its logarithm minus the log-area, and nothing cancels for small κ (Mardia & Jupp 2000, ch. 9).
"""

import math

from scipy.special import gammaln, hyp0f1, ive

from collapse.base.errors import CollapseError
from collapse.theory.checks import one_or_more

FAR = 1e4  # κ from which A_D is taken as it stands, by exponentially scaled Bessel functions
TINY = 1e-280  # below this the exponentially scaled Bessel function has lost its digits


def vmf_kl(dimensions: int, concentration: float) -> float:
    """KL(vMF(μ, κ) ‖ uniform) on the sphere of R^D: κ A_D(κ) - log 0F1(; D/2; κ²/4).

    The same for every μ, so a posterior with fixed κ has a constant rate (Xu & Durrett 2018;
    Davidson et al. 2018, Appendix B).

    Raises:
        CollapseError: as :func:`log_mean_exp`.
    """
    mean_cosine = mean_resultant_length(dimensions, concentration)
    return concentration * mean_cosine - log_mean_exp(dimensions, concentration)


def mean_resultant_length(dimensions: int, concentration: float) -> float:
    """A_D(κ) = I_{D/2}(κ) / I_{D/2-1}(κ), the length of the mean, E μᵀz.

    Raises:
        CollapseError: as :func:`log_mean_exp`.
    """
    if concentration > FAR:  # logarithms of this size have lost the digits of their difference
        log_mean_exp(dimensions, concentration)  # refuses what is not a vMF distribution
        return float(ive(dimensions / 2, concentration) / ive(dimensions / 2 - 1, concentration))
    ratio = log_mean_exp(dimensions + 2, concentration) - log_mean_exp(dimensions, concentration)
    return concentration / dimensions * math.exp(ratio)


def log_mean_exp(dimensions: int, concentration: float) -> float:
    """log 0F1(; D/2; κ²/4): the log of the mean of exp(κ μᵀz) over z uniform on the sphere.

    Through I_{D/2-1}(κ) = (κ/2)^{D/2-1} 0F1 / Γ(D/2), with the exponentially scaled Bessel
    function, where that has digits; else by the series itself, which is then short.

    Raises:
        CollapseError: below two dimensions, or for a concentration that is negative.
    """
    if not (2 <= dimensions < math.inf and 0 <= concentration < math.inf):
        raise CollapseError(
            "A von Mises–Fisher distribution needs 2 or more dimensions and a concentration of 0 "
            f"or more, not {dimensions} and {concentration}."
        )
    order = dimensions / 2 - 1
    scaled = ive(order, concentration)
    if concentration < 1 or scaled < TINY:
        return math.log(hyp0f1(dimensions / 2, concentration**2 / 4))
    log_bessel = math.log(scaled) + concentration
    return log_bessel + float(gammaln(order + 1)) - order * math.log(concentration / 2)


def log_sphere_area(dimensions: int) -> float:
    """log of the surface 2 π^{D/2} / Γ(D/2) of the unit sphere of R^D.

    Raises:
        CollapseError: below one dimension.
    """
    one_or_more(dimensions=dimensions)
    return math.log(2) + dimensions / 2 * math.log(math.pi) - float(gammaln(dimensions / 2))
