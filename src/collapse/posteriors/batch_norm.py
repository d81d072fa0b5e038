"""Batch normalisation of the posterior means: a floor under the mean KL (Zhu et al. 2020)."""

import math
from numbers import Real

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.parts import Sizes
from collapse.posteriors.gaussian import DiagonalGaussian


class BatchNorm(nn.Module):
    """μ' = γ (μ - mean) / √(variance + ε) + β for each dimension.

    That is Eq. 5 of Zhu et al. (2020), which has no ε, with the ε of PyTorch's layer.

    While training, mean and biased variance are those of the batch, and running averages of them
    are kept (of the unbiased variance, as PyTorch does it); in evaluation mode the running
    averages are used. The variance of a single document is 0, so a batch of one has nothing to be
    normalised with: it is treated as in evaluation mode, and leaves the averages alone.

    Args:
        width: dimensions.
        gamma: γ, a constant unless ``learn_gamma``.
        beta: first value of the shift β, or the shift itself without ``learn_beta``.
        eps: ε. The variance of μ' is γ² V / (V + ε), where V is that of μ.
        momentum: weight of a new batch in the running averages.
        learn_gamma: make γ a parameter. Then there is no floor: γ → 0 is the cheapest KL.
        learn_beta: make β a parameter.

    Raises:
        CollapseError: for a negative γ, an ε that is not positive, a momentum that is not from 0
            to 1, or a number that is none.
    """

    keep_init = True  # scale and shift are not to be drawn at random
    gamma: Tensor
    beta: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        width: int,
        *,
        gamma: float,
        beta: float = 0.0,
        eps: float = 1e-5,
        momentum: float = 0.1,
        learn_gamma: bool = False,
        learn_beta: bool = True,
    ) -> None:
        super().__init__()
        numbers = all(isinstance(value, Real) for value in (gamma, eps, momentum, beta))
        if not (numbers and 0 <= gamma < math.inf and 0 < eps < math.inf and 0 < momentum <= 1):
            raise CollapseError(
                f"Batch normalisation needs gamma >= 0, eps > 0 and momentum above 0 and 1 at most;"
                f" got {gamma!r}, {eps!r} and {momentum!r} with a shift beta of {beta!r}."
            )
        if not math.isfinite(beta):
            raise CollapseError(f"The shift beta must be a finite number; got {beta}.")
        self.eps, self.momentum = eps, momentum
        self._hold("gamma", torch.full((width,), gamma), learn_gamma)
        self._hold("beta", torch.full((width,), beta), learn_beta)
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def _hold(self, name: str, value: Tensor, learned: bool) -> None:
        """Keep ``value`` as a parameter, or as a buffer that only checkpoints see."""
        if learned:
            self.register_parameter(name, nn.Parameter(value))
        else:
            self.register_buffer(name, value)

    def forward(self, values: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
        """The normalised values."""
        return F.batch_norm(
            values,
            self.running_mean,
            self.running_var,
            self.gamma,
            self.beta,
            training=self.training and len(values) > 1,
            momentum=self.momentum,
            eps=self.eps,
        )


class BatchNormGaussian(DiagonalGaussian):
    """q(z|x) = N(μ', diag σ²) with batch-normalised means μ', prior N(0, I) (BN-VAE).

    Over a batch of at least two documents the KL is on average at least n (γ² + β²) / 2 nats, as
    long as the variance of the means before normalisation is far above ε (Zhu et al. 2020, Eq. 6;
    :func:`collapse.theory.kl_floor`). A trained β may go to 0, which leaves n γ² / 2.

    Args:
        sizes: widths; features have width ``hidden``.
        gamma: the fixed scale γ.
        bias: whether the map to mean and log-variance has a bias.
        keep_init: keep the first weights that PyTorch gives this map, whatever the protocol draws
            elsewhere; with the encoder's option of the same name, what the paper's code does.
        beta: see :class:`BatchNorm`, as are ``eps``, ``momentum``, ``learn_gamma``, ``learn_beta``.
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        gamma: float,
        beta: float = 0.0,
        eps: float = 1e-5,
        momentum: float = 0.1,
        learn_gamma: bool = False,
        learn_beta: bool = True,
        bias: bool = False,
        keep_init: bool = False,
    ) -> None:
        super().__init__(sizes, bias=bias)
        self.keep_init = keep_init
        self.norm = BatchNorm(
            sizes.latent,
            gamma=gamma,
            beta=beta,
            eps=eps,
            momentum=momentum,
            learn_gamma=learn_gamma,
            learn_beta=learn_beta,
        )

    def forward(self, features: Float[Tensor, "batch hidden"]) -> Normal:
        """The posterior of each row, batch shape ``(batch, latent)``."""
        q = super().forward(features)
        return Normal(self.norm(q.mean), q.stddev, validate_args=False)
