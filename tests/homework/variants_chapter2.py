"""Answers to the exercises of chapter 2 as students give them: right in several ways, and wrong."""

import math

import torch
from torch.distributions import Categorical, kl_divergence
from torch.nn import functional

from collapse import Recipe, objectives, recipes


def as_written(Q, p1, p2):
    q = Q.mean(0)
    q1, q2 = q.sum(1), q.sum(0)
    apart = torch.outer(q1, q2)
    mismatch = (q1 * (q1 / p1).log()).sum() + (q2 * (q2 / p2).log()).sum()
    return (Q * (Q / q).log()).sum((1, 2)).mean(), (q * (q / apart).log()).sum(), mismatch


def by_entropies(Q, p1, p2):
    def entropy(p):
        return -(p * p.log()).sum()

    q = Q.mean(0)
    information = entropy(q) - sum(entropy(one) for one in Q) / len(Q)
    dependence = entropy(q.sum(0)) + entropy(q.sum(1)) - entropy(q)
    whole = (Q * (Q / torch.outer(p1, p2)).log()).sum() / len(Q)
    return information, dependence, whole - information - dependence


def with_torch(Q, p1, p2):
    def apart(one, other):
        one, other = (Categorical(probs=p.flatten()) for p in (one, other))
        return kl_divergence(one, other).item()

    q = Q.mean(0)
    q1, q2 = q.sum(1), q.sum(0)
    information = sum(apart(one, q) for one in Q) / len(Q)
    return information, apart(q, torch.outer(q1, q2)), apart(q1, p1) + apart(q2, p2)


def with_part(place, part):
    """The parts of ``as_written`` with one exchanged, which is made of Q, q, margins and priors."""

    def split(Q, p1, p2):
        parts = list(as_written(Q, p1, p2))
        q = Q.mean(0)
        names = {"Q": Q, "q": q, "q1": q.sum(1), "q2": q.sum(0), "p1": p1, "p2": p2}
        names |= {"kl": table_kl, "outer": torch.outer}
        parts[place] = eval(part, names)
        return parts

    return split


def table_kl(one, other):
    return (one * (one / other).log()).sum()


def clamped(kl, target):
    return kl.mean(0).clamp(min=target / kl.shape[1]).sum().expand(len(kl))


def by_maximum(kl, target):
    share = torch.tensor(target / kl.shape[1])
    return torch.maximum(kl.mean(dim=0), share).sum().repeat(kl.shape[0])


def by_relu(kl, target):
    share = target / kl.shape[-1]
    charged = share + functional.relu(torch.sum(kl, 0) / len(kl) - share)
    return charged.sum() * torch.ones(len(kl))


RIGHT = {
    "2.1": [as_written, by_entropies, with_torch],
    "2.2": ["esc", "ESC", " esc "],
    "2.3": [(math.log(10_000), "no"), [9.21, "no"], (torch.tensor(9.2103), 0)],
    "2.4": [clamped, by_maximum, by_relu],
    "2.5": [0.01, -0.05, torch.tensor(0.08)],
}


def raises(Q, p1, p2):
    return Q @ p1.reshape(3, 3)


WRONG = {
    "2.1": [
        (
            lambda Q, p1, p2: (
                as_written(Q, p1, p2)[0],
                0.0,
                table_kl(Q.mean(0), torch.outer(p1, p2)),
            ),
            "whole mismatch",
        ),
        (lambda *given: as_written(*given)[::-1], "another order"),
        (lambda *given: [part / math.log(2) for part in as_written(*given)], "base 2"),
        (with_part(0, "kl(Q, q)"), "their sum"),
        (with_part(0, "sum(kl(q, one) for one in Q) / len(Q)"), "from q to q_n"),
        (
            with_part(0, "(kl(Q.sum(2), q1) + kl(Q.sum(1), q2)) / len(Q)"),
            "do not add up",
        ),
        (with_part(1, "kl(outer(q1, q2), q)"), "yours goes back"),
        (
            with_part(1, "sum(kl(one, outer(one.sum(1), one.sum(0))) for one in Q) / len(Q)"),
            "within a document",
        ),
        (with_part(2, "kl(p1, q1) + kl(p2, q2)"), "from p to q"),
        (with_part(2, "kl(q, outer(p1, p2))"), "once more"),
        (with_part(2, "kl(q1, p1)"), "Another mismatch"),
        (with_part(0, "0.0"), "Another information is expected"),
        (lambda *given: as_written(*given)[0], "failed with TypeError"),
        (lambda *given: None, "write its body"),
        (raises, "failed with RuntimeError"),
        (0.3, "The answer is a function"),
    ],
    "2.2": [
        ("sss", "For each"),
        ("eec", "over 1,000 documents"),
        ("csc", "pays four nats"),
        ("ssc", "far from any cap"),
        ("ese", "0.003 is none"),
        ("ccc", "For each"),
        ("es", "a word of 3 letters in quotes, from c, e and s;"),
        (None, "Write your answer"),
    ],
    "2.3": [
        ((9.21, "yes"), "can it be negative"),
        ((math.log2(10_000), "no"), "base 2"),
        ((4, "no"), "base 10"),
        ((3.47, "no"), "batches of 32"),
        ((10_000, "no"), "number of documents itself"),
        ((9.9, "no"), "Use the split"),
        ((9.21, "perhaps"), "The answer is (cap in nats, word)"),
        (9.21, "The answer is (cap in nats, word)"),
    ],
    "2.4": [
        (lambda kl, t: kl.clamp(min=t / kl.shape[1]).sum(1), "each document's KL"),
        (lambda kl, t: clamped(kl, t)[0], "every one of its documents"),
        (lambda kl, t: clamped(kl, t * kl.shape[1]), "has its share"),
        (lambda kl, t: kl.mean(0).sum().clamp(min=t).repeat(len(kl)), "not their sum"),
        (
            lambda kl, t: functional.relu(kl.mean(0) - t / 4).sum().repeat(len(kl)),
            "not a discount",
        ),
        (lambda kl, t: kl.mean(0).clamp(max=t / 4).sum().repeat(len(kl)), "largest charge"),
        (lambda kl, t: kl.sum(1), "before anything is compared"),
        (lambda kl, t: kl.clip(t) + "0", "failed with TypeError"),
    ],
    "2.5": [
        (5.0, "active units"),
        (1.0, "active units"),
        (0.9, "active units"),
        (2, "active units"),
        (-1.5, "variance of the means"),
        (0, "tell nothing any more"),
        ("small", "The answer is a number"),
        (float("inf"), "The answer is a number"),
    ],
}

# --- the same with what a training might give: None where it is refused before one ------------

HALF = Recipe(kl_weight=objectives.Constant(0.5))
BITS = Recipe(free_bits=objectives.FreeBits(1.0))
DROPOUT = recipes.RECIPES["word-dropout"]
RIGHT_AFTER = {
    "2.6": [
        (HALF, {"mi": 0.21, "nll": 99.0}),
        (BITS, {"mi": 1.5, "nll": 101.0}),
        (DROPOUT, {"mi": 3.0, "nll": 130.0}),
    ]
}
WRONG_AFTER = {
    "2.6": [
        ("word-dropout", None, "The answer is a Recipe"),
        (Recipe, None, "The answer is a Recipe"),
        ([HALF], None, "The answer is a Recipe"),
        ({"kl_weight": 0.5}, None, "The answer is a Recipe"),
        (0.5, None, "The answer is a Recipe"),
        (math.nan, None, "The answer is a Recipe"),
        (Recipe(), None, "the plain VAE itself"),
        (recipes.RECIPES["vae"], None, "the plain VAE itself"),
        (HALF, {"mi": 0.2, "nll": 99.0}, "More than 0.2"),
        (BITS, {"mi": 0.0, "nll": 90.0}, "More than 0.2"),
        (HALF, {"mi": math.nan, "nll": 99.0}, "the mi is nan"),
        (HALF, {"mi": 0.5, "nll": math.nan}, "the nll is nan"),
        (HALF, {"mi": math.inf, "nll": 99.0}, "the mi is inf"),
    ]
}

# --- what trains, tried at the smoke scale ---------------------------------------------------

TRAINED = {
    "2.6": [
        (Recipe(kl_weight=objectives.Constant(0.5)), "MI"),
        (
            Recipe(
                free_bits=objectives.FreeBits(1.0), decoder=recipes.RECIPES["word-dropout"].decoder
            ),
            "against the VAE",
        ),
        ("word-dropout", "The answer is a Recipe"),
    ]
}
