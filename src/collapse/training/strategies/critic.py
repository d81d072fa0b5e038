"""Training with a critic: some steps of it before each step of the model."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import RunError
from collapse.data.documents import Batch
from collapse.distributions import by_row
from collapse.objectives import Regulariser
from collapse.system import System
from collapse.training.strategies.strategy import Steps, Strategy


@dataclass(frozen=True)
class CriticSteps(Strategy):
    """The critic of the model's regulariser follows the posterior, then the model takes a step.

    As in the code of Fang et al. (2019): several steps on the batch at hand, with the same z and
    new draws from the prior, by an Adam optimiser of its own whose rate does not decay.

    Args:
        steps: of the critic for each step of the model.
        learning_rate: of the critic. It has to keep up with the posterior: behind it, the dual
            form says little or nothing while the KL grows without bound. The released code takes
            1e-5 beside 8e-4 for the model; ours is the light protocol's rate for the model.
    """

    steps: int = 5
    learning_rate: float = 5e-3

    def groups(self, system: System) -> list[dict[str, Any]]:
        """Places 1, 2 and 4: the critic has an optimiser of its own."""
        return [{"params": system.model.inference_parameters() + system.generator_parameters()}]

    def optimizers(self, system: System) -> dict[str, torch.optim.Optimizer]:
        """Adam on the critic."""
        return {"critic": torch.optim.Adam(regulariser(system).parameters(), self.learning_rate)}

    def update(self, steps: Steps, batch: Batch) -> Tensor:
        """The critic's steps, then one of all other parameters."""
        q = steps.system.model.encode(batch)
        self.follow(steps, by_row(Tensor.detach, q))
        critic = regulariser(steps.system).requires_grad_(False)
        loss = steps.loss(batch, q)
        steps.step(loss)
        critic.requires_grad_(True)
        return loss.detach()

    def follow(self, steps: Steps, q: Distribution) -> None:
        """Steps of the critic alone."""
        critic, optimizer = regulariser(steps.system), steps.optimizers["critic"]
        z, prior = q.sample(), steps.system.model.prior()
        for _ in range(self.steps):
            optimizer.zero_grad(set_to_none=True)
            critic.critic_loss(q, z, prior).backward()
            optimizer.step()
        steps.moves["critic_steps"] += self.steps


def regulariser(system: System) -> Regulariser:
    """The regulariser that an objective charges.

    Raises:
        RunError: when it has none.
    """
    if system.objective.regulariser is None:
        raise RunError("CriticSteps needs a recipe with a regulariser, for example Part(DualKL).")
    return system.objective.regulariser
