"""The decoder of the CNN-VAE: it sees z, and only so many of the last words."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.base.errors import CollapseError
from collapse.decoders.output import Output
from collapse.decoders.words import WordDecoder
from collapse.parts import Sizes

SMALL = (1, 2, 4)  # SCNN
MEDIUM = (1, 2, 4, 8, 16)  # MCNN; twice that is LCNN, three times VLCNN


class ConvolutionalDecoder(WordDecoder):
    """Dilated convolutions over the last words, z beside each of them (Yang et al. 2017).

    A word is predicted from z and the last :attr:`receptive_field` words, whatever was written
    before. What ties the text together over more than that can only come through z, so the field
    is a dial: how much the decoder can do without z. The paper's four sizes have filters of 3
    words and dilations ``SMALL``, ``MEDIUM``, ``2 * MEDIUM`` and ``3 * MEDIUM``: 15, 63, 125 and
    187 words. Each block is a residual one (:class:`CausalBlock`), 1024 channels outside and 512
    inside; here as many as ``hidden``, and half of it. The order of its rectifiers is ours.

    Word embeddings, the map that takes them in and the output start as the protocol draws them,
    like those of the LSTM decoder. The blocks keep the start that PyTorch gives them: each is a
    product of three maps, and drawn from U(-0.01, 0.01) all three would have hardly a gradient.

    Args:
        sizes: widths; ``latent`` 0 makes it a language model.
        dilations: distance between the words that a block looks at, block by block.
        kernel: how many words a block looks at; with 1 the decoder sees the last word alone.
        bias: whether the map to the vocabulary has a bias.
        dropout: see :class:`WordDecoder`, as is ``word_dropout``.

    Raises:
        CollapseError: for a kernel or dilations that are no whole numbers above 0.
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        dilations: tuple[int, ...] = SMALL,
        kernel: int = 3,
        bias: bool = False,
        dropout: float = 0.5,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(sizes, dropout=dropout, word_dropout=word_dropout)
        if any(not isinstance(number, int) or number < 1 for number in (kernel, *dilations)):
            raise CollapseError(
                "A convolution looks at a whole number of words, 1 or more, at a distance of 1 or "
                f"more: kernel=3, dilations=(1, 2, 4); got kernel={kernel}, dilations={dilations}."
            )
        self.kernel, self.dilations, self.inside = kernel, dilations, max(sizes.hidden // 2, 1)
        self.take_in = nn.Linear(sizes.embedding + sizes.latent, sizes.hidden)
        self.blocks = nn.ModuleList(
            CausalBlock(sizes.hidden, self.inside, kernel, dilation) for dilation in dilations
        )
        self.output = Output(sizes.hidden, sizes.vocabulary, bias=bias)

    @property
    def receptive_field(self) -> int:
        """The words that a prediction depends on beside z, the last one included."""
        return 1 + (self.kernel - 1) * sum(self.dilations)

    def forward(
        self, inputs: Int[Tensor, "batch time"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch time hidden"]:
        """See :meth:`WordDecoder.forward`."""
        words = self.dropout(self.embedding(self.drop_words(inputs)))  # (batch, time, embedding)
        return self.dropout(self.convolve(words, z, self.start(z))[0])

    def convolve(
        self,
        words: Float[Tensor, "batch time embedding"],
        z: Float[Tensor, "batch latent"],
        state: list[Tensor],
    ) -> tuple[Float[Tensor, "batch time hidden"], list[Tensor]]:
        """What the blocks make of words that follow those in the state, and the state then."""
        beside = z.unsqueeze(1).expand(-1, words.shape[1], -1)  # (batch, time, latent)
        values, after = self.take_in(torch.cat([words, beside], -1)).transpose(1, 2), []
        for block, past in zip(self.blocks, state, strict=True):
            values, past = block(values, past)
            after.append(past)
        return values.relu().transpose(1, 2), after

    def start(self, z: Float[Tensor, "batch latent"]) -> list[Tensor]:
        """What each block has seen before the first word: zeros, ``(batch, inside, span)``."""
        spans = ((self.kernel - 1) * dilation for dilation in self.dilations)
        return [z.new_zeros(len(z), self.inside, span) for span in spans]

    def step(
        self, token: Int[Tensor, " batch"], z: Float[Tensor, "batch latent"], state: list[Tensor]
    ) -> tuple[Float[Tensor, "batch hidden"], list[Tensor]]:
        """See :meth:`WordDecoder.step`; the state is what the blocks may still look back to."""
        values, state = self.convolve(self.embedding(token).unsqueeze(1), z, state)
        return self.dropout(values[:, 0]), state


class CausalBlock(nn.Module):
    """A residual block: to fewer channels, one dilated convolution of the past, and back.

    Args:
        outside: channels of what comes in and goes out.
        inside: channels of the convolution.
        kernel: words that it looks at, this one included.
        dilation: distance between them.
    """

    keep_init = True  # the start of its constructor, see ConvolutionalDecoder

    def __init__(self, outside: int, inside: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.span = (kernel - 1) * dilation
        self.narrow = nn.Conv1d(outside, inside, 1)
        self.look_back = nn.Conv1d(inside, inside, kernel, dilation=dilation)
        self.widen = nn.Conv1d(inside, outside, 1)

    def forward(
        self,
        values: Float[Tensor, "batch outside time"],
        past: Float[Tensor, "batch inside span"],
    ) -> tuple[Float[Tensor, "batch outside time"], Tensor]:
        """The values with what the block adds, and the past of the word after them."""
        seen = torch.cat([past, self.narrow(values.relu()).relu()], -1)
        added = self.widen(self.look_back(seen).relu())
        return values + added, seen[..., seen.shape[-1] - self.span :]
