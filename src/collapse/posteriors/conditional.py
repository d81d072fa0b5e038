"""The two distributions of a conditional VAE: recognition q(z|x,y) and prior p(z|x)."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from collapse.distributions import normal_of, standard_normal
from collapse.parts import Sizes
from collapse.posteriors.batch_norm import BatchNorm
from collapse.posteriors.gaussian import Posterior


class ConditionalGaussian(Posterior):
    """q(z|x,y) and p(z|x), both diagonal Gaussians of a network's making (Sohn et al. 2015).

    As in Zhao et al. (2017): q is a linear map of context and reply, p a network with one hidden
    layer of tanh units over the context. With ``gamma`` the means of q are batch-normalised, BN-
    CVAE (Zhu et al. 2020, Algorithm 2); with ``prior_gamma`` those of p are as well, the variant
    of the paper's footnote 1.

    Args:
        sizes: those of ``context`` and ``reply``; ``hidden`` is the width of the prior's hidden
            layer.
        condition_on_context: whether q sees the context beside the reply. Without it, normalised
            means can vary only with the reply.
        gamma: γ of the batch normalisation of q's means; None for no normalisation.
        prior_gamma: γ of that of p's means; None for none.
        eps: ε of both, see :class:`BatchNorm`: small beside the variance of the raw means, or the
            floor does not hold.
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        condition_on_context: bool = True,
        gamma: float | None = None,
        prior_gamma: float | None = None,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        self.latent = sizes.latent
        self.skipped = 0 if condition_on_context else sizes.context
        read = sizes.context + sizes.reply - self.skipped
        self.recognition = nn.Linear(read, 2 * sizes.latent)
        self.prior_net = nn.Sequential(
            nn.Linear(sizes.context, sizes.hidden),
            nn.Tanh(),
            nn.Linear(sizes.hidden, 2 * sizes.latent),
        )
        self.norm = normalisation(sizes.latent, gamma, eps)
        self.prior_norm = normalisation(sizes.latent, prior_gamma, eps)

    def forward(self, features: Float[Tensor, "batch features"]) -> Normal:
        """q(z|x,y) of each row, from its context and its reply side by side."""
        return normalised(normal_of(self.recognition(features[:, self.skipped :])), self.norm)

    def conditional_prior(self, context: Float[Tensor, "batch context"]) -> Normal:
        """p(z|x) of each row, from its context."""
        return normalised(normal_of(self.prior_net(context)), self.prior_norm)

    def prior(self) -> Normal:
        """r(z), the standard normal that p(z|x) is tied to in BN-CVAE (Zhu et al. 2020, Eq. 11)."""
        return standard_normal(self.recognition.weight.new_zeros(self.latent))


def normalisation(latent: int, gamma: float | None, eps: float) -> nn.Module:
    """Batch normalisation with this γ, or nothing."""
    return nn.Identity() if gamma is None else BatchNorm(latent, gamma=gamma, eps=eps)


def normalised(q: Normal, norm: nn.Module) -> Normal:
    """The same Gaussian with its means passed through ``norm``."""
    return Normal(norm(q.mean), q.stddev, validate_args=False)
