"""Answers to the exercises of chapter 5 as students give them: right in several ways, and wrong.

Each wrong one stands with a piece of what it must be told.
"""

import math

import numpy as np
import torch

from collapse import Part, Recipe, objectives, posteriors


def in_tensors(gamma, b, eps, kept_mean, kept_var, mean, var):
    after = gamma * (mean - kept_mean) / (kept_var + eps).sqrt() + b
    return 0.5 * (gamma.square() * var / (kept_var + eps) + after.square()).sum()


def one_by_one(*given):
    total = 0.0
    for g, b, e, kept_mean, kept_var, mean, var in zip(*given, strict=True):
        slope = g / math.sqrt(kept_var + e)
        total += ((slope * math.sqrt(var)) ** 2 + (slope * (mean - kept_mean) + b) ** 2) / 2
    return total


def through_the_layer(gamma, b, eps, kept_mean, kept_var, mean, var):
    before = torch.stack([mean + var.sqrt(), mean - var.sqrt()])  # two documents
    layer = torch.nn.BatchNorm1d(4, eps=0.0).eval()
    layer.running_mean, layer.running_var = kept_mean, kept_var + eps
    with torch.no_grad():
        layer.weight.copy_(gamma)
        layer.bias.copy_(b)
        return (layer(before) ** 2 / 2).sum(1).mean().item()


def in_arrays(*given):
    g, b, e, kept_mean, kept_var, mean, var = (each.numpy() for each in given)
    second_moment = var + (mean - kept_mean) ** 2
    slope = g / np.sqrt(kept_var + e)
    crossed = 2 * b * slope * (mean - kept_mean)
    return float(np.sum(slope**2 * second_moment + crossed + b**2) / 2)


def in_place(gamma, b, eps, kept_mean, kept_var, mean, var):
    mean -= kept_mean
    return in_tensors(gamma, b, eps, 0 * mean, kept_var, mean, var)


def floor(spread="g**2 * var / (K + e)", shift="g * (mean - k) / (K + e) ** 0.5 + b", **more):
    """A floor of which one part is otherwise, as a student would write it."""
    code = f"""
def my_floor(g, b, e, k, K, mean, var):
    each = 0.5 * ({spread} + ({shift}) ** 2{more.get("rest", "")})
    return {more.get("gives", "each.sum()")}
"""
    names = {}
    exec(code, names)
    return names["my_floor"]


def raises(*_):
    raise RuntimeError("The size of tensor a must match the size of tensor b")


RIGHT = {
    "5.1": [in_tensors, one_by_one, through_the_layer, in_arrays],
    "5.2": [(1.96, 0.98, 0.98), [1.96, 0.98, 0.99], (8 * 0.49 / 2, 4 * 0.49 / 2, 0.9896)],
    "5.3": [0.1, math.sqrt(0.01), torch.tensor(0.1), np.float64(0.1)],
    "5.4": ["AFC", "afc", "A, F, C", ("A", "F", "C")],
}
WRONG = {
    "5.1": [
        (floor("g**2 * var / (var + e)", "b"), "of these documents themselves"),
        (floor("g**2 * K / (K + e)", "b"), "of the documents of training"),
        (floor(shift="b"), "left of the difference"),
        (floor(shift="g * (mean - k) / (K + e) ** 0.5"), "b is missing"),
        (
            floor(shift="g * (mean - k) / (K + e) ** 0.5", rest=" + b**2"),
            "before the square is taken",
        ),
        (floor(shift="(mean - k) / (K + e) ** 0.5 + b"), "stretched by γ"),
        (floor(shift="g * (k - mean) / (K + e) ** 0.5 + b"), "the sign counts"),
        (floor("g * var / (K + e)"), "scales a deviation"),
        (floor("g**2 * (var / (K + e)) ** 0.5"), "its square"),
        (floor("g**2 * var / K", "g * (mean - k) / K**0.5 + b"), "ε is missing"),
        (floor("g**2 * var / (K + e) ** 2", "g * (mean - k) / (K + e) + b"), "by a variance"),
        (
            floor("g**2 * var / (K**0.5 + e) ** 2", "g * (mean - k) / (K**0.5 + e) + b"),
            "under the root",
        ),
        (floor(shift="g * mean / (K + e) ** 0.5 + b"), "taken off first"),
        (floor("0"), "shift alone"),
        (floor(shift="0"), "spread alone"),
        (floor(gives="2 * each.sum()"), "half is forgotten"),
        (floor(gives="each.mean()"), "yours is their mean"),
        (floor(gives="each"), "One number"),
        (floor(gives="each.sum() * float('nan')"), "Another floor"),
        (floor(gives="each.sum() / 0.6931"), "one by one"),
        (floor(gives="None"), "write its body"),
        (in_place, "changes its inputs"),
        (raises, "failed with RuntimeError"),
        (0.5, "The answer is a function"),
    ],
    "5.2": [
        ((1.96, 1.96, 0.98), "far above ε"),
        ((1.96, 0.98, 1.96), "by itself"),
        ((3.92, 1.96, 1.98), "half is forgotten"),
        ((2.8, 1.4, 1.4), "γ is a deviation"),
        ((0.245, 0.12, 0.12), "there are eight"),
        ((1.96, 1.386, 0.98), "took a root"),
        ((1.96, 0.98, 0), "Use (5.3)"),
        ((1.96, 0.98), "The answer is (floor of A"),
        ((1.96, float("nan"), 0.98), "The answer is (floor of A"),
        ("B", "The answer is (floor of A"),
    ],
    "5.3": [
        (0.01, "the variance itself"),
        (1e-4, "a root, not a square"),
        (0.1414, "belongs to the KL"),
        (0.0177, "one dimension"),
        (0.3, "Would a smaller one do"),
        (0.7, "variance of a mean"),
        ("γ", "The answer is a number"),
        (math.inf, "The answer is a number"),
    ],
    "5.4": [
        ("CFA", "δ fixes the KL"),
        ("DFC", "κ fixes"),
        ("BFC", "set by hand"),
        ("ADC", "All units"),
        ("ACC", "One model"),
        ("AEC", "What can a count not be"),
        ("AFD", "no MI is printed"),
        ("AFF", "A KL far above"),
        ("AFB", "has nothing beside it"),
        ("AF", "three of the letters"),
        ("AFG", "three of the letters"),
        (7, "three of the letters"),
    ],
}

# --- 5.6: posteriors -------------------------------------------------------------------------


def spread(features, gamma=0.7):
    return gamma * (features - features.mean(0)) / features.std(0)


def with_the_width_of_the_prior(features):
    mean = spread(features)
    return mean, (1 - mean.var(0)).sqrt().expand_as(mean)


def by_batch_norm(features):
    mean = torch.nn.functional.batch_norm(features, None, None, training=True) * 0.72
    return [mean, torch.full(features.shape, (1 - 0.72**2) ** 0.5)]


def by_rank(features):
    order = features[:, 0].argsort().argsort().unsqueeze(1)
    mean = 0.75 * torch.erfinv(2 * (order + 0.5) / len(features) - 1) * 2**0.5
    return mean, torch.sqrt(torch.tensor(1 - 0.75**2)) * torch.ones_like(mean)


def centred_in_place(features):
    features -= features.mean(0)
    return 0.7 * features / features.std(0), torch.full_like(features, 0.51**0.5)


RIGHT["5.6"] = [with_the_width_of_the_prior, by_batch_norm, by_rank]
WRONG["5.6"] = [
    (lambda f: (spread(f), torch.ones_like(f)), "tells too little"),
    (lambda f: (torch.zeros_like(f), torch.ones_like(f)), "KL 0.00, MI 0.00"),
    (lambda f: (spread(f, 0.9), torch.full_like(f, 0.19**0.5)), "pays too much"),
    (lambda f: (spread(f), torch.full_like(f, 0.51)), "pays too much"),  # a variance
    (lambda f: (f, torch.full_like(f, 0.71)), "pays too much"),
    (lambda f: spread(f), "two tensors"),
    (lambda f: (spread(f), 0.7), "two tensors"),
    (lambda f: (spread(f), torch.ones(1)), "shape of the features"),
    (lambda f: (spread(f)[:, 0], torch.ones(2000)), "shape of the features"),
    (lambda f: (spread(f), spread(f)), "deviations positive"),
    (lambda f: (spread(f) / 0, torch.ones_like(f)), "finite numbers"),
    (centred_in_place, "changes its inputs"),
    (lambda f: None, "write its body"),
    (raises, "failed with RuntimeError"),
    (0.7, "The answer is a function"),
]

# --- what trains, tried at the smoke scale ---------------------------------------------------


def moved(beta):
    """A shift of the means and no spread."""
    layer = Part(posteriors.BatchNormGaussian, gamma=0.0, beta=beta, learn_beta=False)
    return Recipe(posterior=layer)


FREE = Recipe(free_bits=objectives.FreeBits(0.6))
DELTA = Recipe(posterior=Part(posteriors.DeltaGaussian, delta=0.6))
RIGHT_AFTER = {
    "5.5": [
        (FREE, {"kl": 0.4, "mi": 0.0}),
        (DELTA, {"kl": 0.61, "mi": 0.049}),
        ("free-bits-4", {"kl": 8.0, "mi": -0.01}),
    ]
}
WRONG_AFTER = {
    "5.5": [
        (0.9, None, "The answer is a Recipe"),
        (Recipe, None, "The answer is a Recipe"),
        (Part(posteriors.DeltaGaussian, delta=0.6), None, "The answer is a Recipe"),
        ([FREE], None, "The answer is a Recipe"),
        ({"kl": 0.4, "mi": 0.0}, None, "The answer is a Recipe"),
        (math.nan, None, "The answer is a Recipe"),
        (moved(0.9), None, "without batch normalisation"),
        ("bn-vae-1.5", None, "without batch normalisation"),
        (FREE, {"kl": 0.39, "mi": 0.0}, "pays too little"),
        (Recipe(), {"kl": 0.0, "mi": 0.0}, "pays too little"),
        (DELTA, {"kl": 2.0, "mi": 0.05}, "tells documents apart"),
        (DELTA, {"kl": math.nan, "mi": 0.0}, "the kl is nan"),
        (DELTA, {"kl": 0.5, "mi": math.nan}, "the mi is nan"),
    ]
}
TRAINED = {
    "5.5": [
        (FREE, "KL 0."),
        (DELTA, "KL 0."),
        (Recipe(), "pays too little"),
        (moved(0.9), "without batch normalisation"),
        ("bn-vae-1.5", "without batch normalisation"),
        ("no-such-recipe", "There is no recipe"),
        (0.9, "The answer is a Recipe"),
    ]
}
