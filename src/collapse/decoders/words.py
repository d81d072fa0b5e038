"""What decoders that write word by word have in common."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from collapse.data.documents import Batch
from collapse.data.vocabulary import END, START, UNKNOWN
from collapse.decoders.dropout import Dropout
from collapse.parts import Sizes

LOGITS = 2**18  # logits of a block where nothing is differentiated: 1 MB, inside a core's cache
LEAST_ROWS = 128  # but the logits of this many tokens at least: a smaller matrix product is slow


class Decoder(nn.Module):
    """What every decoder of text offers.

    Attributes:
        vocabulary: number of token types.
    """

    vocabulary: int

    def log_likelihood(
        self, batch: Batch, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, " batch"]:
        """log p(x|z) in nats, summed over the tokens after the first."""
        raise NotImplementedError

    def generate(
        self,
        z: Float[Tensor, "batch latent"],
        first: Int[Tensor, " batch"],
        steps: int,
        generator: torch.Generator | None = None,
    ) -> Int[Tensor, "batch steps"]:
        """Continue ``first`` by ``steps`` tokens: the most likely ones, or draws.

        Args:
            z: one latent vector a row.
            first: the first token of each row.
            steps: how many tokens to add.
            generator: source of the draws; without it decoding is greedy.
        """
        raise NotImplementedError

    def write(
        self,
        z: Float[Tensor, "batch latent"],
        longest: int,
        generator: torch.Generator | None = None,
        first: Int[Tensor, " batch"] | None = None,
    ) -> list[np.ndarray]:
        """The words for each z, as numbers: up to the end marker, or ``longest`` of them.

        Args:
            z: one latent vector a row.
            longest: words after which a text is cut.
            generator: source of the draws; without it decoding is greedy.
            first: what each text begins with, no part of the result; the start marker if None.
        """
        if first is None:
            first = torch.full((len(z),), START, device=z.device)
        rows = self.generate(z, first, longest, generator).cpu().numpy()
        ends = (np.flatnonzero(row == END) for row in rows)
        return [row[: end[0]] if len(end) else row for row, end in zip(rows, ends, strict=True)]


class WordDecoder(Decoder):
    """A recurrent network that reads the words so far, and a linear map to the next one.

    A subclass makes the network and says what the next words are predicted from: for all words of
    a document in ``forward``, for one word after the other in ``start`` and ``step``.

    Args:
        sizes: widths.
        dropout: probability on the input embeddings and on what the words are predicted from.
        word_dropout: probability that an input word is replaced by <unk> in training
            (Bowman et al. 2016), which takes away what the decoder could lean on instead of z.

    Attributes:
        output: from what ``forward`` returns to the logits of the vocabulary.
    """

    output: nn.Linear

    def __init__(self, sizes: Sizes, *, dropout: float, word_dropout: float) -> None:
        super().__init__()
        self.vocabulary, self.word_dropout = sizes.vocabulary, word_dropout
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.embedding)
        self.dropout = Dropout(dropout)

    def forward(
        self, inputs: Int[Tensor, "batch time"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch time readout"]:
        """What the next words are predicted from.

        Args:
            inputs: the words so far, right-padded; the states past a document's end mean nothing.
            z: one latent vector a row.
        """
        raise NotImplementedError

    def start(self, z: Float[Tensor, "batch latent"]) -> Any:
        """The network's state before the first word."""
        raise NotImplementedError

    def step(
        self, token: Int[Tensor, " batch"], z: Float[Tensor, "batch latent"], state: Any
    ) -> tuple[Float[Tensor, "batch readout"], Any]:
        """What the word after ``token`` is predicted from, and the state after it."""
        raise NotImplementedError

    def log_likelihood(
        self, batch: Batch, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, " batch"]:
        """log p(x|z) in nats, summed over the tokens after the first.

        Only real positions are multiplied with the vocabulary: padding gets no logits. Where
        there is none, nothing has to be picked out.
        """
        states = self(batch.inputs, z)
        if batch.equal_length:
            nats = self.surprisal(states.flatten(0, 1), batch.targets.flatten())
            return -nats.view(batch.targets.shape).sum(-1)
        nats = self.surprisal(states[batch.mask], batch.targets[batch.mask])
        return -nats.new_zeros(batch.mask.shape).masked_scatter(batch.mask, nats).sum(-1)

    def surprisal(
        self, states: Float[Tensor, "tokens readout"], targets: Int[Tensor, " tokens"]
    ) -> Float[Tensor, " tokens"]:
        """-log p(target | state) in nats.

        On a CPU without gradients it goes block by block, so that the logits are read again while
        they are in the cache. With gradients all of them are kept anyway.
        """
        if torch.is_grad_enabled() or states.is_cuda:
            return F.cross_entropy(self.output(states), targets, reduction="none")
        size = max(LEAST_ROWS, LOGITS // self.vocabulary)
        parts = zip(states.split(size), targets.split(size), strict=True)
        return torch.cat([F.cross_entropy(self.output(s), t, reduction="none") for s, t in parts])

    @torch.no_grad()
    def generate(
        self,
        z: Float[Tensor, "batch latent"],
        first: Int[Tensor, " batch"],
        steps: int,
        generator: torch.Generator | None = None,
    ) -> Int[Tensor, "batch steps"]:
        """See :meth:`Decoder.generate`."""
        state = self.start(z)
        token, tokens = first, []
        for _ in range(steps):
            readout, state = self.step(token, z, state)
            token = pick(self.output(readout), generator)
            tokens.append(token)
        return torch.stack(tokens, 1)

    @torch.no_grad()
    def next_word(
        self, inputs: Int[Tensor, "batch time"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch vocabulary"]:
        """p(next word | z, the words so far), for inputs without padding."""
        return self.output(self(inputs, z)[:, -1]).softmax(-1)

    def drop_words(self, inputs: Int[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
        """Replace input words by <unk> at the word-dropout rate; the first token stays."""
        if not (self.training and self.word_dropout):
            return inputs
        drop = torch.rand(inputs.shape, device=inputs.device) < self.word_dropout
        drop[:, 0] = False
        return inputs.masked_fill(drop, UNKNOWN)


def pick(
    logits: Float[Tensor, "batch vocabulary"], generator: torch.Generator | None
) -> Int[Tensor, " batch"]:
    """The most likely token of each row, or a draw if there is a generator."""
    if generator is None:
        return logits.argmax(-1)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]
