"""Place 5: which parameters a step moves, and on what batch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from collapse.data.documents import Batch

if TYPE_CHECKING:
    from collapse.training.fit import Trainer


class Strategy:
    """What one training step does with one batch."""

    def update(self, trainer: "Trainer", batch: Batch) -> Tensor:
        """Move parameters; return the mean loss on ``batch`` before that, in nats, detached.

        The loss stays a tensor: to read its value would make the loop wait for a GPU.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Joint(Strategy):
    """Encoder and decoder move together, one step a batch: ordinary VAE training."""

    def update(self, trainer: "Trainer", batch: Batch) -> Tensor:
        """One step of all parameters."""
        loss = trainer.loss(batch)
        trainer.step(loss)
        return loss.detach()
