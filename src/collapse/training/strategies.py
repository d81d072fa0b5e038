"""Place 5: which parameters a step moves, and on what batch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from collapse.data.documents import Batch
from collapse.training.checkpoint import Record
from collapse.vae import VAE

if TYPE_CHECKING:
    from collapse.training.fit import Trainer


class Strategy:
    """What one training step does with one batch.

    A strategy keeps nothing itself. What it has to remember from epoch to epoch stands in
    ``trainer.progress.strategy``, which goes into the checkpoint.
    """

    @property
    def unjudged(self) -> int:
        """Epochs before the recipe's objective begins: without KL, and none of them the best."""
        return 0

    def begin(self, trainer: "Trainer") -> None:
        """Called once, after the last unjudged epoch if there is one."""

    def update(self, trainer: "Trainer", batch: Batch) -> Tensor:
        """Move parameters; return the mean loss on ``batch`` before that, in nats, detached.

        The loss stays a tensor: to read its value would make the loop wait for a GPU.
        """
        raise NotImplementedError

    def end_epoch(self, trainer: "Trainer", measured: Record) -> Record:
        """Look at the validation metrics of an epoch; return what to add to its record."""
        return {}

    def groups(self, model: VAE) -> list[dict[str, Any]]:
        """The optimiser's groups; ``"factor"`` in one multiplies the learning rate there."""
        return [{"params": list(model.parameters())}]

    def optimizers(self, model: VAE) -> dict[str, torch.optim.Optimizer]:
        """Optimisers of the strategy's own, by name; checkpoints keep their state."""
        return {}

    def evaluated(self, model: VAE) -> VAE:
        """The model as it is to be measured; another q(z|x) if the strategy has its own."""
        return model


@dataclass(frozen=True)
class Joint(Strategy):
    """Encoder and decoder move together, one step a batch: ordinary VAE training."""

    def update(self, trainer: "Trainer", batch: Batch) -> Tensor:
        """One step of all parameters."""
        loss = trainer.loss(batch)
        trainer.step(loss)
        return loss.detach()
