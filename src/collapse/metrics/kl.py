"""KL(q(z|x) ‖ p(z)) in closed form, or at the draw where nobody knows one. In nats."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.distributions.densities import kl_by_factor, log_density
from collapse.distributions.support import check_inside


def kl_per_dimension(q: Distribution, p: Distribution) -> Float[Tensor, "batch factors"]:
    """KL(q(z_d|x) ‖ p(z_d)) in nats, (N, D), closed form; (N, 1) for a joint posterior.

    Args:
        q: posterior, one row per example.
        p: prior.

    Raises:
        CollapseError: for a pair of distributions whose KL is not known in closed form.
    """
    return kl_by_factor(q, p)


def kl_or_estimate(
    q: Distribution, p: Distribution, z: Float[Tensor, "batch latent"]
) -> Float[Tensor, "batch factors"]:
    """The same where torch has a closed form, else an estimate at the draw, (N, 1).

    The estimate is ``log q(z_n|x_n) - log p(z_n)``, as of a ``StudentT`` posterior or a mixture as
    the prior: unbiased, with the noise of one draw an example, and not always positive.

    Args:
        q: posterior, one row per example.
        p: prior.
        z: (N, D), row n drawn from row n of ``q``.

    Raises:
        CollapseError: without a closed form, for a posterior that takes values which the prior
            does not, or draws that :func:`check_resolved` refuses.
    """

    def at_the_draw() -> Tensor:
        check_inside(q, p)
        check_resolved(q, z)
        return (log_density(q, z) - log_density(p, z)).unsqueeze(-1)

    return kl_by_factor(q, p, at_the_draw)


def check_resolved(q: Distribution, z: Float[Tensor, "batch latent"]) -> None:
    """Refuse draws that are too coarse to lie about their mean as they should.

    A draw of N(10, 1e-8²) in single precision is 10 itself, and its density that of the peak.
    Where numbers near z are a quarter of σ apart, rounding moves log q(z|x) by less than 0.01 nats
    a dimension. Whole numbers are not looked at, nor a distribution that does not know its width.

    Raises:
        CollapseError: naming how many documents are concerned.
    """
    if not z.is_floating_point():
        return
    try:
        width = q.variance.sqrt()
    except NotImplementedError:
        return
    coarse = (z.isfinite() & (z.abs() * torch.finfo(z.dtype).eps > width / 4)).any(-1)
    if coarse.any():
        raise CollapseError(
            f"{int(coarse.sum())} of {len(z)} draws are rounded more coarsely than their posterior "
            f"is wide: {str(z.dtype).removeprefix('torch.')} cannot tell z from its mean there. "
            "Draw z in float64, or take what does not depend on it: mutual_information with "
            "entropy='sampled', or decomposition."
        )
