"""How likely a model finds held-out examples: the bound, and importance weighting.

All values are negative log-likelihoods in nats, one number an example. The model may be anybody's,
see :class:`collapse.metrics.LatentVariableModel`. The data are documents, or a tensor with a row an
example, or batches as a ``DataLoader`` gives them, not shuffled; what comes out has their order.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import Batch, Documents, in_batches
from collapse.distributions import by_row
from collapse.distributions.densities import ask_torch, mean, shape_of
from collapse.metrics.checks import at_least_one, check_likelihood, warn_of_nan
from collapse.metrics.kl import kl_or_estimate
from collapse.metrics.proposals import (
    DIVERGED,
    FromPosterior,
    Proposal,
    check_draws,
    cut,
    weighted,
)
from collapse.metrics.protocol import (
    Data,
    LatentVariableModel,
    call,
    check_evaluating,
    check_one_each,
    first_tensor,
    log_likelihood_of,
    posterior_of,
    prior_of,
    rows,
)
from collapse.vae import VAE

NUMBERS = 2**22  # logits or pixels worked out from one chunk of (example, z) pairs
NUMBERS_GPU = 2**29  # 2 GB: a GPU is fast only with thousands of rows at a time
LEAST_PAIRS = 64  # but this many pairs at least: an LSTM over fewer is slow


@dataclass(frozen=True)
class Encoded:
    """Examples seen through a model: one posterior and one draw of z each.

    Attributes:
        q: posteriors of all examples, for example a ``Normal`` of batch shape
            ``(examples, latent)``.
        z: one draw from each, ``(examples, latent)``.
        kl: KL(q(z|x) || p(z)) by factor, ``(examples, factors)``: by dimension of z, or in one
            number where the dimensions hang together. Where torch has no closed form of it, an
            estimate in one number, log q(z|x) - log p(z) at the draw, see :meth:`of`.
        log_likelihood: log p(x|z) at that draw, ``(examples,)``.
    """

    q: Distribution
    z: Float[Tensor, "examples latent"]
    kl: Float[Tensor, "examples factors"]
    log_likelihood: Float[Tensor, " examples"]

    @classmethod
    def of(
        cls, log_likelihood: Callable[[Tensor], Tensor], q: Distribution, prior: Distribution
    ) -> "Encoded":
        """The two terms of the bound, from whatever model they are.

        The KL is that of torch. Where there is none in closed form, as for a ``StudentT`` or a
        mixture as the prior, it is estimated at the draw: unbiased, and not always positive.

        Args:
            log_likelihood: from one z an example, ``(examples, latent)``, to log p(x|z) in nats,
                ``(examples,)``.
            q: posteriors, one an example, see :mod:`collapse.distributions.densities`.
            prior: of one example, or of each.

        Raises:
            CollapseError: for another shape, a log-likelihood of +inf, or a KL that must be
                estimated of a posterior which takes values that the prior does not.
        """
        shape = shape_of(q)
        z = ask_torch(q.rsample if q.has_rsample else q.sample, DIVERGED)
        check_draws(z, shape)
        log_p = log_likelihood(z)
        check_one_each(log_p, shape[0])
        check_likelihood(log_p)
        return cls(q, z, kl_or_estimate(q, prior, z), log_p)

    def first(self, count: int) -> "Encoded":
        """The same of the first ``count`` examples."""
        q = by_row(lambda rows: rows[:count], self.q)
        return Encoded(q, self.z[:count], self.kl[:count], self.log_likelihood[:count])

    @property
    def nll_bound(self) -> Float[Tensor, " examples"]:
        """The negative ELBO of each example, with one draw."""
        return self.kl.sum(-1) - self.log_likelihood


@torch.no_grad()
def encode_split(model: LatentVariableModel, data: Data, seed: int = 0) -> Encoded:
    """Posterior, one draw of z, KL and log-likelihood of every example, on the CPU.

    Args:
        model: in evaluation mode.
        data: documents, a tensor with a row an example, or batches.
        seed: of the draws.

    Returns:
        See :class:`Encoded` for a KL without a closed form. NaN where a run that diverged has it,
        with a warning that says of which examples.

    Raises:
        CollapseError: without an example, in training mode, or as :meth:`Encoded.of` and
            :func:`collapse.metrics.protocol.posterior_of`.
    """
    parts, places, posteriors = [], [], []
    with seeded(seed):
        for batch, place in batches_of(model, data, most=256):
            q, prior = posterior_of(model, batch), prior_of(model, batch)
            part = Encoded.of(partial(call, model, "log_likelihood", batch), q, prior)
            parts.append([values.cpu() for values in (part.z, part.kl, part.log_likelihood)])
            places.append(place)
            posteriors.append(by_row(Tensor.cpu, q))
    order = torch.cat(places).argsort()
    z, kl, log_likelihood = (torch.cat(values)[order] for values in zip(*parts, strict=True))
    q = by_row(lambda *rows: torch.cat(rows)[order], *posteriors)
    encoded = Encoded(q, z, kl, log_likelihood)
    warn_of_nan(encoded.nll_bound, "The negative ELBO", callers=2)  # torch.no_grad is one
    return encoded


@torch.no_grad()
def posterior_means(model: LatentVariableModel, data: Data) -> Float[Tensor, "examples latent"]:
    """E z under q(z|x) of every example, on the CPU.

    Arguments as for :func:`encode_split`, and so are the errors; it also refuses posteriors that do
    not know their mean.
    """
    means, places = [], []
    for batch, place in batches_of(model, data, most=256):
        means.append(mean(posterior_of(model, batch)).cpu())
        places.append(place)
    return torch.cat(means)[torch.cat(places).argsort()]


def iw_nll(
    model: LatentVariableModel, data: Data, samples: int = 500, seed: int = 0
) -> Float[Tensor, " examples"]:
    """Importance-weighted estimate of -log p(x) (Burda et al. 2016, Eq. 8), proposal q(z|x).

    ``-log 1/K Σ_k p(x|z_k) p(z_k) / q(z_k|x)``: an upper bound of the negative log-likelihood in
    expectation, which falls towards it as K grows; K = 1 is the negative ELBO. Memory does not
    grow with K.

    Args:
        model: in evaluation mode.
        data: documents, a tensor with a row an example, or batches.
        samples: K.
        seed: of the samples.

    Returns:
        NaN for an example of which one weight is, as of a run that has diverged, with a warning
        that says of which; infinite for one that no draw makes possible.

    Raises:
        CollapseError: without an example, in training mode, for less than one sample, a
            log-likelihood of +inf, a posterior without draws, or one without a log-density an
            example, or such a prior, see :mod:`collapse.distributions.densities`; for a posterior
            that does not take the same values as the prior: its draws would give another number.
    """
    at_least_one(samples, "samples")

    def at(batch: Any) -> Proposal:
        return FromPosterior(posterior_of(model, batch), prior_of(model, batch))

    with seeded(seed):
        nll = math.log(samples) - sum_over_z(model, data, samples, at)
    warn_of_nan(nll, "The NLL")
    return nll


@torch.no_grad()
def sum_over_z(
    model: LatentVariableModel, data: Data, count: int, at: Callable[[Any], Proposal]
) -> Float[Tensor, " examples"]:
    """log Σ_k p(x|z_k) w_k for every example, a bounded number of (example, z) pairs at a time.

    Args:
        model: in evaluation mode.
        data: documents, a tensor with a row an example, or batches.
        count: how many z there are for each example.
        at: where the z for the examples of a batch come from.
    """
    sums, places = [], []
    for batch, place in batches_of(model, data, most=16):
        log_likelihood = partial(log_likelihood_of, model, batch)
        parts = weighted(log_likelihood, at(batch), counts(model, batch, count))
        sums.append(torch.stack([part.logsumexp(0) for part in parts]).logsumexp(0).cpu())
        places.append(place)
    return torch.cat(sums)[torch.cat(places).argsort()]


def counts(model: LatentVariableModel, batch: Any, count: int) -> list[int]:
    """``count`` values of z for each example of a batch, cut into as many as fit into memory."""
    table = first_tensor(batch)
    numbers = table.numel()
    if isinstance(batch, Batch) and isinstance(model, VAE):
        numbers = model.decoder.vocabulary * int(batch.predicted.sum())
    limit = NUMBERS if table.device.type == "cpu" else NUMBERS_GPU
    return cut(count, max(math.ceil(LEAST_PAIRS / len(table)), limit // max(numbers, 1)))


def batches_of(model: LatentVariableModel, data: Data, most: int) -> Iterator[tuple[Any, Tensor]]:
    """Batches, each with the places of its examples in the data.

    Args:
        model: documents are read by it, and put where it is; whatever else there is goes to it as
            it comes.
        data: documents, a tensor with a row an example, or batches.
        most: examples in a batch that is cut here.

    Raises:
        CollapseError: without an example, for documents and a model that reads none, or for a
            model in training mode.
    """
    check_evaluating(model)
    if isinstance(data, Documents):
        if not isinstance(model, VAE):
            raise CollapseError(
                f"Documents are cut into batches for a collapse.VAE; {type(model).__name__} is "
                "none. Give the batches that its encode() takes, for example a DataLoader."
            )
        for batch in in_batches(data, most):
            yield model.read(batch.to(model.device)), batch.indices
        return
    start = 0
    for batch in data.split(most) if isinstance(data, Tensor) else data:
        if count := rows(batch):
            yield batch, torch.arange(start, start + count)
            start += count
    if not start:
        raise CollapseError("There is no example. Is this an iterator that was read before?")
