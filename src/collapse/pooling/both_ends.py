"""The two last states of a bidirectional encoder as the feature vector."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.parts import Sizes


class BothEnds(nn.Module):
    """Where each direction has read everything: forwards the last word, backwards the first.

    What Zhao et al. (2017) take of an utterance. The states' first half is the forward one.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """One vector a row.

        Args:
            states: encoder states, right-padded.
            lengths: number of real tokens of each row.
        """
        forwards, backwards = states.chunk(2, dim=-1)
        rows = torch.arange(len(states), device=states.device)
        return torch.cat([forwards[rows, lengths.to(rows) - 1], backwards[:, 0]], -1)
