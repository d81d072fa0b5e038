"""An encoder pretrained as an autoencoder's (Li et al. 2019)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.training.strategies.strategy import Joint, Steps

REDRAW = 2019  # keeps the generator of the new decoder apart from those of the epochs


@dataclass(frozen=True)
class Pretrained(Joint):
    """First ``epochs`` without the KL; then a new decoder, and the recipe's own objective.

    Li et al. (2019), section 3: with KL weight 0 encoder and decoder are an autoencoder. The
    encoder, the posterior included, is kept; the decoder starts again, and so do the optimiser,
    the schedule of the KL weight, the plateau rule and the count of epochs. Nothing about the
    first phase is judged: its negative ELBO, with KL weight 1, says nothing about how good an
    autoencoder it is, so no epoch of it can be the best one, and its last weights go on.

    The epochs come on top of those of the settings. The new decoder has its first weights in a new
    random order, parameter by parameter: a draw from whatever they were drawn from, as long as the
    entries of a parameter were drawn alike.

    Args:
        epochs: of the first phase, 1 or more.
    """

    epochs: int = 5

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise CollapseError(f"Pretraining takes 1 epoch or more, not {self.epochs}.")

    @property
    def warmup_epochs(self) -> int:
        """The epochs of the first phase."""
        return self.epochs

    def begin(self, steps: Steps) -> None:
        """Leave the first phase: a new decoder, an optimiser that remembers nothing.

        It is made from the first weights of the run, which a resumed run has as well.
        """
        decoder = steps.system.model.decoder
        parameters = dict(decoder.named_parameters())
        with seeded(steps.seed, REDRAW), torch.no_grad():
            for name, value in decoder.state_dict().items():
                first = steps.first_weights[f"model.decoder.{name}"]
                value.copy_(shuffled(first) if name in parameters else first)
        for optimizer in steps.optimizers.values():
            optimizer.state.clear()


def shuffled(values: Tensor) -> Tensor:
    """The same entries in a random order."""
    order = torch.randperm(values.numel()).to(values.device)
    return values.flatten()[order].view_as(values)
