"""The exercises of chapter 7, on scaled means."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.exact import scale_symbols
from collapse.homework.answers import shortly
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Find, Function, Numbers, Values, Verdict
from collapse.posteriors import READINGS, ScaledNormal
from collapse.theory import information_bound, kl_floor, largest_excess, mi_cap

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

# --- 7.2: three rows -------------------------------------------------------------------------

LATENT, DOCUMENTS = 16, 50_000  # as the exercise says
ROWS = ((2.0, 0.5), (3.0, 0.7), (9.0, 1.5))  # KL and des_std of each


def most_information(
    bound: Callable[[float, float], float] = lambda kl, s: information_bound(kl, s, LATENT),
    cap: float = mi_cap(DOCUMENTS),
) -> list[float]:
    """The smaller one of what the codes can carry and what an estimate can show, by row."""
    return [min(bound(kl, s), cap) for kl, s in ROWS]


MOST = Numbers(
    truth=most_information,
    names=("largest MI of A", "of B", "of C"),
    hint="Compare the bound of this page with the cap of the estimator.",
    ideas={
        "That is the cap of the estimator. Can the codes carry so much?": lambda: most_information(
            lambda kl, s: math.inf
        ),
        "An estimate over 50,000 documents cannot show so much.": lambda: most_information(
            cap=math.inf
        ),
        "That is the KL alone: what the scaling adds comes on top.": lambda: most_information(
            lambda kl, s: kl
        ),
        "That is what the scaling adds; the KL comes on top.": lambda: most_information(
            lambda kl, s: LATENT * s**2 / 2
        ),
        "Look at the half: half a variance comes with each dimension.": lambda: most_information(
            lambda kl, s: kl + LATENT * s**2
        ),
        "des_std is a deviation; what is added is a variance.": lambda: most_information(
            lambda kl, s: kl + LATENT * s / 2
        ),
        "Every one of the 16 dimensions adds its share.": lambda: most_information(
            lambda kl, s: information_bound(kl, s, 1)
        ),
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            nats / math.log(2) for nats in most_information()
        ],
    },
    praise="Now hold the printed MI beside them: which row can be what it says?",
)

# --- 7.3: a weight in other coordinates ------------------------------------------------------

LogWeight = Callable[[Tensor, Tensor, Tensor, Tensor], Any]


def observe_weight(log_weight: LogWeight, generator: torch.Generator) -> Values:
    """The log-weights of five documents in three dimensions, z drawn near the posterior."""
    mu, noise = torch.randn(2, 5, 3, generator=generator)
    sd = torch.rand(5, 3, generator=generator) + 0.3
    factor = 2 * torch.rand(3, generator=generator) + 1.2
    z = mu + sd * noise / factor
    with unchanged(z, mu, sd, factor):
        return (log_weight(z, mu, sd, factor),)


def right_weight(z: Tensor, mu: Tensor, sd: Tensor, factor: Tensor) -> Tensor:
    """The weight that the library gives to u = f z when it measures by M_f."""
    q = ScaledNormal(factor * mu, sd, mu, factor)
    return READINGS["M_f"].draw(q, ((factor * z - q.loc) / sd)[None])[1][0]


def weights(
    prior: Callable[[Tensor], Normal] = lambda factor: Normal(torch.zeros_like(factor), 1.0),
    posterior: Callable[[Tensor, Tensor, Tensor], Normal] = lambda mu, sd, factor: Normal(
        mu, sd / factor
    ),
    more: Callable[[Tensor], Tensor] = torch.zeros_like,
) -> LogWeight:
    """The log-weight with another prior or posterior, or with more of each dimension."""
    return lambda z, mu, sd, factor: (
        prior(factor).log_prob(z) - posterior(mu, sd, factor).log_prob(z) + more(factor)
    ).sum(-1)


WEIGHT = Function(
    observe=observe_weight,
    reference=right_weight,
    gives=("log-weight",),
    hint="Write down both densities of z = u / f: what becomes of mean and deviation of each?",
    ideas={
        "Your posterior is as wide as that of u. Divide by f what u is made of, both parts.": (
            weights(posterior=lambda mu, sd, factor: Normal(mu, sd))
        ),
        "Your posterior is that of u, at z.": weights(
            posterior=lambda mu, sd, factor: Normal(factor * mu, sd)
        ),
        "u = f z: from u to z one divides by f, the deviation, too.": weights(
            posterior=lambda mu, sd, factor: Normal(mu, sd * factor)
        ),
        "Your prior is that of u. How wide is z = u / f under it?": weights(
            prior=lambda factor: Normal(torch.zeros_like(factor), factor)
        ),
        "Both of your densities are those of u, at z.": weights(
            lambda factor: Normal(torch.zeros_like(factor), factor),
            lambda mu, sd, factor: Normal(factor * mu, sd),
        ),
        "A density gets a factor when coordinates change, but both get the same one: it cancels.": (
            weights(more=torch.log)
        ),
        "Both densities get the factor f, and one stands over the other: it cancels.": weights(
            more=lambda factor: -factor.log()
        ),
        "Normal takes a deviation; your posterior got a variance.": weights(
            posterior=lambda mu, sd, factor: Normal(mu, (sd / factor).square())
        ),
        "It is the prior over the posterior; yours is upside down.": lambda z, mu, sd, factor: (
            -weights()(z, mu, sd, factor)
        ),
        "The density of all dimensions is a product, its logarithm a sum; yours is a mean.": (
            lambda z, mu, sd, factor: weights()(z, mu, sd, factor) / z.shape[-1]
        ),
        "Sum over dimensions, and over nothing else: one weight a document is asked for.": (
            lambda z, mu, sd, factor: weights()(z, mu, sd, factor).sum()
        ),
        "That is one number a dimension: sum over them.": lambda z, mu, sd, factor: (
            Normal(torch.zeros_like(factor), 1.0).log_prob(z) - Normal(mu, sd / factor).log_prob(z)
        ),
        "The logarithm of the weight is asked for.": lambda z, mu, sd, factor: weights()(
            z, mu, sd, factor
        ).exp(),
    },
    praise="In these coordinates M_f is a plain VAE: a standard prior, and a posterior whose width "
    "the factor has divided. That is what the objective should have charged.",
    tolerance=1e-4,
)

# --- 7.4: without end ------------------------------------------------------------------------

SYMBOLS = 16  # as the exercise says


class Nearest(nn.Module):
    """A decoder that reads which of some places is the nearest one."""

    def __init__(self, places: Tensor) -> None:
        super().__init__()
        self.places = places

    def forward(self, u: Tensor) -> Tensor:
        """The logarithm of each symbol's chance, on an axis at the end."""
        return (-0.5 * (u.unsqueeze(-1) - self.places).square()).log_softmax(-1)


def limits() -> list[float]:
    """The sum and the objective with means far apart that were small; where (7.4) is log 16."""
    places = 50 * torch.arange(-0.5 * (SYMBOLS - 1), 0.5 * SYMBOLS, dtype=torch.float64)
    small, factor = 1e-6, 1e6  # what is charged, and what is read
    model = scale_symbols.SymbolModel(
        small * places, torch.ones_like(places), factor, Nearest(places)
    )
    seen = scale_symbols.read(model)
    # Above 1 the bound is log des_std + ½, the ½ of which is its value at 1.
    return [seen.told_sum, seen.objective, math.exp(mi_cap(SYMBOLS) - largest_excess(1.0))]


LIMITS = Numbers(
    truth=limits,
    names=("limit of the sum", "limit of the negative objective in nats", "des_std"),
    hint="How far apart can the scaled means of two symbols be, what is charged for that, and by "
    "how much can a number that is never negative lie below log 16?",
    ideas={
        "Chances of one model sum to 1. Here every symbol is asked for with a hint of its own.": (
            lambda: [1.0, math.nan, math.nan]
        ),
        "That is a logarithm of the sum.": lambda: [mi_cap(SYMBOLS), math.nan, math.nan],
        "log 16 is the floor of likelihoods; Eq. 7 is none. What is still charged, and what does "
        "the decoder still get wrong?": lambda: [math.nan, mi_cap(SYMBOLS), math.nan],
        "Below 0? The logarithm of a chance is never positive, and a KL is never negative.": (
            lambda: [math.nan, -mi_cap(SYMBOLS), math.nan]
        ),
        "That charges for means as wide as the prior. Own factors leave their scale free.": (
            lambda: [math.nan, 0.5, math.nan]
        ),
        "log des_std alone is the excess where the factor is held; with own factors there is more "
        "to it.": lambda: [math.nan, math.nan, float(SYMBOLS)],
        "On which side of the equation is the half?": lambda: [
            math.nan,
            math.nan,
            math.exp(mi_cap(SYMBOLS) + largest_excess(1.0)),
        ],
        "des_std²/2 is the largest excess only for a des_std below 1.": lambda: [
            math.nan,
            math.nan,
            math.sqrt(2 * mi_cap(SYMBOLS)),
        ],
        "That is the logarithm of the des_std.": lambda: [
            math.nan,
            math.nan,
            mi_cap(SYMBOLS) - largest_excess(1.0),
        ],
        "That is the excess at which the two meet. At which des_std does (7.4) give it?": lambda: [
            math.nan,
            math.nan,
            mi_cap(SYMBOLS),
        ],
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            math.nan,
            math.nan,
            2 ** (math.log2(SYMBOLS) - 0.5),
        ],
    },
    praise="So the objective can promise that every symbol is sure, and cost nothing: chances that "
    "sum to as many as there are symbols, of a model that cannot do better than log 16.",
)


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
    "7.2": MOST,
    "7.3": WEIGHT,
    "7.4": LIMITS,
    "7.5": Find(can_be_computed_again),
}
