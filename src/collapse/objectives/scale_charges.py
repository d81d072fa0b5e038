"""What an objective may charge for scaled posterior means (Song et al. 2024)."""

from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.distributions import ScaledNormal, standard_normal
from collapse.objectives.regulariser import Regulariser
from collapse.parts import Sizes


class UnscaledKL(Regulariser):
    """KL(N(μ, σ²) ‖ N(0, I)), although the decoder reads N(f μ, σ²) (Song et al. 2024, Eq. 7).

    With it the objective of Scale-VAE is the paper's. It is not the KL of what the decoder reads
    to any prior; :mod:`collapse.theory.scale_bounds` says by how much the objective may exceed a
    log-likelihood. The KL that is *measured* of such a model stays that of N(f μ, σ²).

    Args:
        sizes: not used; every part takes them.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()

    def forward(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> Float[Tensor, "batch latent"]:
        """The charge by dimension, in nats.

        Raises:
            CollapseError: for a posterior that is not scaled.
        """
        plain = scaled(q).unscaled
        return kl_divergence(plain, standard_normal(plain.mean.new_zeros(plain.mean.shape[-1])))


class GenerationKL(UnscaledKL):
    """KL(N(f μ, σ²) ‖ N(0, f²)) with the very factor f that the posterior was scaled by.

    The paper generates by z from N(0, I) and a decoder that reads f z; so the prior of what the
    decoder reads is N(0, f²). With this charge the objective is a lower bound of the
    log-likelihood of that generator. Over z itself it is the KL of N(μ, σ²/f²) to N(0, I): scaling
    the means up is the same as scaling the noise down.
    """

    def forward(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> Float[Tensor, "batch latent"]:
        """The charge by dimension, in nats; errors as in :class:`UnscaledKL`."""
        q = scaled(q)
        return kl_divergence(Normal(q.loc, q.scale, validate_args=False), q.generated)


def scaled(q: Distribution) -> ScaledNormal:
    """The same posterior, known to be a scaled one."""
    if not isinstance(q, ScaledNormal):
        raise CollapseError(
            f"This charge is for scaled means, not for {type(q).__name__}; use ScaledGaussian."
        )
    return q
