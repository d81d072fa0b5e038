"""What "the likelihood of a model with scaled means" may mean: five readings, each by its name.

Song et al. (2024) report "the approximate negative log-likelihood estimated by 500 importance
weighted samples" and give no formula for the weights. A weight has three ingredients: the u that
the decoder reads, a prior density and a posterior density. With scaled means there is more than
one candidate for each. :data:`READINGS` holds the combinations that a reader may think of; which
one stands in the paper's tables is not known. Three of them are importance weights of some model,
two are not.

With q = N(μ, σ²) and q̂ = N(f μ, σ²), M_f is the model whose decoder reads u ~ N(0, f²), as the
paper generates, and M_1 the one whose decoder reads u ~ N(0, I).
"""

import math

from torch import Tensor
from torch.distributions import Normal

from collapse.distributions import ScaledNormal, standard_normal
from collapse.posteriors.reading import Grid, Reading
from collapse.theory.grids import wide_grid, z_grid


def eq7(q: ScaledNormal, noise: Tensor) -> tuple[Tensor, Tensor]:
    """The decoder reads f μ + σε, both densities are taken at z = μ + σε."""
    z = q.unscaled_mean + q.scale * noise
    return q.loc + q.scale * noise, (unit(z).log_prob(z) - q.unscaled.log_prob(z)).sum(-1)


def mixed(q: ScaledNormal, noise: Tensor) -> tuple[Tensor, Tensor]:
    """The decoder reads u = f μ + σε, both densities are the unscaled ones, taken at u."""
    u = q.loc + q.scale * noise
    return u, (unit(u).log_prob(u) - q.unscaled.log_prob(u)).sum(-1)


def standard(q: ScaledNormal, noise: Tensor) -> tuple[Tensor, Tensor]:
    """u from q̂, weighted by N(u; 0, I) / q̂(u)."""
    u = q.loc + q.scale * noise
    return u, (unit(u).log_prob(u) - q.log_prob(u)).sum(-1)


def generation(q: ScaledNormal, noise: Tensor) -> tuple[Tensor, Tensor]:
    """u from q̂, weighted by N(u; 0, f²) / q̂(u)."""
    u = q.loc + q.scale * noise
    return u, (q.generated.log_prob(u) - q.log_prob(u)).sum(-1)


def stretched(q: ScaledNormal, noise: Tensor) -> tuple[Tensor, Tensor]:
    """z from the unscaled q, weighted by N(z; 0, I) / q(z), and the decoder reads f z."""
    z = q.unscaled_mean + q.scale * noise
    return q.factor * z, (unit(z).log_prob(z) - q.unscaled.log_prob(z)).sum(-1)


def even(q: ScaledNormal, limit: float, stride: float) -> Grid:
    """∫ p(x|z) N(z; 0, I) dz."""
    latent = q.loc.shape[-1]
    points = z_grid(latent, limit, stride)
    return Grid(points, unit(points).log_prob(points).sum(-1) + latent * math.log(stride))


def as_wide_as_generated(q: ScaledNormal, limit: float, stride: float) -> Grid:
    """∫ p(x|u) N(u; 0, f²) du."""
    points, volumes = wide_grid(q.factor.tolist(), limit, stride)
    return Grid(points, q.generated.log_prob(points).sum(-1) + volumes)


def even_shifted(q: ScaledNormal, limit: float, stride: float) -> Grid:
    """∫ p(x|z + (f - 1) μ(x)) N(z; 0, I) dz: the decoder is told of x free of charge."""
    return even(q, limit, stride)._replace(shift=(q.factor - 1) * q.unscaled_mean)


def even_shifted_more(q: ScaledNormal, limit: float, stride: float) -> Grid:
    """The same with (f - 1) μ/σ² in place of (f - 1) μ, times C(x).

    log C(x) = ½ Σ_d (f_d - 1) μ_d² ((f_d - 1)/σ_d² - (f_d + 1))/σ_d² has no bound.
    """
    shift = (q.factor - 1) * q.unscaled_mean
    total = (q.factor + 1) * q.unscaled_mean
    log_scale = (0.5 * shift * (shift / q.variance - total) / q.variance).sum(-1)
    return even(q, limit, stride)._replace(shift=shift / q.variance, log_scale=log_scale)


def unit(like: Tensor) -> Normal:
    """N(0, 1), one number, of the type and device of ``like``."""
    return standard_normal(like.new_zeros(()))


READINGS = {
    reading.name: reading
    for reading in (
        Reading(
            "Eq. 7 weights",
            "nll_eq7",
            None,
            "p(x|fμ+σε) N(z;0,I)/q(z), z = μ+σε",
            eq7,
            even_shifted,
        ),
        Reading(
            "mixed weights",
            "nll_mixed",
            None,
            "p(x|u) N(u;0,I)/q(u), u = fμ+σε",
            mixed,
            even_shifted_more,
        ),
        Reading("M_1", "nll_standard", "M_1", "p(x|u) N(u;0,I)/q̂(u), u = fμ+σε", standard, even),
        Reading(
            "M_f",
            "nll_generation",
            "M_f",
            "p(x|u) N(u;0,f²)/q̂(u), u = fμ+σε",
            generation,
            as_wide_as_generated,
        ),
        Reading("M_f, from q", None, "M_f", "p(x|fz) N(z;0,I)/q(z), z = μ+σε", stretched),
    )
}
