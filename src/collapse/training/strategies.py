"""Place 5: which parameters a step moves, and on what batch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collapse.data.documents import Batch

if TYPE_CHECKING:
    from collapse.training.fit import Trainer


class Strategy:
    """What one training step does with one batch."""

    @property
    def unjudged(self) -> int:
        """Epochs before the recipe's objective begins: without KL, and none of them the best."""
        return 0

    def begin(self, trainer: "Trainer") -> None:
        """Called once, after the last unjudged epoch if there is one."""

    def update(self, trainer: "Trainer", batch: Batch) -> float:
        """Move parameters; return the mean loss on ``batch`` before that, in nats."""
        raise NotImplementedError


@dataclass(frozen=True)
class Joint(Strategy):
    """Encoder and decoder move together, one step a batch: ordinary VAE training."""

    def update(self, trainer: "Trainer", batch: Batch) -> float:
        """One step of all parameters."""
        loss = trainer.loss(batch)
        trainer.step(loss)
        return loss.item()
