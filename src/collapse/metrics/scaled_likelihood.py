"""The likelihood of a model with scaled means: every number that may be meant, each by its name.

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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Normal

from collapse.base.errors import CollapseError, choose
from collapse.base.seeding import seeded
from collapse.data import Batch, Documents
from collapse.metrics.checks import at_least_one
from collapse.metrics.grids import wide_grid, z_grid
from collapse.metrics.likelihood import encode_split, sum_over_z
from collapse.metrics.proposals import Proposal
from collapse.metrics.quadrature import check_mass, nll_on_grid
from collapse.posteriors import ScaledNormal
from collapse.vae import VAE

Draw = Callable[[ScaledNormal, Tensor], tuple[Tensor, Tensor]]
Valid = str | None


@dataclass(frozen=True)
class Reading:
    """One way to read "importance-weighted NLL".

    Attributes:
        name: how tables call it.
        model: the model whose log-likelihood it bounds in expectation, "M_f" or "M_1"; None if
            there is no such model.
        says: the weight, in a line.
        draw: from posteriors and standard normal noise ``(k, batch, latent)`` to what the decoder
            reads, of the same shape, and log prior density minus log posterior density,
            ``(k, batch)``.
    """

    name: str
    model: Valid
    says: str
    draw: Draw


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
    return u, (generated(q).log_prob(u) - q.log_prob(u)).sum(-1)


def stretched(q: ScaledNormal, noise: Tensor) -> tuple[Tensor, Tensor]:
    """z from the unscaled q, weighted by N(z; 0, I) / q(z), and the decoder reads f z."""
    z = q.unscaled_mean + q.scale * noise
    return q.factor * z, (unit(z).log_prob(z) - q.unscaled.log_prob(z)).sum(-1)


def unit(like: Tensor) -> Normal:
    """N(0, 1)."""
    return Normal(like.new_zeros(()), like.new_ones(()), validate_args=False)


def generated(q: ScaledNormal) -> Normal:
    """N(0, f²), what the decoder reads when z comes from N(0, I) and is multiplied by f."""
    return Normal(torch.zeros_like(q.factor), q.factor, validate_args=False)


READINGS = {
    one.name: one
    for one in (
        Reading("Eq. 7 weights", None, "p(x|fμ+σε) N(z;0,I)/q(z), z = μ+σε", eq7),
        Reading("mixed weights", None, "p(x|u) N(u;0,I)/q(u), u = fμ+σε", mixed),
        Reading("M_1", "M_1", "p(x|u) N(u;0,I)/q̂(u), u = fμ+σε", standard),
        Reading("M_f", "M_f", "p(x|u) N(u;0,f²)/q̂(u), u = fμ+σε", generation),
        Reading("M_f, from q", "M_f", "p(x|fz) N(z;0,I)/q(z), z = μ+σε", stretched),
    )
}


def iw_readings(
    model: VAE,
    documents: Documents,
    samples: int = 500,
    seed: int = 0,
    readings: Sequence[str] = tuple(READINGS),
) -> dict[str, Float[Tensor, " documents"]]:
    """Every reading of the importance-weighted NLL with the same noise, in nats a document.

    With ``samples=1`` each is the negative of the objective that goes with it; "Eq. 7 weights" is
    then the paper's own objective. Only the readings with a ``model`` are estimates of a
    log-likelihood.

    Args:
        model: in evaluation mode, with scaled means.
        documents: the split.
        samples: K.
        seed: of the samples.
        readings: names from ``READINGS``.

    Raises:
        UnknownNameError: for another reading.
        CollapseError: for a model without scaled means, or less than one sample.
    """
    at_least_one(samples, "samples")
    chosen = [choose(name, READINGS, "reading") for name in readings]
    found = {}
    for reading in chosen:
        with seeded(seed):
            sums = sum_over_z(model, documents, samples, partial(AsRead, model, reading))
        found[reading.name] = math.log(samples) - sums
    return found


class AsRead(Proposal):
    """Draws of what the decoder reads, weighed as a reading says.

    Args:
        model: with scaled means.
        reading: how to weigh.
        batch: the documents.
    """

    def __init__(self, model: VAE, reading: Reading, batch: Batch) -> None:
        self.reading, self.q = reading, as_scaled(model.encode(batch))

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """See the class."""
        noise = torch.randn(count, *self.q.loc.shape).to(self.q.loc)
        return self.reading.draw(self.q, noise)


def exact_readings(
    model: VAE, documents: Documents, reach: float = 6.0, stride: float = 0.2
) -> dict[str, Float[Tensor, " documents"]]:
    """What the readings tend to as the samples grow, by quadrature, for one or two dimensions.

    "M_1" and "M_f" are the exact negative log-likelihoods of the two models. The other two are not
    likelihoods. "Eq. 7 weights" tends to -log ∫ p(x | z + (f - 1) μ(x)) N(z; 0, I) dz: the decoder
    is told (f - 1) μ(x), a function of x, free of charge. "mixed weights" tends to the same with
    (f - 1) μ/σ² in its place, less log C(x), which has no bound, see :func:`log_of_mixed`.

    Arguments as in :func:`collapse.metrics.exact_nll`; errors as in :func:`iw_readings`.
    """
    with torch.no_grad():
        q = as_scaled(encode_split(model, documents).q)
    points, volumes = wide_grid(q.factor.tolist(), reach, stride)
    weights = generated(q).log_prob(points).sum(-1) + volumes
    check_mass(weights)
    even = z_grid(model.latent, reach, stride)
    flat = unit(even).log_prob(even).sum(-1) + model.latent * math.log(stride)
    check_mass(flat)
    shift = (q.factor - 1) * q.unscaled_mean
    told = nll_on_grid(model, documents, even, flat, shift)
    far = nll_on_grid(model, documents, even, flat, shift / q.variance)
    return {
        "Eq. 7 weights": told,
        "mixed weights": far - log_of_mixed(q),
        "M_1": nll_on_grid(model, documents, even, flat),
        "M_f": nll_on_grid(model, documents, points, weights),
    }


def log_of_mixed(q: ScaledNormal) -> Float[Tensor, " documents"]:
    """log C(x) = ½ Σ_d (f_d - 1) μ_d² ((f_d - 1)/σ_d² - (f_d + 1))/σ_d², in nats."""
    shift = (q.factor - 1) * q.unscaled_mean
    other = (q.factor + 1) * q.unscaled_mean
    return (0.5 * shift * (shift / q.variance - other) / q.variance).sum(-1)


def as_scaled(q: Distribution) -> ScaledNormal:
    """The posterior, if it is a scaled one."""
    if not isinstance(q, ScaledNormal):
        raise CollapseError(
            f"These readings are for scaled means; this posterior is a {type(q).__name__}."
        )
    return q
