"""A system of the papers, made: a model and what it is trained for."""

from torch import nn

from collapse.objectives import Objective
from collapse.vae import VAE


class System(nn.Module):
    """What a recipe builds; a checkpoint keeps ``model.…`` and ``objective.…``.

    Args:
        model: places 1, 2 and 4.
        objective: place 3.
    """

    def __init__(self, model: VAE, objective: Objective) -> None:
        super().__init__()
        self.model, self.objective = model, objective

    def generator_parameters(self) -> list[nn.Parameter]:
        """The decoder's parameters, and those of the objective that learn with it."""
        return self.model.generator_parameters() + self.objective.heads()
