"""Where the z of a sum over z come from, and what each of them weighs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.distributions.densities import ask_torch, check_prior, log_density, shape_of
from collapse.distributions.support import check_same_support
from collapse.metrics.checks import at_least_one, check_likelihood

DIVERGED = "The posterior gives no draws; has the run diverged? Measure an earlier checkpoint"

LogLikelihood = Callable[[Tensor], Tensor]
"""From z ``(draws, batch, latent)`` to log p(x|z) in nats, ``(draws, batch)``."""


class Proposal(ABC):
    """Values of z for the examples of one batch, each with the logarithm of its weight."""

    @abstractmethod
    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """The next values of z, ``(count, batch, latent)``, and their log-weights.

        The log-weights are ``(count, batch)``, or ``(count, 1)`` if they are those of all examples.
        """


class FromPosterior(Proposal):
    """Draws from q(z|x), weighing p(z) / q(z|x): what makes an importance-weighted estimate.

    Args:
        q: posteriors, one an example.
        prior: of one example, or of each.

    Raises:
        CollapseError: for a prior that does not fit, or one that takes other values than the
            posterior, see :mod:`collapse.distributions.support`.
    """

    def __init__(self, q: Distribution, prior: Distribution) -> None:
        check_prior(prior, shape_of(q))
        check_same_support(q, prior)
        self.q, self.prior = q, prior

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """See the class.

        Raises:
            CollapseError: for a posterior without draws or without a log-density an example, or
                such a prior.
        """
        z = ask_torch(lambda: self.q.sample(torch.Size([count])), DIVERGED)
        check_draws(z, (count, *shape_of(self.q)))
        return z, log_density(self.prior, z) - log_density(self.q, z)


class OnGrid(Proposal):
    """The points of a grid, one after the other, for each example the same.

    Args:
        points: ``(points, latent)``.
        log_weights: log of density times volume at each, ``(points,)``.
        batch: how many examples.
        shift: ``(batch, latent)``, added to every point, for each example its own.
    """

    def __init__(
        self,
        points: Float[Tensor, "points latent"],
        log_weights: Float[Tensor, " points"],
        batch: int,
        shift: Float[Tensor, "batch latent"] | None = None,
    ) -> None:
        self.points, self.log_weights = points, log_weights
        self.batch, self.shift = batch, shift

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """The next points; see the class."""
        points, self.points = self.points[:count], self.points[count:]
        weights, self.log_weights = self.log_weights[:count], self.log_weights[count:]
        z = points.unsqueeze(1).expand(-1, self.batch, -1)
        return z if self.shift is None else z + self.shift, weights.unsqueeze(1)


def weighted(
    log_likelihood: LogLikelihood, proposal: Proposal, counts: Iterable[int]
) -> Iterator[Float[Tensor, "draws batch"]]:
    """log p(x|z) + log w for so many values of z after so many, in nats.

    Raises:
        CollapseError: for a log-likelihood that is not one number an example and draw, or +inf.
    """
    for count in counts:
        z, log_weights = proposal.draw(count)
        log_p = log_likelihood(z)
        if log_p.shape != z.shape[:2]:
            raise CollapseError(
                f"For z of shape {tuple(z.shape)} the log-likelihood must have shape "
                f"{tuple(z.shape[:2])}; it has {tuple(log_p.shape)}. Sum it over pixels or words."
            )
        check_likelihood(log_p)
        yield log_p + log_weights


def importance_weights(
    log_likelihood: LogLikelihood,
    q: Distribution,
    prior: Distribution,
    samples: int = 500,
    chunk: int = 50,
) -> Float[Tensor, "samples batch"]:
    """log p(x|z_k) p(z_k) / q(z_k|x) at draws z_k from q(z|x), in nats.

    ``log(samples) - importance_weights(...).logsumexp(0)`` is the importance-weighted estimate of
    -log p(x) (Burda et al. 2016, Eq. 8), the number of :func:`collapse.metrics.iw_nll`. Draws come
    from torch's generator, and no gradient goes through them.

    Args:
        log_likelihood: from z ``(draws, batch, latent)`` to log p(x|z), ``(draws, batch)``.
        q: posteriors, one an example: any distribution of torch, see
            :mod:`collapse.distributions.densities`.
        prior: of one example, or of each.
        samples: K.
        chunk: draws that the log-likelihood sees at one time.

    Raises:
        CollapseError: for less than one sample, or what :class:`FromPosterior` and
            :func:`weighted` refuse.
    """
    at_least_one(samples, "samples")
    at_least_one(chunk, "draws at one time")
    parts = weighted(log_likelihood, FromPosterior(q, prior), cut(samples, chunk))
    return torch.cat(list(parts))


def cut(count: int, largest: int) -> list[int]:
    """``count`` as a sum of numbers of which none is over ``largest``."""
    return [min(largest, count - start) for start in range(0, count, largest)]


def check_draws(z: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse draws of another shape.

    Raises:
        CollapseError: naming both shapes.
    """
    if z.shape != shape:
        raise CollapseError(
            f"Draws of z must have shape {shape}, with a vector for each; these have "
            f"{tuple(z.shape)}. Does the distribution have a dimension of z in its last axis?"
        )
