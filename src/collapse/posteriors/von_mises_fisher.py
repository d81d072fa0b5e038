"""The posterior of the vMF-VAE."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from collapse.distributions.sphere import UniformSphere, VonMisesFisher
from collapse.parts import Sizes
from collapse.posteriors.gaussian import Posterior
from collapse.theory import log_mean_exp


class VonMisesFisherPosterior(Posterior):
    """q(z|x) = vMF(direction(x), κ) with fixed κ, uniform prior (Xu & Durrett 2018, section 3).

    Only the direction depends on x. The rate is therefore the same constant for every document,
    :func:`collapse.theory.vmf_kl`, whatever the encoder does: the KL cannot vanish, and tells
    nothing about information. z has length one, so the variances of its D dimensions sum to 1 at
    most: the convention for active units, a variance of 0.01, is about another scale.

    Args:
        sizes: widths; features have width ``hidden``, and ``latent`` is 2 or more.
        concentration: κ.
        bias: whether the map from the features has a bias.

    Raises:
        CollapseError: with fewer than two dimensions, or a negative concentration.
    """

    def __init__(self, sizes: Sizes, *, concentration: float, bias: bool = False) -> None:
        super().__init__()
        log_mean_exp(sizes.latent, concentration)  # refuses what is not a vMF distribution
        self.latent, self.concentration = sizes.latent, concentration
        self.linear = nn.Linear(sizes.hidden, sizes.latent, bias=bias)

    def forward(self, features: Float[Tensor, "batch hidden"]) -> VonMisesFisher:
        """The posterior of each row."""
        direction = F.normalize(self.linear(features), dim=-1)
        return VonMisesFisher(direction, self.concentration, validate_args=False)

    def prior(self) -> UniformSphere:
        """The uniform distribution on the sphere."""
        return UniformSphere(self.linear.weight.new_zeros(self.latent), validate_args=False)
