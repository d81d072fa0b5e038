"""How much a latent variable says about the data: KL, mutual information, active units.

One identity holds it together (Hoffman & Johnson 2016, "ELBO surgery"): averaged over the data,

    KL(q(z|x) ‖ p)  =  I_q(x; z)  +  KL(q(z) ‖ p),        q(z) = (1/M) Σ_m q(z|x_m).

All values are in nats. ``q`` holds one posterior per example: any distribution of torch with a
factor a dimension (``Normal``, ``Laplace``: batch shape (N, D)) or an event (``Independent``,
``MultivariateNormal``: batch shape (N,)), or a ``collapse.distributions.Multivariate``; see
:mod:`collapse.distributions.densities`. Densities are worked out in doubles.

An estimate is nan where a draw or a parameter is nan or infinite: it is never made from the rest.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import CollapseError, choose
from collapse.distributions import by_row, densities
from collapse.distributions.support import check_inside
from collapse.metrics.checks import at_least_one, check_finite
from collapse.metrics.kl import check_resolved, kl_or_estimate
from collapse.theory import mi_cap, mi_cap_batches

CHUNK = 500
"""Rows of the N by M matrix of densities that are held at one time."""

Batches = Sequence[np.ndarray] | None
"""Index arrays that split 0..N-1, or None for the full set as one batch."""


@dataclass(frozen=True)
class Estimate:
    """A number, how far chance may have moved it, and the largest value it could have shown.

    The standard error of a single term is nan: one number has no spread.
    """

    value: float
    standard_error: float
    cap: float = math.inf

    @classmethod
    def of(
        cls, terms: Float[Tensor, " terms"] | Sequence[float], cap: float = math.inf
    ) -> "Estimate":
        """The mean of independent terms and its standard error, nan for a single term.

        Args:
            terms: for example one a document, in nats.
            cap: the largest value that the mean can take.

        Raises:
            CollapseError: without a term.
        """
        at_least_one(len(terms), "terms")
        values = terms if isinstance(terms, Tensor) else torch.tensor(terms, dtype=torch.float64)
        std = values.std().item() if len(values) > 1 else math.nan
        return cls(values.mean().item(), std / math.sqrt(len(values)), cap)

    def __str__(self) -> str:
        cap = "" if math.isinf(self.cap) else f" (cap {self.cap:.2f})"
        return f"{self.value:.3f} ± {self.standard_error:.3f}{cap}"


@dataclass(frozen=True)
class ActiveUnits:
    """Which dimensions move with the data.

    Attributes:
        variances: (D,) variance over the data of the posterior mean, divisor N - 1.
        mask: (D,) whether the variance reaches the threshold.
    """

    variances: Float[Tensor, " latent"]
    mask: Bool[Tensor, " latent"]

    @property
    def count(self) -> int:
        """Number of active dimensions."""
        return int(self.mask.sum())


@dataclass(frozen=True)
class Decomposition:
    """KL = MI + marginal KL, each a mean over the data; the values add up exactly."""

    kl: Estimate
    mutual_information: Estimate
    marginal_kl: Estimate


def active_units(means: Float[Tensor, "batch latent"], threshold: float = 0.01) -> ActiveUnits:
    """Dimensions whose posterior mean varies over the data: Var_x[μ_d(x)] ≥ threshold.

    Source: Burda et al. 2016; divisor N - 1 and "≥" as in the code of He et al. 2019.

    Args:
        means: (N, D) posterior means, N ≥ 2.
        threshold: on the variance; 0.01 is the convention of all the papers.

    Raises:
        CollapseError: with fewer than two examples there is no variance, with means that are not
            finite there is a count of nothing, and means are a table.
    """
    if not isinstance(means, Tensor) or means.dim() != 2:
        given = (
            f"the means have shape {tuple(means.shape)}"
            if isinstance(means, Tensor)
            else f"this is a {type(means).__name__}"
        )
        raise CollapseError(
            f"Active units are columns of a table with a row an example; {given}. Give q.mean of "
            "shape (examples, latent)."
        )
    if len(means) < 2:
        raise CollapseError(f"Active units need at least 2 examples, not {len(means)}.")
    check_finite(means, "Posterior means")
    variances = means.var(dim=0)
    return ActiveUnits(variances, variances >= threshold)


def mutual_information(
    q: Distribution,
    z: Float[Tensor, "batch latent"],
    batches: Batches = None,
    entropy: str = "sampled",
) -> Estimate:
    """I(n; z) between the number of an example and its latent, from one draw for each example.

        (1/N) Σ_n { -H(q(z|x_n)) - log (1/M) Σ_m q(z_n|x_m) }

    The first term is taken at the draw, ``log q(z_n|x_n)``, unless ``entropy="analytic"``.
    Without ``batches`` the inner sum runs over all N examples (Li et al. 2019; Zhu et al. 2020;
    Song et al. 2024); with them it runs over the examples of the same batch, and batches are
    averaged by size (He et al. 2019). The two have different caps and must not be put into one
    column.

    What it is an estimate of: given the set, it is unbiased for the information about *which of
    these* M examples was encoded. That is never above log M, and as an estimate of the information
    over the population it is too low in expectation. The code behind the published tables takes
    the analytic entropy; that leaves zero-mean noise of sqrt(D / 2N), so that one estimate may
    exceed its cap, or fall below 0, by a few standard errors. Taken at the draw, the noise of the
    two terms cancels where q(z|x) is close to q(z), and no estimate exceeds its cap.

    The standard error is that of a mean of N independent terms. It covers the draw of z and of the
    examples; it does not cover the bias that the cap describes, nor that the terms share a mixture.

    Args:
        q: posterior, one row per example.
        z: (N, D), row n drawn from row n of ``q``.
        batches: index arrays that split 0..N-1, or None for the full set.
        entropy: "sampled", or "analytic" as in the papers' code.

    Raises:
        CollapseError: if z is not one draw per example, the batches do not split the set, or q has
            no density at z; with the analytic entropy also if that is not known, or the type of z
            is too coarse for the width of q, see :func:`check_resolved`.
        UnknownNameError: for another ``entropy``.
    """
    terms = choose(entropy, {"sampled": _at_the_draw, "analytic": _with_entropy}, "entropy")
    return Estimate.of(terms(q, z, batches), _cap(len(z), batches))


def marginal_kl(
    q: Distribution,
    z: Float[Tensor, "batch latent"],
    p: Distribution,
    batches: Batches = None,
) -> Estimate:
    """KL(q(z) ‖ p), directly: the mean over the draws of log q̂(z_n) - log p(z_n).

    Unbiased for the mixture of the given examples. Against the population's q(z) it is too high in
    expectation by as much as ``mutual_information`` is too low. Arguments and errors as there
    with the analytic entropy: what rounding does to a draw cancels only where log q(z_n|x_n) is
    subtracted. Then the one of ``decomposition`` is right. A posterior that takes values which the
    prior does not is refused.

    Args:
        q: posterior, one row per example.
        z: (N, D), row n drawn from row n of ``q``.
        p: prior, of one document or one row per example.
        batches: as in ``mutual_information``.
    """
    aggregate = _log_aggregate(q, z, batches)
    check_resolved(q, z)
    check_inside(q, p)
    return Estimate.of(aggregate - densities.log_density(p, z).double())


def decomposition(
    q: Distribution,
    z: Float[Tensor, "batch latent"],
    p: Distribution,
    batches: Batches = None,
) -> Decomposition:
    """KL, MI and marginal KL over the same examples; the marginal KL is KL - MI, term by term.

    The information is taken at the draws, see ``mutual_information``. The KL is analytic; only
    where torch has no closed form, as for a ``StudentT`` or a mixture as the prior, it is estimated
    at the same draws, ``log q(z_n|x_n) - log p(z_n)``. Arguments and errors as in
    ``mutual_information``; a KL that is estimated needs a posterior inside the prior's support.
    """
    information = _at_the_draw(q, z, batches)
    kl, cap = kl_or_estimate(q, p, z).double().sum(-1), _cap(len(z), batches)
    return Decomposition(
        Estimate.of(kl), Estimate.of(information, cap), Estimate.of(kl - information)
    )


def _cap(n: int, batches: Batches) -> float:
    return mi_cap(n) if batches is None else mi_cap_batches([len(b) for b in batches])


def _at_the_draw(
    q: Distribution, z: Float[Tensor, "batch latent"], batches: Batches
) -> Float[Tensor, " batch"]:
    """log q(z_n|x_n) - log q̂(z_n), one term per example."""
    aggregate = _log_aggregate(q, z, batches)  # checks the shapes
    # In doubles, like the mixture: it holds this same density, and must not exceed it by rounding.
    return densities.log_density(by_row(Tensor.double, q), z.double()) - aggregate


def _with_entropy(
    q: Distribution, z: Float[Tensor, "batch latent"], batches: Batches
) -> Float[Tensor, " batch"]:
    """-H(q(z|x_n)) - log q̂(z_n), one term per example."""
    aggregate = _log_aggregate(q, z, batches)
    check_resolved(q, z)
    return -aggregate - densities.entropy(q)


def _log_aggregate(
    q: Distribution, z: Float[Tensor, "batch latent"], batches: Batches
) -> Float[Tensor, " batch"]:
    """log (1/M) Σ_m q(z_n|x_m), the sum over the set or over the batch of n."""
    if (shape := densities.shape_of(q)) != z.shape or not len(z):
        raise CollapseError(
            f"One draw per example is needed: q has shape {shape}, z {tuple(z.shape)}."
        )
    groups = [np.arange(len(z))] if batches is None else list(batches)
    _check_split(groups, len(z))
    result = torch.full((len(z),), torch.nan, dtype=torch.float64, device=z.device)
    if not _all_finite(q, z):  # an infinite mean would drop out of the mixture without a trace
        return result
    for group in groups:
        members = torch.as_tensor(group, dtype=torch.long)
        mixture = by_row(lambda rows, of=members: rows[of].double(), q)
        for columns in torch.arange(len(members)).split(CHUNK):  # where in the mixture z is from
            rows = members[columns]
            log_q = densities.log_densities(mixture, z[rows].double(), columns.tolist())
            result[rows] = log_q.logsumexp(dim=1) - math.log(len(group))
    return result


def _check_split(groups: Sequence[np.ndarray], n: int) -> None:
    numbers = np.sort(np.concatenate(groups)) if groups else np.empty(0, dtype=np.int64)
    if not np.array_equal(numbers, np.arange(n)) or min(len(g) for g in groups) == 0:
        raise CollapseError(
            f"The batches must hold each of the {n} examples once and none may be empty;"
            f" these hold {len(numbers)} indices in {len(groups)} batches."
        )


def _all_finite(q: Distribution, z: Float[Tensor, "batch latent"]) -> bool:
    tensors = [z]
    by_row(lambda rows: tensors.append(rows) or rows, q)  # type: ignore[func-returns-value]
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
