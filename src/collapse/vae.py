"""The model in which the places meet: encode, sample, decode."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.data.documents import Batch
from collapse.decoders import Decoder
from collapse.posteriors import Posterior


class VAE(nn.Module):
    """x -> encoder -> features -> posterior q(z|x) -> z -> decoder -> p(x|z).

    Args:
        encoder: place 1, tokens to states.
        features: place 1, states to one feature vector.
        posterior: place 2, features to q(z|x); holds the prior.
        decoder: place 4, z to p(x|z).
    """

    def __init__(
        self,
        encoder: nn.Module,
        features: nn.Module,
        posterior: Posterior,
        decoder: Decoder,
    ) -> None:
        super().__init__()
        self.encoder, self.features = encoder, features
        self.posterior, self.decoder = posterior, decoder

    @property
    def latent(self) -> int:
        """Dimensions of z."""
        return self.posterior.latent

    @property
    def like(self) -> Tensor:
        """A parameter: its type and device are the model's, ``x.to(model.like)`` moves x there."""
        return next(self.parameters())

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.like.device

    def represent(self, batch: Batch) -> Float[Tensor, "batch hidden"]:
        """What the posterior is made from: one feature vector a document.

        Raises:
            CollapseError: for an encoder or a pooling that gives something of another shape.
        """
        states = self.encoder(batch.tokens, batch.lengths)  # (batch, time, hidden)
        check_states(states, batch.tokens, self.encoder)
        features = self.features(states, batch.lengths)
        check_features(features, states, self.features, getattr(self.encoder, "width", None))
        return features

    def encode(self, batch: Batch) -> Distribution:
        """q(z|x) of each document, in the type of the weights; samples are ``(batch, latent)``."""
        features = self.represent(batch).to(self.like)
        with torch.autocast(self.device.type, enabled=False):  # a KL does not bear rounding
            return self.posterior(features)

    def read(self, batch: Batch) -> Batch:
        """The batch with what several places need of it worked out once: here as it is."""
        return batch

    def prior(self, batch: Batch | None = None) -> Distribution:
        """p(z); samples are ``(latent,)``. It is the same for every batch."""
        return self.posterior.prior()

    def code(self, batch: Batch, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch code"]:
        """What the decoder reads: here z itself."""
        return z

    def log_likelihood(
        self, batch: Batch, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, " batch"]:
        """log p(x|z) in nats, summed over the predicted tokens of each document."""
        return self.decoder.log_likelihood(batch, self.code(batch, z))

    def inference_parameters(self) -> list[nn.Parameter]:
        """The parameters of q(z|x): places 1 and 2."""
        return [p for m in (self.encoder, self.features, self.posterior) for p in m.parameters()]

    def generator_parameters(self) -> list[nn.Parameter]:
        """The parameters of p(x|z): place 4."""
        return list(self.decoder.parameters())


def check_states(states: object, tokens: Tensor, encoder: nn.Module) -> None:
    """Refuse what is not a state for each token.

    Raises:
        CollapseError: naming the encoder and both shapes.
    """
    if not isinstance(states, Tensor) or states.dim() != 3 or len(states) != len(tokens):
        raise CollapseError(
            f"{type(encoder).__name__} must give a state for each token, in a tensor of shape "
            f"(batch, time, width), here ({', '.join(map(str, tokens.shape))}, width); it gave "
            f"{shape_in_words(states)}. One vector a document is made by the pooling."
        )


def check_features(
    features: object, states: Tensor, pooling: nn.Module, width: int | None = None
) -> None:
    """Refuse what is not one vector a document.

    Args:
        features: what the pooling gave.
        states: what it was given.
        pooling: for the message.
        width: what the encoder says of its states; where it says nothing, theirs.

    Raises:
        CollapseError: naming the pooling and both shapes.
    """
    expected = (len(states), states.shape[-1] if width is None else width)
    if not isinstance(features, Tensor) or features.shape != expected:
        raise CollapseError(
            f"{type(pooling).__name__} must give one vector a document, in a tensor of shape "
            f"{expected}, as wide as the encoder says that its states are; it was given states of "
            f"shape {tuple(states.shape)} and gave {shape_in_words(features)}."
        )


def shape_in_words(value: object) -> str:
    """The shape of a tensor, or the kind of anything else."""
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    return "None" if value is None else f"a {type(value).__name__}"


Range = float | tuple[float, float]
"""Where a uniform start draws from: (-value, value), or the pair (low, high)."""


@torch.no_grad()
def init_uniform_(model: nn.Module, weights: Range, embeddings: Range) -> None:
    """Draw every parameter uniformly, embeddings from a range of their own.

    He et al. (2019), Appendix B: U(-0.01, 0.01) and U(-0.1, 0.1). The small start matters: it is
    what makes the inference network lag. Appendix G: U(0.04, 0.06) and U(0, 0.2), off the origin.
    A module whose attribute ``keep_init`` is true keeps the values that its constructor gave it
    and its parts.
    """
    tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    keepers = [m for m in model.modules() if getattr(m, "keep_init", False)]
    kept = {id(parameter) for module in keepers for parameter in module.parameters()}
    for parameter in model.parameters():
        bounds = embeddings if id(parameter) in tables else weights
        low, high = bounds if isinstance(bounds, tuple) else (-bounds, bounds)
        if id(parameter) not in kept:
            parameter.uniform_(low, high)
