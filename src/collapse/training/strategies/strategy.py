"""Place 5: which parameters a step moves, and on what batch."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.distributions import Distribution

from collapse.data.documents import Batch
from collapse.system import System
from collapse.training.checkpoint import Record, State
from collapse.vae import VAE


@runtime_checkable
class Steps(Protocol):
    """A run in training, as far as a strategy may see and move it; the trainer is one.

    Attributes:
        system: the model and its objective.
        optimizers: the loop's own, ``"optimizer"``, and those of the strategy, by name.
        moves: counts of steps in the current epoch, by name; they go into its record.
        memory: what the strategy has to remember from epoch to epoch; it goes into the checkpoint.
        seed: of the run.
    """

    system: System
    optimizers: dict[str, torch.optim.Optimizer]
    moves: Counter[str]
    seed: int

    @property
    def memory(self) -> dict[str, float]:
        """See the class."""

    @property
    def first_weights(self) -> State:
        """The weights that the run began with, until the first judged epoch has ended."""

    def weight(self) -> float:
        """The weight of the KL at the step at hand."""

    def loss(self, batch: Batch, q: Distribution | None = None) -> Tensor:
        """Mean training loss of a batch in nats, with gradients, with the encoder's or this q."""

    def step(self, loss: Tensor, moving: str = "both") -> None:
        """Move "both" networks, or the "encoder" or the "decoder", along the loss's gradient."""

    def random_batch(self) -> Batch:
        """One of the epoch's batches, drawn from torch's generator."""


class Strategy:
    """What one training step does with one batch.

    A strategy keeps nothing itself: what it has to remember stands in ``steps.memory``.
    """

    @property
    def warmup_epochs(self) -> int:
        """Epochs before the recipe's objective begins: without KL, and none of them the best."""
        return 0

    def begin(self, steps: Steps) -> None:
        """Called once, after the last warm-up epoch if there is one."""

    def update(self, steps: Steps, batch: Batch) -> Tensor:
        """Move parameters; return the mean loss on ``batch`` before that, in nats, detached.

        The loss stays a tensor: to read its value would make the loop wait for a GPU.
        """
        raise NotImplementedError

    def end_epoch(self, steps: Steps, measured: Record) -> Record:
        """Look at the validation metrics of an epoch; return what to add to its record."""
        return {}

    def groups(self, system: System) -> list[dict[str, Any]]:
        """The optimiser's groups; ``"factor"`` in one multiplies the learning rate there."""
        return [{"params": list(system.parameters())}]

    def optimizers(self, system: System) -> dict[str, torch.optim.Optimizer]:
        """Optimisers of the strategy's own, by name; checkpoints keep their state."""
        return {}

    def evaluated(self, model: VAE) -> VAE:
        """The model as it is to be measured; another q(z|x) if the strategy has its own."""
        return model


@dataclass(frozen=True)
class Joint(Strategy):
    """Encoder and decoder move together, one step a batch: ordinary VAE training."""

    def update(self, steps: Steps, batch: Batch) -> Tensor:
        """One step of all parameters."""
        loss = steps.loss(batch)
        steps.step(loss)
        return loss.detach()
