"""The model's own posterior p(z|x), worked out on a grid, beside the encoder's q(z|x).

For one or two latent dimensions Bayes' rule is a division: the joint density on a grid of z, by its
sum. He et al. (2019), Appendix A, use stride 0.01 on [-20, 20]. An even grid with the trapezoid
rule is exact to many digits as long as the stride is below the posterior's standard deviation, so
the defaults here are 0.2 on [-6, 6]. All values are in nats.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.data import Batch, Documents
from collapse.metrics.grids import z_grid
from collapse.metrics.likelihood import shared_out
from collapse.posteriors.densities import log_density, pairs
from collapse.vae import VAE


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
            CollapseError: for posteriors of other documents, or without a density.
        """
        log_q = log_density(q, pairs(q, self.points))  # (points, documents)
        if log_q.shape != self.log_joint.shape:
            raise CollapseError(
                f"The grid is that of {self.log_joint.shape[1]} documents, q of {log_q.shape[1]}."
            )
        weights = (log_q + self.log_volume).exp()
        held = (weights.sum(0) - 1).abs() < 0.01
        return torch.where(held, (weights * (log_q - self.log_density)).sum(0), torch.nan)


@torch.no_grad()
def grid_posterior(
    model: VAE, documents: Documents, reach: float = 6.0, stride: float = 0.2
) -> GridPosterior:
    """The model's posterior for every document of a split, on the CPU.

    Args:
        model: in evaluation mode, with one or two latent dimensions.
        documents: the split.
        reach: the grid goes from -reach to reach in each dimension.
        stride: distance of neighbouring grid points.

    Raises:
        CollapseError: for another number of dimensions.
    """
    points = checked_grid(model, reach, stride)
    found = torch.empty(len(points), len(documents), dtype=points.dtype)
    for batch, chunks in shared_out(model, documents, len(points)):
        parts = [log_joint_at(model, batch, points[chunk]) for chunk in chunks]
        found[:, batch.indices.cpu()] = torch.cat(parts).cpu()
    return GridPosterior(points.cpu(), model.latent * math.log(stride), found)


def batch_posterior(
    model: VAE, batch: Batch, reach: float = 6.0, stride: float = 0.2
) -> GridPosterior:
    """The same for one batch at once, with gradients; arguments as for :func:`grid_posterior`."""
    points = checked_grid(model, reach, stride)
    joint = log_joint_at(model, batch, points)
    return GridPosterior(points, model.latent * math.log(stride), joint)


def checked_grid(model: VAE, reach: float, stride: float) -> Float[Tensor, "points latent"]:
    """The grid where the model is, if it is small enough for one."""
    if model.latent not in (1, 2):
        raise CollapseError(
            f"A grid needs one or two latent dimensions; this model has {model.latent}."
        )
    return z_grid(model.latent, reach, stride).to(model.like)


def log_joint_at(
    model: VAE, batch: Batch, points: Float[Tensor, "points latent"]
) -> Float[Tensor, "points batch"]:
    """log p(x|z) + log p(z) of every document at every point."""
    count = len(batch.tokens)
    z = points.repeat_interleave(count, 0)
    log_likelihood = model.log_likelihood(batch.repeat(len(points)), z)
    return log_likelihood.view(-1, count) + log_density(model.prior(), points).unsqueeze(-1)
