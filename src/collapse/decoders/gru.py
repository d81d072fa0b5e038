"""The decoder of the dialogue models: a GRU that sees z at its start."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.decoders.output import Output
from collapse.decoders.words import WordDecoder
from collapse.parts import Sizes


class GRUDecoder(WordDecoder):
    """A GRU whose first state is a linear map of z (Zhao et al. 2017).

    In a conditional model z stands here for the latent variable and the context side by side.

    Args:
        sizes: widths; ``latent`` is that of z, with the context where there is one.
        dropout: see :class:`WordDecoder`, as is ``word_dropout``.
    """

    def __init__(self, sizes: Sizes, *, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__(sizes, dropout=dropout, word_dropout=word_dropout)
        self.initial = nn.Linear(sizes.latent, sizes.hidden)
        self.gru = nn.GRU(sizes.embedding, sizes.hidden, batch_first=True)
        self.output = Output(sizes.hidden, sizes.vocabulary)

    def forward(
        self, inputs: Int[Tensor, "batch time"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch time hidden"]:
        """See :meth:`WordDecoder.forward`."""
        words = self.dropout(self.embedding(self.drop_words(inputs)))  # (batch, time, embedding)
        return self.dropout(self.gru(words, self.start(z))[0])

    def start(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "1 batch hidden"]:
        """The initial state."""
        return self.initial(z).unsqueeze(0)

    def step(
        self, token: Int[Tensor, " batch"], z: Float[Tensor, "batch latent"], state: Tensor
    ) -> tuple[Float[Tensor, "batch hidden"], Tensor]:
        """See :meth:`WordDecoder.step`; z is in the state."""
        hidden, state = self.gru(self.embedding(token).unsqueeze(1), state)
        return self.dropout(hidden[:, 0]), state
