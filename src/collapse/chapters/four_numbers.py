"""The four numbers of chapter 2, each written out; :mod:`collapse.metrics` has them with checks.

``q`` is a ``Normal`` with a row a document and a column a dimension. Everything is in nats.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.distributions import Normal

from collapse.metrics import LatentVariableModel


def kl_to_prior(q: Normal) -> Float[Tensor, " documents"]:
    """KL(q(z|x) ‖ N(0, I)) of each document."""
    mean, variance = q.mean, q.variance
    return 0.5 * (mean**2 + variance - 1 - variance.log()).sum(-1)


def information(q: Normal, z: Float[Tensor, "documents latent"]) -> Float[Tensor, ""]:
    """Mutual information of document and code, from one draw z of each posterior."""
    own = q.log_prob(z).sum(-1)  # log q(z_n|x_n)
    each = Normal(q.mean[None], q.stddev[None]).log_prob(z[:, None]).sum(-1)  # (n, m)
    mixture = each.logsumexp(1) - math.log(len(z))  # log (1/M) Σ_m q(z_n|x_m)
    return (own - mixture).mean()


def active_units(q: Normal, threshold: float = 0.01) -> Int[Tensor, ""]:
    """How many dimensions have a mean that varies over the documents."""
    return (q.mean.var(dim=0) >= threshold).sum()


@torch.no_grad()
def nll(
    model: LatentVariableModel,
    x: object,
    samples: int,
) -> Float[Tensor, " documents"]:
    """-log p(x) by importance sampling from q(z|x); too high on average."""
    q, prior, weights = model.encode(x), model.prior(), []
    for _ in range(samples):
        z = q.sample()
        kl_term = (q.log_prob(z) - prior.log_prob(z)).sum(-1)
        weights.append(model.log_likelihood(x, z) - kl_term)
    return math.log(samples) - torch.stack(weights).logsumexp(0)


def known_posteriors(
    dimensions: int, documents: int, seed: int
) -> tuple[Normal, Float[Tensor, "documents latent"]]:
    """Posteriors whose information is known, ``theory.gaussian_channel_mi(0.1)`` a dimension.

    Their means are draws from N(0, 1), their variances 0.1; with a draw of z from each.
    """
    generator = torch.Generator().manual_seed(seed)
    mean, noise = torch.randn(2, documents, dimensions, generator=generator)
    q = Normal(mean, torch.full_like(mean, 0.1**0.5))
    return q, mean + q.stddev * noise
