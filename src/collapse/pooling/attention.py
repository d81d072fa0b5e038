"""A learned average of the states: self-attention."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.parts import Sizes
from collapse.pooling.masking import real_positions


class AttentionPool(nn.Module):
    """Self-attention over the states, which Long et al. (2019) tried and found inferior.

    Section 3.2 refers to Yang et al. (2016, Eq. 5-7), whose word attention this is:

        u_t = tanh(W h_t + b),    α_t = softmax_t(u_t · u),    features = Σ_t α_t h_t

    with a learned context vector u. It has ``hidden² + 2 hidden`` parameters more than pooling.
    At u = 0 it is the average.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.key = nn.Linear(sizes.hidden, sizes.hidden)
        self.context = nn.Linear(sizes.hidden, 1, bias=False)

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """The weighted mean of the states; padding has weight 0.

        Args:
            states: encoder states, right-padded.
            lengths: number of real tokens of each document, at least 1.
        """
        real = real_positions(states, lengths)
        states = states.masked_fill(~real, 0.0)  # 0 times an infinite padded state is not 0
        return (self.weights(states, lengths) * states).sum(1)

    def weights(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch time 1"]:
        """α: how much each position counts; sums to 1 over the real ones, 0 on padding."""
        scores = self.context(torch.tanh(self.key(states)))
        return scores.masked_fill(~real_positions(states, lengths), -math.inf).softmax(1)
