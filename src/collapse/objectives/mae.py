"""MAE: the posteriors of a batch are pushed apart, evenly (Ma et al. 2019)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, kl_divergence
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.distributions.densities import ask_torch, bare, kl_by_factor, shape_of
from collapse.distributions.multivariate import by_row
from collapse.objectives.regulariser import Regulariser
from collapse.parts import Sizes


class MAERegulariser(Regulariser):
    """max(KL, free) - η Σ_d log σ(m_d/η) + γ s, by document (Ma et al. 2019).

    m_d is the mean of KL(q(z_d|x_i) ‖ q(z_d|x_j)) over all pairs of different documents of the
    batch, the mutual posterior divergence; s is the standard deviation over these pairs of the sum
    over dimensions. The first pushes posteriors apart, the more weakly the farther they are; the
    second asks for an even distance. The first is never negative and the KL is charged in full, so
    the objective is still a lower bound of log p(x), a looser one.

    Where sources differ: one version of the released code divides m_d by η inside the logarithm
    and multiplies by η outside, as here; free bits come from its scripts for images. A batch of
    one document has no pairs and is charged the KL.

    Args:
        sizes: not used; every part takes them.
        eta: η, the weight of the mutual divergence.
        gamma: γ, the weight of the smoothness.
        free: nats of the summed KL that are not pressed.

    Raises:
        CollapseError: for a negative weight or one that is not finite, or an η of zero.
    """

    def __init__(self, sizes: Sizes, *, eta: float, gamma: float, free: float = 0.0) -> None:
        super().__init__()
        if not (0 < eta < math.inf and 0 <= gamma < math.inf and 0 <= free < math.inf):
            raise CollapseError(
                "MAE needs eta > 0, gamma >= 0 and free >= 0, all of them finite; got "
                f"{eta}, {gamma}, {free}."
            )
        self.eta, self.gamma, self.free = eta, gamma, free

    def forward(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> Float[Tensor, "batch 1"]:
        """The charge of each document, in nats: its KL, and the batch's two terms.

        Raises:
            CollapseError: as :func:`pairwise_kl`.
        """
        kl = kl_by_factor(q, prior).sum(-1, keepdim=True).clamp(min=self.free)
        if len(z) < 2:
            return kl
        pairs = pairwise_kl(q)
        apart = -self.eta * F.logsigmoid(pairs.mean(0) / self.eta).sum()
        return kl + apart + self.gamma * standard_deviation(pairs.sum(-1))


def pairwise_kl(q: Distribution) -> Float[Tensor, "pairs latent"]:
    """KL(q(z_d|x_i) ‖ q(z_d|x_j)) of all pairs i ≠ j of at least two documents.

    Raises:
        CollapseError: for posteriors that are not a factor a dimension, such as ``Normal`` or
            ``Laplace``, or whose KL torch does not know.
    """
    name = type(q := bare(q)).__name__
    documents, _ = shape_of(q)
    if q.event_shape:
        raise CollapseError(
            f"MAE compares posteriors dimension by dimension; those of {name} hang together. Use a "
            "factor a dimension, such as Normal."
        )
    q_i, q_j = by_row(lambda t: t.unsqueeze(1), q), by_row(lambda t: t.unsqueeze(0), q)
    refusal = f"MAE needs a KL of two {name} in closed form"
    kl = ask_torch(lambda: kl_divergence(q_i, q_j), refusal)
    return kl[~torch.eye(documents, dtype=torch.bool, device=kl.device)]


def standard_deviation(values: Float[Tensor, " pairs"]) -> Float[Tensor, ""]:
    """Standard deviation with divisor n - 1; its gradient is finite where all are equal."""
    squares = (values - values.mean()).square().sum() / (len(values) - 1)
    return (squares + 1e-12).sqrt() - math.sqrt(1e-12)
