"""Place 3: what training minimises."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.data.documents import Batch, Documents
from collapse.distributions.densities import kl_by_factor
from collapse.objectives.bag_of_words import BagOfWords
from collapse.objectives.elbo import draw
from collapse.objectives.free_bits import FreeBits
from collapse.objectives.regulariser import Regulariser
from collapse.objectives.schedules import Constant, Schedule
from collapse.objectives.shapes import check_by_document, check_by_factor
from collapse.vae import VAE

PLAIN = Constant(1.0)


@dataclass(frozen=True)
class Terms:
    """What an objective is made of, in nats.

    Attributes:
        log_likelihood: log p(x|z) at one z from q(z|x), ``(batch,)``.
        rate: what is charged for q(z|x), by factor, ``(batch, factors)``: the KL to the prior, or
            what stands in its place.
        prior_rate: what is charged for the prior and weighed like the rate, ``(batch,)`` or 0.
        extra: what is added as it is, ``(batch,)`` or 0.
    """

    log_likelihood: Float[Tensor, " batch"]
    rate: Float[Tensor, "batch factors"]
    prior_rate: Float[Tensor, " batch"] | float = 0.0
    extra: Float[Tensor, " batch"] | float = 0.0


class Objective(nn.Module):
    """-log p(x|z) + weight · (rate + prior rate) + extra, for each document.

    With nothing but a weight of 1 it is the negative ELBO.

    Args:
        kl_weight: the weight as a function of the epoch.
        free_bits: how the rate is summed, where some of it is free.
        regulariser: what is charged in place of KL(q(z|x) ‖ p(z)).
        prior_kl: charge KL(p(z|x) ‖ r(z)) of a learned prior too (Zhu et al. 2020, Eq. 11).
        bow: an auxiliary loss of what the decoder reads.
    """

    def __init__(
        self,
        kl_weight: Schedule | Callable[[float], float] = PLAIN,
        free_bits: FreeBits | None = None,
        regulariser: Regulariser | None = None,
        *,
        prior_kl: bool = False,
        bow: BagOfWords | None = None,
    ) -> None:
        super().__init__()
        self.kl_weight, self.free_bits, self.prior_kl = kl_weight, free_bits, prior_kl
        self.regulariser, self.bow = regulariser, bow

    def forward(self, model: VAE, batch: Batch, q: Distribution | None = None) -> Terms:
        """The terms, with one reparameterised draw of z a document.

        Args:
            model: encodes, unless ``q`` is given, and decodes.
            batch: the documents.
            q: their posteriors, if not the encoder's.

        Raises:
            CollapseError: for a posterior without reparameterised draws, a pair of posterior and
                prior whose KL is not known in closed form, or a part that gives a term of another
                shape than that of :class:`Terms`.
        """
        drawn = draw(model, batch, q)
        batch, q, prior, z = drawn.batch, drawn.q, drawn.prior, drawn.z
        rate = self.regulariser(q, z, prior) if self.regulariser else kl_by_factor(q, prior)
        prior_rate: Tensor | float = 0.0
        if self.prior_kl:  # KL(p(z|x) ‖ r(z)), where r is the posterior's own prior
            prior_rate = kl_by_factor(prior, model.posterior.prior()).sum(-1)
        extra = self.bow(batch, model.code(batch, z)) if self.bow else 0.0
        log_likelihood = model.log_likelihood(batch, z)
        documents = len(batch.tokens)
        check_by_factor(rate, documents, self.regulariser or q)
        check_by_document(log_likelihood, documents, model.decoder, "A log-likelihood")
        if self.bow:
            check_by_document(extra, documents, self.bow, "An auxiliary loss")
        return Terms(log_likelihood, rate, prior_rate, extra)

    def loss(self, terms: Terms, weight: float) -> Float[Tensor, " batch"]:
        """What training minimises, one number a document.

        Raises:
            CollapseError: for free bits or a weight that give another shape.
        """
        rate = self.free_bits(terms.rate) if self.free_bits else terms.rate.sum(-1)
        documents = len(terms.rate)
        check_by_document(rate, documents, self.free_bits, "The rate that enters the loss")
        return weight * (rate + terms.prior_rate) + terms.extra - terms.log_likelihood

    def charged(
        self, model: VAE, documents: Documents, seed: int = 0
    ) -> Float[Tensor, " documents"] | None:
        """What each document of a split is charged, in nats; None where it is the KL."""
        return self.regulariser.charged(model, documents, seed) if self.regulariser else None

    def report(
        self,
        model: VAE,
        documents: Documents,
        log_likelihood: Float[Tensor, " documents"],
        seed: int,
    ) -> dict[str, Float[Tensor, " documents"] | float]:
        """What only this objective can measure; arguments and values as of a regulariser's."""
        measured = (documents, log_likelihood, seed)
        return self.regulariser.report(model, *measured) if self.regulariser else {}

    def heads(self) -> list[nn.Parameter]:
        """The parameters that learn with the decoder; a regulariser's are nobody's but its own."""
        return list(self.bow.parameters()) if self.bow else []


def training_loss(
    objective: Objective,
    model: VAE,
    batch: Batch,
    weight: float,
    q: Distribution | None = None,
) -> Float[Tensor, " batch"]:
    """What an objective of any class makes of a batch, one number a document, with gradients.

    Args:
        objective: place 3.
        model: places 1, 2, 4.
        batch: the documents.
        weight: of the rate.
        q: their posteriors, if not the encoder's.

    Raises:
        CollapseError: for terms, or a loss, of another kind or shape than they should have, or a
            loss without a gradient where there should be one.
    """
    terms, documents = objective(model, batch, q), len(batch.tokens)
    if not isinstance(terms, Terms):
        raise CollapseError(
            f"{type(objective).__name__} must give Terms(log_likelihood, rate), from collapse."
            f"objectives, and leave their sum to its method loss; it gave a {type(terms).__name__}."
        )
    check_by_factor(terms.rate, documents, objective)
    check_by_document(terms.log_likelihood, documents, objective, "A log-likelihood")
    for what, term in (("A rate of the prior", terms.prior_rate), ("What is added", terms.extra)):
        if not isinstance(term, Real):
            check_by_document(term, documents, objective, what)
    loss = objective.loss(terms, weight)
    check_by_document(loss, documents, objective, "A loss")
    if torch.is_grad_enabled() and not loss.requires_grad:
        raise CollapseError(
            f"The loss of {type(objective).__name__} has no gradient, so nothing could be learnt "
            "from it. Take out detach(), item() and torch.no_grad() on the way from the terms."
        )
    return loss
