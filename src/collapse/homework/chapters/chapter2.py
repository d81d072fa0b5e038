"""The exercises of chapter 2, on what is measured of a collapse."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.chapters import four_numbers
from collapse.homework.answers import numbers, shortly
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import DECIMALS, Choice, Find, Function, Numbers, Values, Verdict
from collapse.homework.trained import measured
from collapse.objectives import FreeBits
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.runs.many import run
from collapse.theory import mi_cap

# --- 2.1: the split of a KL, and of what it is beside information ----------------------------

Split = Callable[[Tensor, Tensor, Tensor], Any]
Parts = tuple[Tensor, Tensor, Tensor]


def observe_split(split: Split, generator: torch.Generator) -> Values:
    """The parts for five documents, two coordinates of four and three values, drawn afresh."""
    Q = torch.rand(5, 4, 3, generator=generator) + 0.05
    one, other = (torch.rand(values, generator=generator) + 0.05 for values in (4, 3))
    Q, one, other = Q / Q.sum((1, 2), keepdim=True), one / one.sum(), other / other.sum()
    with unchanged(Q, one, other):
        parts = split(Q, one, other)
    if parts is None:
        return None, None, None
    information, dependence, mismatch = parts
    return information, dependence, mismatch


def kl(one: Tensor, other: Tensor) -> Tensor:
    """KL(one ‖ other) of tables, in nats; of each document where the first has several."""
    return (one * (one / other).log()).sum((-2, -1))


def product(one: Tensor, other: Tensor) -> Tensor:
    """The table of two coordinates that know nothing of each other."""
    return one[..., :, None] * other[..., None, :]


def of_each(Q: Tensor) -> Tensor:
    """The product of a table's two margins."""
    return product(Q.sum(-1), Q.sum(-2))


def right_split(Q: Tensor, one: Tensor, other: Tensor) -> Parts:
    """Information, dependence of the coordinates, mismatch of each."""
    q = Q.mean(0)
    return kl(Q, q).mean(), kl(q, of_each(q)), kl(of_each(q), product(one, other))


def other_part(place: int, part: Callable[[Tensor, Tensor], Tensor]) -> Split:
    """The right parts but for one, which is made of the tables and of the prior's."""

    def split(Q: Tensor, one: Tensor, other: Tensor) -> list[Tensor]:
        parts = list(right_split(Q, one, other))
        parts[place] = part(Q, product(one, other))
        return parts

    return split


SPLIT = Function(
    observe=observe_split,
    reference=right_split,
    gives=("information", "dependence", "mismatch"),
    hint="Which distributions belong between q_n and p, in which order? What is the KL from each "
    "to the next?",
    ideas={
        "That is the whole mismatch: what stands between q(z) and p(z) is missing.": (
            lambda Q, one, other: (
                kl(Q, Q.mean(0)).mean(),
                torch.tensor(0.0),
                kl(Q.mean(0), product(one, other)),
            )
        ),
        "The parts are there, in another order: information, dependence, mismatch.": (
            lambda Q, one, other: right_split(Q, one, other)[::-1]
        ),
        "In nats the logarithm is natural; yours has base 2.": lambda Q, one, other: tuple(
            part / math.log(2) for part in right_split(Q, one, other)
        ),
        "The information is a mean over documents; yours is their sum.": other_part(
            0, lambda Q, _: kl(Q, Q.mean(0)).sum()
        ),
        "The information is KL(q_n‖q); yours goes from q to q_n.": other_part(
            0, lambda Q, _: kl(Q.mean(0), Q).mean()
        ),
        "Information of one coordinate and of the other do not add up to that of both.": other_part(
            0, lambda Q, _: kl(of_each(Q), of_each(Q.mean(0))).mean()
        ),
        "The dependence goes from q(z) to the product of its margins; yours goes back.": other_part(
            1, lambda Q, _: kl(of_each(Q.mean(0)), Q.mean(0))
        ),
        "That is the dependence within a document; asked is that of all codes together.": (
            other_part(1, lambda Q, _: kl(Q, of_each(Q)).mean())
        ),
        "The mismatch goes from q to p; yours goes from p to q.": other_part(
            2, lambda Q, prior: kl(prior, of_each(Q.mean(0)))
        ),
        "Your mismatch holds the dependence once more: compare margins.": other_part(
            2, lambda Q, prior: kl(Q.mean(0), prior)
        ),
    },
    praise="The three add up to the KL, and only the first knows of single documents.",
)

# --- 2.2 and 2.3: a log, a published number --------------------------------------------------

LOGS = ((4.0, 0.2), (11.6, 6.9), (0.003, 0.001))  # KL and MI as the exercise gives them


def kind_of_log(rate: float, information: float) -> str:
    """Collapsed, at the cap of a thousand documents, or empty."""
    return "c" if rate < 0.05 else "s" if information > 0.99 * mi_cap(1000) else "e"


DOCUMENTS = 10_000
PRINTED = {"KL": 8.4, "MI": 9.2}  # Song et al. (2024), Table 1


def both_of_one(rate: float, information: float) -> float:
    """1 where information does not exceed the KL, as it must for one posterior; else 0."""
    return float(information <= rate)


CAP = Numbers(
    truth=lambda: [mi_cap(DOCUMENTS), both_of_one(*PRINTED.values())],
    names=("cap in nats", "word"),
    spoken={"yes": 1.0, "no": 0.0},
    hint="Use the split, and the cap of an estimate over N documents.",
    ideas={
        f"Is that the cap, or the MI that the row prints? {DECIMALS}": lambda: [
            PRINTED["MI"],
            math.nan,
        ],
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            math.log2(DOCUMENTS),
            math.nan,
        ],
        "That is a logarithm of base 10: nats have the natural one.": lambda: [4.0, math.nan],
        "Nats are logarithms: yours is the number of documents itself.": lambda: [
            float(DOCUMENTS),
            math.nan,
        ],
        "That is the cap of batches of 32; the estimate is over all test documents.": lambda: [
            mi_cap(32),
            math.nan,
        ],
        "What is left of a KL when the information is taken off is a divergence: can it be "
        "negative?": lambda: [math.nan, 1.0],
    },
    praise="Two systems that both show the cap cannot be ranked by it.",
)

# --- 2.4: free bits over a batch -------------------------------------------------------------


def observe_charge(charge: Callable[[Tensor, float], Any], generator: torch.Generator) -> Values:
    """The charge of each of six documents for KL terms in four dimensions, some below the share."""
    terms = torch.rand(6, 4, generator=generator).square()
    with unchanged(terms):
        return (charge(terms, 1.6),)


def each_document(terms: Tensor, target: float) -> Tensor:
    """The share of a dimension as the least charge of each document."""
    return terms.clamp(min=target / terms.shape[1]).sum(1)


BATCH_FREE_BITS = Function(
    observe=observe_charge,
    reference=lambda kl, target: FreeBits(target, batch_mean=True)(kl),
    gives=("charge",),
    hint="Of what is a mean taken before anything is compared, and with how much of the target?",
    ideas={
        "That compares each document's KL with the share. Average over the batch first.": (
            each_document
        ),
        "The charge is that of a batch: every one of its documents bears it. One number a "
        "document is asked for.": lambda kl, target: (
            kl.mean(0).clamp(min=target / kl.shape[1]).sum()
        ),
        "The target is for all dimensions together: each has its share of it.": lambda kl, target: (
            kl.mean(0).clamp(min=target).sum().expand(len(kl))
        ),
        "Compared is the KL of each dimension with its share, not their sum with the target.": (
            lambda kl, target: kl.mean(0).sum().clamp(min=target).expand(len(kl))
        ),
        "Free bits are a least charge, not a discount: nothing is subtracted.": lambda kl, target: (
            (kl.mean(0) - target / kl.shape[1]).clamp(min=0).sum().expand(len(kl))
        ),
        "That is a largest charge; the share is the least one.": lambda kl, target: (
            kl.mean(0).clamp(max=target / kl.shape[1]).sum().expand(len(kl))
        ),
    },
    praise="A document may now have no KL at all, if the others of its batch have enough.",
)


# --- 2.5: break a measure --------------------------------------------------------------------


def without_active_units(answer: Any, seed: int, scale: str) -> Verdict:
    """Scale known posteriors by a factor and count the units that are active still."""
    (factor,) = numbers(answer, ("factor",))
    if factor == 0:
        return Verdict(False, "At 0 the codes tell nothing any more; they should tell as much.")
    if not 1e-6 <= abs(factor) <= 1e6:
        raise CollapseError(
            f"Scaled by {factor:g}, codes of 32 bits melt together: stay between 1e-6 and 1e6."
        )
    known, z = four_numbers.known_posteriors(2, 2048, seed)
    q = Normal(factor * known.mean, abs(factor) * known.stddev)
    count = int(four_numbers.active_units(q))
    information = four_numbers.information(q, factor * z)
    seen = f"{count} active units, information {information:.2f} nats."
    hint = "" if count == 0 else " How does the variance of the means depend on the factor?"
    return Verdict(count == 0, seen + hint)


# --- 2.6: a remedy of one's own --------------------------------------------------------------


def carries_information(answer: Any, seed: int, scale: str) -> Verdict:
    """Train a recipe on the generated sequences, beside the plain VAE."""
    if not isinstance(answer, Recipe):
        raise CollapseError(f"The answer is a Recipe; got {shortly(answer)}.")
    if answer == RECIPES["vae"]:
        return Verdict(False, "That is the plain VAE itself: change a place of it.")
    mi, nll = measured(run(answer, "synthetic", scale, seed, name="mine").summary, "mi", "nll")
    (plain,) = measured(run("vae", "synthetic", scale, seed).summary, "nll")
    seen = f"MI {mi:.2f} nats, NLL {nll - plain:+.2f} against the VAE."
    more = "" if mi > 0.2 else " More than 0.2 nat is asked for."
    return Verdict(mi > 0.2, seen + more)


EXERCISES = {
    "2.1": SPLIT,
    "2.2": Choice(
        truth=lambda: "".join(kind_of_log(*log) for log in LOGS),
        options=[a + b + c for a in "ces" for b in "ces" for c in "ces"],
        hint="For each: is the KL zero? Is the MI at the cap of 1,000 documents? Else what is it?",
        why_not={
            "eec": "What is the most that an estimate over 1,000 documents can show?",
            "csc": "Log 1 pays four nats: collapsed it is not.",
            "ssc": "An information of 0.2 is far from any cap.",
            "ese": "A KL of 0.003 is none.",
        },
        praise="The collapsed one has the best bound of the three.",
    ),
    "2.3": CAP,
    "2.4": BATCH_FREE_BITS,
    "2.5": Find(without_active_units),
    "2.6": Find(carries_information, trains=True),
}
