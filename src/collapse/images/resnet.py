"""Place 1 for pictures: a residual network that makes one vector of all pixels."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from collapse.data.images.pixels import ink
from collapse.encoders import Encoder
from collapse.images.sizes import side_in
from collapse.parts import Sizes
from collapse.pooling import Pooling

BLOCKS = 3


class ResidualBlock(nn.Module):
    """Two convolutions of 3 x 3 and the way past them; the first one halves the side.

    Args:
        channels: feature maps that come in.
        maps: that go out.
    """

    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, maps, 3, stride=2, padding=1, bias=False)
        self.second = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
        self.past = nn.Conv2d(channels, maps, 1, stride=2)
        self.norms = nn.ModuleList(nn.BatchNorm2d(maps) for _ in range(2))

    def forward(self, x: Float[Tensor, "batch c side side"]) -> Float[Tensor, "batch m half half"]:
        """Feature maps of half the side, rounded up."""
        inner = F.elu(self.norms[0](self.first(x)))
        return F.elu(self.norms[1](self.second(inner)) + self.past(x))


class ResNetEncoder(Encoder):
    """The encoder for pictures of Chen et al. (2017) and He et al. (2019, Appendix B.3).

    Three residual blocks that halve the side, 64 maps each in the papers, then a convolution over
    all that is left to one vector, 512 wide, batch normalisation, ELU. The weights start as PyTorch
    has them: near 0, where the papers' protocol for text begins, nothing gets through so many
    layers.

    Args:
        sizes: see :class:`collapse.images.sizes.ImageSizes`.
    """

    keep_init = True

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        side = side_in(sizes, "ResNetEncoder")
        self.width = sizes.embedding
        ways = [1, *[sizes.hidden] * BLOCKS]
        self.blocks = nn.Sequential(*map(ResidualBlock, ways[:-1], ways[1:]))
        for _ in range(BLOCKS):
            side = (side + 1) // 2
        self.whole = nn.Conv2d(sizes.hidden, self.width, side, bias=False)
        self.norm = nn.BatchNorm1d(self.width)

    def forward(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch 1 width"]:
        """One state a picture: all pixels have been read into it."""
        return self.read(ink(tokens).to(self.whole.weight)).unsqueeze(1)

    def read(self, pixels: Float[Tensor, "batch side side"]) -> Float[Tensor, "batch width"]:
        """The vector of pictures whose pixels may have any share of ink, 0 to 1."""
        maps = self.whole(self.blocks(pixels.unsqueeze(1)))
        return F.elu(self.norm(maps.flatten(1)))


class WholeImage(Pooling):
    """Takes the one state that an encoder of pictures has: there is nothing left to pool."""

    def forward(
        self, states: Float[Tensor, "batch 1 hidden"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch hidden"]:
        """The state of each picture."""
        return states[:, 0]


class NoImageEncoder(Encoder):
    """Reads nothing: place 1 of an image model without a latent variable."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.width = 0

    def forward(
        self, tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch 1 0"]:
        """States of width 0."""
        return torch.zeros(len(tokens), 1, 0, device=tokens.device)
