"""Answers to the exercises of chapter 4 as students give them: right in several ways, and wrong."""

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
    "4.2": [0, 0.0, torch.tensor(0.0)],
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
        (0.7, "printed difference"),
        (-0.7, "Lower with"),
        (356.7, "Is the encoder in"),
        (0.35, "Is the encoder in"),
        ("none", "The answer is a number"),
        (float("nan"), "The answer is a number"),
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
TRAINED = {
    "4.4": [(0.9, "Topic found"), (0.25, "Topic found"), ("all", "The answer is a number")],
    "4.5": [
        ({"learning_rate": 1e-6}, "MI"),
        ({"learning_rate": 0.5, "epochs": 1}, "MI"),
        (0.5, "The answer is a dict"),
        ({"speed": 3}, "speed"),
    ],
}
