"""Assignment 2: measuring collapse."""

import math
from itertools import permutations
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.homework.assignment import Assignment, Task
from collapse.homework.assignments.hw2_functions import (
    INFORMATION,
    WORDS,
    posterior,
    right_information,
)
from collapse.homework.kinds import Choice, Find, Numbers, Verdict
from collapse.metrics import active_units, mutual_information
from collapse.theory import mi_cap, mi_cap_batches

# --- hw2.4: caps, and batches of one topic ---------------------------------------------------

TOPICS, OF_EACH, LARGEST = 8, 125, 32


def caps_and_estimates() -> list[float]:
    """Of a code that tells the topic and nothing else, over the set and in batches of one topic."""
    documents = TOPICS * OF_EACH
    topic = torch.arange(TOPICS).repeat_interleave(OF_EACH)
    q = Normal(100.0 * topic[:, None].double(), torch.ones(documents, 1).double())
    batches = [
        batch.numpy()
        for rows in torch.arange(documents).split(OF_EACH)
        for batch in rows.split(LARGEST)
    ]
    return [
        mi_cap(documents),
        mi_cap_batches([len(batch) for batch in batches]),
        mutual_information(q, q.mean).value,
        mutual_information(q, q.mean, batches).value,
    ]


SORTED = Numbers(
    truth=caps_and_estimates,
    names=(
        "cap over the set",
        "cap within batches",
        "estimate over the set",
        "estimate within batches",
    ),
    hint="How many documents are in a mixture, and how many different codes? Which of the two "
    "makes a cap?",
    ideas={
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            number / math.log(2) for number in caps_and_estimates()
        ],
        "Not every batch of a topic is full; smaller ones have a smaller cap, by their share.": (
            lambda: [math.nan, mi_cap(LARGEST), math.nan, math.nan]
        ),
        "A cap is a limit, not an estimate: the code tells topics apart, and no documents.": (
            lambda: [math.nan, math.nan, *caps_and_estimates()[:2]]
        ),
        "Within a batch all documents have one topic: whose code was it, then?": lambda: [
            *[math.nan] * 3,
            mi_cap(TOPICS),
        ],
        "How many nats name one of the topics? Their number of documents has no part in it.": (
            lambda: [math.nan, math.nan, mi_cap(OF_EACH), math.nan]
        ),
    },
    praise="Where batches hold documents that are alike, what they have in common is not seen.",
)

# --- hw2.5: a code that pays for nothing -----------------------------------------------------

SHAPE = (2, 100, 4)


def pays_for_nothing(answer: Any, seed: int, scale: str) -> Verdict:
    """All four units active, a KL above 2 nats, an information below 0.05."""
    mean, log_var = code_of(answer)
    q = posterior(mean, log_var)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(20, *SHAPE[1:], generator=generator, dtype=torch.float64)
    told = sum(right_information(mean, log_var, q.mean + q.stddev * e) for e in noise) / len(noise)
    count = active_units(mean).count
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(-1).mean().item()
    asked = {
        "Every unit should be active.": count == SHAPE[2],
        "The KL should be above 2 nats.": kl > 2,
        "The information should be below 0.05 nat: what hides a mean that moves?": told < 0.05,
    }
    seen = f"{count} of {SHAPE[2]} units active, KL {kl:.2f} nats, information {told:z.3f} nats."
    return Verdict(
        all(asked.values()), " ".join([seen, *(w for w, met in asked.items() if not met)])
    )


def code_of(answer: Any) -> Tensor:
    """Means and log-variances of an answer.

    Raises:
        CollapseError: for anything but such a tensor, or numbers that no posterior has.
    """
    if isinstance(answer, tuple | list) and all(isinstance(part, Tensor) for part in answer):
        answer = torch.stack(list(answer)) if len({part.shape for part in answer}) == 1 else None
    shape = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
    if shape != SHAPE:
        raise CollapseError(
            f"The answer is a tensor of shape {SHAPE}: means and log-variances; got {shape}."
        )
    code = answer.detach().double()
    if not code.isfinite().all() or code[1].abs().max() > 50:
        raise CollapseError("All numbers are finite, and a log-variance is from -50 to 50.")
    return code


# --- hw2.6 and hw2.7: a log, a published row -------------------------------------------------

LOG = {  # KL and MI; batches of 32 of a thousand documents, and the rest of eight
    "A": (14.2, 3.45),
    "B": (0.004, 0.003),
    "C": (1.9, 2.6),
    "D": (5.8, 0.3),
    "E": (2.4, 2.1),
}
BATCHES = [32] * 31 + [8]


def four_systems() -> str:
    """Collapsed, paying for nothing, at the cap, and more information than KL."""
    collapsed = min(LOG, key=lambda name: LOG[name][0])
    empty = min(set(LOG) - {collapsed}, key=lambda name: LOG[name][1] / LOG[name][0])
    (full,) = (name for name, (_, mi) in LOG.items() if mi > 0.98 * mi_cap_batches(BATCHES))
    (broken,) = (name for name, (kl, mi) in LOG.items() if mi > kl + 0.3)
    return collapsed + empty + full + broken


READ = Choice(
    truth=four_systems,
    options=["".join(letters) for letters in permutations(LOG, 4)],
    hint="Of each: is there a KL? How much of it is information? What is the cap? What is left?",
    why_not={
        "BADC": "Both pay more than they tell. Of which is the MI as large as it can be shown?",
        "BDAE": "2.1 of 2.4 nats are information, and that can be.",
        "BDCA": "Of which system is a negative mismatch left, when the MI is taken off?",
        "DBAC": "Collapsed is what pays nothing. Which system is that?",
        "BDEC": "The cap within batches of 32 is near log 32: which MI is that?",
    },
    praise="Active units told none of these apart but the collapsed one.",
)

IMAGES = 50  # in a batch of the authors' code
ROWS = {"β = 0.2": (69.62, 3.89), "β = 0.8": (9.98, 3.84)}  # He et al. (2019), Table 2: KL, MI


def of_rows() -> list[float]:
    """The cap, how far KL and MI fall, and whether two MI at a cap say that both are alike."""
    (kl, mi), (other_kl, other_mi) = ROWS.values()
    below_the_cap = min(mi, other_mi) < 0.95 * mi_cap(IMAGES)
    return [mi_cap(IMAGES), kl - other_kl, mi - other_mi, float(below_the_cap)]


PUBLISHED = Numbers(
    truth=of_rows,
    names=("cap in nats", "fall of the KL", "fall of the MI", "word"),
    spoken={"yes": 1.0, "no": 0.0},
    hint="How many images are in a mixture, and what can their estimate show at most?",
    ideas={
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            math.log2(IMAGES),
            *[math.nan] * 3,
        ],
        "That is a logarithm of base 10: nats have the natural one.": lambda: [
            math.log10(IMAGES),
            *[math.nan] * 3,
        ],
        "That is the cap of batches of 32; here they have 50 images.": lambda: [
            mi_cap(32),
            *[math.nan] * 3,
        ],
        "From β = 0.2 to β = 0.8 both fall: give by how much, above zero.": lambda: [
            math.nan,
            *(-number for number in of_rows()[1:3]),
            math.nan,
        ],
        "Compare both MI with the cap: what could a code of sixty nats show more?": lambda: [
            *[math.nan] * 3,
            1 - of_rows()[3],
        ],
    },
    praise="Two full measuring cups do not say that two jugs are alike.",
)


ASSIGNMENT = Assignment(
    title="Measuring collapse",
    chapters=(2,),
    tasks={
        "hw2.1": Task(
            "Information from draws",
            goals=("estimate a mutual information from one draw a document",),
            points=4,
            minutes=20,
            difficulty="medium",
            kind="implement",
            answer="information",
            exercise=INFORMATION,
        ),
        "hw2.2": Task(
            "How much can an estimate show?",
            goals=("derive the cap of an estimate of information, over a set and in batches",),
            points=4,
            minutes=15,
            difficulty="medium",
            kind="derive",
            rubric={
                "finds the own posterior in the mixture, so that no term exceeds log N": 1,
                "says when it comes close: a draw has no density under the other posteriors": 1,
                "in batches: the logarithms of the sizes, averaged over documents": 1,
                "one term may be negative; its expectation is a KL and may not": 1,
            },
        ),
        "hw2.3": Task(
            "Nats a word",
            goals=("turn padded log-probabilities into nats a word and a perplexity",),
            points=4,
            minutes=10,
            difficulty="medium",
            kind="implement",
            answer="words",
            exercise=WORDS,
        ),
        "hw2.4": Task(
            "Predict what batches hide",
            goals=("predict an estimate of information and its cap, over a set and in batches",),
            points=3,
            minutes=15,
            difficulty="hard",
            kind="predict",
            answer="answer_4",
            exercise=SORTED,
        ),
        "hw2.5": Task(
            "Make a KL and active units mislead",
            goals=("build a code that is paid for, moves, and tells nothing",),
            points=3,
            minutes=15,
            difficulty="medium",
            kind="break",
            answer="code",
            exercise=Find(pays_for_nothing, rehearsed=5),
        ),
        "hw2.6": Task(
            "Read a log",
            goals=("tell collapsed, empty, full and impossible rows apart",),
            points=3,
            minutes=10,
            difficulty="easy",
            kind="read a log",
            answer="answer_6",
            exercise=READ,
        ),
        "hw2.7": Task(
            "Judge two published rows",
            goals=("say what two numbers at a cap do not show",),
            points=3,
            minutes=10,
            difficulty="medium",
            kind="judge a published row",
            answer="answer_7",
            exercise=PUBLISHED,
        ),
        "hw2.8": Task(
            "One run a row",
            goals=("argue from a table with one seed, with the spread in hand",),
            points=4,
            minutes=20,
            difficulty="medium",
            kind="judge a published row",
            rubric={
                "puts a difference of two rows beside the spread over seeds, and knows that a "
                "difference spreads more than one run": 1,
                "finds the row of ten apart from the others in NLL, KL, MI and AU": 1,
                "finds that one run does not order the other four": 1,
                "says what would decide, and which result would change the view": 1,
            },
        ),
        "hw2.9": Task(
            "Does the decoder read the code?",
            goals=("propose a measure of a decoder's use of z, and say how it misleads",),
            points=3,
            minutes=25,
            difficulty="hard",
            kind="open problem",
            rubric={
                "defines a number that is zero for a decoder that does not depend on z": 1,
                "says how the number misleads, or what caps it": 1,
                "names a model on which the answer is known, and what the number must be there": 1,
            },
        ),
    },
)
