"""What the gap of the bound is made of: the family's part and the network's (Cremer et al. 2018).

    KL(q ‖ p(z|x)) = min over normals of KL(· ‖ p(z|x)) + the rest.

The first part is left even by the best normal distribution of this document, the *approximation
gap*. The rest is what a network loses that has to serve all documents, the *amortisation gap*.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from collapse.metrics import GridPosterior

STEPS, RATE = 300, 0.02


@dataclass(frozen=True)
class GapParts:
    """The gap of each document in nats, in two parts.

    Attributes:
        approximation: of the best normal distribution.
        amortisation: what the encoder's is worse than that.
    """

    approximation: Float[Tensor, " documents"]
    amortisation: Float[Tensor, " documents"]

    @property
    def gap(self) -> Float[Tensor, " documents"]:
        """Both together: log p(x) minus the bound."""
        return self.approximation + self.amortisation


def gap_parts(posterior: GridPosterior, q: Normal) -> GapParts:
    """Both parts for the documents of a grid, exact but for the grid and the search.

    A KL may have several local minima among the normal distributions, so the search has three
    starts: the model posterior's own mean and deviation, its peak, and the encoder's posterior.

    Args:
        posterior: the model's own, of one latent dimension.
        q: the encoder's, of the same documents.
    """
    wide = posterior.variance.sqrt()
    peak = posterior.points[posterior.log_joint.argmax(0)]
    starts = (Normal(posterior.mean, wide), Normal(peak, wide / 2), q)
    kls = torch.stack([posterior.kl_from(nearest_normal(posterior, start)) for start in starts])
    least = kls.nan_to_num(torch.inf).amin(0)
    return GapParts(least, posterior.kl_from(q) - least)


def nearest_normal(posterior: GridPosterior, start: Normal, steps: int = STEPS) -> Normal:
    """For each document a normal distribution with a small KL to the model's posterior, by Adam."""
    mean = start.mean.to(posterior.points).clone().requires_grad_()
    log_std = start.stddev.to(posterior.points).log().requires_grad_()
    optimizer = torch.optim.Adam([mean, log_std], RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    with torch.enable_grad():
        for _ in range(steps):
            optimizer.zero_grad()
            posterior.kl_from(Normal(mean, log_std.exp())).nansum().backward()
            optimizer.step()
            schedule.step()
    return Normal(mean.detach(), log_std.detach().exp())
