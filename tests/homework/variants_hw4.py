"""Answers to assignment 4 as students give them: right in several ways, and wrong."""

import math

import torch
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn import functional

# --- hw4.1 -----------------------------------------------------------------------------------


def with_batch_norm(train, test, gamma, b, eps):
    g, shift = torch.full((test.shape[1],), gamma), torch.full((test.shape[1],), b)
    kept = train.mean(0), train.var(0)
    by_training = functional.batch_norm(test, *kept, g, shift, False, eps=eps)
    return by_training, functional.batch_norm(test, None, None, g, shift, True, eps=eps)


def written_out(train, test, gamma, b, eps):
    m, v = train.mean(0), ((train - train.mean(0)) ** 2).sum(0) / (len(train) - 1)
    by_training = b + gamma * (test - m) / torch.sqrt(v + eps)
    centred = test - test.mean(0, keepdim=True)
    return by_training, b + gamma * centred * (centred.square().mean(0) + eps).rsqrt()


def column_by_column(train, test, gamma, b, eps):
    results = []
    for of, divisor in ((train, len(train) - 1), (test, len(test))):
        columns = []
        for known, new in zip(of.T, test.T, strict=True):
            m = known.sum() / len(known)
            v = ((known - m) ** 2).sum() / divisor
            columns.append(gamma * (new - m) / (v + eps) ** 0.5 + b)
        results.append(torch.stack(columns, dim=1))
    return results


def layer(scaled="gamma * (x - m) / (v + eps).sqrt() + b", gives="of(train, 1), of(test, 0)"):
    """The layer, of which one line is otherwise, as a student would write it."""
    code = f"""
def codes(train, test, gamma, b, eps):
    def of(known, correction, x=test):
        m, v = known.mean(0), known.var(0, correction=correction)
        return {scaled}
    return {gives}
"""
    names = {"torch": torch}
    exec(code, names)
    return names["codes"]


# --- hw4.4 -----------------------------------------------------------------------------------


def by_divergences(mean, log_var, des_std):
    f, std = des_std / mean.std(0), (0.5 * log_var).exp()
    unit, wide = Normal(0 * f, torch.ones_like(f)), Normal(0 * f, f)
    charged = kl_divergence(Independent(Normal(mean, std), 1), Independent(unit, 1))
    return f, charged, kl_divergence(Normal(f * mean, std), wide).sum(-1)


def in_units_of_the_factor(mean, log_var, des_std):
    f = des_std / ((mean - mean.mean(0)).square().sum(0) / (len(mean) - 1)).sqrt()

    def kl(m, v):
        return 0.5 * (m**2 + v.exp() - 1 - v).sum(1)

    return f, kl(mean, log_var), kl(mean, log_var - 2 * f.log())


def by_the_gap(mean, log_var, des_std):
    f = torch.stack([des_std / column.std() for column in mean.T])
    variance = log_var.exp()
    charged = (mean.square() + variance - log_var - 1).div(2).sum(-1)
    gap = f.log() - variance * (1 - 1 / f**2) / 2
    return [f, charged, charged + gap.sum(-1)]


def scaled(**lines):
    """Factor and both KLs, of which one line is otherwise."""
    code = f"""
def scaled(mean, log_var, des):
    {lines.get("before", "pass")}
    f = {lines.get("factor", "des / mean.std(0)")}
    std = {lines.get("std", "(0.5 * log_var).exp()")}
    unit = Normal(torch.zeros(3), 1.0)
    charged = kl_divergence(Normal({lines.get("charged", "mean, std")}), unit)
    paid = kl_divergence(Normal(f * mean, {lines.get("width", "std")}), \
{lines.get("prior", "Normal(torch.zeros(3), f)")})
    return {lines.get("gives", "f, charged.sum(-1), paid.sum(-1)")}
"""
    names = {"torch": torch, "Normal": Normal, "kl_divergence": kl_divergence}
    exec(code, names)
    return names["scaled"]


# --- hw4.5 -----------------------------------------------------------------------------------


def with_torch(log_p, u, mean, std, factor):
    prior = Independent(Normal(torch.zeros_like(factor), factor), 1)
    proposal = Independent(Normal(factor * mean, std), 1)
    logs = log_p + prior.log_prob(u) - proposal.log_prob(u)
    return torch.logsumexp(logs, 0) - math.log(len(u))


def by_largest(log_p, u, mean, std, factor):
    far, near = u / factor, (u - factor * mean) / std
    logs = log_p + (std.log() - factor.log() + (near**2 - far**2) / 2).sum(-1)
    top = logs.max(0).values
    return top + (logs - top).exp().mean(0).log()


def draw_by_draw(log_p, u, mean, std, factor):
    total = torch.full(log_p.shape[1:], -math.inf)
    for logs, each in zip(log_p, u, strict=True):
        prior = Normal(0.0, factor).log_prob(each).sum(1)
        total = torch.logaddexp(
            total, logs + prior - Normal(factor * mean, std).log_prob(each).sum(1)
        )
    return total - torch.tensor(len(u)).log()


def estimate(**lines):
    """The estimate, of which one line is otherwise."""
    code = f"""
def log_likelihoods(log_p, u, mean, std, factor):
    {lines.get("before", "pass")}
    prior = Normal(torch.zeros(3), {lines.get("wide", "factor")})
    q = Normal({lines.get("q", "factor * mean, std")})
    at = {lines.get("at", "u")}
    w = {lines.get("w", "log_p + (prior.log_prob(at) - q.log_prob(at)).sum(-1)")}
    return {lines.get("gives", "w.logsumexp(0) - math.log(len(u))")}
"""
    names = {"torch": torch, "Normal": Normal, "math": math}
    exec(code, names)
    return names["log_likelihoods"]


LOW, HIGH = 0.3982, 1.7738  # the two widths that cost half a nat

RIGHT = {
    "hw4.1": [with_batch_norm, written_out, column_by_column, layer()],
    "hw4.2": [(0.5, 2.67, 3.0), [0.25**0.5, 3 * 0.89, 3], torch.tensor([0.5, 2.67, 3.0])],
    "hw4.4": [by_divergences, in_units_of_the_factor, by_the_gap, scaled()],
    "hw4.5": [with_torch, by_largest, draw_by_draw, estimate()],
    "hw4.6": [
        [(0, LOW), (0, LOW), (0, HIGH), (0, HIGH)],
        [(0.0, 0.4), (0.0, 1.77), (0.0, 1.77), (0.0, 0.4)],
        torch.tensor([[0.05, LOW], [-0.05, HIGH], [0.0, LOW], [0.0, HIGH]]),
    ],
    "hw4.7": ["BCA", "bca", "bcA "],
    "hw4.8": [(math.log(32), 3.5, "no"), [3.47, 3.5, "no"], (3.466, 3.5, 0)],
}
WRONG = {
    "hw4.1": [
        (layer(gives="of(test, 0), of(test, 0)"), "not to depend on its neighbours"),
        (layer(gives="of(train, 1), of(train, 1)"), "Both of yours are by the training"),
        (layer(gives="of(test, 0), of(train, 1)"), "come first"),
        (layer(gives="of(train, 1), of(test, 1)"), "own variance is n"),
        (layer(gives="of(train, 0), of(test, 0)"), "kept with divisor"),
        (layer("gamma * (x - m) / (v.sqrt() + eps) + b"), "under the root"),
        (layer("gamma * (x - m) / v.sqrt() + b"), "ε is missing"),
        (layer("gamma * ((x - m) / (v + eps).sqrt() + b)"), "does not multiply b"),
        (layer("gamma * (x - m) / (v + eps).sqrt()"), "shift is missing"),
        (layer("gamma * x / (v + eps).sqrt() + b"), "before the division"),
        (layer("gamma * (x - m) / (v + eps) + b"), "divide by a variance"),
        (layer("gamma**2 * (x - m) / (v + eps).sqrt() + b"), "with which divisor"),
        (layer("x.sub_(m) / v"), "changes its inputs"),
        (layer("x @ m @ v"), "failed with RuntimeError"),
        (layer(gives="None"), "write its body"),
        (layer(gives="of(train, 1)"), "failed with ValueError"),
    ],
    "hw4.2": [
        ((0.354, 2.67, 3), "half of the floor"),
        ((0.25, 2.67, 3), "That is γ²"),
        ((6**0.5, 2.67, 3), "sum over 24"),
        ((0.5, 3, 3), "these are not"),
        ((0.5, 1.92, 3), "a shift costs"),
        ((0.5, 3.42, 3), "square of the distance"),
        ((0.5, 3.15, 3), "share of a variance"),
        ((0.5, 2.67, 2.67), "whatever they were before"),
        ((0.7, 5, 6), "beside the spread"),
        (0.5, "The answer is (γ"),
    ],
    "hw4.4": [
        (scaled(factor="des / mean.std(0, correction=0)"), "n − 1"),
        (scaled(factor="mean.std(0) / des"), "upside down"),
        (scaled(factor="(des / mean.std()).repeat(3)"), "factor of its own"),
        (scaled(factor="des / mean.var(0)"), "by a variance"),
        (scaled(factor="des / (mean**2).mean(0).sqrt()"), "not from 0"),
        (scaled(charged="f * mean, std"), "has the scaled means"),
        (scaled(prior="unit"), "is to N(0, I)"),
        (scaled(width="f * std"), "Only the means are scaled"),
        (scaled(gives="f, paid.sum(-1), charged.sum(-1)"), "before paid"),
        (scaled(std="log_var.exp()"), "that of the deviation"),
        (scaled(gives="f, charged.mean(-1), paid.mean(-1)"), "yours is their mean"),
        (scaled(gives="f, charged, paid"), "Another charged KL"),
        (scaled(before="mean -= mean.mean(0)"), "changes its inputs"),
        (scaled(gives="None"), "write its body"),
        (scaled(factor="des / mean.std(0).item()"), "failed with RuntimeError"),
    ],
    "hw4.5": [
        (estimate(gives="w.exp().mean(0).log()"), "exp(−1000)"),
        (estimate(gives="w.mean(0)"), "mean of logarithms"),
        (estimate(gives="w.logsumexp(0)"), "log S is to be taken off"),
        (estimate(wide="1.0", q="mean, std", at="u - (factor - 1) * mean"), "densities of Eq. 7"),
        (estimate(wide="1.0", q="mean, std"), "of no model"),
        (estimate(wide="1.0"), "that of M_1"),
        (estimate(q="factor * mean, factor * std"), "is not scaled"),
        (estimate(w="log_p"), "is no weight"),
        (estimate(w="log_p + (q.log_prob(u) - prior.log_prob(u)).sum(-1)"), "upside down"),
        (estimate(gives="(w.logsumexp(0) - math.log(len(u))).mean()"), "over draws only"),
        (estimate(gives="math.log(len(u)) - w.logsumexp(0)"), "sign of an NLL"),
        (estimate(q="factor * mean, std**2"), "Another log-likelihood"),
        (estimate(before="u /= factor"), "changes its inputs"),
        (estimate(gives="None"), "write its body"),
        (estimate(w="log_p @ mean.T"), "failed with RuntimeError"),
    ],
    "hw4.6": [
        ([(1, 1)] * 4, "What but its mean"),
        ([(0, HIGH)] * 4, "What but its mean"),
        ([(1, 1), (-1, 1)] * 2, "your means differ"),
        ([(0, 1)] * 4, "has to pay 0.5"),
        ([(0, 0.2), (0, 3)] * 2, "has to pay 0.5"),
        ([(0, LOW), (0, 1)] * 2, "has to pay 0.5"),
        ([(0, LOW), (0, -HIGH)] * 2, "A std is positive"),
        ([(0, LOW), (0, HIGH)], "four pairs"),
        ("0.4", "four pairs"),
        ([0.4, 1.77, 0.4, 1.77], "four pairs"),
    ],
    "hw4.7": [
        ("CAB", "order of the factors"),
        ("ACB", "signs of both terms"),
        ("CBA", "Which is larger"),
        ("BAC", "Which sign has each term"),
        ("ABC", "Which sign has each term"),
        ("B", "a word of 3 letters"),
        (3, "a word of 3 letters"),
    ],
    "hw4.8": [
        ((1.505, 1.5, "no"), "base 10"),
        ((5, 5, "no"), "base 2"),
        ((9.21, 9.2, "no"), "of a test split"),
        ((3.47, 3.4, "no"), "rounded to the nearest"),
        ((3.47, 3.5, "yes"), "Compare 3.7"),
        ((3.3, 3.3, "no"), "What becomes of it in print"),
        ((3.47, 3.5), "The answer is (cap"),
        ((3.47, 3.5, "perhaps"), "The answer is (cap"),
    ],
}
