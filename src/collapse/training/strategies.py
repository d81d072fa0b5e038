"""Place 5: which parameters a step moves, and on what batch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collapse.data.documents import Batch

if TYPE_CHECKING:
    from collapse.training.fit import Trainer


@dataclass(frozen=True)
class Joint:
    """Encoder and decoder move together, one step a batch: ordinary VAE training."""

    def update(self, trainer: "Trainer", batch: Batch) -> float:
        """One step on ``batch``; returns the mean loss before it, in nats."""
        loss = trainer.loss(batch)
        trainer.step(loss)
        return loss.item()
