"""An encoder that reads the words of a document in a random order."""

import copy

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from collapse.data.vocabulary import END


class ShuffledWords(nn.Module):
    """Another encoder, whose input words are permuted first (Long et al. 2019, section 5.6).

    Only what is between the markers moves; where there are none, the first word, which is given,
    stays. The order is drawn anew at each call, from torch's generator.

    Args:
        reader: the encoder that reads the permuted words.
    """

    def __init__(self, reader: nn.Module) -> None:
        super().__init__()
        self.reader = copy.deepcopy(reader)

    def forward(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch time hidden"]:
        """The states of the inner encoder over the permuted words."""
        return self.reader(self.permuted(tokens, lengths), lengths)

    def permuted(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Int[Tensor, "batch time"]:
        """The same words of each document in another order."""
        places = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        ends = tokens.gather(1, lengths.unsqueeze(1) - 1) == END  # no word of a text is a marker
        last = lengths.unsqueeze(1) - ends.to(lengths)
        moves = (places >= 1) & (places < last)
        # Sorting by these keys leaves what stays where it is and mixes the rest among itself.
        keys = torch.where(moves, torch.rand(tokens.shape, device=tokens.device), places.float())
        keys = torch.where(places >= last, keys + 2.0, keys - (places == 0).float())
        return tokens.gather(1, keys.argsort(dim=1, stable=True))
