"""The exercises of chapter 5, on floors under the KL."""

import math
from collections.abc import Callable
from statistics import fmean
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.chapters.chapter import training_with
from collapse.distributions import standard_normal
from collapse.homework.answers import called, letters, shortly
from collapse.homework.chapters.chapter5_floor import FLOOR
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Find, Numbers, Verdict
from collapse.homework.trained import measured
from collapse.metrics import decomposition
from collapse.posteriors import BatchNormGaussian
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.runs.many import run
from collapse.theory import kl_floor, normalised_variance

# --- 5.2: three layers -----------------------------------------------------------------------

LAYERS = ([2e-2] * 8, [1e-5] * 8, [0.3] * 4 + [1e-7] * 4)  # running_var, as the exercise says
GAMMA = 0.7


def floors_of_layers(gamma: float = GAMMA, eps: float = 1e-5) -> list[float]:
    """The floor of each layer, without a shift."""
    return [
        sum(kl_floor(normalised_variance(gamma, v, eps) ** 0.5) for v in layer) for layer in LAYERS
    ]


THREE_LAYERS = Numbers(
    truth=floors_of_layers,
    names=("floor of A", "floor of B", "floor of C"),
    hint="Use (5.3) in each dimension.",
    ideas={
        "The half is forgotten.": lambda: [2 * each for each in floors_of_layers()],
        "γ is a deviation; what is paid is a variance.": lambda: [
            each / GAMMA for each in floors_of_layers()
        ],
        "That is one dimension; there are eight.": lambda: [
            each / 8 for each in floors_of_layers()
        ],
        "You took a root: it is of the variance that a share is left.": lambda: [
            math.nan,
            kl_floor(GAMMA, dimensions=8) * 0.5**0.5,
            math.nan,
        ],
        "The full floor needs a V that is far above ε.": lambda: [
            math.nan,
            floors_of_layers(eps=0.0)[1],
            math.nan,
        ],
        "A V is above ε in each dimension by itself, and not on average.": lambda: [
            *[math.nan] * 2,
            floors_of_layers(eps=0.0)[2],
        ],
        "The full floor needs a V far above ε, in each dimension by itself.": lambda: (
            floors_of_layers(eps=0.0)
        ),
    },
    praise="B and C pay nearly the same. Does the number of their active units, too?",
    tolerance=0.02,
)

# --- 5.3: a published count ------------------------------------------------------------------

ACTIVE = 0.01  # least variance of the mean of an active unit, as the exercise says

SMALLEST = Numbers(
    truth=lambda: [ACTIVE**0.5],
    names=("smallest γ",),
    hint="What is the variance of a mean after the layer?",
    ideas={
        "That is the variance itself; of which γ is it the variance?": lambda: [ACTIVE],
        "Between a variance and its deviation lies a root, not a square.": lambda: [ACTIVE**2],
        "The half belongs to the KL; a variance has none.": lambda: [(2 * ACTIVE) ** 0.5],
        "A unit is one dimension: nothing is shared among the 32.": lambda: [(ACTIVE / 32) ** 0.5],
        "That is the smallest γ of the tables. Would a smaller one do?": lambda: [0.3],
    },
    praise="The 32.0 of those rows is a definition, not a measurement.",
    tolerance=0.0005,
)

# --- 5.4: a column ---------------------------------------------------------------------------

TABLE_8: dict[str, tuple[float, float | None, float]] = {  # KL, MI, AU; None is not printed
    "A: BN-VAE, γ = 0.3": (1.6, 1.4, 32.0),
    "B: free bits, 4": (4.1, 3.8, 3.0),
    "C: δ-VAE, δ = 0.1": (3.2, 0.0, 0.0),
    "D: vMF-VAE, κ = 13": (2.0, None, 32.0),
    "E: aggressive": (5.7, 2.9, 15.0),
    "F: β-VAE, β = 0.2": (19.1, 3.3, 20.4),
}
"""Zhu et al. (2020), Table 8, Yahoo; 32 dimensions."""


def normalised(row: str) -> bool:
    """Whether a layer fixes the variance of the means, at no less than that of an active unit."""
    _, found, gamma = row.partition("γ = ")
    return bool(found) and float(gamma) ** 2 >= ACTIVE


ROWS: tuple[tuple[Callable[[str], bool], dict[str, str]], ...] = (
    (
        normalised,
        {
            "C": "δ fixes the KL of that row, not its AU.",
            "D": "κ fixes how narrow each posterior is; AU is about the variance of means.",
        },
    ),
    (
        lambda row: TABLE_8[row][2] % 1 > 0,
        {
            "D": "All units of one model may be active. Which number can be no count?",
            "C": "One model may have no active unit. Which number can be no count?",
        },
    ),
    (
        lambda row: TABLE_8[row][1] == 0 < TABLE_8[row][0],
        {
            "D": "Where no MI is printed, none is denied.",
            "F": "A KL far above the MI, but the MI says that something is told.",
        },
    ),
)
"""Of each letter in order: which rows are right, and what is said of some that are not."""

AUDIT = (
    "Which row has the variance of its means set by hand? What can a count not be? And which KL "
    "has nothing beside it?"
)


def audits(answer: Any, seed: int, scale: str) -> Verdict:
    """Take the three letters one by one; say what is wrong, but not of which letter."""
    given = [each for each in letters(answer).upper() if each.isalpha()]
    named = {row[0]: row for row in TABLE_8}
    if len(given) != len(ROWS) or not named.keys() >= set(given):
        raise CollapseError(f"The answer is three of the letters A to F; got {shortly(answer)}.")
    off = [
        (mistakes, letter)
        for (wanted, mistakes), letter in zip(ROWS, given, strict=True)
        if not wanted(named[letter])
    ]
    if not off:
        return Verdict(True, "One number of the three columns was known before training.")
    said = (mistakes[letter] for mistakes, letter in off if letter in mistakes)
    return Verdict(False, next(said, AUDIT))


# --- 5.5: a KL with nothing in it ------------------------------------------------------------

PAID, TOLD = 0.4, 0.05  # least KL, and what the information has to stay below


def pays_for_nothing(answer: Any, seed: int, scale: str) -> Verdict:
    """Train a recipe on the generated sequences for eight epochs."""
    if not isinstance(answer, Recipe | str):
        raise CollapseError(f"The answer is a Recipe; got {shortly(answer)}.")
    recipe = RECIPES.get(answer) if isinstance(answer, str) else answer
    if recipe and recipe.posterior.cls is BatchNormGaussian:
        return Verdict(False, "That way the page has shown: pay without batch normalisation.")
    settings = training_with("synthetic", scale, epochs=8)
    found = run(answer, "synthetic", scale, seed, name="mine", settings=settings).summary
    kl, mi = measured(found, "kl", "mi")
    seen = f"KL {kl:z.2f}, MI {mi:z.3f}."
    if mi >= TOLD:
        return Verdict(False, f"{seen} It tells documents apart: what makes all codes alike?")
    if kl < PAID:
        return Verdict(False, f"{seen} It tells nothing, and pays too little for it.")
    return Verdict(True, f"{seen} Whatever reports the KL alone would call it cured.")


# --- 5.6: hold up the information ------------------------------------------------------------

Posterior = Callable[[Tensor], Any]
MOST_PAID, LEAST_TOLD = 0.5, 0.25
ASKED = ("normal", "clumps")


def three_features(generator: torch.Generator) -> dict[str, Tensor]:
    """One number a document: normal, in two clumps, all but one nearly the same."""
    normal = torch.randn(2000, 1, generator=generator)
    return {
        "normal": normal,
        "clumps": normal.sign() + 0.05 * normal,
        "one outlier": torch.cat([0.001 * normal[:-1], normal[:1] + 50]),
    }


def holds_up(answer: Any, seed: int, scale: str) -> Verdict:
    """What the posteriors of three sets of features pay and tell."""
    if not callable(answer):
        raise CollapseError(f"The answer is a function; got {shortly(answer)}.")
    generator = torch.Generator().manual_seed(seed)
    features = three_features(generator)
    posteriors = {name: posterior(answer, each) for name, each in features.items()}
    if None in posteriors.values():
        return Verdict(False, "The function gives None: write its body.", given=False)
    held = {name: bought(q, generator) for name, q in posteriors.items() if q is not None}
    if not all(math.isfinite(each) for pair in held.values() for each in pair):
        raise CollapseError("With such means and deviations KL or information is no finite number.")
    seen = "; ".join(f"{name}: KL {kl:z.2f}, MI {mi:z.2f}" for name, (kl, mi) in held.items()) + "."
    if any(held[name][0] > MOST_PAID for name in ASKED):
        return Verdict(False, f"{seen} It pays too much: half a nat at most.")
    if any(held[name][1] < LEAST_TOLD for name in ASKED):
        return Verdict(False, f"{seen} It tells too little. What else than the spread is free?")
    if held["one outlier"][1] < LEAST_TOLD:
        return Verdict(True, f"{seen} The outlier still takes the whole spread for itself.")
    return Verdict(True, f"{seen} Even the outlier's batch: could a layer of a network do that?")


def posterior(function: Posterior, features: Tensor) -> Normal | None:
    """The normals that a function makes of features; None where it gives None.

    Raises:
        CollapseError: with the function's own error, or for what is no mean and deviation.
    """
    with unchanged(features):
        made = called(function, features)
    if made is None:
        return None
    pair = made if isinstance(made, tuple | list) else (made,)
    if len(pair) != 2 or not all(isinstance(each, Tensor) for each in pair):
        raise CollapseError("The function gives two tensors: means and standard deviations.")
    mean, deviation = pair
    if not mean.shape == deviation.shape == features.shape:
        raise CollapseError(
            f"Means and deviations have the shape of the features, {tuple(features.shape)}; yours "
            f"have {tuple(mean.shape)} and {tuple(deviation.shape)}."
        )
    if not (mean.isfinite().all() and deviation.isfinite().all() and (deviation > 0).all()):
        raise CollapseError("Means are finite numbers, and deviations positive ones.")
    return Normal(mean.detach(), deviation.detach())


def bought(q: Normal, generator: torch.Generator) -> tuple[float, float]:
    """KL and information of posteriors, in nats."""
    prior = standard_normal(q.mean.new_zeros(1))
    draws = [torch.randn(q.mean.shape, generator=generator) for _ in range(8)]  # one is too noisy
    found = [decomposition(q, q.mean + q.stddev * draw, prior) for draw in draws]
    return found[0].kl.value, fmean(each.mutual_information.value for each in found)


EXERCISES = {
    "5.1": FLOOR,
    "5.2": THREE_LAYERS,
    "5.3": SMALLEST,
    "5.4": Find(audits),
    "5.5": Find(pays_for_nothing, trains=True),
    "5.6": Find(holds_up),
}
