"""Small pictures of bars under noise, whose entropy is exact.

A picture is a grid of two tones. A fair coin decides whether its bars lie or stand; each of the
seven places for a bar is filled or empty, by a fair coin of its own; then every pixel is turned
over with a small probability, each for itself. The bars are what the whole picture has in common,
8 coins; the noise is nothing but local. The bars problem is Földiák's (1990).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import logsumexp

from collapse.base.errors import choose
from collapse.data.corpus import Corpus
from collapse.data.documents import Documents
from collapse.data.images.pixels import INK, TONES, as_documents, side_of

BARS, WIDTH, NOISE = 7, 2, 0.1
SIDE = BARS * WIDTH
SIZES = {
    "smoke": (64, 32, 32),
    "light": (2_000, 500, 500),
    "medium": (16_000, 2_000, 2_000),
    "colab": (16_000, 2_000, 2_000),
    "full": (40_000, 2_000, 8_000),
}


@dataclass(frozen=True)
class BarsGenerator:
    """What draws the pictures and knows their exact probabilities.

    Attributes:
        bars: places for a bar, each ``WIDTH`` pixels wide.
        noise: the probability that a pixel is turned over.
    """

    bars: int = BARS
    noise: float = NOISE

    @cached_property
    def patterns(self) -> Bool[np.ndarray, "patterns side side"]:
        """All pictures without noise, equally likely: first the lying bars, then the standing."""
        filled = np.array(list(product([False, True], repeat=self.bars)))
        rows = np.repeat(filled, WIDTH, axis=1)
        side = rows.shape[1]
        lying = np.broadcast_to(rows[:, :, None], (len(rows), side, side))
        return np.concatenate([lying, lying.transpose(0, 2, 1)])

    def sample(self, n: int, seed: int) -> Documents:
        """``n`` independent pictures; the label is 0 where the bars lie, 1 where they stand."""
        random = np.random.default_rng(seed)
        which = random.integers(len(self.patterns), size=n)
        turned = random.random((n, *self.patterns.shape[1:])) < self.noise
        return as_documents(self.patterns[which] ^ turned, which >= len(self.patterns) // 2)

    def log_joint(self, documents: Documents) -> Float[np.ndarray, "n patterns"]:
        """log p(x, pattern) of each picture with each pattern, in nats.

        Raises:
            DataError: for documents that are no such pictures.
        """
        flat = self.patterns.reshape(len(self.patterns), -1).astype(np.float64)
        side_of(documents)
        pixels = (documents.tokens.reshape(len(documents), -1)[:, 1:] == INK).astype(np.float64)
        differ = pixels.sum(1)[:, None] + flat.sum(1) - 2 * pixels @ flat.T
        each = differ * np.log(self.noise) + (flat.shape[1] - differ) * np.log1p(-self.noise)
        return each - np.log(len(flat))

    def log_likelihood(self, documents: Documents) -> Float[np.ndarray, " n"]:
        """The exact log p(x) of each picture in nats.

        Raises:
            DataError: for documents that are no such pictures.
        """
        return logsumexp(self.log_joint(documents), axis=1)


def bars(scale: str, seed: int) -> Corpus:
    """The corpus; at light scale 2,000 / 500 / 500 pictures of 14 x 14 pixels."""
    sizes = choose(scale, SIZES, "scale")
    generator = BarsGenerator()
    return Corpus.from_generator(
        generator,
        TONES,
        sizes,
        seed,
        name="bars",
        scale=scale,
        source=(
            f"{sum(sizes):,} pictures of {SIDE} x {SIDE} pixels drawn with seed {seed}: {BARS} "
            f"places for a bar, each filled or empty; {NOISE:.0%} of the pixels turned over."
        ),
    )
