"""The functions that assignment 2 asks for: an information, a perplexity."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Function, Values
from collapse.metrics import mutual_information, perplexity

# --- hw2.1: the information, from one draw a document ----------------------------------------


def observe_information(function: Any, generator: torch.Generator) -> Values:
    """The information of nine documents in two dimensions."""
    mean, log_var, noise = torch.randn(3, 9, 2, generator=generator, dtype=torch.float64)
    log_var = log_var - 2
    z = mean + (0.5 * log_var).exp() * noise
    with unchanged(mean, log_var, z):
        return (function(mean, log_var, z),)


def posterior(mean: Tensor, log_var: Tensor) -> Normal:
    """All posteriors, a row a document."""
    return Normal(mean, (0.5 * log_var).exp())


def right_information(mean: Tensor, log_var: Tensor, z: Tensor) -> float:
    """By the package, with the mixture over all documents."""
    return mutual_information(posterior(mean, log_var), z).value


def densities(mean: Tensor, log_var: Tensor, z: Tensor) -> Tensor:
    """log q(z_n|x_m) of each dimension: (n, m, d)."""
    return posterior(mean, log_var).log_prob(z[:, None])


def from_densities(change: Callable[[Tensor], Any]) -> Callable[..., Any]:
    """An estimate from log q(z_n|x_m), summed over the dimensions."""
    return lambda mean, log_var, z: change(densities(mean, log_var, z).sum(-1))


def divided_by_dimensions(mean: Tensor, log_var: Tensor, z: Tensor) -> Tensor:
    """The estimate from the mean over dimensions of their log-densities."""
    table = densities(mean, log_var, z).mean(-1)
    return (table.diag() - table.logsumexp(1)).mean() + math.log(len(table))


def mixture_of_others(table: Tensor) -> Tensor:
    """The density of each draw under the other documents' posteriors, their mean."""
    others = table - torch.diag(torch.full((len(table),), math.inf, dtype=table.dtype))
    return others.logsumexp(1) - math.log(len(table) - 1)


INFORMATION = Function(
    observe=observe_information,
    reference=right_information,
    gives=("information",),
    hint="How probable is a draw if one knows whose it is, and how probable if nobody says?",
    ideas={
        "The mixture is over all documents: the one that z was drawn from belongs to it.": (
            from_densities(lambda table: (table.diag() - mixture_of_others(table)).mean())
        ),
        "The mixture is a mean of densities; yours is their sum.": from_densities(
            lambda table: (table.diag() - table.logsumexp(1)).mean()
        ),
        "The mixture is the logarithm of a mean; yours is a mean of logarithms.": from_densities(
            lambda table: (table.diag() - table.mean(1)).mean()
        ),
        "That is the KL to the prior at the draws: information and mismatch together.": (
            lambda mean, log_var, z: (
                (posterior(mean, log_var).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1).mean()
            )
        ),
        "One number is asked for: the mean over the documents.": from_densities(
            lambda table: table.diag() - table.logsumexp(1) + math.log(len(table))
        ),
        "The information is a mean over the documents; yours is their sum.": from_densities(
            lambda table: (table.diag() - table.logsumexp(1) + math.log(len(table))).sum()
        ),
        "Each row of your mixture is one posterior at all draws; it takes one draw under all "
        "posteriors.": from_densities(
            lambda table: (table.diag() - table.logsumexp(0)).mean() + math.log(len(table))
        ),
        "That adds up one information a dimension: the mixture is of whole codes.": (
            lambda mean, log_var, z: sum(
                right_information(mean[:, d : d + 1], log_var[:, d : d + 1], z[:, d : d + 1])
                for d in range(z.shape[1])
            )
        ),
        "The density of a code is a product over its dimensions, the logarithm a sum; yours is a "
        "mean.": divided_by_dimensions,
        "That is the KL to the prior in closed form: information and mismatch together.": (
            lambda mean, log_var, z: (
                kl_divergence(posterior(mean, log_var), Normal(0.0, 1.0)).sum(-1).mean()
            )
        ),
        "exp(log_var) is the variance; the density needs the deviation.": (
            lambda mean, log_var, z: right_information(mean, 2 * log_var, z)
        ),
        "The sign is that of mixture over own posterior: information is the other way round.": (
            lambda *given: -right_information(*given)
        ),
        "In nats the logarithm is natural; yours has base 2.": lambda *given: (
            right_information(*given) / math.log(2)
        ),
    },
    praise="No term of it can exceed the logarithm of the number of documents.",
)

# --- hw2.3: nats a word, and perplexity ------------------------------------------------------


def observe_words(function: Any, generator: torch.Generator) -> Values:
    """Both numbers for six padded documents of different lengths."""
    log_probs = -torch.rand(6, 9, generator=generator, dtype=torch.float64) * 5
    lengths = torch.randperm(9, generator=generator)[:6] + 1
    mask = torch.arange(9) < lengths[:, None]
    with unchanged(log_probs, mask):
        numbers = function(log_probs, mask)
    nats, ppl = (None, None) if numbers is None else numbers
    return nats, ppl


def right_words(log_probs: Tensor, mask: Tensor) -> tuple[float, float]:
    """By the package, from the nats and the words of each document."""
    nll, words = -(log_probs * mask).sum(1), mask.sum(1)
    return (nll.sum() / words.sum()).item(), perplexity(nll, words)


def of_nats(nats: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Any]:
    """Both numbers from another number of nats."""

    def both(log_probs: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        value = nats(-log_probs, mask)
        return value, value.exp()

    return both


def mean_of_documents(nll: Tensor, mask: Tensor) -> Tensor:
    """Nats a word of each document."""
    return (nll * mask).sum(1) / mask.sum(1)


WORDS = Function(
    observe=observe_words,
    reference=right_words,
    gives=("nats a word", "perplexity"),
    hint="What belongs above the line, what below it, and of what is a perplexity a function?",
    ideas={
        "Padding is no word: its nats do not count, nor does its number.": of_nats(
            lambda nll, _: nll.mean()
        ),
        "Padding is no word: its nats are in your sum.": of_nats(
            lambda nll, mask: nll.sum() / mask.sum()
        ),
        "Padding is no word: it is in your number of words.": of_nats(
            lambda nll, mask: (nll * mask).mean()
        ),
        "That is a mean over documents of nats a word: a short document's words weigh more.": (
            of_nats(lambda nll, mask: mean_of_documents(nll, mask).mean())
        ),
        "The perplexity is the exponential of the mean, not a mean of exponentials over documents"
        ".": lambda log_probs, mask: (
            right_words(log_probs, mask)[0],
            mean_of_documents(-log_probs, mask).exp().mean(),
        ),
        "The perplexity is the exponential of the mean, not a mean of exponentials over words.": (
            lambda log_probs, mask: (
                right_words(log_probs, mask)[0],
                (-log_probs[mask]).exp().mean(),
            )
        ),
        "That is nats a document; a perplexity is a matter of words.": of_nats(
            lambda nll, mask: (nll * mask).sum() / len(mask)
        ),
        "Log-probabilities are negative; the nats that are paid are not.": of_nats(
            lambda nll, mask: (-nll * mask).sum() / mask.sum()
        ),
        "Two to the power belongs to bits; these are nats.": lambda log_probs, mask: (
            right_words(log_probs, mask)[0],
            2 ** right_words(log_probs, mask)[0],
        ),
        "In nats the logarithm is natural; your nats are bits.": lambda log_probs, mask: (
            right_words(log_probs, mask)[0] / math.log(2),
            right_words(log_probs, mask)[1],
        ),
        "Both numbers are there, in the other order: nats a word first.": lambda log_probs, mask: (
            right_words(log_probs, mask)[::-1]
        ),
    },
    praise="A perplexity without the number of words behind it cannot be turned back into nats.",
)
