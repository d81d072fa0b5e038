"""Place 1, second half: how the states of the encoder become one feature vector."""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from collapse.parts import Sizes

__all__ = ["AbsPool", "AttentionPool", "AveragePool", "BothEnds", "LastState", "MaxPool", "Pooling"]


class Pooling(nn.Module):
    """What every pooling offers: from the states of each document to one vector of their width.

    Args:
        sizes: widths; most poolings have nothing to learn and need none.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """One vector a document; what stands in the padding has no say.

        Args:
            states: encoder states, right-padded.
            lengths: number of real tokens of each document, at least 1.
        """
        raise NotImplementedError


class LastState(Pooling):
    """The state after the last real token, the choice of Bowman et al. (2016).

    ``features = states[length - 1]``: right padding is never looked at.
    """

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """Pick one state per document."""
        rows = torch.arange(len(states), device=states.device)
        return states[rows, lengths - 1]


class BothEnds(Pooling):
    """Where each direction has read everything: forwards the last word, backwards the first.

    What Zhao et al. (2017) take of an utterance. The states' first half is the forward one.
    """

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """One vector a row."""
        forwards, backwards = states.chunk(2, dim=-1)
        rows = torch.arange(len(states), device=states.device)
        return torch.cat([forwards[rows, lengths.to(rows) - 1], backwards[:, 0]], -1)


class AveragePool(Pooling):
    """The mean of the states over the real positions (Long et al. 2019, section 3.2: AvgPool).

    ``features = (1 / length) Σ_t states[t]``.
    """

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """Average one document's states; the padding is in neither the sum nor the count."""
        real = states.masked_fill(~real_positions(states, lengths), 0.0)
        return real.sum(1) / lengths.unsqueeze(-1)


class MaxPool(Pooling):
    """The maximum of each dimension over the real positions (Long et al. 2019, section 3.2).

    ``features[k] = max_t states[t, k]``. Padding counts as minus infinity, not as zero: where all
    states of a dimension are negative, a zero would win. The gradient of a dimension goes to the
    one position that won it, the first of equals.
    """

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """The winner of each dimension."""
        real = states.masked_fill(~real_positions(states, lengths), -math.inf)
        return real.max(dim=1).values


class AbsPool(Pooling):
    """Sign-preserving absolute pooling (Long et al. 2019, section 3.2: AbsPool).

    ``features[k] = states[t*, k]`` with ``t* = argmax_t |states[t, k]|``: the strongest state of a
    dimension, whichever way it points. The gradient goes to that position, the first of equals.
    """

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """The strongest state of each dimension."""
        # An absolute value is never below zero, so padding at -1 never wins.
        strength = states.detach().abs().masked_fill(~real_positions(states, lengths), -1.0)
        return states.gather(1, strength.argmax(dim=1, keepdim=True)).squeeze(1)


class AttentionPool(Pooling):
    """Self-attention over the states, which Long et al. (2019) tried and found inferior.

    Section 3.2 refers to Yang et al. (2016, Eq. 5-7), whose word attention this is:

        u_t = tanh(W h_t + b),    α_t = softmax_t(u_t · u),    features = Σ_t α_t h_t

    with a learned context vector u. It has ``hidden² + 2 hidden`` parameters more than pooling.
    At u = 0 it is the average.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        self.key = nn.Linear(sizes.hidden, sizes.hidden)
        self.context = nn.Linear(sizes.hidden, 1, bias=False)

    def forward(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """The weighted mean of the states; padding has weight 0."""
        real = real_positions(states, lengths)
        states = states.masked_fill(~real, 0.0)  # 0 times an infinite padded state is not 0
        return (self.weights(states, lengths) * states).sum(1)

    def weights(
        self, states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch time 1"]:
        """α: how much each position counts; sums to 1 over the real ones, 0 on padding."""
        scores = self.context(torch.tanh(self.key(states)))
        return scores.masked_fill(~real_positions(states, lengths), -math.inf).softmax(1)


def real_positions(
    states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
) -> Bool[Tensor, "batch time 1"]:
    """True where a position belongs to its document, False on the padding to its right."""
    steps = torch.arange(states.shape[1], device=states.device)
    return (steps < lengths[:, None]).unsqueeze(-1)
