"""The exercises of chapter 9, on pictures."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.chapters.image_field import worth_of_far_sight
from collapse.data.generated.bars import NOISE, SIDE, BarsGenerator
from collapse.homework.answers import by_letter, numbers
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Find, Function, Numbers, Values, Verdict

# --- 9.1: what a code can earn ---------------------------------------------------------------

PIXELS, TURNED = 4, 0.1  # as the exercise says


def coin(p: float) -> float:
    """Entropy of a coin, in nats."""
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


def whole() -> float:
    """Entropy of the four copies, by all sixteen pictures, in nats."""
    turned = [sum(picture) for picture in product((0, 1), repeat=PIXELS)]
    each = [(TURNED**k * (1 - TURNED) ** (PIXELS - k)) for k in turned]
    p = [0.5 * (one + other) for one, other in zip(each, reversed(each), strict=True)]
    return -sum(q * math.log(q) for q in p)


def near() -> float:
    """What the four cost where only the pixel to the left is in sight, in nats."""
    return math.log(2) + (PIXELS - 1) * coin(2 * TURNED * (1 - TURNED))


EARNED = Numbers(
    truth=lambda: [near() - whole()],
    names=("nats that a code can earn",),
    hint="What do the four cost a decoder that sees one pixel, and what do they cost in truth?",
    ideas={
        "That is what the decoder pays. What would it pay with everything in sight?": (
            lambda: [near()]
        ),
        "That is the entropy of the picture. What does the short-sighted decoder pay?": (
            lambda: [whole()]
        ),
        "That is the whole bit. Does the decoder learn nothing from its neighbour?": (
            lambda: [math.log(2)]
        ),
        "Two neighbours differ if one of them is turned over and the other is not.": lambda: [
            math.log(2) + (PIXELS - 1) * coin(TURNED) - whole()
        ],
        "The first pixel has no neighbour. What does it cost?": lambda: [
            PIXELS * coin(2 * TURNED * (1 - TURNED)) - whole()
        ],
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            (near() - whole()) / math.log(2)
        ],
    },
    praise="That is what is left when it has been paid for. How much of it would a hard bit earn?",
    tolerance=0.005,
)

# --- 9.2: the mixture of posteriors ----------------------------------------------------------

LogDensity = Callable[[Tensor, Tensor, Tensor], Any]


def observe_mixture(log_density: LogDensity, generator: torch.Generator) -> Values:
    """The log-density at six points, four components in three dimensions; some lie far off."""
    means = 2 * torch.randn(4, 3, generator=generator)
    stds = 0.2 + torch.rand(4, 3, generator=generator)
    z = torch.randn(6, 3, generator=generator)
    far = torch.cat([z, 40 + z[:2]])
    with unchanged(far, means, stds):
        return (log_density(far, means, stds),)


def of_components(z: Tensor, means: Tensor, stds: Tensor) -> Tensor:
    """Log-density of every z under every component, ``(z, components)``."""
    return Normal(means, stds).log_prob(z.unsqueeze(1)).sum(-1)


def mixture(z: Tensor, means: Tensor, stds: Tensor) -> Tensor:
    """The log-density of the mixture, written out."""
    return of_components(z, means, stds).logsumexp(1) - math.log(len(means))


MIXTURE = Function(
    observe=observe_mixture,
    reference=mixture,
    gives=("log-density",),
    hint="A density is a mean of densities, in each of which the dimensions multiply.",
    ideas={
        "Do K components, each with weight 1, integrate to 1?": lambda z, means, stds: (
            of_components(z, means, stds).logsumexp(1)
        ),
        "That is a mean of logarithms. Of what is it the mean?": lambda z, means, stds: (
            of_components(z, means, stds).mean(1)
        ),
        "That is the best component alone. What of the others?": lambda z, means, stds: (
            of_components(z, means, stds).max(1).values - math.log(len(means))
        ),
        "Each dimension has chosen its component for itself. Whose z is that?": (
            lambda z, means, stds: (
                Normal(means, stds).log_prob(z.unsqueeze(1)).logsumexp(1).sum(-1)
                - means.shape[1] * math.log(len(means))
            )
        ),
        "Normal takes a deviation; yours got a variance, or a root too many.": (
            lambda z, means, stds: mixture(z, means, stds.square())
        ),
        "One Gaussian with the mean of the means is no mixture.": lambda z, means, stds: (
            Normal(means.mean(0), stds.mean(0)).log_prob(z).sum(-1)
        ),
        "Far from all components your density has become 0. How is a sum of tiny numbers taken "
        "in logarithms?": lambda z, means, stds: of_components(z, means, stds).exp().mean(1).log(),
        "The logarithm of the density is asked for.": lambda z, means, stds: mixture(
            z, means, stds
        ).exp(),
    },
    praise="With μ(u), σ(u) of pseudo-pictures this is the VampPrior.",
    tolerance=1e-4,
)

# --- 9.3: the least bound of a code, and a published row --------------------------------------

ENTROPY, RATE, TOLD = 70.0, 6.0, 4.0  # nats, as the exercise says
KL, MI, BATCH = 9.98, 3.84, 50  # He et al. (2019), Table 2, β = 0.8: MI within batches
LETTERS = by_letter("abcd")  # of the exercise


def what_follows() -> str:
    """What a printed MI says of a rate's part that is none, by the least and most there can be."""
    at_its_cap = 0.95 * math.log(BATCH) < MI  # then the information may be anything from there on
    least, most = (0.0 if at_its_cap else KL - MI), KL - MI
    return "a" if least == most else "b"


EXCESS = Numbers(
    truth=lambda: [ENTROPY + RATE - TOLD, LETTERS[what_follows()]],
    names=("least nats", "letter"),
    spoken=LETTERS,
    hint="Which distribution of x would the best decoder give to a z, and what does that cost?",
    ideas={
        "That is a decoder that does not read the code which it is paid for.": lambda: [
            ENTROPY + RATE,
            math.nan,
        ],
        "That would be so if all of the rate were information.": lambda: [ENTROPY, math.nan],
        "That is the distortion. What does the code cost besides?": lambda: [
            ENTROPY - TOLD,
            math.nan,
        ],
        "A rate is paid, so it is added; what the code tells is taken off.": lambda: [
            ENTROPY - RATE + TOLD,
            math.nan,
        ],
        "What is told of x need not be said again by the decoder: which sign has it?": lambda: [
            ENTROPY + RATE + TOLD,
            math.nan,
        ],
        "What is the most that an estimate within batches of fifty can show?": lambda: [
            math.nan,
            LETTERS["a"],
        ],
        "The entropy of pictures is no limit of this kind: with what is the MI estimated?": (
            lambda: [math.nan, LETTERS["c"]]
        ),
        "A bound that holds for every decoder holds for that one, too.": lambda: [
            math.nan,
            LETTERS["d"],
        ],
    },
    praise="An estimate at its cap bounds the information from below, the rate from above.",
)

# --- 9.4 and 9.5: noise, and pictures of one's own -------------------------------------------

PICTURES = 100
MOST = 256  # pictures that may be drawn, as many as there are patterns of bars
SHORT, LONG = (3,), (3,) * 8  # kernels of two decoders
MORE, APART = 0.5, 3.0  # nats: above what the book's noise leaves; of pictures of one's own


def worth(generator: BarsGenerator, kernels: tuple[int, ...], seed: int) -> float:
    """What a code is worth to a decoder of these layers, in nats; equal seeds, equal coins."""
    pictures = generator.sample(PICTURES, seed)
    return float(worth_of_far_sight(generator, pictures, kernels).mean())


def is_worth_more(answer: Any, seed: int, scale: str) -> Verdict:
    """Turn pixels over with another probability, and compare what a code can earn."""
    (noise,) = numbers(answer, ("noise",))
    if not 0 < noise <= 0.5:
        raise CollapseError(
            f"A pixel is turned over with a probability in (0, 0.5]; got {noise:g}."
        )
    here, usual = (worth(BarsGenerator(noise=p), SHORT, seed) for p in (noise, NOISE))
    seen = (
        f"A code can earn {here:.2f} nats, the mean over {PICTURES} pictures of this check; at "
        f"{NOISE:g}, over as many, {usual:.2f}."
    )
    if here < usual + MORE:
        more = "What does a decoder know that has seen two clean neighbours, or two wild ones?"
        return Verdict(False, f"{seen} {more}")
    return Verdict(
        True, f"{seen} Without noise the neighbours tell nearly all, in noise nobody does."
    )


@dataclass(frozen=True)
class DrawnGenerator(BarsGenerator):
    """Pictures that somebody has drawn, equally likely, under the noise of the bars.

    Attributes:
        drawn: all of them.
    """

    drawn: Any = None

    @cached_property
    def patterns(self) -> Any:
        """All pictures without noise."""
        return self.drawn


def needs_a_code(answer: Any, seed: int, scale: str) -> Verdict:
    """What a code is worth to a decoder that sees nearly everything."""
    drawn = np.asarray(answer)
    if drawn.shape[1:] != (SIDE, SIDE) or not 1 <= len(drawn) <= MOST:
        raise CollapseError(
            f"The answer is an array of shape (n, {SIDE}, {SIDE}), n from 1 to {MOST}; got shape "
            f"{drawn.shape}."
        )
    if not np.isin(drawn, (0, 1)).all():
        raise CollapseError("A pixel is True or False, ink or none.")
    found = worth(DrawnGenerator(drawn=drawn.astype(bool)), LONG, seed)
    seen = f"A code can earn {found:.2f} nats."
    if found < APART:
        return Verdict(False, f"{seen} What does this field miss, and who would have to know it?")
    return Verdict(True, f"{seen} No network was trained: it is the data that ask for a code.")


EXERCISES = {
    "9.1": EARNED,
    "9.2": MIXTURE,
    "9.3": EXCESS,
    "9.4": Find(is_worth_more),
    "9.5": Find(needs_a_code),
}
