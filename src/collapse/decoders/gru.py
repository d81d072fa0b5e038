"""The decoder of the dialogue models: a GRU that sees z at its start."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.decoders.dropout import Dropout
from collapse.decoders.output import Output
from collapse.decoders.words import WordDecoder, pick
from collapse.parts import Sizes


class GRUDecoder(WordDecoder):
    """A GRU whose first state is a linear map of z (Zhao et al. 2017).

    In a conditional model z stands here for the latent variable and the context side by side.

    Args:
        sizes: widths; ``latent`` is that of z, with the context where there is one.
        dropout: probability on the input embeddings and on the outputs.
        word_dropout: probability that an input word is replaced by <unk> in training.
    """

    def __init__(self, sizes: Sizes, *, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__()
        self.vocabulary, self.word_dropout = sizes.vocabulary, word_dropout
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.embedding)
        self.initial = nn.Linear(sizes.latent, sizes.hidden)
        self.gru = nn.GRU(sizes.embedding, sizes.hidden, batch_first=True)
        self.output = Output(sizes.hidden, sizes.vocabulary)
        self.dropout = Dropout(dropout)

    def forward(
        self, inputs: Int[Tensor, "batch time"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch time hidden"]:
        """See :meth:`WordDecoder.forward`."""
        words = self.dropout(self.embedding(self.drop_words(inputs)))  # (batch, time, embedding)
        return self.dropout(self.gru(words, self.initial(z).unsqueeze(0))[0])

    @torch.no_grad()
    def generate(
        self,
        z: Float[Tensor, "batch latent"],
        first: Int[Tensor, " batch"],
        steps: int,
        generator: torch.Generator | None = None,
    ) -> Int[Tensor, "batch steps"]:
        """See :meth:`Decoder.generate`."""
        state, token, out = self.initial(z).unsqueeze(0), first, []
        for _ in range(steps):
            hidden, state = self.gru(self.embedding(token).unsqueeze(1), state)
            token = pick(self.output(self.dropout(hidden[:, 0])), generator)
            out.append(token)
        return torch.stack(out, 1)
