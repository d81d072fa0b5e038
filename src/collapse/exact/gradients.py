"""Two ways to differentiate an expectation whose distribution moves, and how noisy each is.

The quantity is the ELBO of one observation with q = N(μ, diag(s²)): L(μ, log s²) = E_q ℓ(z) + H(q),
ℓ(z) = log p(x, z). The entropy and its gradient (0, ½) are exact in both estimators, so that what
differs is the estimate of ∇ E_q ℓ(z) alone. With z = μ + s ⊙ ε, for dimension d:

    reparameterised   ∂ℓ/∂z_d · (1, ½ s_d ε_d)                  Kingma & Welling 2014
    score function    (ℓ(z) - b) · (ε_d / s_d, ½ (ε_d² - 1))    Williams 1992

Both are unbiased for any b that does not depend on the draw that it is used with.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

LogJoint = Callable[[Float[Tensor, "draws latent"]], Float[Tensor, " draws"]]
"""z -> log p(x, z) for one fixed x and a batch of z, differentiable."""


def reparameterised_gradients(
    log_joint: LogJoint,
    mean: Float[Tensor, " latent"],
    std: Float[Tensor, " latent"],
    noise: Float[Tensor, "draws latent"],
) -> Float[Tensor, "draws 2 latent"]:
    """One gradient of the ELBO for each draw: row 0 for the means, row 1 for log s².

    Args:
        log_joint: ℓ.
        mean: μ of q.
        std: s of q.
        noise: standard normal draws ε.
    """
    z = (mean + std * noise).detach().requires_grad_()
    (slope,) = torch.autograd.grad(log_joint(z).sum(), z)
    return torch.stack([slope, slope * 0.5 * std * noise + 0.5], dim=1)


def score_gradients(
    log_joint: LogJoint,
    mean: Float[Tensor, " latent"],
    std: Float[Tensor, " latent"],
    noise: Float[Tensor, "draws latent"],
    *,
    baseline: bool = False,
) -> Float[Tensor, "draws 2 latent"]:
    """The same gradients by the score function.

    Args:
        log_joint: ℓ; it is evaluated only, never differentiated.
        mean: μ of q.
        std: s of q.
        noise: standard normal draws ε, at least two with a baseline.
        baseline: subtract the mean of ℓ over the other draws; the gradient's mean
            does not change.
    """
    with torch.no_grad():
        value = log_joint(mean + std * noise)[:, None]
    if baseline:
        value = (value - value.mean()) * len(value) / (len(value) - 1)
    by_mean = value * noise / std
    by_log_var = value * 0.5 * (noise.square() - 1) + 0.5
    return torch.stack([by_mean, by_log_var], dim=1)
