"""The maximum mean discrepancy between draws of two distributions (Gretton et al. 2012)."""

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.theory.checks import positive


def mmd(
    x: Float[Tensor, "count latent"],
    y: Float[Tensor, "other latent"],
    length: float,
    *,
    biased: bool = False,
) -> Float[Tensor, ""]:
    """MMD² with the kernel ``exp(-|x - y|² / 2 length²)``, from draws.

    The unbiased estimate (Gretton et al. 2012, Eq. 3) leaves out the pairs of a draw with itself;
    it may be negative. The biased one (Eq. 5) keeps them: it is never negative, and too high by
    about 2 / count where the kernel is narrow.

    Args:
        x: draws of the one, two or more, or one if biased.
        y: draws of the other, likewise.
        length: of the kernel, above 0.
        biased: which estimate.

    Raises:
        CollapseError: if the estimate lacks a pair, for draws of unequal width, or for a length
            that is not positive.
    """
    positive(length=length)
    if x.shape[-1] != y.shape[-1]:
        raise CollapseError(
            f"Draws of {x.shape[-1]} and of {y.shape[-1]} dimensions cannot be compared."
        )
    if min(len(x), len(y)) < 1:
        raise CollapseError(f"An MMD needs draws of both; got {len(x)} and {len(y)}.")
    if not biased and min(len(x), len(y)) < 2:
        raise CollapseError(
            f"An unbiased MMD needs 2 draws of each; got {len(x)} and {len(y)}. Take biased=True."
        )
    return within(x, length, biased) + within(y, length, biased) - 2 * kernel(x, y, length).mean()


def within(x: Float[Tensor, "count latent"], length: float, biased: bool) -> Float[Tensor, ""]:
    """Mean of the kernel over pairs of draws, with or without those of a draw with itself."""
    values = kernel(x, x, length)
    if biased:
        return values.mean()
    count = len(x)
    return (values.sum() - values.diagonal().sum()) / (count * (count - 1))


def kernel(
    x: Float[Tensor, "count latent"], y: Float[Tensor, "other latent"], length: float
) -> Float[Tensor, "count other"]:
    """exp(-|x - y|² / 2 length²) of every pair."""
    square = (x.unsqueeze(1) - y.unsqueeze(0)).square().sum(-1)
    return torch.exp(-0.5 * square / length**2)
