"""The decoder of the Skip-VAE: z reaches every word directly."""

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.decoders.lstm import LSTMDecoder
from collapse.decoders.output import Output
from collapse.parts import Sizes


class SkipDecoder(LSTMDecoder):
    """An LSTM decoder with a path from z to each output: logits = W h_t + U z (Dieng et al. 2019).

    Section 3 of the paper gives skip connections from z to every hidden layer of the generator,
    and shows that they raise the mutual information. For text we follow the second author's code:
    z stands beside the state when it is projected to the vocabulary, without dropout, and the rest
    is the decoder of the other systems. A word's score then depends on z even where the LSTM has
    learned to ignore it.

    Args:
        sizes: widths.
        bias: as in :class:`LSTMDecoder`, like ``dropout`` and ``word_dropout``.
    """

    def __init__(
        self, sizes: Sizes, *, bias: bool = False, dropout: float = 0.5, word_dropout: float = 0.0
    ) -> None:
        super().__init__(sizes, bias=bias, dropout=dropout, word_dropout=word_dropout)
        self.output = Output(sizes.hidden + sizes.latent, sizes.vocabulary, bias=bias)

    def readout(
        self, states: Float[Tensor, "batch time hidden"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch time readout"]:
        """The states with dropout, and z beside each of them."""
        beside = z.unsqueeze(1).expand(-1, states.shape[1], -1)
        return torch.cat([super().readout(states, z), beside], -1)
