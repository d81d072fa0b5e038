"""Scale-VAE in closed form: three charges for one posterior, and what their differences imply.

The decoder of Song et al. (2024) reads u ~ q̂ = N(f μ, σ²); their objective (Eq. 7) is

    L = E_q̂[log p(x|u)] - KL(N(μ, σ²) ‖ N(0, I)).

It would be a lower bound of log p(x) if the KL were that of q̂ to the prior of u. Two priors offer
themselves: N(0, f²), because the paper generates from f·z, and N(0, I). Charging the paper's KL
instead makes the objective exceed the bound by (per dimension, in nats)

    over N(0, f²):  log f - ½ σ² (1 - f⁻²),          over N(0, I):  ½ (f² - 1) μ².

Neither needs the data to be special. For any prior at all, let Î = I(x; u) under q̂ and let
D = Î - E KL(N(μ, σ²) ‖ N(0, I)). The decoder p(x|u) ∝ p(x) q̂(u|x) has mean objective
E log p(x) + D. By Gibbs' inequality no distribution over x has a mean log-likelihood above
E log p(x). So with D > 0 the objective, at that decoder, exceeds the mean log-likelihood of every
model there is; it is then a lower bound of none. The functions below say how large D can be, and
what a published pair of KL and MI implies.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.theory.checks import all_positive, not_empty, not_negative, one_or_more, positive

LatentRows = Float[Tensor, "batch latent"]


@dataclass(frozen=True)
class Charges:
    """Three KLs of one set of scaled posteriors, by dimension, ``(batch, latent)``, in nats.

    Attributes:
        unscaled: KL(N(μ, σ²) ‖ N(0, I)), the one of Eq. 7.
        generation: KL(N(f μ, σ²) ‖ N(0, f²)), valid where the decoder is fed f·z.
        standard: KL(N(f μ, σ²) ‖ N(0, I)), valid where it is fed z.
    """

    unscaled: LatentRows
    generation: LatentRows
    standard: LatentRows


def charges(
    means: LatentRows,
    variances: LatentRows,
    factor: Float[Tensor, " latent"],
) -> Charges:
    """The three KLs of N(f μ, σ²) and N(μ, σ²).

    Args:
        means: μ before scaling.
        variances: σ².
        factor: f.

    Raises:
        CollapseError: for variances or factors that are not positive.
    """
    all_positive(variances=variances, factor=factor)
    unscaled = 0.5 * (means.square() + variances - variances.log() - 1)
    return Charges(
        unscaled,
        unscaled + over_generation(variances, factor),
        unscaled + over_standard(means, factor),
    )


def over_generation(
    variances: LatentRows,
    factor: Float[Tensor, " latent"],
) -> LatentRows:
    """log f - ½ σ² (1 - f⁻²): what the objective is charged less than the KL to N(0, f²).

    It does not depend on μ. With f > 1 and σ² ≤ 1 it is positive.
    """
    return factor.log() - 0.5 * variances * (1 - factor**-2)


def over_standard(means: LatentRows, factor: Float[Tensor, " latent"]) -> LatentRows:
    """½ (f² - 1) μ²: how much less than the KL to N(0, I) the objective is charged."""
    return 0.5 * (factor.square() - 1) * means.square()


def information_bound(kl: float, des_std: float, dimensions: int) -> float:
    """KL + n des_std²/2 nats: the most information that scaled codes can carry.

    I(x; u) ≤ E KL(q̂ ‖ r) for every r. With r = N(E[f μ], I) that is
    ½ Σ_d { Var[f_d μ_d] + E[σ_d² - log σ_d² - 1] }, the first summand is des_std² by construction,
    and the rest is at most the KL of Eq. 7.

    Args:
        kl: mean KL(N(μ, σ²) ‖ N(0, I)).
        des_std: standard deviation of f μ in each dimension.
        dimensions: n.

    Raises:
        CollapseError: for a negative KL or standard deviation, or less than one dimension.
    """
    not_negative(kl=kl, des_std=des_std)
    one_or_more(dimensions=dimensions)
    return kl + 0.5 * dimensions * des_std**2


def largest_excess(des_std: float) -> float:
    """The most that I(x; u) can exceed the mean KL of Eq. 7, in nats by dimension.

    Among distributions with a given variance the normal has the largest entropy, so
    D ≤ ½ log(s² + des_std²) - ½ (s² - 1) with s² = E σ². That is largest at s² = 1 - des_std²:
    des_std²/2 for des_std < 1, and log des_std + ½, approached as s² → 0, from there on.

    Raises:
        CollapseError: for a ``des_std`` that is not positive.
    """
    if not 0 < des_std < math.inf:
        raise CollapseError(f"des_std is positive and finite; got {des_std}.")
    return 0.5 * des_std**2 if des_std < 1 else math.log(des_std) + 0.5


def smallest_gap(kl: float, des_std: float, dimensions: int, widest: float = math.inf) -> float:
    """The least by which Eq. 7 exceeds the bound for N(0, f²), given its mean KL, in nats.

    All that is used is that f² Var[μ] = des_std² and that means with variance v cost at least v/2.
    In one dimension with mean KL k and mean width s² the means have v ≤ 2k - (s² - log s² - 1). The
    excess log f - ½ s²(1 - f⁻²) is least at the largest such v, or at f² = s² if that comes first.
    The minimum over s² is taken numerically. Dimensions may share the KL unequally: what is
    returned is n times the largest convex function below these minima, at KL/n.

    Args:
        kl: mean KL(N(μ, σ²) ‖ N(0, I)), summed over dimensions; positive.
        des_std: standard deviation of f μ in each dimension of the data on which KL was measured.
        dimensions: n.
        widest: the largest σ² that is admitted. Training has no use for a σ² above 1, the prior's,
            but nothing forbids it, and a wide posterior would make the gap smaller.

    Raises:
        CollapseError: for a KL, a ``des_std`` or a ``widest`` that is not positive, less than one
            dimension, or a KL that no posterior has which is as narrow as ``widest``.
    """
    one_or_more(dimensions=dimensions)
    positive(des_std=des_std)
    if not widest > 0:
        raise CollapseError(f"The largest admitted variance is positive; got {widest}.")
    if not 0 < kl < math.inf:
        raise CollapseError(f"A gap follows from a positive KL; got {kl}.")
    share = kl / dimensions
    kls = share * np.exp(np.linspace(-6.0, 6.0, 241))  # the middle one is the share itself
    gaps = np.array([_least_excess(k, des_std, widest) for k in kls])
    if not math.isfinite(gaps[len(kls) // 2]):
        raise CollapseError(
            f"Means that vary with variances of {widest} at most have a KL above {share:.4g} nats "
            "a dimension."
        )
    kls, gaps = kls[np.isfinite(gaps)], gaps[np.isfinite(gaps)]  # others are no KL of anything
    slopes = np.append(np.gradient(gaps, kls), 0.0)
    tangents = gaps - slopes[:, None] * (kls - share)  # every slope through every point, at share
    return float(dimensions * tangents.min(1).max())


def _least_excess(kl: float, des_std: float, widest: float) -> float:
    """The least of log f - ½ s²(1 - f⁻²) in one dimension with mean KL ``kl``; inf without any."""
    low, high = max(-2 * kl - 1, -30), math.log(min(4 * kl + 2, widest))
    if kl < 1e-4:  # widths near 1 only, between the steps of such a range
        low, high = max(low, -3 * kl**0.5), min(high, 3 * kl**0.5)
    widths = np.exp(np.linspace(low, high, 4001))
    spreads = 2 * kl - (widths - np.log(widths) - 1)  # the largest variance of means
    widths, spreads = widths[spreads > 0], spreads[spreads > 0]
    if not len(widths):
        return math.inf
    squared = np.maximum(des_std**2 / spreads, widths)  # f²
    return float(np.min(0.5 * np.log(squared) - 0.5 * widths * (1 - 1 / squared)))


def mutual_divergence(means: LatentRows, variances: LatentRows) -> Float[Tensor, " latent"]:
    """The mutual posterior diversity, E KL(q(z|x₁) ‖ q(z|x₂)) over pairs, by dimension, in nats.

    Song et al. (2024), Eq. 8 and 9, after Ma et al. (2019) and Shen et al. (2021); the pairs are
    all pairs of the given documents, a document with itself among them. In Eq. 9 the "- 1" belongs
    to each dimension. Half of E[(μ₁ - μ₂)²/σ²] + E[σ²] E[1/σ²] - 1.

    Args:
        means: of each posterior.
        variances: of each posterior.

    Raises:
        CollapseError: without a document, or for a variance that is not positive.
    """
    not_empty(means, "documents")
    all_positive(variances=variances)
    means = means - means.mean(0)  # only differences count, and squares of 100 have lost them
    inverse = 1 / variances
    squares = (means.square() * inverse).mean(0) + means.square().mean(0) * inverse.mean(0)
    squares = squares - 2 * means.mean(0) * (means * inverse).mean(0)
    return 0.5 * (squares + variances.mean(0) * inverse.mean(0) - 1)


def mutual_divergence_floor(means: LatentRows, variances: LatentRows) -> Float[Tensor, " latent"]:
    """Var[μ] / max σ², by dimension: the lower bound of Song et al. (2024), Eq. 10.

    Raises:
        CollapseError: without a document, or for a variance that is not positive.
    """
    not_empty(means, "documents")
    all_positive(variances=variances)
    return means.var(0, correction=0) / variances.amax(0)
