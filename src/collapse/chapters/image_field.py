"""What a decoder of pictures sees, and what is lost by it: exact, for pictures of bars."""

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

__all__ = ["field_floor", "nats_by_pixel", "nats_given_bars", "seen", "tones", "worth_of_far_sight"]


def seen(kernels: Sequence[int], side: int, row: int, column: int) -> Bool[np.ndarray, "side side"]:
    """Which pixels a PixelCNN of these layers sees when it predicts one pixel.

    Args:
        kernels: sides of its layers' squares, see :class:`collapse.images.pixelcnn.PixelCNN`.
        side: of the picture.
        row: of the pixel.
        column: of the pixel.
    """
    sizes = ImageSizes(vocabulary=6, embedding=1, hidden=1, latent=0, side=side)
    above, aside = PixelCNN(sizes, kernels=kernels).field
    rows, columns = np.arange(side)[:, None] - row, np.arange(side) - column
    over = (rows < 0) & (rows >= -above) & (np.abs(columns) <= aside)
    return over | ((rows == 0) & (columns < 0) & (columns >= -aside - 1))


def field_floor(
    generator: BarsGenerator, documents: Documents, kernels: Sequence[int] | None
) -> Float[np.ndarray, "n side side"]:
    """-log p(pixel | what the decoder sees) in nats, by the truth: no such decoder beats it.

    The truth is the mixture over all patterns of bars, of which only the pixels in sight count.

    Args:
        generator: of the pictures.
        documents: the pictures.
        kernels: of the decoder; None sees all pixels before the one that is predicted.
    """
    side = side_of(documents)
    patterns = generator.patterns.reshape(-1, side**2)
    chance = np.where(patterns, 1 - generator.noise, generator.noise)
    pixels = tones(documents).reshape(len(documents), -1).astype(float)
    inked, blank = np.log(chance).T, np.log1p(-chance).T  # (pixels, patterns)
    nats = np.empty_like(pixels)
    for at in range(side**2):
        here = pixels[:, at, None]
        sight = before(side, at) if kernels is None else seen(kernels, side, *divmod(at, side))
        i = np.flatnonzero(sight.ravel())
        context = pixels[:, i] @ inked[i] + (1 - pixels[:, i]) @ blank[i]  # (n, patterns)
        joint = context + here * inked[at] + (1 - here) * blank[at]
        nats[:, at] = logsumexp(context, axis=1) - logsumexp(joint, axis=1)
    return nats.reshape(-1, side, side)


def before(side: int, at: int) -> Bool[np.ndarray, " pixels"]:
    """All pixels that are written before this one."""
    return np.arange(side**2) < at


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
