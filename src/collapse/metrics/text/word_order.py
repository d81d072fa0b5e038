"""Does the order of the words matter to the encoder (Long et al. 2019, section 5.6, Table 4)?

A warning about what can be asked. The likelihood log p(x) of a model is made of prior and decoder
alone; the encoder is not in it. Importance weighting uses the encoder only to propose z, and with
enough samples any proposal gives the same number. So the rise of an importance-weighted NLL under
shuffled input is how much a bad proposal costs *at that number of samples*, and it vanishes as
that number grows. The negative ELBO is where the order shows: its rise is the rise of
KL(q(z|x) ‖ p(z|x)).
"""

import copy
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from collapse.data import Documents
from collapse.encoders import ShuffledWords
from collapse.metrics.checks import at_least_one
from collapse.metrics.information import Estimate
from collapse.metrics.likelihood import encode_split, iw_nll
from collapse.vae import VAE


@dataclass(frozen=True)
class OrderEffect:
    """Two numbers of each document, with the encoder's input in order and shuffled, in nats.

    Attributes:
        in_order: ``(documents,)``.
        shuffled: ``(documents,)``.
    """

    in_order: Float[Tensor, " documents"]
    shuffled: Float[Tensor, " documents"]

    @property
    def rise(self) -> float:
        """Mean of shuffled minus in order."""
        return (self.shuffled - self.in_order).mean().item()

    @property
    def standard_error(self) -> float:
        """Of the rise: documents are paired, so it is that of the differences; nan for one."""
        return Estimate.of(self.shuffled - self.in_order).standard_error


def with_shuffled_input(model: VAE) -> VAE:
    """A copy of the model whose encoder reads each document's words in a random order."""
    shuffled = copy.deepcopy(model)
    shuffled.encoder = ShuffledWords(model.encoder)
    return shuffled.train(model.training)


def order_effect(model: VAE, documents: Documents, samples: int = 1, seed: int = 0) -> OrderEffect:
    """Negative log-likelihoods with the encoder's input in order and shuffled.

    Args:
        model: in evaluation mode.
        documents: the split.
        samples: 1 is the negative ELBO, its KL in closed form where there is one; more is the
            importance-weighted bound, in which the effect of the order fades as there are more.
        seed: of orders and samples.

    Raises:
        DataError: without a document.
        CollapseError: for less than one sample.
    """
    at_least_one(samples, "samples")

    def nll(reader: VAE) -> Tensor:
        if samples == 1:
            return encode_split(reader, documents, seed).nll_bound
        return iw_nll(reader, documents, samples, seed)

    return OrderEffect(nll(model), nll(with_shuffled_input(model)))
