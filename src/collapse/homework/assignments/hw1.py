"""Assignment 1: the ELBO and its estimators."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse.homework.assignment import Assignment, Task
from collapse.homework.kinds import Function, Numbers, Values
from collapse.theory import gaussian_channel_mi

# --- hw1.2: the KL of a diagonal normal ------------------------------------------------------


def observe_kl(function: Any, generator: torch.Generator) -> Values:
    """The KL of six documents in three dimensions."""
    mean, log_var = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64)
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
    hint="Half of: squared mean, plus variance, less one, less the variance's logarithm.",
    ideas={
        "The KL of a document is a sum over the dimensions of z; yours is their mean.": (
            lambda mean, log_var: each_dimension(mean, log_var).mean(-1)
        ),
        "One number a document is asked for: who averages over the batch does so later.": (
            lambda mean, log_var: each_dimension(mean, log_var).sum(-1).mean()
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
    },
    praise="The same whatever the library is called.",
)

# --- hw1.5: three numbers of a channel -------------------------------------------------------

WIDTH, SPREAD = 0.1, 1.9  # variances: of every posterior, and of the means over the documents


def parts_of_the_rate() -> list[float]:
    """Rate, information and mismatch where q(z) = N(0, 2) and the prior is N(0, 1)."""
    q_z, prior = Normal(0.0, (WIDTH + SPREAD) ** 0.5), Normal(0.0, 1.0)
    information = gaussian_channel_mi(WIDTH / SPREAD)
    mismatch = kl_divergence(q_z, prior).item()
    return [information + mismatch, information, mismatch]


ASSIGNMENT = Assignment(
    title="The ELBO and its estimators",
    chapters=(1,),
    tasks={
        "hw1.1": Task(
            "Where the gap is",
            goals=("derive the gap of the bound",),
            points=4,
            minutes=15,
            difficulty="medium",
            rubric={
                "starts from log p(x) and brings q(z|x) in by an identity, not by assertion": 1,
                "uses log p(x,z) = log p(z|x) + log p(x)": 1,
                "names the gap as KL(q(z|x) ‖ p(z|x)), in this direction": 1,
                "says when it is zero, and that it is not the KL to the prior": 1,
            },
        ),
        "hw1.2": Task(
            "The KL of a diagonal normal",
            goals=("write the KL of the ELBO with shapes and units",),
            points=3,
            minutes=10,
            difficulty="easy",
            answer="kl_to_prior",
            exercise=KL,
        ),
        "hw1.5": Task(
            "Predict the parts of a rate",
            goals=("split a rate into information and mismatch",),
            points=3,
            minutes=10,
            difficulty="medium",
            answer="answer_5",
            exercise=Numbers(
                truth=parts_of_the_rate,
                names=("rate", "information", "mismatch"),
                hint="What is q(z) over all documents? Compare it with the prior, and each q(z|x) "
                "with it.",
                ideas={
                    "The information is against q(z), which has the variance of the means and of "
                    "the posteriors together; the prior's variance has no part in it.": lambda: [
                        float("nan"),
                        gaussian_channel_mi(WIDTH / (1 - WIDTH)),
                        float("nan"),
                    ],
                },
                praise="The mismatch buys nothing: a decoder could do without it.",
            ),
        ),
    },
)
