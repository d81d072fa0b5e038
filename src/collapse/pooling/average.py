"""The average of the states as the feature vector."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.parts import Sizes
from collapse.pooling.masking import real_positions


class AveragePool(nn.Module):
    """The mean of the states over the real positions (Long et al. 2019, section 3.2: AvgPool).

    ``features = (1 / length) Σ_t states[t]``.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """Average one document's states; the padding is in neither the sum nor the count.

        Args:
            states: encoder states, right-padded.
            lengths: number of real tokens of each document, at least 1.
        """
        real = states.masked_fill(~real_positions(states, lengths), 0.0)
        return real.sum(1) / lengths.unsqueeze(-1)
