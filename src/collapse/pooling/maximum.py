"""The largest state, dimension by dimension, as the feature vector."""

import math

from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.parts import Sizes
from collapse.pooling.masking import real_positions


class MaxPool(nn.Module):
    """The maximum of each dimension over the real positions (Long et al. 2019, section 3.2).

    ``features[k] = max_t states[t, k]``. Padding counts as minus infinity, not as zero: where all
    states of a dimension are negative, a zero would win. The gradient of a dimension goes to the
    one position that won it, the first of equals.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """The winner of each dimension.

        Args:
            states: encoder states, right-padded.
            lengths: number of real tokens of each document, at least 1.
        """
        real = states.masked_fill(~real_positions(states, lengths), -math.inf)
        return real.max(dim=1).values
