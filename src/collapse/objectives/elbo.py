"""The two terms of the ELBO, unreduced, so that a remedy can reach each example and dimension.

All values are in nats.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.data.documents import Batch
from collapse.distributions.densities import ask_torch, kl_by_factor, shape_of
from collapse.vae import VAE


@dataclass(frozen=True)
class Draw:
    """What an objective is worked out from.

    Attributes:
        batch: the documents, as the model has read them.
        q: their posteriors.
        prior: of one document, or one for each.
        z: one reparameterised draw from each posterior, ``(batch, latent)``.
    """

    batch: Batch
    q: Distribution
    prior: Distribution
    z: Float[Tensor, "batch latent"]


@dataclass(frozen=True)
class ElboTerms:
    """What the bound is made of.

    Attributes:
        log_likelihood: log p(x|z) at one z from q(z|x), ``(batch,)``.
        kl: KL(q(z|x) || p(z)) by factor, ``(batch, factors)``: by dimension of z unless the
            posterior is a joint one.
    """

    log_likelihood: Float[Tensor, " batch"]
    kl: Float[Tensor, "batch factors"]

    @property
    def elbo(self) -> Float[Tensor, " batch"]:
        """The evidence lower bound of each document: log-likelihood minus the summed KL."""
        return self.log_likelihood - self.kl.sum(-1)


def draw(model: VAE, batch: Batch, q: Distribution | None = None) -> Draw:
    """One reparameterised draw of z a document (Kingma & Welling 2014).

    Args:
        model: encodes, unless ``q`` is given.
        batch: the documents.
        q: their posteriors, if not the encoder's.

    Raises:
        CollapseError: for a posterior or a prior that is no distribution of torch, a posterior that
            is for other documents or dimensions than the model's, or has no reparameterised draws.
    """
    batch = model.read(batch)
    q, prior = model.encode(batch) if q is None else q, model.prior(batch)
    check_posteriors(q, (len(batch.tokens), model.latent))
    if not isinstance(prior, Distribution):
        raise CollapseError(
            f"prior() of {type(model.posterior).__name__} must give a distribution of torch, as "
            f"Normal(mean, std) of a single document; it gave a {type(prior).__name__}."
        )
    z = ask_torch(q.rsample, f"{type(q).__name__} has no draws that a gradient can go through")
    return Draw(batch, q, prior, z)


def check_posteriors(q: object, shape: tuple[int, int]) -> None:
    """Refuse what is no posterior of each document.

    Raises:
        CollapseError: naming what it is, and what it must be.
    """
    if not isinstance(q, Distribution):
        raise CollapseError(
            "A posterior gives a distribution of torch for its features, as torch.distributions."
            f"Normal(mean, std); it gave a {type(q).__name__}."
        )
    if shape_of(q) != shape:
        raise CollapseError(
            f"The posteriors of {shape[0]} documents in {shape[1]} dimensions of z must have the "
            f"shape {shape}; this {type(q).__name__} has {shape_of(q)}. Build it for "
            "sizes.latent, or set self.latent to what it has."
        )


def elbo_terms(model: VAE, batch: Batch, q: Distribution | None = None) -> ElboTerms:
    """Both terms, with one draw of z a document; arguments as for :func:`draw`.

    Raises:
        CollapseError: as :func:`draw`; for a pair of posterior and prior whose KL is not known in
            closed form.
    """
    drawn = draw(model, batch, q)
    kl = kl_by_factor(drawn.q, drawn.prior)
    return ElboTerms(model.log_likelihood(drawn.batch, drawn.z), kl)
