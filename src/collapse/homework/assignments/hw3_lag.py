"""Checks of assignment 3: the gaps of an encoder that lags, its wait, a published difference."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import torch
from scipy.special import stdtrit
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

from collapse.exact.linear_vae import LinearVAE
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Function, Numbers, Values
from collapse.ledger.claims.intervals import of_difference

# --- hw3.4: two gaps -------------------------------------------------------------------------


def observe_gaps(function: Any, generator: torch.Generator) -> Values:
    """Of seven documents of four dimensions, for a code of two."""
    W = torch.randn(4, 2, generator=generator, dtype=torch.float64)
    x = 2 * torch.randn(7, 4, generator=generator, dtype=torch.float64)
    mean = torch.randn(7, 2, generator=generator, dtype=torch.float64)
    std = torch.rand(2, generator=generator, dtype=torch.float64) + 0.3
    with unchanged(W, x, mean, std):
        found = function(W, 0.6, x, mean, std)
    exact, covariance, approximation, amortisation = (None,) * 4 if found is None else found
    return exact, covariance, approximation, amortisation


def exact_posterior(W: Tensor, noise: float, x: Tensor) -> MultivariateNormal:
    """Of z given x, by its precision: that of the prior and that of the likelihood add up."""
    precision = torch.eye(W.shape[1]).to(W) + W.T @ W / noise
    mean = torch.linalg.solve(precision, W.T @ x.T / noise).T
    return MultivariateNormal(mean, precision_matrix=precision.expand(len(x), -1, -1))


def of_diagonal(p: MultivariateNormal, mean: Tensor, variance: Tensor) -> Tensor:
    """KL(N(mean, diag variance) ‖ p) of each document."""
    return kl_divergence(MultivariateNormal(mean, torch.diag_embed(variance)), p)


def right_gaps(
    W: Tensor,
    noise: float,
    x: Tensor,
    mean: Tensor,
    std: Tensor,
    *,
    best: Any = lambda p: 1 / p.precision_matrix.diagonal(dim1=-2, dim2=-1),
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Posterior mean and covariance, approximation and amortisation gap, by torch's divergences."""
    p = exact_posterior(W, noise, x)
    least = of_diagonal(p, p.mean, best(p)).mean()
    whole = of_diagonal(p, mean, std.square().expand_as(mean)).mean()
    return p.mean, p.covariance_matrix[0], least, whole - least


def without_prior(W: Tensor, noise: float, x: Tensor, mean: Tensor, std: Tensor) -> Any:
    """The posterior of least squares."""
    precision = W.T @ W / noise
    covariance = torch.linalg.inv(precision)
    p = MultivariateNormal(x @ W @ covariance / noise, covariance)
    least = of_diagonal(p, p.mean, 1 / precision.diagonal().expand_as(mean)).mean()
    whole = of_diagonal(p, mean, std.square().expand_as(mean)).mean()
    return p.mean, covariance, least, whole - least


def other_direction(W: Tensor, noise: float, x: Tensor, mean: Tensor, std: Tensor) -> Any:
    """The gaps by KL(p ‖ q), at its own best widths."""
    p = exact_posterior(W, noise, x)
    wide = torch.diag_embed(p.covariance_matrix.diagonal(dim1=-2, dim2=-1))
    least = kl_divergence(p, MultivariateNormal(p.mean, wide)).mean()
    q = MultivariateNormal(mean, torch.diag_embed(std.square().expand_as(mean)))
    return p.mean, p.covariance_matrix[0], least, kl_divergence(p, q).mean() - least


GAPS = Function(
    observe=observe_gaps,
    reference=right_gaps,
    gives=("posterior mean", "posterior covariance", "approximation gap", "amortisation gap"),
    hint="How does log p(x, z) depend on z, and which distribution looks so? Of all diagonal "
    "normals, which one has the least KL(q ‖ p)?",
    ideas={
        "The best diagonal normal does not have the diagonal of the covariance. Which variances "
        "make KL(q ‖ p) least? It is the precision that stands in it.": lambda *a: right_gaps(
            *a, best=lambda p: p.variance
        ),
        "The prior is missing in your posterior: it adds its own precision.": without_prior,
        "`noise` is σ², the variance of the decoder; yours is squared once more.": (
            lambda W, noise, *a: right_gaps(W, noise**2, *a)
        ),
        "Your amortisation gap is the whole gap; what no normal of this family can close is the "
        "family's part of it.": lambda *a: (
            *right_gaps(*a)[:3],
            right_gaps(*a)[2] + right_gaps(*a)[3],
        ),
        "The approximation gap comes before the amortisation gap.": lambda *a: (
            *right_gaps(*a)[:2],
            *right_gaps(*a)[:1:-1],
        ),
        "A gap of the bound is KL(q ‖ p); yours is KL(p ‖ q).": other_direction,
        "The amortisation gap is a mean over documents; yours is a sum.": lambda *a: (
            *right_gaps(*a)[:3],
            len(a[2]) * right_gaps(*a)[3],
        ),
        "`std` is a deviation; your encoder's width takes it for a variance.": (
            lambda W, noise, x, mean, std: right_gaps(W, noise, x, mean, std.sqrt())
        ),
    },
    praise="An inner loop closes the second gap. The first stays, however long it is.",
)

# --- hw3.5: when does it leave? --------------------------------------------------------------

VARIANCE, NOISE, RATE, SMALLER = 2.0, 1.0, 0.05, 100.0  # as the task says


def fastest(variance: float, noise: float, encoder: float = 1.0) -> float:
    """Growth a unit of time at the silent pair: the largest eigenvalue of minus the curvature.

    Args:
        variance: λ of the data.
        noise: σ² of the decoder.
        encoder: its learning rate in units of the decoder's.
    """
    model = LinearVAE(1, 1, noise, seed=0, init_std=0.0)
    pair = model.encoder, model.decoder
    bound = model.elbo(torch.tensor([[-1.0], [1.0]]).double() * variance**0.5).mean()
    slopes = torch.autograd.grad(bound, pair, create_graph=True)
    rows = [torch.cat(torch.autograd.grad(each, pair, retain_graph=True)) for each in slopes]
    curvature = torch.stack(rows)[..., 0] * torch.tensor([[encoder], [1.0]])
    return float(torch.linalg.eigvals(curvature).real.max())


def steps_for(growth: float, rate: float = RATE, times: float = SMALLER) -> float:
    """Steps of gradient descent that make something so many times larger."""
    return math.log(times) / math.log1p(rate * growth)


def both_waits() -> list[float]:
    """With one rate, and with an encoder at a tenth of it."""
    return [steps_for(fastest(VARIANCE, NOISE, each)) for each in (1.0, 0.1)]


WAITS = Numbers(
    truth=both_waits,
    names=("steps with one rate", "steps with the slow encoder"),
    hint="What does one step multiply the growing direction of hw3.3 by? How many such factors "
    "make a hundred?",
    ideas={
        "The price of the KL and the noise that is read are missing: the diagonal of the matrix "
        "is not 0.": lambda: [steps_for(VARIANCE / NOISE), math.nan],
        "The learning rate is missing: a step multiplies by 1 + rate · k.": lambda: [
            steps_for(each, 1.0)
            for each in (fastest(VARIANCE, NOISE), fastest(VARIANCE, NOISE, 0.1))
        ],
        "Take the same logarithm above and below the line.": lambda: [
            each / math.log(10) for each in both_waits()
        ],
        "The encoder's rate multiplies its row of the matrix, so the growth changes.": lambda: [
            math.nan,
            both_waits()[0],
        ],
        "A slow encoder does not wait ten times as long: the decoder moves as before, and the "
        "leading direction is another one.": lambda: [math.nan, 10 * both_waits()[0]],
        "A tenth of the encoder's rate is a tenth of one row, and not of both.": lambda: [
            math.nan,
            steps_for(0.1 * fastest(VARIANCE, NOISE)),
        ],
    },
    praise="A start a hundred times smaller is no trap, it is a wait; a slow encoder makes it "
    "longer.",
    tolerance=3.0,
)

# --- hw3.8: a published row ------------------------------------------------------------------

OURS, LM, RUNS = (328.2, 0.2), (328.0, 0.3), 5  # He et al. (2019), Table 1, Yahoo


def runs_with(mean: float, std: float) -> np.ndarray:
    """Five numbers with this mean and standard deviation; an interval asks for no more."""
    order = np.arange(RUNS) - (RUNS - 1) / 2
    return np.asarray(mean + std * order / order.std(ddof=1))


def of_the_row() -> list[float]:
    """Both ends of Welch's interval, and what it decides: -1 lower, 0 nothing, 1 higher."""
    found = of_difference(runs_with(*OURS).tolist(), runs_with(*LM).tolist())
    return [found.low, found.high, float(found.low > 0) - float(found.high < 0)]


def by_error(times: float, error: float | None = None) -> list[float]:
    """The ends that lie this many errors from the difference, and what they decide."""
    if error is None:
        error = math.sqrt((OURS[1] ** 2 + LM[1] ** 2) / RUNS)
    mean = OURS[0] - LM[0]
    low, high = mean - times * error, mean + times * error
    return [low, high, float(low > 0) - float(high < 0)]


def quantile() -> float:
    """Student's, of Welch's interval."""
    low, high, _ = of_the_row()
    return (high - low) / (by_error(1.0)[1] - by_error(1.0)[0])


ROW = Numbers(
    truth=of_the_row,
    names=("lower end", "upper end", '"lower", "higher" or "undecided"'),
    spoken={"lower": -1.0, "undecided": 0.0, "higher": 1.0},
    hint="How much does a difference of two such means spread, and how sure are you of that "
    "spread? Does it leave both signs possible?",
    ideas={
        "That is one standard error; 95 % asks for more.": lambda: by_error(1.0),
        "That is the quantile of the normal; with five runs a side it is Student's, and larger.": (
            lambda: by_error(NormalDist().inv_cdf(0.975))
        ),
        "That pools both variances, and counts eight degrees of freedom. The two need not vary "
        "alike: how many has Welch?": lambda: by_error(float(stdtrit(2 * RUNS - 2, 0.975))),
        "The printed deviation is of one run; that of a mean of five is smaller.": lambda: by_error(
            quantile() * math.sqrt(RUNS)
        ),
        "The sign: aggressive training minus language model.": lambda: [
            -of_the_row()[1],
            -of_the_row()[0],
            math.nan,
        ],
        "The squares of both errors add up; yours adds the errors.": lambda: by_error(
            quantile(), (OURS[1] + LM[1]) / math.sqrt(RUNS)
        ),
        "Is 0 inside of your interval? Then these runs leave both possible.": lambda: [
            math.nan,
            math.nan,
            math.copysign(1.0, OURS[0] - LM[0]),
        ],
    },
    praise="A code in use, and a likelihood that these five runs cannot tell from no code at all.",
    tolerance=0.006,  # of two decimals; the pooled interval is 0.01 away
)
