"""The posterior of the δ-VAE: a committed rate."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.distributions import standard_normal
from collapse.parts import Sizes
from collapse.posteriors.gaussian import Posterior
from collapse.theory import feasible_deviations

MARGIN = 1e-6  # of μ²: keeps the slope of the root finite


class DeltaGaussian(Posterior):
    """q(z_d|x) with KL(q ‖ N(0, 1)) ≥ δ nats in every dimension, whatever x (Razavi et al. 2019).

    Zhu et al. (2020), Eq. 7 and 8: σ is squeezed by a logistic function between the two roots of
    ln σ² - σ² + 2δ + 1 = 0, and the mean makes up the rest of the rate. Eq. 8 prints
    ``μ = 2δ + 1 + ln σ² - σ² + max(0, m)``; the KL is half of μ² + σ² - ln σ² - 1, so it is μ²
    that must be this, and μ its square root, as in the code that Zhu et al. released. Without the
    root, and with m ≤ 0, the rate falls below δ wherever 0 < 2δ + 1 + ln σ² - σ² < 1.

    The rate is committed, the information is not: where m(x) ≤ 0 for all x the KL is exactly δ a
    dimension at every σ. If σ does not depend on x either, every document has one posterior, with
    KL = n δ and no information. The mean is never negative.

    Args:
        sizes: widths; features have width ``hidden``.
        delta: δ, nats of a dimension, above 0.
        bias: whether the map from the features has a bias.

    Raises:
        CollapseError: for a rate that is not positive.
    """

    def __init__(self, sizes: Sizes, *, delta: float, bias: bool = False) -> None:
        super().__init__()
        if delta <= 0:
            raise CollapseError(f"A committed rate is above 0 nats a dimension, not {delta}.")
        self.latent, self.delta = sizes.latent, delta
        self.lowest, self.highest = feasible_deviations(delta)
        self.linear = nn.Linear(sizes.hidden, 2 * sizes.latent, bias=bias)

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Normal:
        """The posterior of each row, batch shape ``(batch, latent)``."""
        m, s = self.linear(features).chunk(2, dim=-1)
        std = self.lowest + (self.highest - self.lowest) * s.sigmoid()
        variance = std.square()
        missing = (2 * self.delta + 1 + variance.log() - variance).clamp(min=0)
        mean = (missing + F.relu(m) + MARGIN).sqrt()
        return Normal(mean, std, validate_args=False)

    def prior(self) -> Normal:
        """The standard normal, batch shape ``(latent,)``."""
        return standard_normal(self.linear.weight.new_zeros(self.latent))
