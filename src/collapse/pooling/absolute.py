"""The state of the largest absolute value, dimension by dimension, with its sign."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.parts import Sizes
from collapse.pooling.masking import real_positions


class AbsPool(nn.Module):
    """Sign-preserving absolute pooling (Long et al. 2019, section 3.2: AbsPool).

    ``features[k] = states[t*, k]`` with ``t* = argmax_t |states[t, k]|``: the strongest state of a
    dimension, whichever way it points. The gradient goes to that position, the first of equals.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """The strongest state of each dimension.

        Args:
            states: encoder states, right-padded.
            lengths: number of real tokens of each document, at least 1.
        """
        # An absolute value is never below zero, so padding at -1 never wins.
        strength = states.detach().abs().masked_fill(~real_positions(states, lengths), -1.0)
        return states.gather(1, strength.argmax(dim=1, keepdim=True)).squeeze(1)
