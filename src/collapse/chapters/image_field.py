"""What a decoder of pictures sees, and what is lost by it: exact, for pictures of bars."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.special import logsumexp

from collapse.data.documents import Documents, make_batch
from collapse.data.generated.bars import BarsGenerator
from collapse.data.images.pixels import INK, side_of
from collapse.images.pixelcnn import PixelCNN
from collapse.images.sizes import ImageSizes
from collapse.metrics.likelihood import posterior_means
from collapse.vae import VAE

__all__ = [
    "as_pictures",
    "field_floor",
    "nats_by_pixel",
    "nats_given_bars",
    "seen",
    "tones",
    "worth_of_far_sight",
]

AT_A_TIME = 50  # pictures, with their probabilities under all patterns


def seen(kernels: Sequence[int], side: int, row: int, column: int) -> Bool[np.ndarray, "side side"]:
    """Which pixels a PixelCNN of these layers sees when it predicts one pixel.

    Args:
        kernels: sides of its layers' squares, see :class:`collapse.images.pixelcnn.PixelCNN`.
        side: of the picture.
        row: of the pixel.
        column: of the pixel.
    """
    above, aside = field_of(kernels)
    rows, columns = np.arange(side)[:, None] - row, np.arange(side) - column
    over = (rows < 0) & (rows >= -above) & (np.abs(columns) <= aside)
    return over | ((rows == 0) & (columns < 0) & (columns >= -aside - 1))


def field_floor(
    generator: BarsGenerator, documents: Documents, kernels: Sequence[int] | None
) -> Float[np.ndarray, "n side side"]:
    """-log p(pixel | what the decoder sees) in nats: no such decoder beats it.

    The truth is the mixture over all patterns of bars, given the pixels in sight.

    Args:
        generator: of the pictures.
        documents: the pictures.
        kernels: of the decoder; None sees all pixels before the one that is predicted.
    """
    field = (side_of(documents),) * 2 if kernels is None else field_of(kernels)
    pixels = tones(documents)
    nats = []
    for some in np.array_split(pixels, -(-len(pixels) // AT_A_TIME)):
        right = some[:, None] == generator.patterns  # (n, patterns, side, side)
        wrong_or_right = np.log([generator.noise, 1 - generator.noise])
        here = wrong_or_right[right.astype(int)]
        context = sums_in_sight(here, *field)
        nats.append(logsumexp(context, axis=1) - logsumexp(context + here, axis=1))
    return np.concatenate(nats)


def field_of(kernels: Sequence[int]) -> tuple[int, int]:
    """How far a PixelCNN of these layers sees, see :attr:`PixelCNN.field`."""
    sizes = ImageSizes(vocabulary=6, embedding=1, hidden=1, latent=0, side=2)
    return PixelCNN(sizes, kernels=kernels).field


def sums_in_sight(
    values: Float[np.ndarray, "*batch side side"], above: int, aside: int
) -> Float[np.ndarray, "*batch side side"]:
    """For each pixel the sum over those that are written before it and in its field.

    They are a rectangle in the rows above and a stretch of the pixel's own row, whose sums are
    differences of cumulative ones.

    Args:
        values: of the pixels.
        above: how many rows above are seen.
        aside: how many pixels to either side are seen in these rows; in its own one more.
    """
    side = values.shape[-1]
    along = np.zeros((*values.shape[:-1], side + 1))
    along[..., 1:] = values.cumsum(-1)
    table = np.zeros((*values.shape[:-2], side + 1, side + 1))
    table[..., 1:, :] = along.cumsum(-2)
    row, column = np.arange(side)[:, None], np.arange(side)
    top, left = np.maximum(row - above, 0), np.maximum(column - aside, 0)
    right = np.minimum(column + aside + 1, side)
    over = table[..., row, right] - table[..., top, right]
    over -= table[..., row, left] - table[..., top, left]
    return over + along[..., row, column] - along[..., row, np.maximum(column - aside - 1, 0)]


def worth_of_far_sight(
    generator: BarsGenerator, documents: Documents, kernels: Sequence[int]
) -> Float[np.ndarray, " n"]:
    """What a picture costs more, in nats, where only a decoder's field is in sight.

    Its mean is Σ_i I(x_i; all pixels before | those in the field): the most that a code can earn.

    Args:
        generator: of the pictures.
        documents: the pictures.
        kernels: of the decoder.
    """
    near = field_floor(generator, documents, kernels).sum((1, 2))
    return near + generator.log_likelihood(documents)


def nats_given_bars(
    generator: BarsGenerator, documents: Documents
) -> Float[np.ndarray, "n side side"]:
    """-log p(pixel | bars) in nats, in the mean over the exact posterior of the bars.

    Args:
        generator: of the pictures.
        documents: the pictures.
    """
    joint = generator.log_joint(documents)
    posterior = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))  # (n, patterns)
    shape = len(documents), *generator.patterns.shape[1:]
    inked = (posterior @ generator.patterns.reshape(len(generator.patterns), -1)).reshape(shape)
    right = np.where(tones(documents), inked, 1 - inked)
    return -right * np.log1p(-generator.noise) - (1 - right) * np.log(generator.noise)


def tones(documents: Documents) -> Bool[np.ndarray, "n side side"]:
    """The pictures, True where there is ink."""
    side = side_of(documents)
    return documents.tokens.reshape(len(documents), -1)[:, 1:].reshape(-1, side, side) == INK


def as_pictures(rows: Sequence[Sequence[int]]) -> list[Bool[np.ndarray, "side side"]]:
    """Rows of pixels as a decoder writes them, line by line, as square pictures of ink."""
    side = math.isqrt(len(rows[0]))
    return [(np.asarray(row) == INK).reshape(side, side) for row in rows]


@torch.no_grad()
def nats_by_pixel(model: VAE, documents: Documents) -> Float[np.ndarray, "n side side"]:
    """-log p(pixel | what is before it, z) in nats, with z at the posterior's mean.

    Args:
        model: with a PixelCNN as its decoder, in evaluation mode.
        documents: the pictures.
    """
    decoder = model.decoder
    assert isinstance(decoder, PixelCNN)
    batch = make_batch(documents, range(len(documents)))
    pixels = torch.from_numpy(tones(documents)).float()
    z = posterior_means(model, documents) if model.latent else torch.zeros(len(batch.tokens), 0)
    logits = decoder(pixels, z)
    nats = torch.nn.functional.binary_cross_entropy_with_logits(logits, pixels, reduction="none")
    return nats.numpy()
