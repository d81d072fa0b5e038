"""What WAE-RNF charges: some KL, a distance of all codes to the prior, and a curvature."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from collapse.distributions.densities import log_density
from collapse.objectives.mmd import kernel, mmd
from collapse.objectives.regulariser import Regulariser
from collapse.parts import Sizes
from collapse.theory.checks import not_negative, one_or_more, positive


class WassersteinRegulariser(Regulariser):
    """t (log q(z|x) - log p(z)) + (λ - t) MMD²(q(z), p) - log(1 + k(z)): our reading of WAE-RNF.

    Wang & Wang (2019) add to a Wasserstein autoencoder (Tolstikhin et al. 2018), whose MMD compares
    all codes with the prior and none of them alone, a flow on the posterior and a metric of the
    latent space that is short near the data: with centres c, ``k(z) = max_c exp(-band |z - c|²)``.
    The weights are those of the code that they released, at the end of its annealing. Four things
    are ours. The centres are trained with everything else, where the code takes k-means of the
    codes of an earlier run. k enters once, not once for each flow. The log of the volume change is
    weighed by t like the rest of log q. And the kernel of the MMD is a Gaussian of length √D.

    It is no bound of anything. The released importance weights are none either: they evaluate
    the prior at z₀ and add the log-volume with the wrong sign.

    Args:
        sizes: widths.
        kl: t.
        total: λ.
        centres: how many.
        band: inverse squared width of k.

    Raises:
        CollapseError: for a negative weight, no centre, or a band that is not positive.
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        kl: float = 0.8,
        total: float = 10.0,
        centres: int = 20,
        band: float = 0.5,
    ) -> None:
        super().__init__()
        not_negative(kl=kl, total=total)
        positive(band=band)
        one_or_more(centres=centres)
        self.kl, self.total, self.band = kl, total, band
        self.length = sizes.latent**0.5
        self.centres = nn.Parameter(torch.randn(centres, sizes.latent))

    def forward(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> Float[Tensor, "batch 1"]:
        """The charge of each document; the MMD is over the batch, biased in a batch of one."""
        ratio = (log_density(q, z) - log_density(prior, z)).unsqueeze(-1)
        z_prior = prior.sample(torch.Size([len(z)]))
        distance = mmd(z, z_prior, self.length, biased=len(z) < 2)
        near = kernel(z, self.centres, (2 * self.band) ** -0.5).amax(-1, keepdim=True)
        return self.kl * ratio + (self.total - self.kl) * distance - near.log1p()
