"""Answers to the exercises of chapter 8 as students give them: right in several ways, and wrong.

Each wrong one stands with a piece of what it must be told.
"""

import json
import math
from pathlib import Path

import torch
from torch.nn import functional as F


def padded(values, weight, dilation):
    span = (weight.shape[-1] - 1) * dilation
    return F.conv1d(F.pad(values, (span, 0)), weight, dilation=dilation)


def cut_off(values, weight, dilation):
    span = (weight.shape[-1] - 1) * dilation
    out = F.conv1d(values, weight, padding=span, dilation=dilation)
    return out[..., : values.shape[-1]]


def word_by_word(values, weight, dilation):
    out = torch.zeros(len(values), len(weight), values.shape[-1])
    kernel = weight.shape[-1]
    for t in range(values.shape[-1]):
        for tap in range(kernel):
            place = t - (kernel - 1 - tap) * dilation
            if place >= 0:
                out[:, :, t] += values[:, :, place] @ weight[:, :, tap].T
    return out


def convolution(pad="(span, 0)", gives="out", distance="dilation", weight="weight"):
    """A convolution of which one part is otherwise, as a student would write it."""
    code = f"""
def convolve(values, weight, dilation):
    span = (weight.shape[-1] - 1) * {distance}
    out = F.conv1d(F.pad(values, {pad}), {weight}, dilation={distance})
    return {gives}
"""
    names = {"torch": torch, "F": F}
    exec(code, names)
    return names["convolve"]


def in_place(values, weight, dilation):
    values[..., 0] = 0
    return padded(values, weight, dilation)


def shown(recipe, choose):
    """The letter of exercise 8.5 for one of a recipe's runs, from the files of the ledger."""
    folder = Path(__file__).parents[2] / "book" / "results" / "runs"
    files = sorted(folder.glob(f"{recipe}-toy-reviews-light-seed*.json"))
    history = min((json.loads(file.read_text())["history"] for file in files), key=choose)
    kl, mi = history["kl"], [max(value, 0) for value in history["mi"]]
    if before(history) >= 0.5 and mi[-1] < before(history) / 10:
        return "A"
    if kl[-1] >= 0.1 and mi[-1] < kl[-1] / 2:
        return "B"
    return "D" if any(value >= 0.1 for value in kl) else "C"


def before(history):
    """The most information while nothing was charged."""
    # What stands behind an epoch is the weight with which the next one begins.
    began = [None, *history["kl_weight"][:-1]]
    pairs = zip(history["mi"], history["kl_weight"], began, strict=True)
    return max([mi for mi, after, first in pairs if after == 0 and first in (None, 0)], default=0)


LOGS = [
    shown("delta-vae-0.25", lambda history: max(history["mi"][-1], 0)),
    shown("vae-cyclical-2", lambda history: max(history["kl"])),
    shown("pretrained-vae-short", lambda history: -before(history)),
]
QUESTIONS = {
    "A": "while nothing was charged",
    "B": "is information",
    "C": "ever paid for a code",
    "D": "Is most of what it pays",
}


def mistaken(*places):
    """The letters with those at some places wrong."""
    return "".join("DABC"["ABCD".index(s)] if i in places else s for i, s in enumerate(LOGS))


RIGHT = {
    "8.1": [
        (4 * math.log(1.49), 0.5 * math.log(4.92)),
        [1.595, 0.797],
        torch.tensor([1.5951, 0.7967]),
    ],
    "8.2": [padded, cut_off, word_by_word],
    "8.3": [(2, (15,)), [2, [15]], (2, (15,) * 1)],
    "8.4": [("C", 3.1), ["c", 332.1 - 329.0], (" C ", torch.tensor(3.1))],
    "8.5": ["".join(LOGS), [letter.lower() for letter in LOGS], ", ".join(LOGS)],
}
WRONG = {
    "8.1": [
        ((0.199, 0.797), "one dimension"),
        ((1.595, 0.199), "more than its eighth"),
        ((1.96, 0.797), "the floor of the KL"),
        ((1.595, 1.96), "ask for the information"),
        ((3.19, 0.797), "has a half in front"),
        ((1.595, 1.593), "stands a half"),
        ((1.595, 1.739), "sum of the squares"),
        ((2.301, 0.797), "yours are bits"),
        ((0.797, 1.595), "the other way round"),
        ((1.2, 0.5), "as a function of its variance"),
        (1.595, "The answer is (most information"),
        ((1.595, math.nan), "The answer is (most information"),
    ],
    "8.2": [
        (convolution(pad="(0, 0)"), "shorter than the text"),
        (convolution(pad="(span // 2, span // 2)"), "in the future"),
        (convolution(pad="(0, span)"), "looks forward only"),
        (convolution(pad="(span, span)"), "longer than the document"),
        (convolution(distance="1"), "where is the dilation"),
        (convolution(weight="weight.flip(-1)"), "turn the kernel round"),
        (convolution(pad="(span + 1, 0)", gives="out[..., :-1]"), "one word too early"),
        (convolution(gives="out.relu()"), "no rectifier"),
        (convolution(gives="2 * out"), "Another output"),
        (convolution(gives="None"), "write its body"),
        (convolution(weight="weight[..., 0]"), "failed with RuntimeError"),
        (in_place, "changes its inputs"),
        (3, "The answer is a function"),
    ],
    "8.3": [
        ((3, (1, 2, 4)), "15 words"),
        ((2, (1, 2, 4, 8)), "reads 16 of them"),
        ((16, (1,)), "reads 16 of them"),
        ((4, (5,)), "reads 4 of them"),
        ((2, (16,)), "looks over 17"),
        ((2, ()), "looks over 1 words"),
        ((1, (15,)), "looks over 1 words"),
        ((2, 15), "The answer is (kernel"),
        ((2, (1,), 3), "two parts"),
        ((2, (0,)), "whole numbers"),
        ((2.0, (15,)), "whole numbers"),
        ((2, (1,) * 40), "no depth above"),
        ("large", "two parts"),
    ],
    "8.4": [
        (("A", 3.1), "has a sign before it"),
        (("b", 3.1), "Read the sign"),
        (("D", 3.1), "is no likelihood"),
        (("C", -3.1), "never below"),
        (("C", 0), "With a gap of 0"),
        (("C", 3.1 / math.log(2)), "yours are bits"),
        (("C", 0.942), "a share of the NLL"),
        (("C", 2.5), "What stands before"),
        ("C", "The answer is (letter"),
        (("E", 3.1), "The answer is (letter"),
        (3.1, "The answer is (letter"),
    ],
    "8.5": [
        *((mistaken(place), QUESTIONS[LOGS[place]]) for place in range(3)),
        (mistaken(0, 1), "Hold the last KL"),
        (mistaken(0, 2), "Hold the last KL"),
        (mistaken(1, 2), "Hold the last KL"),
        (mistaken(0, 1, 2), "Hold the last KL"),
        ("AB", "a word of 3 letters"),
        ("EAB", "a word of 3 letters"),
        (3, "a word of 3 letters"),
    ],
}
