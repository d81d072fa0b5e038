"""The decoder of the papers: an LSTM that sees z twice."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.decoders.output import Output
from collapse.decoders.words import WordDecoder
from collapse.parts import Sizes


class LSTMDecoder(WordDecoder):
    """An LSTM that sees z twice: as its initial state and beside every input (He et al. 2019).

    ``c0 = W z``, ``h0 = tanh(c0)``; z is concatenated to each input embedding; dropout on input
    embeddings and on outputs.

    Args:
        sizes: widths; ``latent`` 0 makes it a language model.
        bias: whether the maps of z and to the vocabulary have a bias.
        dropout: see :class:`WordDecoder`, as is ``word_dropout``.
    """

    def __init__(
        self, sizes: Sizes, *, bias: bool = False, dropout: float = 0.5, word_dropout: float = 0.0
    ) -> None:
        super().__init__(sizes, dropout=dropout, word_dropout=word_dropout)
        self.initial = nn.Linear(sizes.latent, sizes.hidden, bias=bias) if sizes.latent else None
        self.lstm = nn.LSTM(sizes.embedding + sizes.latent, sizes.hidden, batch_first=True)
        self.output = Output(sizes.hidden, sizes.vocabulary, bias=bias)

    def forward(
        self, inputs: Int[Tensor, "batch time"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch time readout"]:
        """What the next words are predicted from, see :meth:`WordDecoder.forward`."""
        words = self.dropout(self.embedding(self.drop_words(inputs)))  # (batch, time, embedding)
        beside = z.unsqueeze(1).expand(-1, inputs.shape[1], -1)  # (batch, time, latent)
        states, _ = self.lstm(torch.cat([words, beside], -1), self.start(z))
        return self.readout(states, z)

    def readout(
        self, states: Float[Tensor, "batch time hidden"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch time readout"]:
        """What the output layer sees of the LSTM's states: here the states, with dropout."""
        return self.dropout(states)

    def start(self, z: Float[Tensor, "batch latent"]) -> tuple[Tensor, Tensor] | None:
        """Initial hidden and cell state, each ``(1, batch, hidden)``; None without a latent."""
        if self.initial is None:
            return None
        cell = self.initial(z).unsqueeze(0)
        return cell.tanh(), cell

    def step(
        self,
        token: Int[Tensor, " batch"],
        z: Float[Tensor, "batch latent"],
        state: tuple[Tensor, Tensor] | None,
    ) -> tuple[Float[Tensor, "batch readout"], tuple[Tensor, Tensor]]:
        """See :meth:`WordDecoder.step`."""
        word = torch.cat([self.embedding(token), z], -1).unsqueeze(1)
        hidden, state = self.lstm(word, state)
        return self.readout(hidden, z)[:, 0], state
