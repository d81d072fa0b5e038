"""Place 4 for pictures: a gated PixelCNN, which writes pixel after pixel, line by line."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from collapse.base.errors import CollapseError, choose
from collapse.data.documents import Batch
from collapse.data.images.pixels import INK, PAPER, ink
from collapse.decoders import Decoder
from collapse.images.sizes import side_in
from collapse.parts import Sizes

# Five layers of 7 x 7, four of 5 x 5, four of 3 x 3: He et al. (2019), Appendix B.3.
PAPER_KERNELS = (7,) * 5 + (5,) * 4 + (3,) * 4
ENTRANCES = {
    "input": "beside the pixels, into the first layer (He et al. 2019)",
    "layers": "added inside every layer (van den Oord et al. 2016, Eq. 4)",
}


class GatedLayer(nn.Module):
    """One layer of both stacks of van den Oord et al. (2016), without a blind spot.

    The vertical stack at pixel (i, j) sees the rows up to i, the horizontal one the row i up to j,
    and what the vertical stack has seen of the rows above i. Each passes a gate,
    tanh(a) ⊙ sigmoid(b).

    Args:
        channels: feature maps that come in.
        maps: that go out.
        kernel: side of the square of which the half that has been written is seen; odd.
        first: whether the pixel itself must not be seen either, as in the first layer, which reads
            pixels.
        conditions: maps that are added inside, made of z; 0 for none.
        seen_by: side of the square of these maps that a pixel sees, odd.
    """

    def __init__(
        self,
        channels: int,
        maps: int,
        kernel: int,
        *,
        first: bool,
        conditions: int = 0,
        seen_by: int = 1,
    ) -> None:
        super().__init__()
        self.reach, self.first = kernel // 2, first
        self.vertical = nn.Conv2d(channels, 2 * maps, (self.reach + 1, kernel))
        self.horizontal = nn.Conv2d(channels, 2 * maps, (1, self.reach + 1))
        self.down = nn.Conv2d(2 * maps, 2 * maps, 1)
        self.out = nn.Conv2d(maps, 2 * maps, 1)
        self.condition = (
            nn.Conv2d(conditions, 4 * maps, seen_by, padding=seen_by // 2, bias=False)
            if conditions
            else None
        )

    def forward(
        self,
        above: Float[Tensor, "batch c side side"],
        left: Float[Tensor, "batch c side side"],
        conditions: Float[Tensor, "batch k side side"],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The next vertical and horizontal maps, and what goes straight to the output."""
        reach = self.reach
        rows = self.vertical(F.pad(above, (reach, reach, reach, 0)))
        # The first layer reads pixels: there, one step to the left hides the pixel itself.
        line = F.pad(left, (reach + self.first, 0, 0, 0))
        line = self.horizontal(line[..., : left.shape[-1] + reach])
        line = line + self.down(F.pad(rows, (0, 0, 1, 0))[..., :-1, :])
        if self.condition is not None:
            for_rows, for_line = self.condition(conditions).chunk(2, 1)
            rows, line = rows + for_rows, line + for_line
        through, skip = self.out(gate(line)).chunk(2, 1)
        return gate(rows), through if self.first else left + through, skip


def gate(pairs: Float[Tensor, "batch twice side side"]) -> Float[Tensor, "batch maps side side"]:
    """tanh of the first half of the maps, times the sigmoid of the second."""
    signal, opening = pairs.chunk(2, 1)
    return torch.tanh(signal) * torch.sigmoid(opening)


class Places(nn.Module):
    """What stands for z's linear layer where there is no z: its bias.

    Args:
        size: numbers that it gives for each picture.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch size"]:
        """The same numbers for every picture."""
        return self.bias.expand(len(z), -1)


class PixelCNN(Decoder):
    """p(x|z) = Π p(pixel | pixels before it, z), each a Bernoulli (van den Oord et al. 2016).

    z becomes a few maps of the size of the picture by a linear layer of its own, and they enter
    beside the pixels, as in He et al. (2019), or in every layer. That layer has a bias for each
    pixel, which tells the decoder where it is; without z the same maps are learned alone, so that
    both differ by z and by nothing else. Before the last convolution stand batch normalisation and
    an ELU. The weights start as PyTorch has them.

    Args:
        sizes: see :class:`collapse.images.sizes.ImageSizes`; ``latent`` 0 makes it a PixelCNN
            without z.
        kernels: the odd side of the square of each layer; their number is that of the layers.
            Together they decide how far a pixel sees, :attr:`field`.
        maps: that z becomes.
        entrance: of these: "input" or "layers".

    Attributes:
        side: of the pictures, in pixels.
    """

    keep_init = True

    def __init__(
        self,
        sizes: Sizes,
        *,
        kernels: Sequence[int] = PAPER_KERNELS,
        maps: int = 4,
        entrance: str = "input",
    ) -> None:
        super().__init__()
        choose(entrance, ENTRANCES, "entrance of z")
        self.vocabulary, self.side = sizes.vocabulary, side_in(sizes, "PixelCNN")
        self.kernels = check_kernels(kernels)
        spread = maps * self.side**2
        self.spread = nn.Linear(sizes.latent, spread) if sizes.latent else Places(spread)
        self.layers = nn.ModuleList(
            GatedLayer(
                sizes.hidden if number else 1,
                sizes.hidden,
                kernel,
                first=number == 0,
                conditions=maps if number == 0 or entrance == "layers" else 0,
                seen_by=kernel if entrance == "input" else 1,
            )
            for number, kernel in enumerate(self.kernels)
        )
        self.norm = nn.BatchNorm2d(sizes.hidden)
        self.last = nn.Conv2d(sizes.hidden, 1, 1)

    @property
    def field(self) -> tuple[int, int]:
        """How far a pixel sees: rows above it, and pixels to either side in these rows.

        In its own row it sees one pixel further to the left, and none to the right.
        """
        reach = sum(kernel // 2 for kernel in self.kernels)
        return reach + 1, reach

    def forward(
        self, pixels: Float[Tensor, "batch side side"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch side side"]:
        """The logit of ink at each pixel, given z and the pixels before it.

        Raises:
            CollapseError: for pictures of another side.
        """
        if pixels.shape[-1] != self.side:
            raise CollapseError(
                f"This decoder is made for pictures of {self.side} pixels a side; got "
                f"{pixels.shape[-1]}. The recipe's side must be that of its corpus."
            )
        above = left = 2 * pixels.unsqueeze(1) - 1
        conditions = self.maps_of(z)
        total = torch.zeros((), device=z.device, dtype=z.dtype)
        for layer in self.layers:
            above, left, skip = layer(above, left, conditions)
            total = total + skip
        return self.last(F.elu(self.norm(total))).squeeze(1)

    def maps_of(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch k side side"]:
        """The maps that z becomes, ``(batch, maps, side, side)``; without z the same for all."""
        return self.spread(z).view(len(z), -1, self.side, self.side)

    def log_likelihood(
        self, batch: Batch, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, " batch"]:
        """log p(x|z) in nats, summed over all pixels."""
        pixels = ink(batch.tokens).to(z)
        surprise = F.binary_cross_entropy_with_logits(self(pixels, z), pixels, reduction="none")
        return -surprise.flatten(1).sum(1)

    @torch.no_grad()
    def generate(
        self,
        z: Float[Tensor, "batch latent"],
        first: Int[Tensor, " batch"],
        steps: int,
        generator: torch.Generator | None = None,
    ) -> Int[Tensor, "batch steps"]:
        """The first ``steps`` pixels as tokens, line by line; see :meth:`Decoder.generate`."""
        pixels = z.new_zeros(len(z), self.side, self.side)
        for step in range(min(steps, self.side**2)):
            at = divmod(step, self.side)
            chance = torch.sigmoid(self(pixels, z)[:, *at])
            drawn = torch.rand(chance.shape, generator=generator).to(chance) if generator else 0.5
            pixels[:, *at] = (chance > drawn).to(z)
        return torch.where(pixels.flatten(1)[:, :steps] > 0.5, INK, PAPER)


def check_kernels(kernels: Sequence[int]) -> tuple[int, ...]:
    """The sides of the layers' squares, unless they are none.

    Raises:
        CollapseError: unless there is at least one, each odd and at least 3.
    """
    sides = tuple(kernels)
    if not sides or any(not isinstance(k, int) or k < 3 or k % 2 == 0 for k in sides):
        raise CollapseError(
            f"kernels are odd whole numbers of at least 3, one a layer, as (7, 5, 3); got {sides}."
        )
    return sides
