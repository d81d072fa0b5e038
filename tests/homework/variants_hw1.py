"""Answers to assignment 1 as students give them: right in several ways, and wrong."""

import math

import torch


def in_one_line(mean, log_var):
    return 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(-1)


def by_deviation(mean, log_var):
    std = torch.exp(log_var / 2)
    return torch.sum((mean**2 + std**2 - 1) / 2 - std.log(), dim=1)


def one_by_one(mean, log_var):
    rows = []
    for m, v in zip(mean, log_var, strict=True):
        rows.append(sum((a * a + b.exp() - 1 - b) / 2 for a, b in zip(m, v, strict=True)))
    return torch.stack(rows)


RIGHT = {
    "hw1.2": [in_one_line, by_deviation, one_by_one],
    "hw1.5": [
        (1.65, 1.5, 0.15),
        [0.5 * math.log(20) + 0.5 * (1 - math.log(2)), 0.5 * math.log(20), 0.1534],
        torch.tensor([1.651, 1.498, 0.153]),
    ],
}
WRONG = {
    "hw1.2": [
        (lambda m, v: in_one_line(m, v) / 3, "their mean"),
        (lambda m, v: in_one_line(m, v).mean(), "does so later"),
        (lambda m, v: -in_one_line(m, v), "wrong sign"),
        (lambda m, v: in_one_line(m, 2 * v), "of the deviation"),
        (lambda m, v: 2 * in_one_line(m, v), "forgets the half"),
        (lambda m, v: in_one_line(m, v) / math.log(2), "natural"),
        (lambda m, v: in_one_line(m, v.exp()), "Half of"),
        (lambda m, v: None, "write its body"),
        (lambda m, v: m @ v, "failed with RuntimeError"),
    ],
    "hw1.5": [
        ((1.15, 1.15, 0), "no part in it"),
        ((1.65, 1.15, 0.5), "no part in it"),
        ((1.5, 1.5, 0), "Look again at the rate and the mismatch"),
        ((2.38, 2.16, 0.22), "Look again at"),
        ((1.65, 0.15, 1.5), "Look again at the information"),
        (1.65, "The answer is (rate"),
        (("a", "b", "c"), "The answer is (rate"),
    ],
}
