"""A picture of two tones as a document: its pixels line by line, each the token PAPER or INK.

The document begins with ``<s>``, which is given and never predicted, so that what a decoder
predicts is exactly the pixels. All else in the package works on it as on a text: batches, both
estimators of the mutual information, importance-weighted likelihoods.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from collapse.base.errors import DataError
from collapse.data.documents import Documents
from collapse.data.vocabulary import START, Vocabulary

TONES = Vocabulary(["paper", "ink"])
PAPER, INK = (int(number) for number in TONES.encode(["paper", "ink"]))


def as_documents(images: np.ndarray, labels: np.ndarray | None = None) -> Documents:
    """Documents of square pictures, True where there is ink.

    Args:
        images: the pictures, (n, side, side).
        labels: one a picture, or None.

    Raises:
        DataError: unless the pictures are square.
    """
    tokens = with_start(np.where(np.asarray(images, dtype=bool), INK, PAPER))
    offsets = np.arange(len(tokens) + 1, dtype=np.int64) * tokens.shape[1]
    known = None if labels is None else np.asarray(labels, dtype=np.int64)
    return Documents(tokens.reshape(-1), offsets, known, bos_eos=False)


def with_start(tones: np.ndarray) -> Int[np.ndarray, "n tokens"]:
    """Each picture, (n, side, side), as one row of int32 tokens behind ``<s>``.

    Raises:
        DataError: unless the pictures are square.
    """
    if tones.ndim != 3 or tones.shape[1] != tones.shape[2] or not tones.size:
        raise DataError(
            "Pictures come as an array of shape (pictures, side, side) with at least one picture "
            f"and one pixel; got {tones.shape}."
        )
    rows = tones.reshape(len(tones), -1)
    start = np.full((len(tones), 1), START)
    return np.concatenate([start, rows], axis=1).astype(np.int32)


def side_of(documents: Documents) -> int:
    """The side of the pictures, in pixels.

    Raises:
        DataError: when these documents are no square pictures of one size.
    """
    lengths = np.unique(documents.lengths)
    side = math.isqrt(int(lengths[0]) - 1) if len(lengths) == 1 and lengths[0] > 1 else 0
    pictures = side and set(np.unique(documents.tokens)) <= {START, PAPER, INK}
    if not pictures or side**2 + 1 != lengths[0]:
        raise DataError(
            "These documents are no square pictures of one size: each must be <s> and then side² "
            "tokens 'paper' or 'ink', as collapse.data.images.pixels.as_documents makes them; got "
            f"documents of {', '.join(map(str, lengths[:3]))} tokens."
        )
    return side


def ink(tokens: Int[Tensor, "batch tokens"]) -> Float[Tensor, "batch side side"]:
    """1 where a pixel has ink, 0 where it has none.

    Args:
        tokens: a batch of pictures, ``<s>`` first.

    Raises:
        DataError: when the number of pixels is no square.
    """
    side = math.isqrt(tokens.shape[1] - 1)
    if side**2 + 1 != tokens.shape[1]:
        raise DataError(
            f"A square picture has side² pixels behind <s>; got {tokens.shape[1] - 1} tokens there."
            " Image models read corpora of images, such as 'bars' and 'omniglot'."
        )
    return (tokens[:, 1:] == INK).to(torch.get_default_dtype()).view(-1, side, side)


def as_tokens(pixels: Tensor) -> Int[Tensor, "batch pixels"]:
    """The tokens of pixels, 1 or True for ink, without ``<s>``."""
    return torch.where(pixels.flatten(1) > 0.5, INK, PAPER)
