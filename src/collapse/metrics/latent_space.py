"""How orderly a latent space is: are like documents neighbours, do codes look like the prior."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.distributions.densities import ask_torch
from collapse.metrics.checks import at_least_one, check_finite
from collapse.objectives import mmd


def neighbour_purity(
    codes: Float[Tensor, "documents latent"], labels: np.ndarray, neighbours: int = 10
) -> float:
    """Share of a code's nearest neighbours that have its label, averaged over the codes.

    1 where every label has a region of its own; the sum of squared shares of the labels (1/4 for
    four equal ones) where codes say nothing about the label. It does not change when all codes are
    multiplied by one number.

    Args:
        codes: one a document; each dimension counts as it stands.
        labels: ``(documents,)`` whole numbers.
        neighbours: k, by Euclidean distance, the document itself left out.

    Raises:
        CollapseError: unless there are more than k codes and a label for each, all codes are
            finite, and k is 1 or more.
    """
    at_least_one(neighbours, "neighbours")
    if labels is None:
        raise CollapseError(
            "neighbour_purity() compares labels, and there are none. Take a corpus that has, such "
            "as 'yelp-sentiment'."
        )
    if len(codes) <= neighbours or len(labels) != len(codes):
        raise CollapseError(
            f"{neighbours} neighbours need more than {neighbours} codes and a label for each; "
            f"got {len(codes)} codes and {len(labels)} labels."
        )
    check_finite(codes, "Codes")
    # The quick way multiplies the square out and loses the digits of codes that lie close together.
    distances = torch.cdist(codes, codes, compute_mode="donot_use_mm_for_euclid_dist")
    distances.fill_diagonal_(torch.inf)
    nearest = distances.topk(neighbours, largest=False).indices
    classes = torch.as_tensor(labels)
    return (classes[nearest] == classes[:, None]).double().mean().item()


def discrepancy(
    q: Distribution, prior: Distribution, length: float | None = None, seed: int = 0
) -> float:
    """MMD² between the aggregated posterior and the prior, one draw a document (unbiased).

    Args:
        q: posteriors, one a document.
        prior: of a single document.
        length: of the kernel; by default the root mean square of the prior's distance from 0, so
            that a prior that is wider by a factor is looked at from as much farther away.
        seed: of the draws.

    Returns:
        NaN if a draw is.

    Raises:
        CollapseError: for fewer than two documents, a prior of another shape, or a length that is
            not positive; without one also for a prior whose variance is not known.
    """
    with seeded(seed):
        z = ask_torch(q.sample, "The posterior gives no draws")
        z_prior = prior.sample(torch.Size([len(z)]))
    if z.shape != z_prior.shape:
        raise CollapseError(
            "The prior must be that of a single document, all dimensions of it: draws have shape "
            f"{tuple(z.shape)}, as many of the prior {tuple(z_prior.shape)}."
        )
    scale = length
    if scale is None:
        refusal = f"{type(prior).__name__} does not know its variance; give a length"
        scale = ask_torch(lambda: prior.variance, refusal).sum().sqrt().item()
    if not 0 < scale < math.inf:
        raise CollapseError(f"The length of a kernel is positive and finite; got {length}.")
    return mmd(z, z_prior, scale).item()
