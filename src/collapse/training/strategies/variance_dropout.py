"""Joint training with dropout on the variances of q(z|x), as DU-VAE has it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from collapse.base.errors import CollapseError, RunError
from collapse.data.documents import Batch
from collapse.posteriors import DiverseGaussian
from collapse.training.strategies.strategy import Joint, Steps


@dataclass(frozen=True)
class VarianceDropout(Joint):
    """While the KL has its full weight, variances fall to their floor at random (DU-VAE).

    Shen et al. (2021), section 4.2: see :class:`collapse.posteriors.DiverseGaussian` for the floor.

    Args:
        drop: the probability that the variance of a dimension does.

    Raises:
        CollapseError: for a probability that is none.
    """

    drop: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.drop < 1:
            raise CollapseError(f"DU-VAE needs 0 <= drop < 1; got {self.drop}.")

    def update(self, steps: Steps, batch: Batch) -> Tensor:
        """One step of all parameters.

        Raises:
            RunError: for a posterior whose variances have no floor.
        """
        model = steps.system.model
        if not isinstance(model.posterior, DiverseGaussian):
            raise RunError(
                "VarianceDropout needs variances with a floor, as Part(DiverseGaussian) has them; "
                f"this posterior is a {type(model.posterior).__name__}."
            )
        features = model.represent(batch).to(model.like)
        with torch.autocast(model.device.type, enabled=False):
            q = model.posterior(features, self.drop if steps.weight() >= 1 else 0.0)
        loss = steps.loss(batch, q)
        steps.step(loss)
        return loss.detach()
