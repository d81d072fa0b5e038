"""The model's own posterior p(z|x), worked out on a grid, beside the encoder's q(z|x).

For one or two latent dimensions Bayes' rule is a division: the joint density on a grid of z, by its
sum. He et al. (2019), Appendix A, use stride 0.01 on [-20, 20]. An even grid with the trapezoid
rule is exact to many digits as long as the stride is below the posterior's standard deviation, so
the defaults here are 0.2 on [-6, 6]. All values are in nats.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Normal

from collapse.base.errors import CollapseError
from collapse.distributions.densities import log_density, pairs
from collapse.distributions.support import check_inside
from collapse.metrics.likelihood import batches_of, counts
from collapse.metrics.proposals import OnGrid, weighted
from collapse.metrics.protocol import (
    Data,
    LatentVariableModel,
    check_evaluating,
    log_likelihood_of,
    prior_of,
    rows,
)
from collapse.metrics.quadrature import normal_prior
from collapse.theory.grids import z_grid


@dataclass(frozen=True)
class GridPosterior:
    """p(z|x) of some documents.

    Attributes:
        points: the grid of z, ``(points, latent)``.
        log_volume: logarithm of the cell around a point.
        log_joint: log p(x, z) at each point, ``(points, documents)``.
    """

    points: Float[Tensor, "points latent"]
    log_volume: float
    log_joint: Float[Tensor, "points documents"]

    @property
    def log_marginal(self) -> Float[Tensor, " documents"]:
        """log p(x)."""
        return self.log_joint.logsumexp(0) + self.log_volume

    @property
    def log_density(self) -> Float[Tensor, "points documents"]:
        """log p(z|x)."""
        return self.log_joint - self.log_marginal

    @property
    def mass(self) -> Float[Tensor, "points documents"]:
        """Probability of each cell; each column sums to one."""
        return self.log_joint.softmax(0)

    @property
    def mean(self) -> Float[Tensor, "documents latent"]:
        """The model posterior's mean, He et al.'s Eq. 6."""
        return self.mass.T @ self.points

    @property
    def variance(self) -> Float[Tensor, "documents latent"]:
        """The model posterior's variance by dimension."""
        return self.mass.T @ self.points.square() - self.mean.square()

    def kl_from(self, q: Distribution) -> Float[Tensor, " documents"]:
        """KL(q(z|x) ‖ p(z|x)): the gap of the bound, what He et al.'s Eq. 3 calls agreement.

        Args:
            q: posteriors, one a document.

        Returns:
            NaN for a document whose q the grid does not hold: where it reaches beyond the ends, or
            is narrower than the stride can follow.

        Raises:
            CollapseError: for posteriors of other documents, or without a density on the grid.
        """
        check_inside(q, Normal(0.0, 1.0))  # p(z|x) has a density wherever the prior has
        log_q = log_density(q, pairs(q, self.points))  # (points, documents)
        if log_q.shape != self.log_joint.shape:
            raise CollapseError(
                f"The grid is that of {self.log_joint.shape[1]} documents, q of {log_q.shape[1]}."
            )
        weights = (log_q + self.log_volume).exp()
        covered = (weights.sum(0) - 1).abs() < 0.01
        return torch.where(covered, (weights * (log_q - self.log_density)).sum(0), torch.nan)


@torch.no_grad()
def grid_posterior(
    model: LatentVariableModel, data: Data, limit: float = 6.0, stride: float = 0.2
) -> GridPosterior:
    """The model's posterior for every example, on the CPU.

    Args:
        model: in evaluation mode, with one or two latent dimensions and a normal prior.
        data: documents, a tensor with a row an example, or batches.
        limit: the grid goes from -limit to limit in each dimension.
        stride: distance of neighbouring grid points.

    Raises:
        CollapseError: for another number of dimensions or another prior, or without an example.
    """
    points = checked_grid(model, limit, stride)
    parts, places = [], []
    for batch, place in batches_of(model, data, most=16):
        sizes = counts(model, batch, len(points))
        parts.append(log_joint_at(model, batch, points, sizes).cpu())
        places.append(place)
    joint = torch.cat(parts, 1)[:, torch.cat(places).argsort()]
    return GridPosterior(points.cpu(), points.shape[1] * math.log(stride), joint)


def batch_posterior(
    model: LatentVariableModel, batch: Any, limit: float = 6.0, stride: float = 0.2
) -> GridPosterior:
    """The same for one batch at once, with gradients; arguments as for :func:`grid_posterior`."""
    check_evaluating(model)
    points = checked_grid(model, limit, stride)
    joint = log_joint_at(model, batch, points, [len(points)])
    return GridPosterior(points, points.shape[1] * math.log(stride), joint)


def checked_grid(
    model: LatentVariableModel, limit: float, stride: float
) -> Float[Tensor, "points latent"]:
    """The grid where the model is, if it is small enough for one."""
    prior = normal_prior(model)
    if not (latent := prior.batch_shape[0]):
        raise CollapseError("A grid needs one or two latent dimensions; this model has 0.")
    return z_grid(latent, limit, stride).to(prior.mean)


def log_joint_at(
    model: LatentVariableModel,
    batch: Any,
    points: Float[Tensor, "points latent"],
    sizes: Sequence[int],
) -> Float[Tensor, "points batch"]:
    """log p(x|z) + log p(z) of every example at every point, so many points after so many."""
    on_grid = OnGrid(points, log_density(prior_of(model), points), rows(batch))
    return torch.cat(list(weighted(partial(log_likelihood_of, model, batch), on_grid, sizes)))
