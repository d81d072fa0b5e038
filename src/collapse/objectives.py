"""Place 3: from the terms of the ELBO to the loss.

The terms stay unreduced until the last line, so that a remedy can reach each example and each
dimension. All values are in nats.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import kl_divergence

from collapse.data.documents import Batch
from collapse.errors import CollapseError
from collapse.vae import VAE


@dataclass(frozen=True)
class ElboTerms:
    """What the bound is made of.

    Attributes:
        log_likelihood: log p(x|z) at one z from q(z|x), ``(batch,)``.
        kl: KL(q(z|x) || p(z)) by dimension, ``(batch, latent)``.
    """

    log_likelihood: Float[Tensor, " batch"]
    kl: Float[Tensor, "batch latent"]

    @property
    def elbo(self) -> Float[Tensor, " batch"]:
        """The evidence lower bound of each document: log-likelihood minus the summed KL."""
        return self.log_likelihood - self.kl.sum(-1)


def elbo_terms(model: VAE, batch: Batch) -> ElboTerms:
    """Both terms, with one reparameterised sample of z a document (Kingma & Welling 2014)."""
    q = model.encode(batch)
    return ElboTerms(model.log_likelihood(batch, q.rsample()), kl_divergence(q, model.prior()))


class Schedule:
    """The weight of the KL as a function of the epoch, which may be fractional."""

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Schedule):
    """The same weight throughout: 1 is the ELBO, less is the β-VAE of Higgins et al. (2017)."""

    beta: float = 1.0

    def __call__(self, epoch: float) -> float:
        """The weight, whatever the epoch."""
        return self.beta


@dataclass(frozen=True)
class Linear(Schedule):
    """KL annealing (Bowman et al. 2016): from ``start`` to 1 over the first ``epochs`` epochs."""

    start: float = 0.0
    epochs: float = 10.0

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        risen = min(1.0, epoch / self.epochs)
        return self.start * (1.0 - risen) + risen


@dataclass(frozen=True)
class Cyclical(Schedule):
    """Cyclical annealing (Fu et al. 2019): restart every ``period`` epochs.

    Within a period the weight rises from 0 to 1 over the first ``rise`` of it, then stays at 1.
    """

    period: float = 5.0
    rise: float = 0.5

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        return min(1.0, (epoch % self.period) / (self.rise * self.period))


@dataclass(frozen=True)
class FreeBits:
    """A target rate below which the KL is not pressed (Kingma et al. 2016; Li et al. 2019).

    Args:
        target: nats of KL that are free, in all.
        over: ``"dimensions"`` gives each dimension its equal share of the target and applies it
            to each; ``"sum"`` applies the target to the KL summed over dimensions.
        masked: below its target a term is set to zero instead of to the target. The gradient is
            the same, the reported loss is not (the variant of Li et al.'s code).
        batch_mean: compare the target with the KL averaged over the batch (Kingma et al. 2016)
            instead of with that of each document.
    """

    target: float
    over: str = "dimensions"
    masked: bool = False
    batch_mean: bool = False

    def __post_init__(self) -> None:
        if self.over not in ("dimensions", "sum"):
            raise CollapseError(
                f"FreeBits(over={self.over!r}) is unknown; valid: 'dimensions', 'sum'."
            )

    def __call__(self, kl: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        """The rate that enters the loss, one number a document."""
        terms = kl if self.over == "dimensions" else kl.sum(-1, keepdim=True)
        terms = terms.mean(0, keepdim=True).expand_as(terms) if self.batch_mean else terms
        target = self.target / terms.shape[-1]
        floor = torch.zeros_like(terms) if self.masked else torch.full_like(terms, target)
        return torch.where(terms > target, terms, floor).sum(-1)


def loss(
    terms: ElboTerms, weight: float, free_bits: FreeBits | None = None
) -> Float[Tensor, " batch"]:
    """What training minimises, one number a document: -log p(x|z) + weight · rate."""
    rate = free_bits(terms.kl) if free_bits else terms.kl.sum(-1)
    return weight * rate - terms.log_likelihood
