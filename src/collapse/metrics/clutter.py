"""How orderly a latent space is: are like documents neighbours, do codes look like the prior."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.errors import CollapseError
from collapse.objectives import mmd
from collapse.seeding import seeded


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
        CollapseError: unless there are more than k codes and a label for each.
    """
    if len(codes) <= neighbours or len(labels) != len(codes):
        raise CollapseError(
            f"{neighbours} neighbours need more than {neighbours} codes and a label for each; "
            f"got {len(codes)} codes and {len(labels)} labels."
        )
    distances = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    nearest = distances.topk(neighbours, largest=False).indices
    told = torch.as_tensor(labels)
    return (told[nearest] == told[:, None]).double().mean().item()


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
    """
    with seeded(seed):
        z = q.sample()
        other = prior.sample(torch.Size([len(z)]))
    scale = prior.variance.sum().sqrt().item() if length is None else length
    return mmd(z, other, scale).item()
