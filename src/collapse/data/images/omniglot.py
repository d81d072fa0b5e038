"""Handwritten characters of fifty alphabets (Lake et al. 2015), as pictures of 28 x 28 pixels.

Two forms are read. The raw set has 32,460 drawings of 105 x 105 pixels; here each becomes 28 x 28
by area: a new pixel is as grey as the share of its square that has ink. The form that the papers
use (Burda et al. 2016) was down-sampled by a rule that is not published, and has 32,415 pictures;
likelihoods on the two compare among themselves only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from collapse.base.errors import DataError

SIDE, RAW_SIDE = 28, 105
TRAIN, VALID, TEST = 24_345, 2_000, 8_070  # validation is the end of the training part
ORDER_SEED = 0  # of the shuffle of the raw set, which no split comes with


@dataclass(frozen=True)
class ImageSplits:
    """How many pictures a scale takes of each split, from its beginning."""

    train: int
    valid: int
    test: int


@dataclass(frozen=True)
class GreyPictures:
    """Pictures in grey, 0 for paper to 255 for ink, and which character each shows."""

    grey: UInt8[np.ndarray, "n side side"]
    labels: Int[np.ndarray, " n"]

    def __getitem__(self, chosen: slice) -> "GreyPictures":
        return GreyPictures(self.grey[chosen], self.labels[chosen])


Splits = dict[str, GreyPictures]


def read_raw(paths: Sequence[Path], sizes: ImageSplits) -> Splits:
    """The raw set, shuffled with a fixed seed, cut into the usual sizes and made smaller.

    Args:
        paths: of the files ``images_background.npz`` and ``images_evaluation.npz``.
        sizes: of the splits.

    Raises:
        DataError: for a file with other arrays.
    """
    images, labels = joined([read_archive(path) for path in paths])
    order = np.random.default_rng(ORDER_SEED).permutation(len(images))
    learnt, held = order[:TRAIN], order[TRAIN : TRAIN + TEST]
    chosen = {
        "train": learnt[: TRAIN - VALID][: sizes.train],
        "valid": learnt[TRAIN - VALID :][: sizes.valid],
        "test": held[: sizes.test],
    }
    return {
        name: GreyPictures(shrunk(~images[rows], SIDE), labels[rows])
        for name, rows in chosen.items()
    }


def read_archive(path: Path) -> tuple[Bool[np.ndarray, "n raw raw"], Int[np.ndarray, " n"]]:
    """The drawings of a file, True where there is paper, and their characters.

    Raises:
        DataError: for a file with other arrays.
    """
    try:
        with np.load(path) as archive:
            images, labels = archive["images"], archive["labels"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} holds no arrays 'images' and 'labels' ({error}).") from error
    if images.shape[-2:] != (RAW_SIDE, RAW_SIDE) or images.shape[:-2] != labels.shape:
        raise DataError(
            f"{path} must hold images of {RAW_SIDE} x {RAW_SIDE} pixels and a label for each; got "
            f"shapes {images.shape} and {labels.shape}."
        )
    return images.reshape(-1, RAW_SIDE, RAW_SIDE).astype(bool), labels.reshape(-1)


def joined(
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    """All drawings; the characters of one file are none of another's."""
    firsts = np.cumsum([0, *(labels.max() + 1 for _, labels in parts)])
    labels = [labels + first for (_, labels), first in zip(parts, firsts, strict=False)]
    return np.concatenate([images for images, _ in parts]), np.concatenate(labels)


def shrunk(drawings: Bool[np.ndarray, "n big big"], side: int) -> UInt8[np.ndarray, "n side side"]:
    """Smaller pictures by area: the share of each new pixel's square that has ink, times 255.

    Args:
        drawings: True where there is ink.
        side: of the smaller pictures.
    """
    share = area_shares(drawings.shape[-1], side)
    grey = np.empty((len(drawings), side, side), np.uint8)
    for start in range(0, len(drawings), 1000):
        some = slice(start, start + 1000)
        grey[some] = np.rint(255 * (share @ drawings[some].astype(np.float32) @ share.T))
    return grey


def area_shares(big: int, side: int) -> Float[np.ndarray, "side big"]:
    """How much of each old row lies in each new one, as shares of the new row; rows add up to 1."""
    edges = np.linspace(0, big, side + 1)
    old = np.arange(big)
    low = np.maximum(edges[:-1, None], old)
    high = np.minimum(edges[1:, None], old + 1)
    return (np.maximum(high - low, 0) * side / big).astype(np.float32)


def read_burda(paths: Sequence[Path], sizes: ImageSplits) -> Splits:
    """The set of Burda et al. (2016), ``chardata.mat``; validation is the end of its training part.

    Args:
        paths: of the one file.
        sizes: of the splits.

    Raises:
        DataError: for a file with other arrays.
    """
    try:
        held = loadmat(paths[0])
        learnt, test = (of_columns(held, *names) for names in BURDA)
    except (OSError, ValueError, KeyError, NotImplementedError, MatReadError) as error:
        names = ", ".join(name for pair in BURDA for name in pair)
        raise DataError(f"{paths[0]} is no file with the arrays {names} ({error}).") from error
    return {
        "train": learnt[: len(learnt.labels) - VALID][: sizes.train],
        "valid": learnt[len(learnt.labels) - VALID :][: sizes.valid],
        "test": test[: sizes.test],
    }


BURDA = (("data", "target"), ("testdata", "testtarget"))  # pictures, alphabets: in columns


def of_columns(held: Mapping[str, Any], pictures: str, alphabets: str) -> GreyPictures:
    """Pictures that stand in columns, pixel after pixel down each column of a picture."""
    grey = np.rint(255 * held[pictures].T.reshape(-1, SIDE, SIDE).transpose(0, 2, 1))
    return GreyPictures(grey.astype(np.uint8), held[alphabets].argmax(0).astype(np.int64))
