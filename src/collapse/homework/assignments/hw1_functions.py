"""The functions that assignment 1 asks for: a KL, a gradient, a likelihood."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import logsigmoid

from collapse.exact.gradients import reparameterised_gradients, score_gradients
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Function, Values

# --- hw1.2: the KL of a diagonal normal ------------------------------------------------------


def observe_kl(function: Any, generator: torch.Generator) -> Values:
    """The KL of six documents in three dimensions."""
    mean, log_var = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64)
    with unchanged(mean, log_var):
        return (function(mean, log_var),)


def right_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """By the library of distributions, summed over dimensions."""
    unit = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return kl_divergence(Normal(mean, (0.5 * log_var).exp()), unit).sum(-1)


def each_dimension(mean: Tensor, log_var: Tensor) -> Tensor:
    """The KL of each dimension, unreduced."""
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


KL = Function(
    observe=observe_kl,
    reference=right_kl,
    gives=("KL",),
    hint="Which four terms has the KL, and which of them is a logarithm?",
    ideas={
        "The KL of a document is a sum over the dimensions of z; yours is their mean.": (
            lambda mean, log_var: each_dimension(mean, log_var).mean(-1)
        ),
        "One number a document is asked for: who averages over the batch does so later.": (
            lambda mean, log_var: each_dimension(mean, log_var).sum(-1).mean()
        ),
        "The KL of a document is a sum over the dimensions of z: yours still has one of each.": (
            each_dimension
        ),
        "The sum is over the dimensions of z, the last axis; yours is over the documents.": (
            lambda mean, log_var: each_dimension(mean, log_var).sum(0)
        ),
        "All is added up in yours; each document has a KL of its own.": lambda mean, log_var: (
            each_dimension(mean, log_var).sum()
        ),
        "The −1 is missing: a posterior that is the prior costs nothing.": lambda mean, log_var: (
            right_kl(mean, log_var) + mean.shape[-1] / 2
        ),
        "The KL has the wrong sign: it is never negative.": lambda mean, log_var: (
            -right_kl(mean, log_var)
        ),
        "That takes log_var for the logarithm of the deviation.": lambda mean, log_var: right_kl(
            mean, 2 * log_var
        ),
        "That forgets the half.": lambda mean, log_var: 2 * right_kl(mean, log_var),
        "In nats the logarithm is natural; a KL in bits is larger.": lambda mean, log_var: (
            right_kl(mean, log_var) / torch.tensor(2.0).log()
        ),
        "That is the KL from the prior to the posterior; the ELBO has the other direction.": (
            lambda mean, log_var: (
                0.5 * ((1 + mean.square()) * (-log_var).exp() - 1 + log_var).sum(-1)
            )
        ),
    },
    praise="The same whatever the library is called.",
)

# --- hw1.3: the pathwise gradient ------------------------------------------------------------

Pair = tuple[Tensor, Tensor]


def log_yes(weights: Tensor) -> Callable[[Tensor], Tensor]:
    """The log-probability of a yes, log sigmoid(w · z), of each draw."""
    return lambda z: logsigmoid(z @ weights)


def observe_gradient(function: Any, generator: torch.Generator) -> Values:
    """Both gradients for seven draws in three dimensions."""
    weights, mean, log_var = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    noise = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    with unchanged(weights, mean, log_var, noise):
        gradients = function(weights, mean, log_var, noise)
    by_mean, by_log_var = (None, None) if gradients is None else gradients
    return by_mean, by_log_var


def pathwise(weights: Tensor, mean: Tensor, log_var: Tensor, noise: Tensor) -> Pair:
    """By the package, whose second row has the entropy's half."""
    std = (0.5 * log_var).exp()
    rows = reparameterised_gradients(log_yes(weights), mean, std, noise).mean(0)
    return rows[0], rows[1] - 0.5


def by_score(weights: Tensor, mean: Tensor, log_var: Tensor, noise: Tensor) -> Pair:
    """The other estimator of the same gradients."""
    rows = score_gradients(log_yes(weights), mean, (0.5 * log_var).exp(), noise).mean(0)
    return rows[0], rows[1] - 0.5


def changed(change: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
    """The right gradients with one thing done to them."""
    return lambda w, mean, log_var, noise: change(*pathwise(w, mean, log_var, noise), log_var)


GRADIENT = Function(
    observe=observe_gradient,
    reference=pathwise,
    gives=("gradient by the mean", "gradient by log_var"),
    hint="How does a draw follow the mean, and how log_var? What does the chain rule make of it?",
    ideas={
        "No gradient comes through: z was detached, or drawn without a path to its parameters.": (
            changed(lambda g, h, _: (0 * g, 0 * h))
        ),
        "The gradient by log_var is stopped: the deviation, too, must stay attached.": changed(
            lambda g, h, _: (g, 0 * h)
        ),
        "The second gradient is by log_var, not by the deviation: one more factor of the chain "
        "rule.": changed(lambda g, h, log_var: (g, 2 * h / (0.5 * log_var).exp())),
        "The second gradient is by log_var, not by the variance: one more factor of the chain "
        "rule.": changed(lambda g, h, log_var: (g, h / log_var.exp())),
        "exp(log_var) is the variance; z needs the deviation.": lambda w, mean, log_var, noise: (
            changed(lambda g, h, _: (g, 2 * h))(w, mean, 2 * log_var, noise)
        ),
        "The integrand is averaged over the draws; yours is their sum.": (
            lambda w, mean, log_var, noise: tuple(
                len(noise) * g for g in pathwise(w, mean, log_var, noise)
            )
        ),
        "That is the gradient of the loss; asked is that of the integrand's mean.": changed(
            lambda g, h, _: (-g, -h)
        ),
        "That has the entropy's gradient in it; asked is the integrand alone.": changed(
            lambda g, h, _: (g, h + 0.5)
        ),
        "That weighs the draws by their score: right on average, and noisier. Follow the draws.": (
            by_score
        ),
    },
    praise="One draw of it is what every VAE in this book is trained with.",
)

# --- hw1.4: the importance-weighted likelihood -----------------------------------------------


def observe_nll(function: Any, generator: torch.Generator) -> Values:
    """Five documents of some 330 nats, forty samples each, in the floats of a trained model."""
    log_weights = 3 * torch.randn(5, 40, generator=generator) - 330
    with unchanged(log_weights):
        return (function(log_weights),)


def right_nll(log_weights: Tensor) -> Tensor:
    """-log of the mean weight of each document."""
    return math.log(log_weights.shape[1]) - log_weights.logsumexp(1)


NLL = Function(
    observe=observe_nll,
    reference=right_nll,
    gives=("NLL",),
    hint="Which average comes first, that of the weights or that of their logarithms? How many "
    "numbers has a document in the end?",
    ideas={
        "The mean of the logarithms is the ELBO; the likelihood is the logarithm of the mean.": (
            lambda log_weights: -log_weights.mean(1)
        ),
        "That is the logarithm of a sum; a mean also divides by the number of samples, K.": (
            lambda log_weights: -log_weights.logsumexp(1)
        ),
        "That is log p(x): a negative log-likelihood has the other sign.": lambda log_weights: (
            -right_nll(log_weights)
        ),
        "K is the number of samples, not that of documents.": lambda log_weights: (
            math.log(len(log_weights)) - log_weights.logsumexp(1)
        ),
        "log K has the wrong sign: dividing by K makes the likelihood smaller.": (
            lambda log_weights: -log_weights.logsumexp(1) - math.log(log_weights.shape[1])
        ),
        "That averages over documents inside the logarithm; samples are the columns.": (
            lambda log_weights: math.log(len(log_weights)) - log_weights.logsumexp(0)
        ),
        "No float holds the weight of such a document: stay with logarithms.": lambda log_weights: (
            -log_weights.exp().mean(1).log()
        ),
        "One number a document is asked for: who averages over documents does so later.": (
            lambda log_weights: right_nll(log_weights).mean()
        ),
        "In nats the logarithm is natural; yours has base 2.": lambda log_weights: (
            right_nll(log_weights) / math.log(2)
        ),
        "That is the largest weight; the others have their share in the mean.": (
            lambda log_weights: -log_weights.max(1).values
        ),
    },
    praise="From the same weights the -ELBO is never below it: the difference is what more "
    "samples have won.",
)
