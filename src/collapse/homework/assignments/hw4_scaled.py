"""Checks of assignment 4: scaled means, what they are charged and pay, and valid estimates."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from collapse.distributions import ScaledNormal
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Function, Values
from collapse.posteriors import READINGS
from collapse.posteriors.scaled import batch_factor
from collapse.theory import charges, over_generation

# --- hw4.4: what is charged, what is paid ----------------------------------------------------


def observe_scaled(function: Any, generator: torch.Generator) -> Values:
    """Factor and two KLs of five documents in three dimensions."""
    mean = torch.randn(5, 3, generator=generator) * torch.tensor([0.3, 0.6, 2.0]) + 0.2
    log_var = torch.randn(5, 3, generator=generator) - 1
    with unchanged(mean, log_var):
        found = function(mean, log_var, 0.9)
    factor, charged, paid = (None,) * 3 if found is None else found
    return factor, charged, paid


def right_scaled(mean: Tensor, log_var: Tensor, des_std: float) -> tuple[Tensor, Tensor, Tensor]:
    """By the package's factor and charges."""
    return of_factor(mean, log_var, batch_factor(mean, des_std))


def of_factor(mean: Tensor, log_var: Tensor, factor: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same with a factor that is given."""
    found = charges(mean, log_var.exp(), factor)
    return factor, found.unscaled.sum(-1), found.generation.sum(-1)


SCALED = Function(
    observe=observe_scaled,
    reference=right_scaled,
    gives=("factor", "charged KL", "paid KL"),
    hint="Which two normals does each KL compare? Which mean and which width has each of them?",
    ideas={
        "The divisor of Std is n − 1, as that of torch.std.": lambda mean, log_var, des: of_factor(
            mean, log_var, des / mean.std(0, correction=0)
        ),
        "The factor is upside down: small means need a large one.": (
            lambda mean, log_var, des: of_factor(mean, log_var, mean.std(0) / des)
        ),
        "Each dimension has a factor of its own.": lambda mean, log_var, des: of_factor(
            mean, log_var, (des / mean.std()).expand(mean.shape[1])
        ),
        "des_std is a deviation; you divide it by a variance.": lambda mean, log_var, des: (
            of_factor(mean, log_var, des / mean.var(0))
        ),
        "Std is measured from the mean of the batch, and not from 0.": (
            lambda mean, log_var, des: of_factor(mean, log_var, des / mean.square().mean(0).sqrt())
        ),
        "Charged is the KL of the posterior before scaling; yours has the scaled means.": (
            lambda mean, log_var, des: (
                right_scaled(mean, log_var, des)[0],
                charges(mean, log_var.exp(), batch_factor(mean, des)).standard.sum(-1),
                right_scaled(mean, log_var, des)[2],
            )
        ),
        "The generator of the paper reads f·z; your paid KL is to N(0, I).": (
            lambda mean, log_var, des: (
                *right_scaled(mean, log_var, des)[:2],
                charges(mean, log_var.exp(), batch_factor(mean, des)).standard.sum(-1),
            )
        ),
        "Only the means are scaled. With a scaled width, too, the paid KL is the charged one.": (
            lambda mean, log_var, des: (
                *right_scaled(mean, log_var, des)[:2],
                right_scaled(mean, log_var, des)[1],
            )
        ),
        "Charged comes before paid.": lambda mean, log_var, des: (
            right_scaled(mean, log_var, des)[0],
            *right_scaled(mean, log_var, des)[:0:-1],
        ),
        "log_var is the logarithm of the variance; you take it for that of the deviation.": (
            lambda mean, log_var, des: right_scaled(mean, 2 * log_var, des)
        ),
        "A KL is a sum over dimensions; yours is their mean.": lambda mean, log_var, des: (
            right_scaled(mean, log_var, des)[0],
            *(each / mean.shape[1] for each in right_scaled(mean, log_var, des)[1:]),
        ),
    },
    praise="The difference is what the decoder gets and nobody is charged for.",
)

# --- hw4.5: an estimate with valid weights ---------------------------------------------------


def observe_estimate(function: Any, generator: torch.Generator) -> Values:
    """Of four documents in three dimensions, from six draws; the likelihoods are tiny."""
    log_p = 5 * torch.randn(6, 4, generator=generator) - 1000
    mean, std = torch.randn(4, 3, generator=generator), torch.rand(4, 3, generator=generator) + 0.3
    factor = 2 * torch.rand(3, generator=generator) + 1.2
    u = factor * mean + std * torch.randn(6, 4, 3, generator=generator)
    inputs = log_p, u, mean, std, factor
    with unchanged(*inputs):
        return (function(*inputs),)


def log_weights(u: Tensor, mean: Tensor, std: Tensor, factor: Tensor, *, by: str = "M_f") -> Tensor:
    """Of these u, by one of the package's readings."""
    q = ScaledNormal(factor * mean, std, mean, factor)
    return READINGS[by].draw(q, (u - q.loc) / std)[1]


def estimate(log_p: Tensor, *inputs: Tensor, by: str = "M_f") -> Tensor:
    """The logarithm of the mean over draws."""
    return (log_p + log_weights(*inputs, by=by)).logsumexp(0) - math.log(len(log_p))


def wide_posterior(log_p: Tensor, u: Tensor, mean: Tensor, std: Tensor, factor: Tensor) -> Tensor:
    """With a posterior whose width was scaled, too."""
    prior, q = Normal(torch.zeros_like(factor), factor), Normal(factor * mean, factor * std)
    weights = (prior.log_prob(u) - q.log_prob(u)).sum(-1)
    return (log_p + weights).logsumexp(0) - math.log(len(log_p))


ESTIMATE = Function(
    observe=observe_estimate,
    reference=estimate,
    gives=("log-likelihood",),
    hint="From what was u drawn, and from what does M_f draw it? Which comes first, the mean or "
    "the logarithm?",
    ideas={
        "exp(−1000) is 0 in a computer: take the mean of the weights with logsumexp.": (
            lambda log_p, *a: (log_p + log_weights(*a)).exp().mean(0).log()
        ),
        "That is a mean of logarithms, a bound that no draw makes tighter; the logarithm of the "
        "mean is asked for.": lambda log_p, *a: (log_p + log_weights(*a)).mean(0),
        "That is the logarithm of a sum: log S is to be taken off.": lambda log_p, *a: (
            log_p + log_weights(*a)
        ).logsumexp(0),
        "Your weights have the densities of Eq. 7, at z; u was drawn from another distribution.": (
            lambda *a: estimate(*a, by="Eq. 7 weights")
        ),
        "Both of your densities are unscaled, and taken at u: they are of no model.": lambda *a: (
            estimate(*a, by="mixed weights")
        ),
        "Your prior is N(0, I), that of M_1. What does the decoder read when M_f generates?": (
            lambda *a: estimate(*a, by="M_1")
        ),
        "The width of the posterior is not scaled.": wide_posterior,
        "p(x|u) alone is no weight: u was drawn from the posterior, not from the prior.": (
            lambda log_p, *a: log_p.logsumexp(0) - math.log(len(log_p))
        ),
        "The weight is upside down: prior over posterior.": lambda log_p, *a: (
            (log_p - log_weights(*a)).logsumexp(0) - math.log(len(log_p))
        ),
        "One number a document is asked for: the mean is over draws only.": lambda *a: estimate(
            *a
        ).mean(),
        "The estimate is of log p(x); yours has the sign of an NLL.": lambda *a: -estimate(*a),
    },
    praise="Its expectation is at most log p(x) of M_f, with one draw as with a thousand.",
    tolerance=1e-4,
)

# --- hw4.7: three logs -----------------------------------------------------------------------

LOGS = {"A": (1.8, 2.0), "B": (0.6, 2.5), "C": (3.0, 0.2)}  # made up: factor and σ²


def by_excess() -> str:
    """From the log whose objective is farthest above the bound of M_f to the lowest."""

    def excess(name: str) -> float:
        factor, variance = (torch.tensor([each]) for each in LOGS[name])
        return over_generation(variance[None], factor).item()

    return "".join(sorted(LOGS, key=excess, reverse=True))
