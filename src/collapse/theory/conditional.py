"""The two KLs of BN-CVAE, and what they cost an encoder that says nothing (Zhu et al. 2020)."""

import math

from jaxtyping import Float
from scipy.optimize import brentq
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.theory.checks import all_positive


def two_kls(
    q_mean: Float[Tensor, "*shape"],
    q_std: Float[Tensor, "*shape"],
    p_mean: Float[Tensor, "*shape"],
    p_std: Float[Tensor, "*shape"],
) -> Float[Tensor, "*shape"]:
    """KL(q ‖ p) + KL(p ‖ N(0, 1)) in nats, one number a dimension.

    ½ [(σ_q² + (μ_q - μ_p)²) / σ_p² + σ_p² + μ_p² - log σ_q² - 2].
    Zhu et al. (2020), Eq. 12 and Eq. 14, print -1 in place of -2:
    half a nat a dimension too much, and not 0 at q = p = r.

    Raises:
        CollapseError: for a standard deviation that is not positive.
    """
    all_positive(q_std=q_std, p_std=p_std)
    apart = (q_std.square() + (q_mean - p_mean).square()) / p_std.square()
    return 0.5 * (apart + p_std.square() + p_mean.square() - 2 * q_std.log() - 2)


def silent_rates(gamma: float) -> tuple[float, float]:
    """What a batch-normalised q that looks at the context alone pays at most, in nats a dimension.

    Let q(z|x,y) have mean γ for half of the contexts and -γ for the others, whatever the reply:
    batch normalisation is content, and z says nothing about y given x. With the variances and p
    chosen to make :func:`two_kls` least, s = σ_q² = σ_p² is the root of γ² s = (s - 1) (s + 1)²
    above 1, μ_p = μ_q / (1 + s), and KL(q ‖ p) = (s - 1) / 2.

    Both prices are concave in μ_q². So two equal groups are the dearest way to be silent with
    variance γ²; with one context of n apart from the others, the price goes to 0 as n grows.

    Returns:
        KL(q ‖ p), which is not 0 although nothing is said, and KL(p ‖ r).

    Raises:
        CollapseError: for a γ that is not positive.
    """
    check_scale(gamma)
    s = float(brentq(lambda s: (s - 1) * (s + 1) ** 2 - gamma**2 * s, 1.0, 2.0 + gamma))
    return (s - 1) / 2, 0.5 * (s + (s - 1) / s - 1 - math.log(s))


def speaking_rates(gamma: float) -> tuple[float, float]:
    """What a batch-normalised q that looks at the reply alone pays, in nats a dimension.

    Its means have mean 0 and variance γ² in every context. Then μ_p = 0 is best, and
    s = σ_q² = σ_p² is the root of s² - s - γ² = 0.

    Returns:
        KL(q ‖ p) and KL(p ‖ r).

    Raises:
        CollapseError: for a γ that is not positive.
    """
    check_scale(gamma)
    s = (1 + math.sqrt(1 + 4 * gamma**2)) / 2
    return gamma**2 / (2 * s), 0.5 * (s - 1 - math.log(s))


def check_scale(gamma: float) -> None:
    """Refuse a γ that is not positive and finite.

    Raises:
        CollapseError: naming it.
    """
    if not 0 < gamma < math.inf:
        raise CollapseError(f"The scale gamma is positive and finite; got {gamma}.")
