"""What every posterior offers, and the diagonal Gaussian.

A posterior is a module that maps features ``(batch, features)`` to a ``torch.distributions``
object: ``Normal`` of batch shape ``(batch, latent)``, one factor per dimension, so that densities
and KL come back unreduced, or a :class:`collapse.distributions.Multivariate`. Its prior has batch
shape ``(latent,)``, or that of a single document.
"""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution, Normal

from collapse.distributions import normal_of, standard_normal
from collapse.parts import Sizes
from collapse.posteriors.reading import Reading


class Posterior(nn.Module):
    """What every posterior offers.

    Attributes:
        latent: dimensions of z.
        readings: what else may be meant by the likelihood of a model with this posterior.

    The protocol draws all weights of a system anew. A class that sets ``keep_init = True`` keeps
    those of its own constructor; so does every module.
    """

    latent: int
    readings: ClassVar[tuple[Reading, ...]] = ()

    def begin_epoch(self, epoch: int) -> None:
        """Called before an epoch of training; ``epoch`` counts the recipe's own from 0."""

    def end_epoch(self) -> None:
        """Called after the last step of an epoch, before anything is measured."""

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Distribution:
        """q(z|x) of each row; samples are ``(batch, latent)``."""
        raise NotImplementedError

    def prior(self) -> Distribution:
        """p(z), of the same kind of factors as the posterior; samples are ``(latent,)``."""
        raise NotImplementedError

    def state(self) -> dict[str, float]:
        """Numbers of the posterior itself, by the names under which a run keeps them each epoch."""
        return {}

    def report(
        self, q: Distribution, log_likelihood: Float[Tensor, " documents"]
    ) -> dict[str, Float[Tensor, " documents"] | float]:
        """What only this posterior can measure, by the names that it has in the summary of a run.

        Args:
            q: posteriors of all documents of a split.
            log_likelihood: log p(x|z) of each, in nats, at one draw of z.

        Returns:
            A value a document, of which the mean and its error are kept; or one number.
        """
        return {}


class DiagonalGaussian(Posterior):
    """q(z|x) = N(mean, diag exp(log_var)), prior N(0, I) (Kingma & Welling 2014).

    Mean and log-variance are one linear map of the features, without bias, as in He et al. (2019).

    Args:
        sizes: widths; features have width ``hidden``.
        bias: whether the map has a bias.
    """

    def __init__(self, sizes: Sizes, *, bias: bool = False) -> None:
        super().__init__()
        self.latent = sizes.latent
        self.linear = nn.Linear(sizes.hidden, 2 * sizes.latent, bias=bias)

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Normal:
        """The posterior of each row, batch shape ``(batch, latent)``."""
        return normal_of(self.linear(features))

    def prior(self) -> Normal:
        """The standard normal, batch shape ``(latent,)``."""
        return standard_normal(self.linear.weight.new_zeros(self.latent))


class NoLatent(Posterior):
    """A posterior over nothing: z has 0 dimensions and the ELBO is the log-likelihood.

    With it the language model is one more recipe, and every metric applies to it unchanged.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.latent = 0
        self.nothing: Tensor
        self.register_buffer("nothing", torch.zeros(0), persistent=False)

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Normal:
        """A distribution of batch shape ``(batch, 0)``."""
        return standard_normal(features.new_zeros(len(features), 0))

    def prior(self) -> Normal:
        """A distribution of batch shape ``(0,)``."""
        return standard_normal(self.nothing)
