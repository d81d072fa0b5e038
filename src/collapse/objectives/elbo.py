"""From the terms of the ELBO to the loss.

The terms stay unreduced until the last line, so that a remedy can reach each example and each
dimension. All values are in nats.
"""

from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.data.documents import Batch
from collapse.objectives.free_bits import FreeBits
from collapse.posteriors.densities import kl_by_factor, told
from collapse.vae import VAE, Added


@dataclass(frozen=True)
class ElboTerms:
    """What the bound is made of.

    Attributes:
        log_likelihood: log p(x|z) at one z from q(z|x), ``(batch,)``.
        kl: KL(q(z|x) || p(z)) by factor, ``(batch, factors)``: by dimension of z unless the
            posterior is a joint one.
        added: what the model wants minimised beside the bound.
    """

    log_likelihood: Float[Tensor, " batch"]
    kl: Float[Tensor, "batch factors"]
    added: Added = field(default_factory=Added)

    @property
    def elbo(self) -> Float[Tensor, " batch"]:
        """The evidence lower bound of each document: log-likelihood minus the summed KL."""
        return self.log_likelihood - self.kl.sum(-1)


def elbo_terms(model: VAE, batch: Batch, q: Distribution | None = None) -> ElboTerms:
    """Both terms, with one reparameterised sample of z a document (Kingma & Welling 2014).

    A model with a divergence of its own is charged that in place of the KL, at the same z.

    Args:
        model: encodes, unless ``q`` is given, and decodes.
        batch: the documents.
        q: their posteriors, if not the encoder's.

    Raises:
        CollapseError: for a posterior without reparameterised draws, or a pair of posterior and
            prior whose KL is not known in closed form.
    """
    batch = model.read(batch)
    q, prior = model.encode(batch) if q is None else q, model.prior(batch)
    z = told(q.rsample, f"{type(q).__name__} has no draws that a gradient can go through")
    rate = model.divergence(q, z, prior) if model.divergence else kl_by_factor(q, prior)
    added = model.added(batch, z, prior)
    return ElboTerms(model.log_likelihood(batch, z), rate, added)


def loss(
    terms: ElboTerms, weight: float, free_bits: FreeBits | None = None
) -> Float[Tensor, " batch"]:
    """What training minimises, one number a document: -log p(x|z) + weight · rate.

    Whatever the model adds to the rate, or to the loss as it is, comes on top.
    """
    rate = free_bits(terms.kl) if free_bits else terms.kl.sum(-1)
    return weight * (rate + terms.added.rate) + terms.added.plain - terms.log_likelihood
