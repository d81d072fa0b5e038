"""One number a document from any distribution: the contracts of torch, told apart in one place.

A density of z ``(..., batch, latent)`` comes back in one of three shapes, and a sum over the last
axis is right for two of them only:

- ``(..., batch, latent)``: a factor a dimension, as of a ``Normal`` or a ``Laplace``;
- ``(..., batch, 1)``: the one factor of a :class:`collapse.distributions.Multivariate`;
- ``(..., batch)``: a distribution with an event, as ``Independent`` and ``MultivariateNormal``.

Here each becomes ``(..., batch)``, and anything else an error. All values are in nats. Posteriors
are a table: whichever contract they keep, batch and event shape together are ``(batch, latent)``.
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import (
    Distribution,
    Independent,
    LowRankMultivariateNormal,
    MultivariateNormal,
    Normal,
    kl_divergence,
)

from collapse.base.errors import CollapseError
from collapse.distributions.multivariate import Multivariate, by_row
from collapse.distributions.normal import normal_log_densities

WITH_COVARIANCE = (MultivariateNormal, LowRankMultivariateNormal)

PAIRS_AT_ONCE = 2**22
"""Numbers of an array of (z, document, dimension) that are held at one time."""


def shape_of(q: Distribution) -> tuple[int, int]:
    """How many documents, and how many dimensions of z, posteriors are for.

    Raises:
        CollapseError: for what is no distribution, or another number of axes than these two.
    """
    if not isinstance(q, Distribution):
        raise CollapseError(
            f"Posteriors are a distribution of torch; this is a {type(q).__name__}. Draws come "
            "after the posteriors that they are from: (q, z)."
        )
    shape = q.batch_shape + q.event_shape
    if len(shape) != 2:
        raise CollapseError(
            f"Posteriors have a row a document and a column a dimension of z; this "
            f"{type(q).__name__} has shape {tuple(shape)}. Give its parameters the shape "
            "(documents, latent), with unsqueeze(-1) if z has one dimension."
        )
    return shape[0], shape[1]


def mean(q: Distribution) -> Float[Tensor, "batch latent"]:
    """E z of each posterior.

    Raises:
        CollapseError: for a distribution that does not know it.
    """
    name, shape = type(q).__name__, shape_of(q)
    means = ask_torch(lambda: q.mean, f"{name} does not know its mean")
    if means.shape != shape:
        raise CollapseError(f"The mean of {name} must have shape {shape}, not {means.shape}.")
    return means


def log_density(q: Distribution, z: Float[Tensor, "*rows latent"]) -> Float[Tensor, "*rows"]:
    """log q(z) in nats, one number for each vector z, whichever contract ``q`` keeps.

    Args:
        q: posteriors, one a document, or a prior.
        z: ``(..., batch, latent)``, or what a prior takes.

    Raises:
        CollapseError: if q has no density at z, or one of another shape.
    """
    name = type(q).__name__
    refusal = f"{name} has no density at z of shape {tuple(z.shape)}"
    return summed(ask_torch(lambda: q.log_prob(z), refusal), z.shape, f"the log-density of {name}")


def entropy(q: Distribution) -> Float[Tensor, " batch"]:
    """H(q(z|x)) in nats, one number a document, in doubles.

    Raises:
        CollapseError: for a distribution whose entropy is not known.
    """
    name = type(q).__name__
    shape = shape_of(q)
    refusal = f"{name} has no known entropy; take it at the draw, entropy='sampled'"
    return summed(ask_torch(q.entropy, refusal).double(), shape, f"the entropy of {name}")


def kl_by_factor(
    q: Distribution, p: Distribution, otherwise: Callable[[], Tensor] | None = None
) -> Float[Tensor, "batch factors"]:
    """KL(q(z|x) ‖ p(z)) in nats, ``(batch, latent)``, or ``(batch, 1)`` if it is one number.

    Factors are told apart where both sides have them; ``Independent`` on either side hides none.

    Args:
        q: posteriors, one a document.
        p: prior, of one document or of each.
        otherwise: gives what stands for a KL that torch does not know; without it there is none.

    Raises:
        CollapseError: for a pair whose KL torch does not know, a prior that is neither that of one
            document nor of each, or posteriors that are no table.
    """
    shape, names = shape_of(q), (type(q).__name__, type(p).__name__)
    check_prior(p, shape)
    q, p = alike(bare(q), bare(p))
    pair = "KL from {} to {}".format(*names)
    missing = f"There is no closed form of the {pair}; register one, see "

    def known() -> Tensor:
        try:
            return kl_divergence(q, p)
        except NotImplementedError:
            if otherwise is None:
                raise
            return otherwise()

    kl = ask_torch(
        known,
        f"Torch refuses the {pair}",
        f"{missing}torch.distributions.register_kl",
    )
    return by_factor(kl, shape, f"the {pair}")


def check_prior(p: Distribution, shape: tuple[int, int]) -> None:
    """Refuse a prior that does not fit posteriors of this shape.

    Raises:
        CollapseError: naming both shapes.
    """
    prior_shape = p.batch_shape + p.event_shape
    try:
        fits = torch.broadcast_shapes(prior_shape, shape) == shape
    except RuntimeError:
        fits = False
    if not fits:
        raise CollapseError(
            f"A prior of shape {tuple(prior_shape)} does not fit posteriors of shape "
            f"{tuple(shape)}; it must be that of one document, {shape[1:]}, or have a row for "
            f"each, {tuple(shape)}."
        )


def bare(q: Distribution) -> Distribution:
    """What ``Independent`` has made one event of, if that is the last axis or none."""
    if isinstance(q, Independent) and q.reinterpreted_batch_ndims <= 1:
        return q if q.base_dist.event_shape else q.base_dist
    return q


def alike(q: Distribution, p: Distribution) -> tuple[Distribution, Distribution]:
    """Both as multivariate normals, if one is and the other is a Normal."""
    if isinstance(q, WITH_COVARIANCE) and isinstance(p, Normal):
        return q, joined(p, q.event_shape)
    if isinstance(p, WITH_COVARIANCE) and isinstance(q, Normal):
        return joined(q, p.event_shape), p
    return q, p


def joined(q: Normal, event: Sequence[int]) -> MultivariateNormal:
    """A Normal as one factor of this many dimensions."""
    mean = q.mean if q.batch_shape[-1:] == torch.Size(event) else q.mean.expand(event)
    root = q.stddev.expand_as(mean).diag_embed()
    return MultivariateNormal(mean, scale_tril=root, validate_args=False)


def log_densities(
    q: Distribution, z: Float[Tensor, "rows latent"], drawn_from: Sequence[int] = ()
) -> Float[Tensor, "rows members"]:
    """log q(z_i|x_j) in nats, every z against every document.

    Args:
        q: posteriors, one a document.
        z: in doubles, or digits are lost.
        drawn_from: for each z the document that it was drawn from, if it was. A
            :class:`Multivariate` is then asked for these densities twice. If the fast way disagrees
            with ``log_prob``, it has lost digits, and the slow way is taken.

    Raises:
        CollapseError: as :func:`log_density`.
    """
    shape_of(q)  # refuses what is no table
    q = bare(q)
    if isinstance(q, Normal):
        return normal_log_densities(q.mean, q.variance, z)
    if isinstance(q, Multivariate):
        joint = q
        refusal = f"{type(q).__name__} has no densities"
        log_q = ask_torch(lambda: joint.log_densities(z), refusal)
        at = torch.as_tensor(drawn_from, dtype=torch.long)
        fast = log_q[torch.arange(len(at)), at]
        slow = log_density(by_row(lambda rows: rows[at], q), z[: len(at)])
        if torch.allclose(fast, slow, rtol=0, atol=1e-6):
            return log_q
    size = max(1, PAIRS_AT_ONCE // max(1, math.prod(shape_of(q))))
    return torch.cat([log_density(q, pairs(q, rows)) for rows in z.split(size)])


def pairs(q: Distribution, z: Float[Tensor, "rows latent"]) -> Float[Tensor, "rows members latent"]:
    """Each z beside each document of ``q``, a view.

    Raises:
        CollapseError: for z of another number of dimensions.
    """
    documents, latent = shape_of(q)
    if z.shape[-1] != latent:
        raise CollapseError(f"q is over {latent} dimensions, z has {z.shape[-1]}.")
    return z.unsqueeze(1).expand(-1, documents, -1)


def summed(values: Float[Tensor, "..."], shape: Sequence[int], what: str) -> Float[Tensor, "..."]:
    """Values of the vectors of an array of this shape, summed over the axis of factors if any.

    Raises:
        CollapseError: as :func:`by_factor`.
    """
    return by_factor(values, shape, what).sum(-1)


def by_factor(
    values: Float[Tensor, "..."], shape: Sequence[int], what: str
) -> Float[Tensor, "..."]:
    """Values of the vectors of an array of this shape, with an axis of factors at the end.

    Raises:
        CollapseError: if they are neither one number a vector nor one a factor.
    """
    expected, actual = tuple(shape), tuple(values.shape)
    if actual == expected[:-1]:
        return values.unsqueeze(-1)
    if actual in (expected, (*expected[:-1], 1)):
        return values
    raise CollapseError(
        f"For z of shape {expected}, {what} has shape {actual}; it must be {expected[:-1]}, or "
        f"that with a last axis of {expected[-1]} dimensions or of 1. Does the distribution hold a "
        "row a document, and is its event the last axis?"
    )


def ask_torch(question: Callable[[], Tensor], refusal: str, missing: str | None = None) -> Tensor:
    """The answer, or an error with torch's reason.

    Args:
        question: what is asked of a distribution of torch's.
        refusal: what to say where torch refuses.
        missing: what to say where torch does not know how; the same unless given.

    Raises:
        CollapseError: where torch refuses.
    """
    try:
        return question()
    except (CollapseError, torch.cuda.OutOfMemoryError):
        raise
    except (NotImplementedError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        sentence = missing if missing and isinstance(error, NotImplementedError) else refusal
        raise CollapseError(f"{sentence} ({reason}).") from error
