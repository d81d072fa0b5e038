"""The last state as the feature vector."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.parts import Sizes


class LastState(nn.Module):
    """The state after the last real token, the choice of Bowman et al. (2016).

    ``features = states[length - 1]``: right padding is never looked at.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """Pick one state per document.

        Args:
            states: encoder states, right-padded.
            lengths: number of real tokens of each document.
        """
        rows = torch.arange(len(states), device=states.device)
        return states[rows, lengths - 1]
