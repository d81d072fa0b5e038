"""The exercises of chapter 8, on the other remedies."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.homework.answers import by_letter, shortly
from collapse.homework.chapters.chapter8_logs import diagnosed
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Find, Function, Numbers, Values, Verdict
from collapse.theory import gaussian_channel_mi

# --- 8.1: what sharing the spread says -------------------------------------------------------

DIMENSIONS, GAMMA = 8, 0.7  # as the exercise says


def told(variance: float) -> float:
    """Information of a normal mean of this variance under noise of variance 1, in nats."""
    return gaussian_channel_mi(1 / variance)


ALL = DIMENSIONS * GAMMA**2  # the spread that there is to share
SHARING = Numbers(
    truth=lambda: [DIMENSIONS * told(GAMMA**2), told(ALL)],
    names=("most information in nats", "least information in nats"),
    hint="What does a dimension tell, as a function of its variance? Which way is that curved?",
    ideas={
        "That is one dimension of the eight.": lambda: [told(GAMMA**2), math.nan],
        "One dimension that has all of the spread has more than its eighth of it.": lambda: [
            math.nan,
            told(GAMMA**2),
        ],
        "That is the floor of the KL: it is the same for every sharing, and no information.": (
            lambda: [ALL / 2, math.nan]
        ),
        "That is the KL, which no sharing changes; ask for the information.": lambda: [
            math.nan,
            ALL / 2,
        ],
        "The information of a normal channel has a half in front of its logarithm.": lambda: [
            2 * DIMENSIONS * told(GAMMA**2),
            math.nan,
        ],
        "In front of the logarithm of a normal channel stands a half.": lambda: [
            math.nan,
            2 * told(ALL),
        ],
        "What is shared is the sum of the squares, so that one dimension has Dγ².": lambda: [
            math.nan,
            told((DIMENSIONS * GAMMA) ** 2),
        ],
        "Nats are asked for; yours are bits.": lambda: [
            DIMENSIONS * told(GAMMA**2) / math.log(2),
            math.nan,
        ],
        "The largest and the least are the other way round.": lambda: [
            told(ALL),
            DIMENSIONS * told(GAMMA**2),
        ],
    },
    praise="The KL is one and the same: a floor under a spread says nothing of how it is shared.",
)

# --- 8.2: a causal convolution ---------------------------------------------------------------

Convolution = Callable[[Tensor, Tensor, int], Any]


def observe_convolution(convolution: Convolution, generator: torch.Generator) -> Values:
    """What it makes of two documents of nine words, three channels to four, at a distance of 2."""
    values = torch.randn(2, 3, 9, generator=generator)
    weight = torch.randn(4, 3, 3, generator=generator)
    with unchanged(values, weight):
        return (convolution(values, weight, 2),)


def convolved(
    before: Callable[[int], int] = lambda span: span,
    behind: Callable[[int], int] = lambda span: 0,
    keep: Callable[[Tensor, int], Tensor] = lambda out, time: out,
    taps: Callable[[Tensor], Tensor] = lambda weight: weight,
    distance: Callable[[int], int] = lambda dilation: dilation,
) -> Convolution:
    """A convolution with other padding, taps or distance than the right one."""

    def convolution(values: Tensor, weight: Tensor, dilation: int) -> Tensor:
        span = (weight.shape[-1] - 1) * distance(dilation)
        padded = F.pad(values, (before(span), behind(span)))
        out = F.conv1d(padded, taps(weight), dilation=distance(dilation))
        return keep(out, values.shape[-1])

    return convolution


CONVOLUTION = Function(
    observe=observe_convolution,
    reference=convolved(),
    gives=("output",),
    hint="At one word, write down which words the window holds, from the oldest to itself.",
    ideas={
        "Your output is shorter than the text: what is before its start?": convolved(
            before=lambda span: 0
        ),
        "Half of your window lies in the future: the zeros belong in front, all of them.": (
            convolved(before=lambda span: span // 2, behind=lambda span: span - span // 2)
        ),
        "Your window looks forward only: a word would see its successors.": convolved(
            before=lambda span: 0, behind=lambda span: span
        ),
        "Your output is longer than the document; what stands after it has seen no word.": (
            convolved(behind=lambda span: span)
        ),
        "The words of your window are neighbours: where is the dilation?": convolved(
            distance=lambda dilation: 1
        ),
        "PyTorch's convolution does not turn the kernel round, and neither does the exercise.": (
            convolved(taps=lambda weight: weight.flip(-1))
        ),
        "Your window ends one word too early: the last weight belongs to the word itself.": (
            convolved(before=lambda span: span + 1, keep=lambda out, time: out[..., :time])
        ),
        "Nothing but the convolution is asked for: no rectifier.": convolved(
            keep=lambda out, time: out.relu()
        ),
    },
    praise="Such blocks, one on the other, are the decoder of the CNN-VAE.",
    tolerance=1e-4,
)

# --- 8.3: a span with holes ------------------------------------------------------------------

SPAN, READ = 16, 2  # words


def looks_over_holes(answer: Any, seed: int, scale: str) -> Verdict:
    """Follow every path through the blocks, and count the words at which they end."""
    try:
        kernel, dilations = answer
        dilations = tuple(dilations)
    except TypeError as error:
        raise CollapseError(
            f"The answer is (kernel, (dilation, ...)), as (3, (1, 2, 4)); got {shortly(answer)}."
        ) from error
    except ValueError as error:
        raise CollapseError(
            f"The answer has two parts, (kernel, (dilation, ...)); got {shortly(answer)}."
        ) from error
    whole = [number for number in (kernel, *dilations) if type(number) is not int or number < 1]
    if whole:
        raise CollapseError(
            f"Kernel and dilations are whole numbers, 1 or more; got {shortly(whole[0])}."
        )
    if kernel > SPAN or len(dilations) > SPAN:
        raise CollapseError(f"{SPAN} words need no kernel and no depth above {SPAN}.")
    back = {0}
    for dilation in dilations:
        back = {place + step * dilation for place in back for step in range(kernel)}
    span = max(back) + 1
    seen = f"It looks over {span} words and reads {len(back)} of them."
    if span != SPAN:
        return Verdict(False, f"{seen} {SPAN} are asked for: use (8.1).")
    if len(back) != READ:
        return Verdict(False, f"{seen} How many words does one block of kernel 2 read?")
    return Verdict(True, f"{seen} A field counts how far, not how much.")


# --- 8.4: a bound beside an estimate ---------------------------------------------------------

CNN_VAE, VAE = 332.1, 329.0  # He et al. (2019), Table 1, Yahoo: a bound, an estimated NLL
LETTERS = by_letter("abcd")  # of the exercise


def what_follows() -> str:
    """Whether a gap of 0 and a large one leave the two models in the same order."""
    orders = {CNN_VAE - gap > VAE for gap in (0.0, CNN_VAE)}
    return "c" if len(orders) > 1 else "a" if orders == {True} else "d"


BOUND = Numbers(
    truth=lambda: [LETTERS[what_follows()], CNN_VAE - VAE],
    names=("letter", "gap in nats"),
    spoken=LETTERS,
    hint="What stands before the number?",
    ideas={
        "A difference of what? One of the numbers has a sign before it.": lambda: [
            LETTERS["a"],
            math.nan,
        ],
        "Read the sign: on which side of 332.1 does the NLL lie?": lambda: [LETTERS["b"], math.nan],
        "A code in use is no likelihood; chapter 5 keeps the two apart.": lambda: [
            LETTERS["d"],
            math.nan,
        ],
        "A bound lies above the NLL, never below: the gap has no sign.": lambda: [
            math.nan,
            VAE - CNN_VAE,
        ],
        "With a gap of 0 the bound is the NLL. Which model is the better one then?": lambda: [
            math.nan,
            0.0,
        ],
        "Nats are asked for, the unit of the table; yours are bits.": lambda: [
            math.nan,
            (CNN_VAE - VAE) / math.log(2),
        ],
        "Nats are asked for; yours is a share of the NLL.": lambda: [
            math.nan,
            100 * (CNN_VAE - VAE) / VAE,
        ],
    },
    praise="A gap that is not printed cannot be subtracted.",
)

EXERCISES = {
    "8.1": SHARING,
    "8.2": CONVOLUTION,
    "8.3": Find(looks_over_holes),
    "8.4": BOUND,
    "8.5": Find(diagnosed),
}
