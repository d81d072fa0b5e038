"""Scaled posterior means (Scale-VAE, Song et al. 2024, Eq. 2 to 7 and Algorithm 1)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal, constraints

from collapse.base.errors import CollapseError, choose
from collapse.parts import Sizes
from collapse.posteriors.gaussian import DiagonalGaussian, standard_normal

LEAST = 1e-8  # a smaller standard deviation of the means counts as this one
PRIORS = {"generation": "N(0, f²), what the decoder reads of f·z", "standard": "N(0, I)"}


class ScaledNormal(Normal):
    """q̂ = N(f μ, σ²), what the decoder reads, which remembers μ and f.

    As a distribution it is q̂ and nothing else: samples, densities, entropy and
    ``kl_divergence(q, prior)`` are those of N(f μ, σ²). The posterior that Song et al. (2024)
    charge for is :attr:`unscaled`, another distribution; it never enters a number unless it is
    named.

    Args:
        loc: f μ, ``(batch, latent)``.
        scale: σ, ``(batch, latent)``.
        unscaled_mean: μ, ``(batch, latent)``.
        factor: f, ``(latent,)``, the same for all documents.
        validate_args: as in torch.
    """

    arg_constraints = {  # noqa: RUF012, as torch has it
        "loc": constraints.real,
        "scale": constraints.positive,
        "unscaled_mean": constraints.real,
    }
    shared = ("factor",)

    def __init__(
        self,
        loc: Tensor,
        scale: Tensor,
        unscaled_mean: Tensor,
        factor: Tensor,
        validate_args: bool | None = None,
    ) -> None:
        self.unscaled_mean, self.factor = unscaled_mean, factor
        super().__init__(loc, scale, validate_args)

    @property
    def unscaled(self) -> Normal:
        """q = N(μ, σ²), the posterior before the factor."""
        return Normal(self.unscaled_mean, self.scale, validate_args=False)


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
            own = batch_factor(q.mean, self.des_std)
            self.total += own.detach()
            self.batches += 1
            if self.own_factors:
                factor = own if self.through else own.detach()
        return ScaledNormal(factor * q.mean, q.stddev, q.mean, factor, validate_args=False)

    def prior(self) -> Normal:
        """N(0, f²) with the factor of evaluation mode, or N(0, I); batch shape ``(latent,)``."""
        plain = standard_normal(torch.zeros_like(self.factor))
        return Normal(plain.mean, self.factor.clone()) if self.scaled_prior else plain


def batch_factor(means: Float[Tensor, "batch latent"], des_std: float) -> Float[Tensor, " latent"]:
    """f_d = des_std / Std[μ_d] over at least two documents (Song et al. 2024, Eq. 3)."""
    return des_std / means.std(0).clamp(min=LEAST)
