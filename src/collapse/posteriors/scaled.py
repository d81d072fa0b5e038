"""Scaled posterior means (Scale-VAE, Song et al. 2024, Eq. 2 to 7 and Algorithm 1)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Normal

from collapse.base.errors import CollapseError, choose
from collapse.distributions import ScaledNormal, standard_normal
from collapse.parts import Sizes
from collapse.posteriors.gaussian import DiagonalGaussian
from collapse.posteriors.scaled_readings import READINGS
from collapse.theory import charges, mutual_divergence, mutual_divergence_floor

LEAST_STD = 1e-8  # a smaller standard deviation of the means counts as this one
PRIORS = {"generation": "N(0, f²), what the decoder reads of f·z", "standard": "N(0, I)"}


class ScaledGaussian(DiagonalGaussian):
    """q̂(z|x) = N(f μ, diag σ²) with f_d = des_std / Std[μ_d] (Song et al. 2024, Eq. 2 to 6).

    In the first ``f_epo`` epochs each batch is scaled by its own factor. Afterwards a batch is
    scaled by the mean of the factors of all batches of the epoch before, which is constant within
    an epoch (Algorithm 1). Scale-VAE is this posterior together with the charge of
    :class:`collapse.objectives.UnscaledKL`; without that, or with
    :class:`collapse.objectives.GenerationKL`, the objective is a bound.

    What the paper leaves open, and what is done here:

    - Std is that of ``torch.std``, with divisor N - 1.
    - A batch of one document has no Std. It is scaled by the factor of the epoch before (1 in the
      first) and is left out of the mean.
    - The gradient goes through the batch's own factor, as it does if nothing is done about it. Then
      what the decoder reads does not change when μ is multiplied by a constant. ``through=False``
      treats the factor as a constant.
    - In evaluation mode the factor is the mean over the last finished epoch: the one that the next
      epoch of training would use. Before the first epoch it is 1.

    Args:
        sizes: widths; features have width ``hidden``.
        des_std: the standard deviation that each dimension of f μ is to have over the data.
        f_epo: epochs with a factor for each batch.
        through: whether the gradient goes through a batch's own factor.
        prior: "generation": N(0, f²), because the paper generates from f·z with z from N(0, I);
            or "standard": N(0, I) on what the decoder reads.
        bias: whether the map to mean and log-variance has a bias.

    Raises:
        CollapseError: for a ``des_std`` that is not positive, or a negative ``f_epo``.
        UnknownNameError: for another prior.
    """

    readings = tuple(READINGS.values())
    factor: Tensor
    total: Tensor
    batches: Tensor

    def __init__(
        self,
        sizes: Sizes,
        *,
        des_std: float,
        f_epo: int = 1,
        through: bool = True,
        prior: str = "generation",
        bias: bool = False,
    ) -> None:
        super().__init__(sizes, bias=bias)
        if not 0 < des_std < math.inf or f_epo < 0:
            raise CollapseError(
                f"Scaling needs a finite des_std > 0 and f_epo >= 0; got {des_std} and {f_epo}."
            )
        choose(prior, PRIORS, "prior")
        self.des_std, self.f_epo, self.through = des_std, f_epo, through
        self.scaled_prior = prior == "generation"
        self.own_factors = f_epo > 0
        self.register_buffer("factor", torch.ones(sizes.latent))
        self.register_buffer("total", torch.zeros(sizes.latent))
        self.register_buffer("batches", torch.zeros(()))

    def begin_epoch(self, epoch: int) -> None:
        """Whether batches have factors of their own in this epoch; a new mean begins."""
        self.own_factors = epoch < self.f_epo
        self.total.zero_()
        self.batches.zero_()

    def end_epoch(self) -> None:
        """The mean factor of the epoch is the factor from now on (Algorithm 1, line 17)."""
        if self.batches:
            self.factor.copy_(self.total / self.batches)
        self.total.zero_()
        self.batches.zero_()

    def forward(self, features: Float[Tensor, "batch hidden"]) -> ScaledNormal:
        """The posterior of each row, batch shape ``(batch, latent)``."""
        q = super().forward(features)
        factor = self.factor.clone()
        if self.training and len(features) > 1:
            of_batch = batch_factor(q.mean, self.des_std)
            self.total += of_batch.detach()
            self.batches += 1
            if self.own_factors:
                factor = of_batch if self.through else of_batch.detach()
        return ScaledNormal(factor * q.mean, q.stddev, q.mean, factor, validate_args=False)

    def report(
        self, q: Distribution, log_likelihood: Float[Tensor, " documents"]
    ) -> dict[str, Tensor | float]:
        """The KL that Song et al. (2024) report, their objective, and the diversity of their Eq. 8.

        ``kl_unscaled`` is the KL of N(μ, σ²) to N(0, I) and ``objective`` minus that of Eq. 7;
        ``mpd`` is the mutual posterior diversity and ``mpd_floor`` the bound of Eq. 10.
        """
        assert isinstance(q, ScaledNormal)
        kl = charges(q.unscaled_mean, q.variance, q.factor).unscaled.sum(-1)
        return {
            "kl_unscaled": kl,
            "objective": (kl - log_likelihood).mean().item(),
            "mpd": mutual_divergence(q.mean, q.variance).sum().item(),
            "mpd_floor": mutual_divergence_floor(q.mean, q.variance).sum().item(),
        }

    def state(self) -> dict[str, float]:
        """The mean factor, as ``factor``."""
        return {"factor": self.factor.mean().item()}

    def prior(self) -> Normal:
        """N(0, f²) with the factor of evaluation mode, or N(0, I); batch shape ``(latent,)``."""
        plain = standard_normal(torch.zeros_like(self.factor))
        return Normal(plain.mean, self.factor.clone()) if self.scaled_prior else plain


def batch_factor(means: Float[Tensor, "batch latent"], des_std: float) -> Float[Tensor, " latent"]:
    """f_d = des_std / Std[μ_d] over at least two documents (Song et al. 2024, Eq. 3)."""
    return des_std / means.std(0).clamp(min=LEAST_STD)
