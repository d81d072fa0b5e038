"""Answers to the exercises of chapter 4 as students give them: right in several ways, and wrong."""

import math

import torch


def summed(m, T):
    return sum(0.5**k for k in range(m + 1)) / T


def in_closed_form(m, T):
    return (2 - 2.0**-m) / T


def by_states(m, T):
    word, passed = T - 1 - m, torch.zeros(T)
    for state in range(word, T):
        passed[state] = 2.0 ** (word - state)
    return passed.mean()


def less_the_mean(features):
    return features - features.mean(0)


def by_columns(features):
    return torch.stack([column - column.sum() / len(column) for column in features.T], dim=1)


def shifted_in_place(features):
    features -= features.mean(dim=0, keepdim=True)
    return features


def white(features):
    centred = features - features.mean(0)
    return centred / centred.std(0)


RIGHT = {
    "4.1": [summed, in_closed_form, by_states],
    "4.2": [(0, 0.7), [0.0, 356.7 - 356.0], torch.tensor([0.0, 0.7])],
    "4.3": [less_the_mean, by_columns, white],
}
WRONG = {
    "4.1": [
        (lambda m, T: 0.5**m / T, "one state passes back"),
        (lambda m, T: 0.5**m, "through the last state"),
        (lambda m, T: T * summed(m, T), "weight of 1/T"),
        (lambda m, T: summed(T - 1 - m, T), "counts from the end"),
        (lambda m, T: sum(0.5**k for k in range(1, m + 1)) / T, "starts at k = 0"),
        (lambda m, T: sum(0.5**k for k in range(m)) / T, "ends at k = m"),
        (lambda m, T: summed(m, T) * T / (m + 1), "over all T"),
        (lambda m, T: 1 / T, "Which states"),
        (lambda m, T: None, "write its body"),
        (lambda m: 1.0, "failed with TypeError"),
        (lambda m, T: "half", "failed with ValueError"),
    ],
    "4.2": [
        ((0.7, 0.7), "printed difference"),
        ((-0.7, 0.7), "Lower with"),
        ((0, 0), "And the second"),
        ((0, 0.35), "between the two"),
        ((0, -0.7), "without a sign"),
        ((0, 0.7 / math.log(2)), "yours are bits"),
        ((0, 356.7), "Is the encoder in"),
        (0, "The answer is (difference"),
        (("none", 0.7), "The answer is (difference"),
        ((0, math.inf), "The answer is (difference"),
    ],
    "4.3": [
        (lambda f: 1e-3 * f, "in common"),
        (lambda f: f, "in common"),
        (lambda f: f / f.norm(dim=1, keepdim=True), "in common"),
        (lambda f: f.mean(0) - f.mean(), "row of features"),
        (lambda f: (f - f.mean(0))[:, :1].repeat(1, 12), "cannot be undone"),
        (lambda f: torch.randn_like(f), "noise"),
        (shifted_in_place, "changes its inputs"),
        (lambda f: None, "write its body"),
        (lambda f: f @ f, "failed with RuntimeError"),
        (0.1, "The answer is a function"),
    ],
}
# --- the same with what a training might give: None where it is refused before one ------------

RIGHT_AFTER = {
    "4.4": [
        (0.9, {"features": 0.85, "mean": 0.5}),
        (0.25, {"features": 0.31, "mean": 0.25}),
        (torch.tensor(1.0), {"features": 0.95, "mean": 0.9}),
    ],
    "4.5": [
        ({"learning_rate": 0.5, "epochs": 40}, {"mi": 0.11}),
        ({"learning_rate": 0.1, "optimizer": "sgd"}, {"mi": 1.0}),
        ({"epochs": 100}, {"mi": 0.2}),
    ],
}
WRONG_AFTER = {
    "4.4": [
        ("all", None, "The answer is a number"),
        (None, None, "Write your answer"),
        (math.nan, None, "The answer is a number"),
        ((0.3, 0.5), None, "The answer is a number"),
        (torch.rand(3), None, "The answer is a number"),
        (25, None, "from 0 to 1"),
        (-0.1, None, "from 0 to 1"),
        (
            0.9,
            {"features": 0.3, "mean": 0.9},
            "finds fewer. What else than reach",
        ),  # that of the mean
        (0.3, {"features": 0.5, "mean": 0.3}, "finds more. What else than reach"),
        (0.3, {"features": math.nan, "mean": 0.3}, "the features is nan"),
    ],
    "4.5": [
        (0.5, None, "The answer is a dict"),
        ([("learning_rate", 0.5)], None, "The answer is a dict"),
        ({"speed": 3}, None, "speed"),
        ({"learning_rate": "fast"}, None, "must be above 0"),
        ({"learning_rate": math.nan}, None, "must be above 0"),
        ({"learning_rate": -1}, None, "must be above 0"),
        ({"optimizer": "adam"}, None, "Asked is plain SGD"),
        ({"epochs": 0}, None, "nothing is trained"),
        ({"learning_rate": 1e-6}, {"mi": 0.1}, "MI 0.10"),
        ({}, {"mi": 0.0}, "MI 0.00"),
        ({"learning_rate": 50.0}, {"mi": math.nan}, "the mi is nan"),
    ],
}
TRAINED = {
    "4.4": [
        (0.9, "A classifier finds"),
        (0.25, "A classifier finds"),
        ("all", "The answer is a number"),
    ],
    "4.5": [
        ({"learning_rate": 1e-6}, "MI"),
        ({"learning_rate": 0.5, "epochs": 1}, "MI"),
        (0.5, "The answer is a dict"),
        ({"speed": 3}, "speed"),
    ],
}
