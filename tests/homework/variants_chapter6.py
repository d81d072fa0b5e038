"""Answers to the exercises of chapter 6 as students give them: right in several ways, and wrong.

Each wrong one stands with a piece of what it must be told.
"""

import math

import numpy as np
import torch
from torch.distributions import Independent, Normal, kl_divergence

ONE_APART = [7**0.5, *[-(7**-0.5)] * 7]
TWO_FAR = [2.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def with_torch(q, p, log_likelihood, beta):
    r = Normal(torch.zeros_like(p.mean), torch.ones_like(p.mean))
    rate = (kl_divergence(q, p) + kl_divergence(p, r)).sum(1)
    return (beta * rate - log_likelihood).mean()


def written_out(q, p, log_likelihood, beta):
    apart = (q.variance + (q.loc - p.loc) ** 2) / p.variance
    both = 0.5 * (apart + p.variance + p.loc**2 - q.variance.log() - 2)
    return -(log_likelihood - beta * both.sum(-1)).mean()


def in_blocks(q, p, log_likelihood, beta):
    q, p = Independent(q, 1), Independent(p, 1)
    r = Independent(Normal(torch.zeros(p.mean.shape), 1.0), 1)
    kls = kl_divergence(q, p) + kl_divergence(p, r)
    return beta * kls.mean() - log_likelihood.mean()


def term_by_term(q, p, log_likelihood, beta):
    total = 0.0
    for i in range(len(log_likelihood)):
        first = kl_divergence(Normal(q.loc[i], q.scale[i]), Normal(p.loc[i], p.scale[i]))
        second = kl_divergence(Normal(p.loc[i], p.scale[i]), Normal(0.0, 1.0))
        total = total + beta * first.sum() + beta * second.sum() - log_likelihood[i]
    return total / len(log_likelihood)


RIGHT = {
    "6.1": [
        TWO_FAR,
        TWO_FAR[::-1],
        np.array(TWO_FAR),
        torch.tensor(TWO_FAR),
        (1.99, -1.99, 0.19975, -0.19975, 0, 0, 0, 0),
    ],
    "6.2": [0.98, 1.4**2 / 2, torch.tensor(0.98)],
    "6.3": [with_torch, written_out, in_blocks, term_by_term],
    "6.4": ["CAB", "c a b", ["C", "A", "B"]],
    "6.5": [29.4, (5.18 - 0.15) / math.log(36.40 / 30.67), 5.03 / (np.log(36.4) - np.log(30.67))],
}


def student(rate="kl_divergence(q, p) + kl_divergence(p, r)", **more):
    """A loss of which one line is otherwise, as a student would write it."""
    code = f"""
def loss(q, p, log_likelihood, beta):
    {more.get("before", "pass")}
    r = Normal(torch.zeros_like(p.mean), torch.ones_like(p.mean))
    rate = ({rate}){more.get("over", ".sum(1)")}
    return {more.get("gives", "(beta * rate - log_likelihood).mean()")}
"""
    names = {"torch": torch, "Normal": Normal, "kl_divergence": kl_divergence}
    exec(code, names)
    return names["loss"]


WRONG = {
    "6.1": [
        ([1, -1] * 4, "100.0%"),
        ([2**0.5, -(2**0.5), 2**0.5, -(2**0.5), 0, 0, 0, 0], "97.4%"),
        (ONE_APART, "2.65 from 0, further than 2"),
        ([0] * 8, "variance 1; yours is 0.000"),
        ([m * (7 / 8) ** 0.5 for m in TWO_FAR], "divisor is 8, not 7"),
        ([2.0, 2.0, *[0.0] * 6], "makes the mean 0"),
        ([2.01, -1.99, *[0.0] * 6], "mean 0"),
        (TWO_FAR[:7], "The answer is (mean 1"),
        ([*TWO_FAR[:7], float("nan")], "The answer is (mean 1"),
        (1.0, "The answer is (mean 1"),
    ],
    "6.2": [
        (1.96, "half of its square"),
        (0.7, "with its square"),
        (0.236, "half of the way"),
        (0.439, "what will p do"),
        (0.493, "follow the context"),
        (0, "p may follow q"),
        (1.414, "base 2"),
        (3.0, "infinitely stiff"),
        ("γ²/2", "The answer is a number"),
        (math.nan, "The answer is a number"),
    ],
    "6.3": [
        (student("kl_divergence(q, p)"), "nothing holds p"),
        (student("kl_divergence(q, p) + kl_divergence(q, r)"), "ties q"),
        (student("kl_divergence(p, q) + kl_divergence(p, r)"), "yours is KL(p‖q)"),
        (student("kl_divergence(q, p) + kl_divergence(r, p)"), "yours is KL(r‖p)"),
        (student("kl_divergence(q, p) + kl_divergence(p, r) + 0.5"), "printed -1"),
        (
            student(
                "beta * kl_divergence(q, p) + kl_divergence(p, r)",
                gives="(rate - log_likelihood).mean()",
            ),
            "the first alone",
        ),
        (student(gives="beta * (rate - log_likelihood).mean()"), "the likelihood, too"),
        (student(gives="(rate - log_likelihood).mean()"), "yours does not"),
        (student(over=".mean(1)"), "yours is their mean"),
        (student(gives="(beta * rate - log_likelihood).sum()"), "yours is their sum"),
        (student(gives="(beta * rate + log_likelihood).mean()"), "the lower it is"),
        (student(gives="(log_likelihood - beta * rate).mean()"), "is its negative"),
        (student(gives="(beta * rate - log_likelihood).mean().item()"), "without item()"),
        (student(before="p = Normal(p.mean.detach(), p.stddev.detach())"), "reaches p"),
        (student(before="q = Normal(q.mean.detach(), q.stddev.detach())"), "gradient to q"),
        (student(gives="beta * rate - log_likelihood"), "Another loss"),
        (student(gives="(beta * rate - log_likelihood).mean() * float('nan')"), "Another loss"),
        (student(gives="None"), "write its body"),
        (student(before="log_likelihood.data.neg_()"), "changes its inputs"),
        (student(before="q.loc.add_(1)"), "failed with RuntimeError"),
        (student("kl_divergence(q, p, r)"), "failed with TypeError"),
        (0.5, "The answer is a function"),
    ],
    "6.4": [
        ("CBA", "between the replies"),
        ("ABC", "Without a tie"),
        ("ACB", "Without a tie"),
        ("BAC", "Without a tie"),
        ("BCA", "Without a tie"),
        ("C", "a word of 3 letters"),
        (["C", "A", 3], "a word of 3 letters"),
    ],
    "6.5": [
        (20.36, "in bits"),
        (67.6, "base 10"),
        (0.878, "the logarithm of the perplexity"),
        (23.1, "CVAE beside the one with a bag"),
        (18.3, "BN-CVAE beside"),
        (31.1, "pays its own KL"),
        (-29.4, "positive"),
        (13, "one term only"),
        (29, "give two decimals"),
        (27, "one term only"),
        ("29 words", "The answer is a number"),
    ],
}
