"""The exercises of chapter 8, on the other remedies."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.homework.answers import by_letter, shortly
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Find, Function, Numbers, Values, Verdict

# --- 8.1: a committed rate, and what is not information --------------------------------------

DIMENSIONS, DELTA, KL, MI = 24, 0.15, 5.0, 0.8  # as the exercise says
MISMATCH = Numbers(
    truth=lambda: [DIMENSIONS * DELTA, KL - MI],
    names=("least KL in nats", "mismatch in nats"),
    hint="What does every dimension pay at least? And of which two parts is a mean KL the sum?",
    ideas={
        "That is one dimension of the 24.": lambda: [DELTA, math.nan],
        "δ is a KL, not a spread: nothing is squared or halved.": lambda: [
            DIMENSIONS * DELTA**2 / 2,
            math.nan,
        ],
        "δ is nats of a dimension, and no half of it: look at the rate again.": lambda: [
            DIMENSIONS * DELTA / 2,
            math.nan,
        ],
        "That is what is paid beyond the least, which may be information or not.": lambda: [
            math.nan,
            KL - DIMENSIONS * DELTA,
        ],
        "That is least KL minus information; the mismatch is a part of the printed KL.": lambda: [
            math.nan,
            DIMENSIONS * DELTA - MI,
        ],
        "Information is the other part.": lambda: [math.nan, MI],
        "The two parts add up to the KL; yours is above it.": lambda: [math.nan, KL + MI],
    },
    praise="Most of such a rate buys nothing.",
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

EXERCISES = {"8.1": MISMATCH, "8.2": CONVOLUTION, "8.3": Find(looks_over_holes), "8.4": BOUND}
