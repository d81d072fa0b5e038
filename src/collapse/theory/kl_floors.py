"""The KL as a distribution over the data, and what holds it up (Zhu et al. 2020, section 3).

For a diagonal Gaussian q(z|x) = N(μ(x), diag σ²(x)) and the prior N(0, I), the mean KL over the
data is a sum over dimensions of three terms, none of them negative (Eq. 4):

    E[KL] = ½ Σ_d { Var[μ_d]  +  E[μ_d]²  +  E[σ_d² - log σ_d² - 1] }
                    spread       shift       width

Fix the first at γ² and the second at β², and the sum cannot fall below n (γ² + β²) / 2 (Eq. 6).
Only the spread tells documents apart. The δ-VAE holds the KL up by the third instead (Eq. 7 and 8).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.optimize import brentq
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.theory.checks import all_positive, not_negative, one_or_more, positive


@dataclass(frozen=True)
class KLParts:
    """The mean KL of a set of posteriors in three terms, in nats by dimension.

    Attributes:
        spread: ½ Var[μ], ``(latent,)``: the means differ from document to document.
        shift: ½ E[μ]², ``(latent,)``: all means are off the prior's by as much.
        width: ½ E[σ² - log σ² - 1], ``(latent,)``: the posteriors are not of the prior's width.
    """

    spread: Float[Tensor, " latent"]
    shift: Float[Tensor, " latent"]
    width: Float[Tensor, " latent"]

    @property
    def total(self) -> float:
        """The mean KL in nats: all three terms, summed over dimensions."""
        return float((self.spread + self.shift + self.width).sum())


def kl_parts(
    means: Float[Tensor, "batch latent"], variances: Float[Tensor, "batch latent"]
) -> KLParts:
    """The three terms of the mean KL to N(0, I) (Zhu et al. 2020, Eq. 3 and 4).

    An identity, not a bound: with the variance over the set taken with divisor N, the terms sum
    to the mean KL of exactly these posteriors.

    Args:
        means: μ of each document.
        variances: σ² of each document.

    Raises:
        CollapseError: if there is no document, or a variance is not positive.
    """
    if len(means) == 0:
        raise CollapseError("The terms of a mean KL need at least one document.")
    all_positive(variances=variances)
    width = 0.5 * (variances - variances.log() - 1).mean(0)
    return KLParts(0.5 * means.var(0, correction=0), 0.5 * means.mean(0).square(), width)


def kl_floor(gamma: float, beta: float = 0.0, dimensions: int = 1) -> float:
    """n (γ² + β²) / 2 nats: the least mean KL of means with variance γ² and mean β (Eq. 6).

    It is reached when every σ² is 1.

    Raises:
        CollapseError: for less than one dimension.
    """
    one_or_more(dimensions=dimensions)
    return 0.5 * dimensions * (gamma**2 + beta**2)


def normalised_variance(gamma: float, variance: float, eps: float) -> float:
    """γ² V / (V + ε): the variance after batch normalisation of values whose variance is V.

    Eq. 6 takes it to be γ². That needs V far above ε: at V = ε it is half of it.

    Raises:
        CollapseError: for a variance or an ε that is negative, or both of them 0.
    """
    not_negative(variance=variance, eps=eps)
    positive(variance_and_eps=variance + eps)
    return gamma**2 * variance / (variance + eps)


def matched_rate(gamma: float, dimensions: int = 1) -> float:
    """-n/2 log(1 - γ²) nats: the KL at which normal codes look, taken together, like the prior.

    Let the means be spread as N(0, γ²) with γ < 1. With σ² = 1 - γ² the aggregated posterior is
    N(0, 1): nothing of the KL is mismatch, all of it is information. At σ² = 1, where the floor is
    reached, the information is n/2 log(1 + γ²) and the rest is mismatch.

    Raises:
        CollapseError: unless 0 ≤ γ < 1, or for less than one dimension.
    """
    one_or_more(dimensions=dimensions)
    if not 0 <= gamma < 1:
        raise CollapseError(f"Means can match N(0, 1) only if 0 <= gamma < 1; got {gamma}.")
    return -0.5 * dimensions * math.log1p(-(gamma**2))


def kl_density(
    values: Float[Tensor, " points"], gamma: float, dimensions: int = 1
) -> Float[Tensor, " points"]:
    """Density of a document's KL if its means are N(0, γ²) and its variances 1.

    Then KL = γ²/2 · χ²_n, a gamma distribution with shape n/2, scale γ² and mean n γ² / 2: the
    floor holds for the mean and for no single document.

    Args:
        values: numbers of nats; the density below 0 is 0.
        gamma: γ > 0.
        dimensions: n.

    Raises:
        CollapseError: for a γ that is not positive: all documents then have the same KL; or for
            less than one dimension.
    """
    one_or_more(dimensions=dimensions)
    if not 0 < gamma < math.inf:
        raise CollapseError(f"With gamma = {gamma} the KL has no density.")
    law = torch.distributions.Gamma(
        values.new_tensor(dimensions / 2), values.new_tensor(gamma**-2), validate_args=False
    )
    return law.log_prob(values).exp().masked_fill(values < 0, 0.0)


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
