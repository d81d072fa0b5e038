"""Assignment 1: the ELBO and its estimators."""

import math
from itertools import permutations
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse.base.seeding import seeded
from collapse.homework.answers import numbers
from collapse.homework.assignment import Assignment, Task
from collapse.homework.assignments.hw1_functions import GRADIENT, KL, NLL, right_nll
from collapse.homework.kinds import Choice, Find, Numbers, Verdict
from collapse.metrics import importance_weights
from collapse.theory import gaussian_channel_mi

# --- hw1.5: three numbers of a channel -------------------------------------------------------

WIDTH, SPREAD = 0.1, 1.9  # variances: of every posterior, and of the means over the documents


def parts_of_the_rate() -> list[float]:
    """Rate, information and mismatch where q(z) = N(0, 2) and the prior is N(0, 1)."""
    q_z, prior = Normal(0.0, (WIDTH + SPREAD) ** 0.5), Normal(0.0, 1.0)
    information = gaussian_channel_mi(WIDTH / SPREAD)
    mismatch = kl_divergence(q_z, prior).item()
    return [information + mismatch, information, mismatch]


def against_prior() -> list[float]:
    """The same rate, with an information against the prior."""
    rate, information = parts_of_the_rate()[0], gaussian_channel_mi(WIDTH / (1 - WIDTH))
    return [rate, information, rate - information]


def with_mismatch(mismatch: float) -> list[float]:
    """The right information, another mismatch, and their sum."""
    information = parts_of_the_rate()[1]
    return [information + mismatch, information, mismatch]


PARTS = Numbers(
    truth=parts_of_the_rate,
    names=("rate", "information", "mismatch"),
    hint="What is q(z) over all documents? What lies between it and the prior, and what between "
    "each q(z|x) and it?",
    ideas={
        "The information is against q(z), which has the variance of the means and of the "
        "posteriors together; the prior's variance has no part in it.": against_prior,
        "The prior is taken for q(z): what lies between the two is missing.": lambda: [
            *[gaussian_channel_mi(WIDTH / (1 - WIDTH))] * 2,
            0.0,
        ],
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            part / math.log(2) for part in parts_of_the_rate()
        ],
        "The posteriors have a width of their own: the variance of q(z) is more than that of the "
        "means.": lambda: with_mismatch(
            kl_divergence(Normal(0.0, SPREAD**0.5), Normal(0.0, 1.0)).item()
        ),
        "The mismatch is KL(q(z)‖p); yours goes from the prior to q(z).": lambda: with_mismatch(
            kl_divergence(Normal(0.0, 1.0), Normal(0.0, (WIDTH + SPREAD) ** 0.5)).item()
        ),
        "Which of the two needs to know documents apart? Information comes before mismatch.": (
            lambda: [math.nan, *parts_of_the_rate()[:0:-1]]
        ),
        "An information is half of a logarithm of variances.": lambda: [
            2 * parts_of_the_rate()[1] + parts_of_the_rate()[2],
            2 * parts_of_the_rate()[1],
            math.nan,
        ],
        "The mismatch is paid as well: rate is the sum, and not the difference.": lambda: [
            parts_of_the_rate()[1] - parts_of_the_rate()[2],
            math.nan,
            math.nan,
        ],
    },
    praise="The mismatch buys nothing: a decoder could do without it.",
)

# --- hw1.6: a proposal that misleads ---------------------------------------------------------

DOCUMENTS, SAMPLES = 400, 50


def off_by_a_nat(answer: Any, seed: int, scale: str) -> Verdict:
    """Draw from N(x/2, s²) where the posterior is N(x/2, ½), and compare with the exact NLL."""
    (std,) = numbers(answer, ("standard deviation",))
    if std <= 0:
        return Verdict(False, "A standard deviation is above zero.")
    if std >= 0.5**0.5:
        return Verdict(False, "That is as wide as the posterior or wider; asked is a narrow one.")
    errors = nll_errors(std, seed)
    mean, spread = errors.mean().item(), errors.std().item() / DOCUMENTS**0.5
    if not math.isfinite(mean):
        return Verdict(False, "No float tells such draws apart: take a larger deviation.")
    seen = f"On average the estimate is {mean:.2f} nats too high, give or take {spread:.2f}."
    more = "" if mean > 1 else " How large are the weights of draws that all lie in one place?"
    return Verdict(mean > 1, seen + more)


def nll_errors(std: float, seed: int) -> Tensor:
    """By how much the estimate of each document is too high; x = z + noise, both standard."""
    zero, one = torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
    truth = Normal(zero, 2**0.5 * one)
    with seeded(seed):
        x = truth.sample((DOCUMENTS, 1))
        weights = importance_weights(
            lambda z: Normal(z, one).log_prob(x).sum(-1),
            Normal(x / 2, torch.full_like(x, std)),
            Normal(zero.expand(1), one.expand(1)),
            SAMPLES,
        )
    return right_nll(weights.T) + truth.log_prob(x).sum(-1)


# --- hw1.7 and hw1.8: a log, a published row -------------------------------------------------

LOG = {  # rate, distortion, importance-weighted NLL
    "A": (0.0, 101.3, 101.3),
    "B": (6.2, 95.9, 99.4),
    "C": (5.1, 95.2, 100.9),
    "D": (3.0, 97.7, 100.5),
}


def gap(line: tuple[float, float, float]) -> float:
    """Of the bound, over the estimate of the likelihood."""
    rate, distortion, nll = line
    return rate + distortion - nll


def three_lines() -> str:
    """The largest gap, the rate of zero, the bound that is above its likelihood."""
    largest = max(LOG, key=lambda name: gap(LOG[name]))
    none = min(LOG, key=lambda name: LOG[name][0])
    broken = min(LOG, key=lambda name: gap(LOG[name]))
    assert gap(LOG[broken]) < -0.1
    assert min(LOG[name][2] for name in LOG) == LOG[largest][2]
    return largest + none + broken


READ = Choice(
    truth=three_lines,
    options=["".join(letters) for letters in permutations(LOG, 3)],
    hint="What is the −ELBO of each line, and on which side of its NLL?",
    why_not={
        "CAB": "A bound is not above the likelihood: which line's -ELBO is too low for its NLL?",
        "BDC": "A code of three nats is one. Which line has none?",
        "DAC": "Which line's -ELBO is furthest above its NLL?",
        "BAD": "The -ELBO of D is above its NLL, as it must be.",
        "ABC": "Without a code and at the exact posterior there is no gap.",
    },
    praise="By the bound D is better than B, by the likelihood B than D: the gap decides.",
)

ROWS = {"β-VAE": (328.7, 330.2, 6.3), "VAE": (329.0, 329.1, 0.0)}  # He et al. (2019), Table 5


def of_rows() -> list[float]:
    """Distortion and gap of the β-VAE, gap of the VAE, whether both columns order them alike."""
    (nll, bound, kl), (other_nll, other_bound, _) = ROWS.values()
    alike = (nll < other_nll) == (bound < other_bound)
    return [bound - kl, bound - nll, other_bound - other_nll, float(alike)]


PUBLISHED = Numbers(
    truth=of_rows,
    names=("distortion", "gap of the β-VAE", "gap of the VAE", "word"),
    spoken={"yes": 1.0, "no": 0.0},
    hint="Which two things make up a −ELBO? And what is between it and the NLL?",
    ideas={
        "The KL to the prior is a term of the bound; the gap is the KL to the true posterior.": (
            lambda: [math.nan, ROWS["β-VAE"][2], ROWS["VAE"][2], math.nan]
        ),
        "The rate is a part of the -ELBO, not of the NLL.": lambda: [
            ROWS["β-VAE"][0] - ROWS["β-VAE"][2],
            math.nan,
            math.nan,
            math.nan,
        ],
        "The distortion is what is left of the -ELBO without the rate.": lambda: [
            ROWS["β-VAE"][1] + ROWS["β-VAE"][2],
            math.nan,
            math.nan,
            math.nan,
        ],
        "A gap is not negative: the -ELBO is above the NLL.": lambda: [
            math.nan,
            -of_rows()[1],
            -of_rows()[2],
            math.nan,
        ],
        "Which of the two is lower in the column IW, and which in the column -ELBO?": lambda: [
            *[math.nan] * 3,
            1 - of_rows()[3],
        ],
    },
    praise="A ranking by the bound also ranks the encoders.",
)


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
            kind="derive",
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
            kind="implement",
            answer="kl_to_prior",
            exercise=KL,
        ),
        "hw1.3": Task(
            "A gradient through a sample",
            goals=("differentiate an expectation by the mean and the log-variance of its draws",),
            points=4,
            minutes=20,
            difficulty="hard",
            kind="implement",
            answer="pathwise",
            exercise=GRADIENT,
        ),
        "hw1.4": Task(
            "A likelihood from weights",
            goals=("turn log-weights into a likelihood without losing a float or a log K",),
            points=4,
            minutes=10,
            difficulty="medium",
            kind="implement",
            answer="iw_nll",
            exercise=NLL,
        ),
        "hw1.5": Task(
            "Predict the parts of a rate",
            goals=("split a rate into information and mismatch",),
            points=3,
            minutes=10,
            difficulty="medium",
            kind="predict",
            answer="answer_5",
            exercise=PARTS,
        ),
        "hw1.6": Task(
            "Mislead an estimator",
            goals=("say which proposal makes importance samples fail",),
            points=3,
            minutes=10,
            difficulty="medium",
            kind="break",
            answer="answer_6",
            exercise=Find(off_by_a_nat, rehearsed=5),
        ),
        "hw1.7": Task(
            "Read a log",
            goals=("read rate, distortion and likelihood together",),
            points=3,
            minutes=10,
            difficulty="easy",
            kind="read a log",
            answer="answer_7",
            exercise=READ,
        ),
        "hw1.8": Task(
            "Judge two published rows",
            goals=("find gap and distortion in a printed table, and what they do to a ranking",),
            points=3,
            minutes=10,
            difficulty="medium",
            kind="judge a published row",
            answer="answer_8",
            exercise=PUBLISHED,
        ),
        "hw1.9": Task(
            "What belongs beside a likelihood?",
            goals=("say what an importance-weighted likelihood needs to be judged",),
            points=3,
            minutes=20,
            difficulty="hard",
            kind="open problem",
            rubric={
                "names the number of samples and the proposal, and that too few make the NLL too "
                "high on average": 1,
                "names a number that shows a failing proposal, such as the -ELBO of the same "
                "documents, other K, or independent repeats; not only a standard error from the "
                "weights of one run": 1,
                "makes one concrete: what is printed, and which value would end the trust": 1,
            },
        ),
    },
)
