"""The exercises of chapter 7, on scaled means."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.exact import scale_symbols
from collapse.homework.answers import numbers, shortly
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Find, Function, Numbers, Values, Verdict
from collapse.posteriors import READINGS, ScaledNormal
from collapse.theory import information_bound, kl_floor, mi_cap

# --- 7.1: the other repair -------------------------------------------------------------------

DIMENSIONS, DES_STD, PRINTED_KL = 32, 1.1, 8.4  # Song et al. (2024), Table 1
REPAIR = Numbers(
    truth=lambda: [kl_floor(DES_STD, dimensions=DIMENSIONS)],
    names=("least KL in nats",),
    hint="Which variance and which mean are the cheapest, and which spread is fixed?",
    ideas={
        "That is the printed KL. Which distribution's is it?": lambda: [PRINTED_KL],
        "The half is forgotten.": lambda: [2 * kl_floor(DES_STD, dimensions=DIMENSIONS)],
        "des_std is a deviation; what is paid is a variance.": lambda: [DIMENSIONS * DES_STD / 2],
        "That is one dimension of the 32.": lambda: [kl_floor(DES_STD)],
        "Could all means be 0? des_std keeps them apart.": lambda: [0.0],
        "That is the KL of one normal as wide as all means together. A document's posterior has "
        "its own mean, and the cheapest width.": lambda: [
            DIMENSIONS * 0.5 * (DES_STD**2 - 1 - 2 * math.log(DES_STD))
        ],
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            kl_floor(DES_STD, dimensions=DIMENSIONS) / math.log(2)
        ],
    },
    praise="Which number of chapter 5 is that? And what is the printed KL a KL of, then?",
    tolerance=0.05,
)

# --- 7.2: a published number -----------------------------------------------------------------

KL, STD, LATENT, MI, DOCUMENTS = 2.0, 0.5, 16, 4.4, 50_000  # as the exercise says


def most_information() -> float:
    """The smaller one of what the codes can carry and what an estimate can show, in nats."""
    return min(information_bound(KL, STD, LATENT), mi_cap(DOCUMENTS))


def with_word(most: float) -> list[float]:
    """The word that goes with a largest information, and that."""
    return [float(most >= MI), most]


BOTH = Numbers(
    truth=lambda: with_word(most_information()),
    names=('"yes" or "no"', "largest MI in nats"),
    spoken={"yes": 1.0, "no": 0.0},
    hint="Compare the bound of this page with the cap of the estimator.",
    ideas={
        "That is the cap of the estimator. Can the codes carry so much?": lambda: with_word(
            mi_cap(DOCUMENTS)
        ),
        "That is one part alone: what is charged and what the scaling adds come together.": (
            lambda: with_word(KL)
        ),
        "Look at the half and at the square: half a variance comes with each dimension.": lambda: (
            with_word(KL + LATENT * STD**2)
        ),
        "Every one of the 16 dimensions adds its share.": lambda: with_word(
            information_bound(KL, STD, 1)
        ),
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            math.nan,
            most_information() / math.log(2),
        ],
        "Compare your bound with the printed information.": lambda: [
            float(most_information() < MI),
            math.nan,
        ],
    },
    praise="One of the two is not what it is called.",
)

# --- 7.3: valid weights ----------------------------------------------------------------------

LogWeight = Callable[[Tensor, Tensor, Tensor, Tensor], Any]


def observe_weight(log_weight: LogWeight, generator: torch.Generator) -> Values:
    """The log-weights of five documents in three dimensions, u drawn near the posterior."""
    mu, noise = torch.randn(2, 5, 3, generator=generator)
    sd = torch.rand(5, 3, generator=generator) + 0.3
    factor = 2 * torch.rand(3, generator=generator) + 1.2
    u = factor * mu + sd * noise
    with unchanged(u, mu, sd, factor):
        return (log_weight(u, mu, sd, factor),)


def right_weight(u: Tensor, mu: Tensor, sd: Tensor, factor: Tensor) -> Tensor:
    """The weight that the library gives to this u when it measures by M_f."""
    q = ScaledNormal(factor * mu, sd, mu, factor)
    return READINGS["M_f"].draw(q, ((u - q.loc) / sd)[None])[1][0]


def weights(
    prior: Callable[[Tensor], Normal] = lambda factor: Normal(torch.zeros_like(factor), factor),
    posterior: Callable[[Tensor, Tensor, Tensor], Normal] = lambda mu, sd, factor: Normal(
        factor * mu, sd
    ),
) -> LogWeight:
    """The log-weight with another prior or posterior."""
    return lambda u, mu, sd, factor: (
        prior(factor).log_prob(u) - posterior(mu, sd, factor).log_prob(u)
    ).sum(-1)


WEIGHT = Function(
    observe=observe_weight,
    reference=right_weight,
    gives=("log-weight",),
    hint="Write down both densities of M_f at u: from where is u drawn, with and without x?",
    ideas={
        "Your posterior has the unscaled mean, as that of Eq. 7; around which mean is u drawn?": (
            weights(posterior=lambda mu, sd, factor: Normal(mu, sd))
        ),
        "Your prior is that of M_1. How wide is what M_f generates?": weights(
            prior=lambda factor: Normal(torch.zeros_like(factor), 1.0)
        ),
        "Both of your densities are unscaled: those are the mixed weights, of no model.": weights(
            lambda factor: Normal(torch.zeros_like(factor), 1.0),
            lambda mu, sd, factor: Normal(mu, sd),
        ),
        "Normal takes a deviation; your prior got a variance, or a root too many.": weights(
            prior=lambda factor: Normal(torch.zeros_like(factor), factor.square())
        ),
        "Only the means are scaled; the width of the posterior stays.": weights(
            posterior=lambda mu, sd, factor: Normal(factor * mu, factor * sd)
        ),
        "Normal takes a deviation; your posterior got a variance.": weights(
            posterior=lambda mu, sd, factor: Normal(factor * mu, sd.square())
        ),
        "It is the prior over the posterior; yours is upside down.": lambda u, mu, sd, factor: (
            -weights()(u, mu, sd, factor)
        ),
        "The density of all dimensions is a product, its logarithm a sum; yours is a mean.": (
            lambda u, mu, sd, factor: weights()(u, mu, sd, factor) / u.shape[-1]
        ),
        "Sum over dimensions, and over nothing else: one weight a document is asked for.": (
            lambda u, mu, sd, factor: weights()(u, mu, sd, factor).sum()
        ),
        "That is one number a dimension: sum over them.": lambda u, mu, sd, factor: (
            Normal(torch.zeros_like(factor), factor).log_prob(u)
            - Normal(factor * mu, sd).log_prob(u)
        ),
        "The logarithm of the weight is asked for.": lambda u, mu, sd, factor: weights()(
            u, mu, sd, factor
        ).exp(),
    },
    praise="With these weights the estimate is of a likelihood, that of M_f.",
    tolerance=1e-4,
)

# --- 7.4: chances that sum to more than 1 ----------------------------------------------------


def sums_above_four(answer: Any, seed: int, scale: str) -> Verdict:
    """Train the sixteen symbols with own factors, and add up what Eq. 7 takes for chances."""
    (des_std,) = numbers(answer, ("des_std",))
    total = scale_symbols.read(scale_symbols.train(des_std, seed, steps=400)).told_sum
    seen = f"They sum to {total:.2f}."
    if total > 4:
        return Verdict(True, f"{seen} Chances sum to 1.")
    return Verdict(False, f"{seen} How far apart can the means of two symbols be, and who pays?")


# --- 7.5: the paragraph ----------------------------------------------------------------------

WORDS = 60, 160
POINTS = {
    "From what does the generator draw?": ("prior",),
    "From what are the draws of the estimate?": ("posterior", "proposal"),
    "What does the network get that gives p(x|·)?": ("reads", "decoder"),
    "What are the means multiplied by?": ("factor",),
    "How many draws for each text?": ("sample", "draws"),
    "Over how many texts?": ("document", "sentence", "sequence"),
    "How many trainings, and with what spread?": ("seed", "runs"),
    "Of which of the two posteriors are KL and MI?": ("scaled",),
}
"""What a reader asks, and words of which one tells that it is answered."""


def can_be_computed_again(answer: Any, seed: int, scale: str) -> Verdict:
    """Count the words, and the points that are mentioned."""
    if not isinstance(answer, str):
        raise CollapseError(f"The answer is a text in quotes; got {shortly(answer)}.")
    text, length = answer.lower(), len(answer.split())
    open_ones = [asked for asked, words in POINTS.items() if not any(w in text for w in words)]
    seen = f"{length} words, {len(open_ones)} of {len(POINTS)} points not mentioned."
    if open_ones:
        return Verdict(False, f"{seen} A reader asks: {open_ones[0]}")
    if not WORDS[0] <= length <= WORDS[1]:
        return Verdict(False, f"{seen} {WORDS[0]} to {WORDS[1]} words are asked for.")
    return Verdict(True, f"{seen} Whether they are right is for you to judge.")


EXERCISES = {
    "7.1": REPAIR,
    "7.2": BOTH,
    "7.3": WEIGHT,
    "7.4": Find(sums_above_four),
    "7.5": Find(can_be_computed_again),
}
