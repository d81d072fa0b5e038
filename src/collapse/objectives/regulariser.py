"""What an objective charges for q(z|x) in place of the KL to the prior."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from collapse.base.seeding import seeded
from collapse.data import Documents, in_batches
from collapse.objectives.shapes import check_by_factor
from collapse.vae import VAE


class Regulariser(nn.Module):
    """A part of place 3: from draws of q(z|x) to a charge in the loss.

    It belongs to the objective, is kept and loaded with it, and has its parameters for itself: a
    strategy with critic steps moves them. What is measured is still the KL; :meth:`charged` is
    what was charged.
    """

    keep_init = True  # the initialisation of the papers is that of encoder and decoder

    def forward(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> Float[Tensor, "batch factors"]:
        """The charge of each document, by factor; gradients reach the model through ``z``.

        Args:
            q: the posteriors.
            z: one draw from each.
            prior: of a single document.
        """
        raise NotImplementedError

    def critic_loss(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> Float[Tensor, ""]:
        """What the critic minimises; arguments as above."""
        raise NotImplementedError

    @torch.no_grad()
    def charged(
        self, model: VAE, documents: Documents, seed: int = 0
    ) -> Float[Tensor, " documents"]:
        """The charge of each document of a split, at one draw of z, in nats, on the CPU.

        Raises:
            CollapseError: for a charge that is not by document and factor.
        """
        charges = torch.empty(len(documents), dtype=model.like.dtype)
        with seeded(seed):
            for batch in in_batches(documents, most=256):
                q = model.encode(batch.to(model.device))
                charge = self(q, q.rsample(), model.prior())
                check_by_factor(charge, len(batch.tokens), self)
                charges[batch.indices] = charge.sum(-1).cpu()
        return charges

    def report(
        self,
        model: VAE,
        documents: Documents,
        log_likelihood: Float[Tensor, " documents"],
        seed: int,
    ) -> dict[str, Float[Tensor, " documents"] | float]:
        """What only this regulariser can measure, by the names of the summary of a run.

        Args:
            model: in evaluation mode.
            documents: a split.
            log_likelihood: log p(x|z) of each, in nats, at one draw of z.
            seed: of draws.

        Returns:
            A value a document, of which the mean and its error are kept; or one number.
        """
        return {}
