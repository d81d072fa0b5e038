"""Checks of assignment 4: a layer's two statistics, its floor, a count of active units, a cap."""

import math
from typing import Any

import torch
from scipy.optimize import brentq
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.homework.answers import shortly
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Function, Numbers, Values, Verdict
from collapse.metrics import active_units
from collapse.posteriors import BatchNorm
from collapse.theory import kl_floor, kl_parts, mi_cap
from collapse.theory.grids import z_grid

# --- hw4.1: two statistics -------------------------------------------------------------------


def observe_codes(function: Any, generator: torch.Generator) -> Values:
    """Six test documents in three dimensions, by the statistics of eight others and by their own.

    The variances are so small that ε counts.
    """
    train = 0.2 * torch.randn(8, 3, generator=generator) + 0.3
    test = 0.3 * torch.randn(6, 3, generator=generator) - 0.1
    with unchanged(train, test):
        found = function(train, test, 0.7, 0.4, 0.01)
    by_training, by_own = (None, None) if found is None else found
    return by_training, by_own


def right_codes(
    train: Tensor, test: Tensor, gamma: float, b: float, eps: float
) -> tuple[Tensor, Tensor]:
    """By the package's layer: once it has seen the training documents, and while it trains."""
    layer = BatchNorm(train.shape[1], gamma=gamma, beta=b, eps=eps, momentum=1.0)
    layer(train)
    by_training = layer.eval()(test)
    return by_training.detach(), layer.train()(test).detach()


def layer_by(
    correction: tuple[int, int] = (1, 0),
    apply: Any = lambda x, m, v, gamma, b, eps: gamma * (x - m) / (v + eps).sqrt() + b,
) -> Any:
    """The layer written out, with something otherwise."""

    def codes(train: Tensor, test: Tensor, gamma: float, b: float, eps: float) -> Values:
        return tuple(
            apply(test, of.mean(0), of.var(0, correction=c), gamma, b, eps)
            for of, c in zip((train, test), correction, strict=True)
        )

    return codes


CODES = Function(
    observe=observe_codes,
    reference=right_codes,
    gives=("code by the training statistics", "code by its own statistics"),
    hint="Whose mean and whose variance does each of the two use, and with which divisor?",
    ideas={
        "Both of yours are by the test documents' own statistics; at test time a document's code "
        "is not to depend on its neighbours.": lambda train, test, *a: (
            (right_codes(train, test, *a)[1],) * 2
        ),
        "Both of yours are by the training statistics.": lambda train, test, *a: (
            (right_codes(train, test, *a)[0],) * 2
        ),
        "Those of the training come first.": lambda *a: right_codes(*a)[::-1],
        "The divisor of the own variance is n: only the running variance has n − 1.": layer_by(
            (1, 1)
        ),
        "The running variance is kept with divisor n − 1.": layer_by((0, 0)),
        "ε stands under the root, beside the variance.": layer_by(
            apply=lambda x, m, v, gamma, b, eps: gamma * (x - m) / (v.sqrt() + eps) + b
        ),
        "ε is missing; here it is not small beside the variances.": layer_by(
            apply=lambda x, m, v, gamma, b, eps: gamma * (x - m) / v.sqrt() + b
        ),
        "The shift is added last: γ does not multiply b.": layer_by(
            apply=lambda x, m, v, gamma, b, eps: gamma * ((x - m) / (v + eps).sqrt() + b)
        ),
        "The shift is missing.": layer_by(
            apply=lambda x, m, v, gamma, b, eps: gamma * (x - m) / (v + eps).sqrt()
        ),
        "The mean is to be taken off before the division.": layer_by(
            apply=lambda x, m, v, gamma, b, eps: gamma * x / (v + eps).sqrt() + b
        ),
        "Divide by a deviation; you divide by a variance.": layer_by(
            apply=lambda x, m, v, gamma, b, eps: gamma * (x - m) / (v + eps) + b
        ),
    },
    praise="The second has the spread that the floor asks for; the first has it as well as it "
    "fits.",
)

# --- hw4.2: a floor, and where it is measured ------------------------------------------------

FLOOR, DIMENSIONS = 3.0, 24  # nats; as the task says
LEFT, APART = 0.64, 0.5  # variance of the test means, and their distance, in units of training's


def gamma_of(floor: float = FLOOR, dimensions: int = DIMENSIONS) -> float:
    """The γ whose floor this is, without a shift."""
    return float(brentq(lambda g: kl_floor(g, dimensions=dimensions) - floor, 0.0, 100.0))


def measured_kl(left: float = LEFT, apart: float = APART) -> float:
    """The mean KL of two documents whose means lie so, at width 1; training's are (0, 1)."""
    means = gamma_of() * (apart + left**0.5 * torch.tensor([[-1.0], [1.0]]).double())
    means = means.expand(-1, DIMENSIONS)
    return kl_parts(means, torch.ones_like(means)).total


FITTED = Numbers(
    truth=lambda: [gamma_of(), measured_kl(), measured_kl(1.0, 0.0)],
    names=("γ", "KL by the training statistics", "KL by their own statistics"),
    hint="What does a dimension pay for beside the spread of its means, and how much?",
    ideas={
        "The half of the floor is forgotten.": lambda: [
            gamma_of(FLOOR / 2),
            math.nan,
            math.nan,
        ],
        "That is γ²: the floor holds a variance, γ is a deviation.": lambda: [
            gamma_of() ** 2,
            math.nan,
            math.nan,
        ],
        "The floor is a sum over 24 dimensions.": lambda: [
            gamma_of(dimensions=1),
            math.nan,
            math.nan,
        ],
        "The floor is of documents that are normalised by their own statistics; these are not.": (
            lambda: [math.nan, FLOOR, math.nan]
        ),
        "The means are apart, too: a shift costs as well as a spread.": lambda: [
            math.nan,
            measured_kl(apart=0.0),
            math.nan,
        ],
        "A shift costs the square of the distance.": lambda: [
            math.nan,
            measured_kl(apart=APART**0.5),
            math.nan,
        ],
        "0.64 is a share of a variance already: do not take its root, nor its square.": lambda: [
            math.nan,
            measured_kl(left=LEFT**0.5),
            math.nan,
        ],
        "By their own statistics they have mean 0 and variance γ², whatever they were before.": (
            lambda: [math.nan, math.nan, measured_kl()]
        ),
    },
    praise="A KL of the test split below the floor breaks no theorem.",
    tolerance=0.01,
)

# --- hw4.6: no unit is active ----------------------------------------------------------------

DOCUMENTS, RATE, SLACK, TOLD = 4, 0.5, 0.01, 0.2


def hidden_from_the_count(answer: Any, seed: int, scale: str) -> Verdict:
    """Of four posteriors of one dimension: every KL, then the active units, then what is told."""
    mean, std = pairs_of(answer)
    kls = kl_of(mean, std)
    seen = f"KL {float(kls.min()):.2f} to {float(kls.max()):.2f} nats"
    if (kls - RATE).abs().max() > SLACK:
        return Verdict(False, f"{seen}; each of the four has to pay {RATE}, within {SLACK}.")
    if active_units(mean[:, None]).count:
        return Verdict(False, f"{seen}, one active unit. It sees you: your means differ too much.")
    told = information(mean, std)
    seen = f"{seen}, no active unit, information {told:z.2f} nats."
    if told < TOLD:
        return Verdict(False, f"{seen} It tells too little. What but its mean can differ?")
    return Verdict(True, f"{seen} An AU of 0 is no proof that nothing is told.")


def pairs_of(answer: Any) -> tuple[Tensor, Tensor]:
    """Means and deviations of four documents.

    Raises:
        CollapseError: for something else.
    """
    try:
        pairs = torch.as_tensor(answer).double()
    except (TypeError, ValueError, RuntimeError):
        pairs = torch.zeros(0)
    if pairs.shape != (DOCUMENTS, 2) or not pairs.isfinite().all():
        raise CollapseError(f"The answer is four pairs (mean, std); got {shortly(answer)}.")
    mean, std = pairs.unbind(1)
    if not (std > 0).all():
        raise CollapseError(f"A std is positive; got {std.tolist()}.")
    return mean, std


def kl_of(mean: Tensor, std: Tensor) -> Tensor:
    """The KL of each document to N(0, 1)."""
    unit = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return torch.distributions.kl_divergence(Normal(mean, std), unit)


def information(mean: Tensor, std: Tensor) -> float:
    """I(x; z) of equally likely documents, by quadrature as far as these rates reach."""
    logs = Normal(mean, std).log_prob(z_grid(1, 20.0, 0.02).double())
    ratio = logs - logs.logsumexp(1, keepdim=True) + math.log(len(mean))
    return float((logs.exp() * ratio).sum()) * 0.02 / len(mean)


# --- hw4.8: a published number ---------------------------------------------------------------

BATCH, PRINTED = 32, {"Song et al. (2024), Table 1": 3.7, "He et al. (2019), Table 1": 2.7}
"""MI of SA-VAE with annealing on Yahoo; the first has the row from others, He et al. among them."""


def of_the_cap(cap: float) -> list[float]:
    """The cap, the largest number of one decimal below which it may be rounded, and the word."""
    song, _ = PRINTED.values()
    return [cap, round(cap, 1), float(song <= round(cap, 1))]


COPIED = Numbers(
    truth=lambda: of_the_cap(mi_cap(BATCH)),
    names=("cap in nats", "largest printed MI", '"yes" or "no"'),
    spoken={"yes": 1.0, "no": 0.0},
    hint="What is the most that a batch of 32 can tell? What becomes of it in print?",
    ideas={
        "In nats the logarithm is natural; yours has base 2.": lambda: (
            [*of_the_cap(math.log2(BATCH))[:2], math.nan]
        ),
        "That is a logarithm of base 10: nats have the natural one.": lambda: of_the_cap(
            math.log10(BATCH)
        ),
        "That is the cap of a test split; this estimator compares the documents of a batch.": (
            lambda: [mi_cap(10_000), round(mi_cap(10_000), 1), math.nan]
        ),
        "A number is rounded to the nearest: one above the cap may be printed.": lambda: [
            math.nan,
            round(mi_cap(BATCH) - 0.05, 1),
            math.nan,
        ],
        "Compare 3.7 with the largest that may be printed.": lambda: [
            math.nan,
            math.nan,
            1.0,
        ],
    },
    praise="One digit was changed on the way, it seems. It says nothing of the rows that a paper "
    "measured itself.",
    tolerance=0.02,
)
