"""How likely a model finds held-out documents: the bound, importance weighting, quadrature.

All values are negative log-likelihoods in nats, one number a document.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Normal

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import Batch, Documents, make_batch
from collapse.metrics.checks import at_least_one, exp_or_inf
from collapse.metrics.grids import wide_grid
from collapse.posteriors import by_row
from collapse.posteriors.densities import kl_by_factor, log_density, told
from collapse.vae import VAE

LOGITS = 2**22  # logits worked out from one chunk of (document, z) pairs
LOGITS_GPU = 2**29  # 2 GB: a GPU is fast only with thousands of rows at a time
ROWS = 64  # but this many pairs at least: an LSTM over fewer is slow

DIVERGED = "The posterior gives no draws; has the run diverged? Measure an earlier checkpoint"

ChooseZ = Callable[[slice], tuple[Tensor, Tensor]]  # z and its log-weights, see sum_over_z


@dataclass(frozen=True)
class Encoded:
    """A split seen through a model: one posterior and one sample of z a document.

    Attributes:
        q: posteriors of all documents, for example a ``Normal`` of batch shape
            ``(documents, latent)``.
        z: one draw from each, ``(documents, latent)``.
        kl: KL(q(z|x) || p(z)) by factor, ``(documents, factors)``: by dimension of z, or in one
            number where the dimensions hang together.
        log_likelihood: log p(x|z) at that draw, ``(documents,)``.
    """

    q: Distribution
    z: Float[Tensor, "documents latent"]
    kl: Float[Tensor, "documents factors"]
    log_likelihood: Float[Tensor, " documents"]

    def first(self, count: int) -> "Encoded":
        """The same of the first ``count`` documents."""
        q = by_row(lambda rows: rows[:count], self.q)
        return Encoded(q, self.z[:count], self.kl[:count], self.log_likelihood[:count])

    @property
    def nll_bound(self) -> Float[Tensor, " documents"]:
        """The negative ELBO of each document, with one sample."""
        return self.kl.sum(-1) - self.log_likelihood


@torch.no_grad()
def encode_split(model: VAE, documents: Documents, seed: int = 0) -> Encoded:
    """Posterior, one sample, KL and log-likelihood of every document of a split, on the CPU.

    The model should be in evaluation mode.

    Raises:
        DataError: without a document.
        CollapseError: if the KL of posterior and prior is not known in closed form.
    """
    posteriors, parts = [], []
    with seeded(seed):
        for batch in in_batches(documents, most=256):
            batch = model.read(batch.to(model.device))
            q = model.encode(batch)
            z = q.rsample()
            log_likelihood = model.log_likelihood(batch, z)
            values = (z, kl_by_factor(q, model.prior(batch)), log_likelihood, batch.indices)
            parts.append([value.cpu() for value in values])
            posteriors.append(by_row(Tensor.cpu, q))
    z, kl, log_likelihood, indices = (torch.cat(p) for p in zip(*parts, strict=True))
    back = indices.argsort()
    q = by_row(lambda *rows: torch.cat(rows)[back], *posteriors)
    return Encoded(q, z[back], kl[back], log_likelihood[back])


def iw_nll(
    model: VAE, documents: Documents, samples: int = 500, seed: int = 0
) -> Float[Tensor, " documents"]:
    """Importance-weighted estimate of -log p(x) (Burda et al. 2016, Eq. 8), proposal q(z|x).

    ``-log 1/K Σ_k p(x|z_k) p(z_k) / q(z_k|x)``: an upper bound of the negative log-likelihood in
    expectation, which falls towards it as K grows; K = 1 is the negative ELBO. Memory does not
    grow with K.

    Args:
        model: in evaluation mode.
        documents: the split.
        samples: K.
        seed: of the samples.

    Returns:
        NaN or infinite for a document of which one weight is.

    Raises:
        DataError: without a document.
        CollapseError: for less than one sample, a posterior without draws, or one without a
            log-density a document, or such a prior, see :mod:`collapse.posteriors.densities`.
    """
    at_least_one(samples, "samples")

    def propose(batch: Batch) -> ChooseZ:
        q, prior = model.encode(batch), model.prior(batch)

        def draw(here: slice) -> tuple[Tensor, Tensor]:
            shape = torch.Size([here.stop - here.start])
            z = told(lambda: q.sample(shape), DIVERGED)  # (chunk, batch, latent)
            check_draws(z, len(batch.tokens), model.latent)
            return z, log_density(prior, z) - log_density(q, z)

        return draw

    with seeded(seed):
        sums = sum_over_z(model, documents, samples, propose)
    return math.log(samples) - sums


def check_draws(z: Float[Tensor, "..."], documents: int, latent: int) -> None:
    """Refuse draws that are not one vector a document and draw.

    Raises:
        CollapseError: naming both shapes.
    """
    if z.shape[1:] != (documents, latent):
        raise CollapseError(
            f"{len(z)} draws for {documents} documents with {latent} latent dimensions must have "
            f"shape {(len(z), documents, latent)}; the posterior's have {tuple(z.shape)}."
        )


def exact_nll(
    model: VAE, documents: Documents, reach: float = 6.0, stride: float = 0.2
) -> Float[Tensor, " documents"]:
    """-log p(x) by quadrature over z on an even grid, for models with at most two dimensions.

    An even grid with the trapezoid rule converges faster than any power of the stride for smooth
    integrands that vanish at the ends.

    Args:
        model: in evaluation mode.
        documents: the split.
        reach: the grid goes from -reach to reach, and farther, with growing steps, for a prior that
            is wider than N(0, I).
        stride: distance of neighbouring grid points; less for a prior that is narrower than that.

    Raises:
        DataError: without a document.
        CollapseError: for more than two latent dimensions, a prior that has no density there, or
            one that the grid does not hold.
    """
    if not isinstance(model.prior(), Normal):
        raise CollapseError(
            f"The even grid is for a normal prior; this one is {type(model.prior()).__name__}. "
            "Use iw_nll instead."
        )
    if model.latent > 2:
        raise CollapseError(
            f"Quadrature needs a latent space of at most 2 dimensions; this model has "
            f"{model.latent}. Use iw_nll instead."
        )
    wider = model.prior().stddev.expand(model.latent).tolist()
    points, volumes = wide_grid(wider, reach, stride)
    weights = log_density(model.prior(), points.to(model.like)) + volumes.to(model.like)
    check_mass(weights)
    return nll_on_grid(model, documents, points, weights)


def check_mass(log_weights: Float[Tensor, " points"]) -> None:
    """Refuse a grid that does not hold the prior: what it misses is missing in the likelihood.

    Raises:
        CollapseError: if the logarithm of the sum of the weights is more than 0.01 from 0.
    """
    held = log_weights.logsumexp(0).item()
    if not abs(held) <= 0.01:
        raise CollapseError(
            f"The grid finds {exp_or_inf(held):.3g} of the prior's probability where 1 is right. "
            "Is the prior off its middle or narrower than its stride? Take a longer reach or a "
            "shorter stride, or use iw_nll instead."
        )


def nll_on_grid(
    model: VAE,
    documents: Documents,
    points: Float[Tensor, "points latent"],
    log_weights: Float[Tensor, " points"],
    shift: Float[Tensor, "documents latent"] | None = None,
) -> Float[Tensor, " documents"]:
    """-log Σ_k p(x|z_k) w_k over one set of points for all documents.

    Args:
        model: in evaluation mode.
        documents: the split.
        points: values of z.
        log_weights: log of density times volume at each point.
        shift: added to every point, for each document its own. What comes out is then no
            likelihood: the decoder is told something of the document free of charge.
    """
    points, log_weights = points.to(model.like), log_weights.to(model.like)

    def look_up(batch: Batch) -> ChooseZ:
        z = points.unsqueeze(1).expand(-1, len(batch.tokens), -1)
        if shift is not None:
            z = z + shift[batch.indices.cpu()].to(model.like)
        return lambda here: (z[here], log_weights[here].unsqueeze(1))

    return -sum_over_z(model, documents, len(points), look_up)


@torch.no_grad()
def sum_over_z(
    model: VAE,
    documents: Documents,
    count: int,
    choose_z: Callable[[Batch], ChooseZ],
) -> Float[Tensor, " documents"]:
    """log Σ_k p(x|z_k) w_k for every document, a bounded number of (document, z) pairs at a time.

    Args:
        model: in evaluation mode.
        documents: the split.
        count: how many z there are for each document.
        choose_z: for a batch, a function that gives for a slice of ``range(count)`` as many
            values of z ``(n, batch, latent)`` and their log-weights, ``(n, batch)`` or ``(n, 1)``.
    """
    total = torch.empty(len(documents), dtype=model.like.dtype)
    for batch, chunks in shared_out(model, documents, count):
        choose = choose_z(batch)
        sums = [log_joint(model, batch, *choose(chunk)).logsumexp(0) for chunk in chunks]
        total[batch.indices.cpu()] = torch.stack(sums).logsumexp(0).cpu()
    return total


def log_joint(model: VAE, batch: Batch, z: Tensor, log_weights: Tensor) -> Tensor:
    """log p(x|z) + log w for z of shape ``(n, batch, latent)``; returns ``(n, batch)``."""
    return (
        model.log_likelihood(batch.repeat(len(z)), z.flatten(0, 1)).view(len(z), -1) + log_weights
    )


def shared_out(model: VAE, documents: Documents, count: int) -> Iterator[tuple[Batch, list[slice]]]:
    """Batches of documents, each with the slices of ``range(count)`` that fit into memory."""
    vocabulary = model.decoder.vocabulary
    for batch in in_batches(documents, most=16):
        fewest = math.ceil(ROWS / len(batch.tokens))
        logits = LOGITS if model.device.type == "cpu" else LOGITS_GPU
        size = max(fewest, logits // (vocabulary * int(batch.predicted.sum())))
        starts = range(0, count, size)
        yield model.read(batch.to(model.device)), [slice(s, min(s + size, count)) for s in starts]


def in_batches(documents: Documents, most: int) -> Iterator[Batch]:
    """All documents of a split, neighbours in length together, in a fixed order."""
    order = documents.lengths.argsort(kind="stable")
    for indices in np.array_split(order, max(1, math.ceil(len(order) / most))):
        yield make_batch(documents, indices)
