"""The conditional VAE: the same five places, with a prior that has read the context."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.data.dialogue import DialogueBatch
from collapse.data.documents import Batch
from collapse.data.vocabulary import PAD
from collapse.encoders import DialogueEncoder
from collapse.posteriors import ConditionalGaussian
from collapse.vae import VAE, check_features, check_states


class CVAE(VAE):
    """p(y|x) = ∫ p(z|x) p(y|x,z) dz for a reply y to a context x (Sohn et al. 2015).

    The reply takes the place of the document. Context and reply -> encoder -> q(z|x,y), context
    -> p(z|x); to the decoder z and the context, side by side, are what z is in a VAE.

    Args:
        encoder: place 1, words to states, and utterances to a context.
        features: place 1, states of an utterance to its vector.
        posterior: place 2, q(z|x,y) and p(z|x).
        decoder: place 4, z and the context to p(y|x,z).
    """

    encoder: DialogueEncoder
    posterior: ConditionalGaussian

    def read(self, batch: Batch) -> DialogueBatch:
        """The batch with what the encoder makes of its contexts and of its replies.

        The same network reads both, so they are read in one go. Only q(z|x,y) looks at the latter.
        """
        if not isinstance(batch, DialogueBatch):
            raise CollapseError(
                "A conditional model needs a batch with contexts, as a dialogue corpus makes it; "
                f"this one is a {type(batch).__name__}."
            )
        if batch.context_encoding is not None:
            return batch
        vectors = self.vectors(batch)
        utterances, replies = vectors[: len(batch.context)], vectors[len(batch.context) :]
        context = self.encoder.encode_context(utterances, batch.turns, batch.same_speaker)
        return replace(batch, context_encoding=context, reply_encoding=replies)

    def vectors(self, batch: DialogueBatch) -> Float[Tensor, "rows width"]:
        """One vector for each utterance of the contexts, then one for each reply."""
        width = max(batch.context.shape[1], batch.tokens.shape[1])
        rows = [F.pad(t, (0, width - t.shape[1]), value=PAD) for t in (batch.context, batch.tokens)]
        lengths = torch.cat([batch.context_lengths, batch.lengths.to(batch.context_lengths)])
        states = self.encoder(torch.cat(rows), lengths)
        check_states(states, torch.cat(rows), self.encoder)
        vectors = self.features(states, lengths)
        check_features(vectors, states, self.features)
        return vectors

    def context_encoding(self, batch: Batch) -> Float[Tensor, "batch context"]:
        """The context of each reply as a vector, worked out once a batch that was read."""
        context = self.read(batch).context_encoding
        assert context is not None
        return context

    def encode(self, batch: Batch) -> Normal:
        """q(z|x,y) of each reply; batch shape ``(batch, latent)``."""
        batch = self.read(batch)
        assert batch.context_encoding is not None
        assert batch.reply_encoding is not None
        features = torch.cat([batch.context_encoding, batch.reply_encoding], -1).to(self.like)
        with torch.autocast(self.device.type, enabled=False):
            return self.posterior(features)

    def prior(self, batch: Batch | None = None) -> Normal:
        """p(z|x) of each reply; batch shape ``(batch, latent)``.

        Raises:
            CollapseError: without a batch, since there is no prior without a context.
        """
        if batch is None:
            raise CollapseError("The prior of a conditional model needs a batch: prior(batch).")
        with torch.autocast(self.device.type, enabled=False):
            return self.posterior.conditional_prior(self.context_encoding(batch).to(self.like))

    def code(self, batch: Batch, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch code"]:
        """What the decoder reads: z and the context side by side."""
        return torch.cat([z, self.context_encoding(batch)], -1)

    def inference_parameters(self) -> list[nn.Parameter]:
        """The parameters of q(z|x,y), the shared encoder among them."""
        modules = (self.encoder, self.features, self.posterior.recognition, self.posterior.norm)
        return [parameter for module in modules for parameter in module.parameters()]

    def generator_parameters(self) -> list[nn.Parameter]:
        """The parameters of p(z|x) and p(y|x,z)."""
        inference = {id(parameter) for parameter in self.inference_parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in inference]
