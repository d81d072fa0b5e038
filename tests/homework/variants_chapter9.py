"""Answers to the exercises of chapter 9 as students give them: right in several ways, and wrong.

Each wrong one stands with a piece of what it must be told.
"""

import math

import numpy as np
import torch
from torch.distributions import (
    Categorical,
    Independent,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
)


def by_torch(z, means, stds):
    weights = Categorical(torch.ones(len(means)))
    return MixtureSameFamily(weights, Independent(Normal(means, stds), 1)).log_prob(z)


def by_loop(z, means, stds):
    each = [Normal(m, s).log_prob(z).sum(-1) for m, s in zip(means, stds, strict=True)]
    return torch.stack(each).logsumexp(0) - math.log(len(means))


def with_covariances(z, means, stds):
    parts = MultivariateNormal(means, torch.diag_embed(stds.square()))
    return torch.logsumexp(parts.log_prob(z[:, None]) - torch.tensor(len(means)).log(), 1)


def written_out(z, means, stds):
    squares = ((z[:, None] - means) / stds).square().sum(-1)
    norm = stds.log().sum(-1) + means.shape[1] * math.log(2 * math.pi) / 2
    return torch.logsumexp(-squares / 2 - norm, 1) - math.log(means.shape[0])


def mixture(each="Normal(means, stds).log_prob(z[:, None]).sum(-1)", gives=""):
    """A log-density of which one part is otherwise, as a student would write it."""
    code = f"""
def log_density(z, means, stds):
    each = {each}
    return {gives or "each.logsumexp(1) - math.log(len(means))"}
"""
    names = {"torch": torch, "Normal": Normal, "math": math}
    exec(code, names)
    return names["log_density"]


def in_place(z, means, stds):
    z -= 0.5
    return by_loop(z + 0.5, means, stds)


def h(p):
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


P = [0.5 * (0.1**k * 0.9 ** (4 - k) + 0.9**k * 0.1 ** (4 - k)) for k in range(5)]
WHOLE = -sum(n * p * math.log(p) for n, p in zip((1, 4, 6, 4, 1), P, strict=True))
NEAR = math.log(2) + 3 * h(0.18)


def drawn(top=2, bottom=3, coins=8):
    """Pictures whose first and last rows are written by the same coins, 256 where those suffice."""
    every = (np.arange(2**coins)[:, None] >> np.arange(coins) & 1).astype(bool)
    every = every[::2] if coins == 9 else every
    pictures = np.zeros((len(every), 14, 14), bool)
    pictures[:, :top, :coins] = every[:, None]
    pictures[:, 14 - bottom :, :coins] = every[:, None]
    return pictures


RIGHT = {
    "9.1": [NEAR - WHOLE, round(NEAR - WHOLE, 3), torch.tensor(NEAR - WHOLE)],
    "9.2": [by_torch, by_loop, with_covariances, written_out],
    "9.3": [(72, "B"), [70 + (6 - 4), "b"], (torch.tensor(72.0), " B ")],
    "9.4": [0.15, 0.17, torch.tensor(0.18)],
    "9.5": [drawn(), torch.tensor(drawn(top=3, bottom=2)), drawn(coins=9).astype(int).tolist()],
}
WRONG = {
    "9.1": [
        (NEAR, "with everything in sight"),
        (WHOLE, "short-sighted"),
        (math.log(2), "whole bit"),
        (math.log(2) + 3 * h(0.1) - WHOLE, "Two neighbours differ"),
        (4 * h(0.18) - WHOLE, "The first pixel"),
        ((NEAR - WHOLE) / math.log(2), "base 2"),
        (1.0, "in truth"),
        ("0.2 nats", "The answer is a number"),
        (math.nan, "The answer is a number"),
    ],
    "9.2": [
        (mixture(gives="each.logsumexp(1)"), "integrate to 1"),
        (mixture(gives="each.mean(1)"), "mean of logarithms"),
        (mixture(gives="each.max(1).values - math.log(len(means))"), "What of the others"),
        (
            mixture(
                "Normal(means, stds).log_prob(z[:, None])",
                "each.logsumexp(1).sum(-1) - 3 * math.log(len(means))",
            ),
            "Whose z is that",
        ),
        (mixture("Normal(means, stds**2).log_prob(z[:, None]).sum(-1)"), "a deviation"),
        (mixture("Normal(means.mean(0), stds.mean(0)).log_prob(z).sum(-1)", "each"), "no mixture"),
        (mixture(gives="each.exp().mean(1).log()"), "tiny numbers"),
        (mixture(gives="(each.logsumexp(1) - math.log(len(means))).exp()"), "logarithm of the"),
        (mixture(gives="None"), "write its body"),
        (in_place, "changes its inputs"),
        (mixture(gives="each @ z"), "failed with RuntimeError"),
        (3.0, "The answer is a function"),
    ],
    "9.3": [
        ((76, "B"), "does not read the code"),
        ((70, "B"), "all of the rate were information"),
        ((66, "B"), "That is the distortion"),
        ((68, "B"), "A rate is paid"),
        ((80, "B"), "which sign"),
        ((72, "A"), "batches of fifty"),
        ((72, "C"), "no limit of this kind"),
        ((72, "D"), "holds for every decoder"),
        ((60, "B"), "Which distribution of x"),
        ((72, "E"), "The answer is"),
        (72, "The answer is"),
    ],
    "9.4": [
        (0.1, "two clean neighbours"),
        (0.01, "two clean neighbours"),
        (1e-9, "two clean neighbours"),
        (0.3, "two wild ones"),
        (0.4, "two wild ones"),
        (0.5, "can earn 0.00 nats"),
        (0, "in (0, 0.5]"),
        (0.9, "in (0, 0.5]"),
        (-0.1, "in (0, 0.5]"),
        ("more", "The answer is a number"),
    ],
    "9.5": [
        (np.zeros((1, 14, 14), bool), "can earn 0.00 nats"),
        (drawn(coins=1), "does this field miss"),
        (drawn(top=0, bottom=2), "does this field miss"),
        (drawn(top=7, bottom=7, coins=2), "does this field miss"),
        (np.random.default_rng(0).random((256, 14, 14)) < 0.5, "does this field miss"),
        (np.eye(14, dtype=bool)[None], "can earn 0.00 nats"),
        (drawn(coins=10), "n from 1 to 256"),
        (np.zeros((0, 14, 14), bool), "n from 1 to 256"),
        (np.zeros((5, 28, 28), bool), "n from 1 to 256"),
        (drawn() + 0.5, "ink or none"),
        ("bars", "n from 1 to 256"),
    ],
}
