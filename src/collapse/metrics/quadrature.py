"""The exact likelihood of models with one or two latent dimensions, by quadrature over z.

An even grid with the trapezoid rule converges faster than any power of the stride for smooth
integrands that vanish at the ends. All values are negative log-likelihoods in nats.
"""

from typing import Any

from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.distributions.densities import bare, log_density
from collapse.metrics.checks import exp_or_inf, warn_of_nan
from collapse.metrics.likelihood import sum_over_z
from collapse.metrics.proposals import OnGrid, Proposal
from collapse.metrics.protocol import Data, LatentVariableModel, prior_of, rows
from collapse.theory.grids import wide_grid


def exact_nll(
    model: LatentVariableModel, data: Data, limit: float = 6.0, stride: float = 0.2
) -> Float[Tensor, " examples"]:
    """-log p(x) by quadrature over z on an even grid, for models with at most two dimensions.

    Args:
        model: in evaluation mode.
        data: documents, a tensor with a row an example, or batches.
        limit: the grid goes from -limit to limit, and farther, with growing steps, for a prior that
            is wider than N(0, I).
        stride: distance of neighbouring grid points; less for a prior that is narrower than that.

    Returns:
        NaN for an example whose log-likelihood is NaN at a point, as of a run that has diverged,
        with a warning that says of which.

    Raises:
        CollapseError: without an example, for more than two latent dimensions, a prior that is not
            normal, or one that the grid does not hold, or a log-likelihood of +inf.
    """
    prior = normal_prior(model)
    points, volumes = wide_grid(prior.stddev.tolist(), limit, stride)
    weights = log_density(prior, points.to(prior.mean)) + volumes.to(prior.mean)
    check_mass(weights)
    nll = nll_on_grid(model, data, points, weights)
    warn_of_nan(nll, "The NLL")
    return nll


def normal_prior(model: LatentVariableModel) -> Normal:
    """The prior of a model that a grid over z is for, one ``Normal`` of batch shape ``(latent,)``.

    Raises:
        CollapseError: for another prior, or more than two dimensions.
    """
    prior = bare(prior_of(model))
    if not isinstance(prior, Normal) or len(prior.batch_shape) != 1:
        raise CollapseError(
            f"The even grid is for a normal prior of shape (latent,); this one is a "
            f"{type(prior).__name__} of shape {tuple(prior.batch_shape + prior.event_shape)}. Use "
            "iw_nll instead."
        )
    if (latent := prior.batch_shape[0]) > 2:
        raise CollapseError(
            f"Quadrature needs a latent space of at most 2 dimensions; this model has {latent}. "
            "Use iw_nll instead."
        )
    return prior


def check_mass(log_weights: Float[Tensor, " points"]) -> None:
    """Refuse a grid that does not hold the prior: what it misses is missing in the likelihood.

    Raises:
        CollapseError: if the logarithm of the sum of the weights is more than 0.01 from 0.
    """
    logsum = log_weights.logsumexp(0).item()
    if not abs(logsum) <= 0.01:
        raise CollapseError(
            f"The grid finds {exp_or_inf(logsum):.3g} of the prior's probability where 1 is right. "
            "Is the prior off its middle or narrower than its stride? Take a larger limit or a "
            "shorter stride, or use iw_nll instead."
        )


def nll_on_grid(
    model: LatentVariableModel,
    data: Data,
    points: Float[Tensor, "points latent"],
    log_weights: Float[Tensor, " points"],
    shift: Float[Tensor, "documents latent"] | None = None,
) -> Float[Tensor, " examples"]:
    """-log Σ_k p(x|z_k) w_k over one set of points for all examples.

    Args:
        model: in evaluation mode.
        data: documents, a tensor with a row an example, or batches.
        points: values of z.
        log_weights: log of density times volume at each point.
        shift: of documents, added to every point, for each its own. What comes out is then no
            likelihood: the decoder is told something of the document free of charge.
    """
    like = prior_of(model).mean
    points, log_weights = points.to(like), log_weights.to(like)

    def at(batch: Any) -> Proposal:
        shifts = None if shift is None else shift[batch.indices.cpu()].to(like)
        return OnGrid(points, log_weights, rows(batch), shifts)

    return -sum_over_z(model, data, len(points), at)
