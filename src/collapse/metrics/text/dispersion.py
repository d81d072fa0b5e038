"""How far apart the features of different documents lie (Long et al. 2019, section 5.2)."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.data import Documents, in_batches
from collapse.metrics.checks import check_finite
from collapse.vae import VAE


@dataclass(frozen=True)
class Dispersion:
    """Three views of one cloud of feature vectors.

    Attributes:
        cosine: mean cosine similarity of two different documents, see :func:`mean_cosine`.
        variances: (D,) variance of each dimension over the documents, divisor N - 1.
        effective_rank: of the centred feature matrix, see :func:`effective_rank`.
    """

    cosine: float
    variances: Float[Tensor, " hidden"]
    effective_rank: float


@torch.no_grad()
def split_features(model: VAE, documents: Documents) -> Float[Tensor, "n hidden"]:
    """The feature vector of each document of a split, on the CPU: what place 1 gives to place 2.

    The model should be in evaluation mode.
    """
    features, indices = [], []
    for batch in in_batches(documents, most=256):
        features.append(model.represent(batch.to(model.device)).cpu())
        indices.append(batch.indices.cpu())
    return torch.cat(features)[torch.cat(indices).argsort()]


def dispersion(features: Float[Tensor, "n hidden"]) -> Dispersion:
    """All three measures of a feature matrix with one row a document.

    Raises:
        CollapseError: as :func:`mean_cosine` and :func:`effective_rank` do.
    """
    check_finite(features, "Features")
    wide = features.double()
    centred = wide - wide.mean(0)
    # Equal rows differ from their mean by its rounding, which has a rank, but not one of theirs.
    if len(wide) and (centred.abs() <= len(wide) * 1e-16 * wide.abs()).all():
        centred = torch.zeros_like(centred)
    return Dispersion(mean_cosine(wide), wide.var(0), effective_rank(centred))


def mean_cosine(features: Float[Tensor, "n hidden"]) -> float:
    """Mean cosine similarity over all pairs of different documents, exact, in O(N · D).

    With unit vectors u_n and S = Σ u_n, the sum over all ordered pairs with n = m is N, and over
    all pairs ‖S‖². So the mean over n ≠ m is (‖S‖² - N) / (N (N - 1)), and no pair is visited.
    It is 1 if all vectors point one way and never below -1 / (N - 1).

    Long et al. (2019), Figures 3 and 4, plot this mean; they do not say whether the pairs of a
    document with itself are in it. Here they are not.

    Args:
        features: one row a document, at least two.

    Raises:
        CollapseError: for fewer than two rows, a row of zeros, which points nowhere, or one that is
            not finite.
    """
    check_finite(features, "Features")
    if len(features) < 2:
        raise CollapseError(f"A pair needs 2 documents; there are {len(features)}.")
    norms = features.double().norm(dim=1, keepdim=True)
    if (norms == 0).any():
        raise CollapseError(
            f"{int((norms == 0).sum())} feature vectors are zero and have no direction, so their "
            "cosine is not defined. Leave them out, or look at the variances instead."
        )
    n, total = len(features), (features.double() / norms).sum(0)
    return (total.square().sum().item() - n) / (n * (n - 1))


def effective_rank(matrix: Float[Tensor, "n hidden"]) -> float:
    """How many directions a matrix uses: exp of the entropy of its normalised singular values.

    ``exp(-Σ p_i log p_i)`` with ``p_i = σ_i / Σ σ_j`` (Roy & Vetterli 2007, Definition 1). From 1,
    one direction, to the smaller side of the matrix, all alike. Centre the matrix first to ask
    for the directions in which the rows differ, as :func:`dispersion` does.

    Raises:
        CollapseError: for a matrix of zeros, which has no direction, or one that is not finite.
    """
    check_finite(matrix, "Features")
    values = torch.linalg.svdvals(matrix.double())
    if values.sum() == 0:
        raise CollapseError("The matrix is zero: all rows are the same, or there is nothing in it.")
    return torch.special.entr(values / values.sum()).sum().exp().item()
