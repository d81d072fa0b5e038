"""Two ways to differentiate an expectation whose distribution moves, and how noisy each is.

The quantity is the ELBO of one observation with q = N(μ, s²), L(μ, log s²) = E_q ℓ(z) + H(q),
ℓ(z) = log p(x, z). The entropy and its gradient (0, ½) are exact in both estimators, so that what
differs is the estimate of ∇ E_q ℓ(z) alone. With z = μ + sε:

    reparameterised   ℓ'(z) · (1, ½ s ε)                   Kingma & Welling 2014
    score function    (ℓ(z) - b) · (ε / s, ½ (ε² - 1))     Williams 1992

Both are unbiased for any b that does not depend on the draw that it is used with.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

LogJoint = Callable[[Float[Tensor, " draws"]], Float[Tensor, " draws"]]
"""z -> log p(x, z) for one fixed x, elementwise and differentiable."""

ENTROPY_GRADIENT = torch.tensor([0.0, 0.5], dtype=torch.float64)


def reparameterised_gradients(
    log_joint: LogJoint, mean: float, sd: float, noise: Float[Tensor, " draws"]
) -> Float[Tensor, "draws 2"]:
    """One gradient of the ELBO with respect to (μ, log s²) for each draw, in nats per unit.

    Args:
        log_joint: ℓ.
        mean: μ of q.
        sd: s of q.
        noise: standard normal draws ε.
    """
    z = (mean + sd * noise).requires_grad_()
    (slope,) = torch.autograd.grad(log_joint(z).sum(), z)
    return torch.stack([slope, slope * 0.5 * sd * noise], dim=1) + ENTROPY_GRADIENT


def score_gradients(
    log_joint: LogJoint,
    mean: float,
    sd: float,
    noise: Float[Tensor, " draws"],
    *,
    baseline: bool = False,
) -> Float[Tensor, "draws 2"]:
    """The same gradients by the score function, arguments as for ``reparameterised_gradients``.

    Args:
        log_joint: ℓ; it is evaluated only, never differentiated.
        mean: μ of q.
        sd: s of q.
        noise: standard normal draws ε, at least two with a baseline.
        baseline: subtract the mean of ℓ over the other draws, which leaves the mean unchanged.
    """
    with torch.no_grad():
        value = log_joint(mean + sd * noise)
    if baseline:
        value = (value - value.mean()) * len(value) / (len(value) - 1)
    score = torch.stack([noise / sd, 0.5 * (noise.square() - 1)], dim=1)
    return value[:, None] * score + ENTROPY_GRADIENT
