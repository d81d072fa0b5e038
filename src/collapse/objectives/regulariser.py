"""What an objective charges for q(z|x) in place of the KL to the prior."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution


class Regulariser(nn.Module):
    """A part of place 3: from draws of q(z|x) to a charge in the loss.

    It belongs to the objective, is kept and loaded with it, and has its parameters for itself: a
    strategy with critic steps moves them. What is measured is
    still the KL; see :func:`collapse.metrics.charged` for what was charged.
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
