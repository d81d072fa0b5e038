"""The hierarchical encoder of a dialogue: words to utterances, utterances to a context."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from collapse.encoders.lstm import Encoder
from collapse.parts import Sizes


class DialogueEncoder(Encoder):
    """A bidirectional GRU over words and a GRU over utterances (Zhao et al. 2017, section 4.1).

    Beside each utterance the second GRU sees whether it is by the speaker of the reply. The same
    first GRU reads the context and, for q(z|x,y), the reply. Sequences are packed, so padding is
    never read, in neither direction.

    Args:
        sizes: widths; ``hidden`` is that of the decoder.
        utterance: width of each direction as a part of ``hidden``; 300 for 400 in the paper.
        context: width of the second GRU as a part of ``hidden``; 600 for 400 in the paper.

    Attributes:
        width: of a context.
        utterance_width: of an utterance, both directions.
    """

    def __init__(self, sizes: Sizes, *, utterance: float = 0.75, context: float = 1.5) -> None:
        super().__init__()
        one_way, self.width = round(utterance * sizes.hidden), round(context * sizes.hidden)
        self.utterance_width = 2 * one_way
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.embedding)
        self.words = nn.GRU(sizes.embedding, one_way, batch_first=True, bidirectional=True)
        self.turns = nn.GRU(self.utterance_width + 1, self.width, batch_first=True)

    def forward(
        self, tokens: Int[Tensor, "rows words"], lengths: Int[Tensor, " rows"]
    ) -> Float[Tensor, "rows words hidden"]:
        """States of both directions at each word, forwards first; zeros on the padding."""
        words = self.embedding(tokens)
        packed = pack_padded_sequence(words, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states = self.words(packed)[0]
        return pad_packed_sequence(states, batch_first=True, total_length=tokens.shape[1])[0]

    def encode_context(
        self,
        utterances: Float[Tensor, "utterances width"],
        turns: Int[Tensor, " batch"],
        same_speaker: Bool[Tensor, " utterances"],
    ) -> Float[Tensor, "batch context"]:
        """The context as it stands after the last utterance before each reply.

        Args:
            utterances: one vector each, those of the first reply first, oldest first.
            turns: how many belong to each reply, at least 1.
            same_speaker: whether an utterance is by the speaker of the reply.
        """
        beside = torch.cat([utterances, same_speaker.unsqueeze(-1).to(utterances)], -1)
        rows = pad_sequence(list(beside.split(turns.tolist())), batch_first=True)
        packed = pack_padded_sequence(rows, turns.cpu(), batch_first=True, enforce_sorted=False)
        return self.turns(packed)[1][0]
