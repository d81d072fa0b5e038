"""The encoder of the papers, and the encoder that reads nothing."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.parts import Sizes


class Encoder(nn.Module):
    """What every encoder offers.

    Attributes:
        width: width of its states, which need not be that of the decoder's.
    """

    width: int

    def forward(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch time hidden"]:
        """A state for each token, which a pooling makes one vector of.

        Args:
            tokens: the documents as numbers, right-padded, markers included.
            lengths: number of real tokens of each document, at least 1. What the states hold past
                it is not looked at.

        Returns:
            States of the width that :attr:`width` says.
        """
        raise NotImplementedError


class LSTMEncoder(Encoder):
    """Embedding and one LSTM layer, read left to right (Bowman et al. 2016; He et al. 2019).

    No dropout: in the protocol of He et al. only the decoder has it.

    Args:
        sizes: widths.
        width: of the states; ``sizes.hidden`` unless given. With three units the feature space
            can be seen (Long et al. 2019, section 5.2).
        keep_init: keep the first weights that PyTorch gives it, embeddings from N(0, 1) among
            them, whatever the protocol draws elsewhere: what the code of Zhu et al. (2020) does.
    """

    def __init__(self, sizes: Sizes, *, width: int | None = None, keep_init: bool = False) -> None:
        super().__init__()
        self.width, self.keep_init = width or sizes.hidden, keep_init
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.embedding)
        self.lstm = nn.LSTM(sizes.embedding, self.width, batch_first=True)

    def forward(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch time hidden"]:
        """States after each token; what stands past a document's length is not meaningful.

        The padding is run through, not packed away: on a CPU the fused LSTM over a padded batch
        is at least as fast as a packed one (`benchmarks/bench_training_step.py`).
        """
        return self.lstm(self.embedding(tokens))[0]


class NoEncoder(Encoder):
    """Reads nothing: place 1 of a language model. Its states have width 0."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.width = 0

    def forward(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch time 0"]:
        """States of width 0."""
        return torch.zeros(*tokens.shape, 0, device=tokens.device)
