"""Answers to assignment 2 as students give them: right in several ways, and wrong."""

import math

import torch
from torch.distributions import Independent, Normal

# --- hw2.1 -----------------------------------------------------------------------------------


def table_of(mean, log_var, z):
    """log q(z_n|x_m), written out: (n, m)."""
    apart = (z[:, None, :] - mean[None]) ** 2 / log_var.exp()
    return -0.5 * (apart + log_var + math.log(2 * math.pi)).sum(-1)


def by_table(mean, log_var, z):
    table = table_of(mean, log_var, z)
    return (table.diagonal() - torch.logsumexp(table, 1) + math.log(len(z))).mean()


def by_softmax(mean, log_var, z):
    return table_of(mean, log_var, z).log_softmax(1).diag().mean().item() + math.log(len(z))


def one_by_one(mean, log_var, z):
    posteriors = [
        Independent(Normal(m, (v / 2).exp()), 1) for m, v in zip(mean, log_var, strict=True)
    ]
    total = 0.0
    for q, draw in zip(posteriors, z, strict=True):
        mixture = sum(each.log_prob(draw).exp() for each in posteriors) / len(z)
        total += q.log_prob(draw) - mixture.log()
    return total / len(z)


def without_own(mean, log_var, z):
    terms = []
    for n, row in enumerate(table_of(mean, log_var, z)):
        others = torch.cat([row[:n], row[n + 1 :]])
        terms.append(row[n] - others.logsumexp(0) + math.log(len(others)))
    return torch.stack(terms).mean()


def each_dimension(mean, log_var, z):
    columns = range(z.shape[1])
    return sum(by_table(mean[:, [d]], log_var[:, [d]], z[:, [d]]) for d in columns)


def at_the_draw(mean, log_var, z):
    own = Normal(mean, (log_var / 2).exp()).log_prob(z)
    return (own - Normal(0.0, 1.0).log_prob(z)).sum(1).mean()


def own(mean, log_var, z):
    return table_of(mean, log_var, z).diag()


def mixed(mean, log_var, z):
    return table_of(mean, log_var, z).logsumexp(1) - math.log(len(z))


def mean_of_dimensions(mean, log_var, z):
    table = torch.distributions.Normal(mean, (log_var / 2).exp()).log_prob(z[:, None]).mean(2)
    return (table.log_softmax(1).diag() + math.log(len(z))).mean()


RIGHT = {"hw2.1": [by_table, by_softmax, one_by_one]}
WRONG = {
    "hw2.1": [
        (without_own, "belongs to it"),
        (lambda *q: by_table(*q) - math.log(len(q[0])), "a mean of densities"),
        (lambda *q: (own(*q) - table_of(*q).mean(1)).mean(), "mean of logarithms"),
        (at_the_draw, "information and mismatch together"),
        (lambda *q: own(*q) - mixed(*q), "mean over the documents"),
        (lambda *q: (own(*q) - mixed(*q)).sum(), "yours is their sum"),
        (
            lambda m, v, z: (table_of(m, v, z).T.log_softmax(1).diag() + math.log(len(z))).mean(),
            "one posterior at all draws",
        ),
        (each_dimension, "one information a dimension"),
        (lambda m, v, z: by_table(m, 2 * v, z), "exp(log_var) is the variance"),
        (lambda *q: -by_table(*q), "other way round"),
        (lambda *q: by_table(*q) / math.log(2), "base 2"),
        (mean_of_dimensions, "product over its dimensions"),
        (
            lambda m, v, z: 0.5 * (m**2 + v.exp() - 1 - v).sum(1).mean(),
            "in closed form",
        ),
        (lambda *q: math.log(len(q[0])), "if nobody says"),
        (lambda m, v, z: None, "write its body"),
        (lambda m, v, z: m @ z, "failed with RuntimeError"),
        (1.3, "The answer is a function"),
    ]
}

# --- hw2.3 -----------------------------------------------------------------------------------


def by_selection(log_probs, mask):
    nats = -log_probs[mask].mean()
    return nats, nats.exp()


def by_masked_sum(log_probs, mask):
    nats = -(log_probs * mask.double()).sum() / mask.sum()
    return [nats.item(), math.exp(nats)]


def by_loop(log_probs, mask):
    nats, words = 0.0, 0
    for row, kept in zip(log_probs.tolist(), mask.tolist(), strict=True):
        for value, keep in zip(row, kept, strict=True):
            nats, words = nats - value * keep, words + keep
    return torch.tensor([nats / words, math.exp(nats / words)], dtype=torch.float64)


def both(nats):
    return nats, nats.exp()


def of_each(lp, mask):
    return -torch.where(mask, lp, torch.zeros_like(lp)).sum(1) / mask.sum(1)


RIGHT["hw2.3"] = [by_selection, by_masked_sum, by_loop]
WRONG["hw2.3"] = [
    (lambda lp, mask: both(-lp.mean()), "nor does its number"),
    (lambda lp, mask: both(-lp.sum() / mask.sum()), "in your sum"),
    (lambda lp, mask: both(-(lp * mask).mean()), "your number of words"),
    (lambda lp, mask: both(of_each(lp, mask).mean()), "weigh more"),
    (
        lambda lp, mask: (by_selection(lp, mask)[0], of_each(lp, mask).exp().mean()),
        "exponentials over documents",
    ),
    (
        lambda lp, mask: (by_selection(lp, mask)[0], (-lp[mask]).exp().mean()),
        "exponentials over words",
    ),
    (lambda lp, mask: both(-(lp * mask).sum(1).mean()), "nats a document"),
    (lambda lp, mask: both(lp[mask].mean()), "are not"),
    (lambda lp, mask: (-lp[mask].mean(), 2 ** -lp[mask].mean()), "Two to the power"),
    (lambda lp, mask: (-lp[mask].mean() / math.log(2), (-lp[mask].mean()).exp()), "are bits"),
    (lambda lp, mask: by_selection(lp, mask)[::-1], "other order"),
    (lambda lp, mask: (-lp[mask].mean(), -lp[mask].mean()), "Another perplexity"),
    (lambda lp, mask: -lp[mask].mean(), "failed with TypeError"),
    (lambda lp, mask: None, "write its body"),
    (lambda lp, mask: (None, None), "write its body"),
]

# --- hw2.4, hw2.6 and hw2.7 ------------------------------------------------------------------

IN_BATCHES = (96 * math.log(32) + 29 * math.log(29)) / 125
RIGHT |= {
    "hw2.4": [
        (6.91, 3.44, 2.08, 0.0),
        [math.log(1000), IN_BATCHES, math.log(8), 0],
        torch.tensor([6.9078, 3.443, 2.0794, 0.0]),
    ],
    "hw2.6": ["BDAC", "bdac", "BDAC "],
    "hw2.7": [
        (3.91, 59.64, 0.05, "no"),
        [math.log(50), 69.62 - 9.98, 3.89 - 3.84, "no"],
        (torch.tensor(50.0).log().item(), 59.64, 0.05, 0),
    ],
}
WRONG |= {
    "hw2.4": [
        ((9.97, 4.97, 3.0, 0.0), "base 2"),
        ((6.91, 3.47, 2.08, 0.0), "by their share"),
        ((6.91, 3.44, 6.91, 3.44), "a limit, not an estimate"),
        ((6.91, 3.44, 2.08, 2.08), "have one topic"),
        ((6.91, 3.44, 4.83, 0.0), "no part in it"),
        ((6.91, 3.44, 1.0, 0.0), "How many documents"),
        ((6.91, 3.44), "The answer is (cap"),
        (6.91, "The answer is (cap"),
    ],
    "hw2.6": [
        ("BADC", "as large as it can be shown"),
        ("BDAE", "that can be"),
        ("BDCA", "negative mismatch"),
        ("DBAC", "what pays nothing"),
        ("BDEC", "near log 32"),
        ("ABCD", "Of each"),
        ("BDA", "a word of 4 letters"),
        ("BBBB", "a word of 4 letters"),
    ],
    "hw2.7": [
        ((1.7, 59.64, 0.05, "no"), "base 10"),
        ((math.log2(50), 59.64, 0.05, "no"), "base 2"),
        ((3.47, 59.64, 0.05, "no"), "batches of 32"),
        ((3.91, -59.64, -0.05, "no"), "by how much"),
        ((3.91, 59.64, 0.05, "yes"), "Compare both MI with the cap"),
        ((3.91, 9.98, 0.05, "no"), "How many images"),
        ((3.91, 59.64, 0.05), "The answer is (cap in nats"),
        ((3.91, 59.64, 0.05, "perhaps"), "The answer is (cap in nats"),
    ],
}

# --- hw2.5 -----------------------------------------------------------------------------------

RANDOM = torch.randn(100, 4, generator=torch.Generator().manual_seed(7))
SPREAD = torch.linspace(-0.3, 0.3, 100)[:, None].expand(100, 4)
TWO_PLACES = torch.tensor([1.0, -1.0]).repeat(50)[:, None].expand(100, 4)


def code(mean, log_var):
    return torch.stack([mean, torch.full((100, 4), log_var)])


RIGHT["hw2.5"] = [
    code(0.2 * RANDOM, 3.0),
    code(3 + SPREAD, 5.0),
    (TWO_PLACES, torch.full((100, 4), 8.0)),
]
WRONG["hw2.5"] = [
    (code(0 * RANDOM, 3.0), "Every unit should be active"),
    (code(0.2 * RANDOM, 0.0), "The KL should be above 2 nats"),
    (code(RANDOM, -2.0), "The information should be below 0.05"),
    (code(0.2 * RANDOM, -3.0), "what hides a mean that moves"),
    (code(0.01 * RANDOM, -3.0), "0 of 4 units active"),
    (code(RANDOM, 100.0), "from -50 to 50"),
    (code(RANDOM * math.nan, 1.0), "finite"),
    (RANDOM, "got (100, 4)"),
    (3.0, "got float"),
    ((RANDOM, RANDOM[:50]), "The answer is a tensor of shape"),
]
