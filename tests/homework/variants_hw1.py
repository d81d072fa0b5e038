"""Answers to assignment 1 as students give them: right in several ways, and wrong."""

import math

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional


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
        np.array([1.65, 1.5, 0.15], dtype=np.float32),
        (torch.tensor(1.65), np.float32(1.5), "0.15"),
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
        (lambda m, v: in_one_line(m, v.exp()), "Which four terms"),
        (
            lambda m, v: kl_divergence(Normal(m * 0, m * 0 + 1), Normal(m, (v / 2).exp())).sum(1),
            "other direction",
        ),
        (lambda m, v: None, "write its body"),
        (lambda m, v: m @ v, "failed with RuntimeError"),
        (lambda m, v: (m**2 + v.exp() - 1 - v) / 2, "one of each"),
        (lambda m, v: in_one_line(m.T, v.T), "the last axis"),
        (lambda m, v: in_one_line(m, v).sum(), "of its own"),
        (lambda m, v: (m**2 + v.exp() - v).sum(-1) / 2, "costs nothing"),
        (lambda m, v: in_one_line(m, v)[:, None], "yours has shape (6, 1), asked is (6,)"),
        (lambda m, v: "KL", "yours is a str"),
    ],
    "hw1.5": [
        ((1.15, 1.15, 0), "taken for q(z)"),
        ((1.65, 1.15, 0.5), "no part in it"),
        ((1.5, 1.5, 0), "What is q(z)"),
        ((2.38, 2.16, 0.22), "base 2"),
        ((1.63, 1.5, 0.13), "a width of their own"),
        ((1.59, 1.5, 0.1), "from the prior to q(z)"),
        ((1.65, 0.15, 1.5), "comes before"),
        ((3.15, 3.0, 0.15), "half of a logarithm"),
        ((1.345, 1.5, 0.15), "not the difference"),
        ((1.65, None, 9), "A part of the answer is missing."),
        ((..., ..., ...), "Write your answer"),
        (10**400, "no float can hold"),
        (1.65, "The answer is (rate"),
        (("a", "b", "c"), "The answer is (rate"),
    ],
}


# --- hw1.3 -----------------------------------------------------------------------------------


def by_autograd(w, mean, log_var, noise):
    mean, log_var = mean.clone().requires_grad_(), log_var.clone().requires_grad_()
    z = mean + torch.exp(log_var / 2) * noise
    return torch.autograd.grad(functional.logsigmoid(z @ w).mean(), (mean, log_var))


def by_backward(w, mean, log_var, noise):
    both = torch.stack([mean, log_var]).requires_grad_()
    total = 0
    for eps in noise:
        q = Normal(both[0], both[1].exp().sqrt())
        total = total + torch.sigmoid((w * (q.loc + q.scale * eps)).sum()).log()
    (total / len(noise)).backward()
    return both.grad[0], both.grad[1]


def by_hand(w, mean, log_var, noise):
    std = (log_var / 2).exp()
    slope = torch.sigmoid(-(mean + std * noise) @ w)[:, None] * w
    return [slope.mean(0), (slope * std * noise / 2).mean(0)]


def gradient(z="m + (v / 2).exp() * noise", told="told.mean()", **more):
    """A gradient of which one line is otherwise, as a student would write it."""
    code = f"""
def pathwise(weights, mean, log_var, noise):
    m = mean.clone().requires_grad_()
    v = log_var.clone().requires_grad_()
    z = {z}
    told = torch.nn.functional.logsigmoid(z @ weights)
    told = {told}
    {more.get("back", "told.backward()")}
    return {more.get("gives", "m.grad, v.grad")}
"""
    names = {"torch": torch}
    exec(code, names)
    return names["pathwise"]


def by_deviation_or_variance(power):
    def pathwise(w, mean, log_var, noise):
        wide = (log_var * power).exp().requires_grad_()
        mean = mean.clone().requires_grad_()
        z = mean + wide ** (0.5 / power) * noise
        return torch.autograd.grad(functional.logsigmoid(z @ w).mean(), (mean, wide))

    return pathwise


def weighing_scores(w, mean, log_var, noise):
    std = (log_var / 2).exp()
    told = functional.logsigmoid((mean + std * noise) @ w)[:, None]
    return (told * noise / std).mean(0), (told * (noise**2 - 1) / 2).mean(0)


RIGHT["hw1.3"] = [by_autograd, by_backward, by_hand]
WRONG["hw1.3"] = [
    (lambda w, m, v, noise: (torch.zeros(3), torch.zeros(3)), "No gradient comes through"),
    (
        gradient(
            z="(m + (v / 2).exp() * noise).detach() + 0 * m + 0 * v",
        ),
        "No gradient comes through",
    ),
    (gradient(z="(m + (v / 2).exp() * noise).detach()"), "failed with RuntimeError"),
    (gradient(z="m + (v / 2).exp().detach() * noise + 0 * v"), "is stopped"),
    (by_deviation_or_variance(0.5), "not by the deviation"),
    (by_deviation_or_variance(1.0), "not by the variance"),
    (gradient(z="m + v.exp() * noise"), "exp(log_var) is the variance"),
    (gradient(told="told.sum()"), "yours is their sum"),
    (gradient(told="-told.mean()"), "of the loss"),
    (gradient(told="told.mean() + v.sum() / 2"), "entropy's gradient"),
    (weighing_scores, "weighs the draws"),
    (gradient(z="m + noise + 0 * v"), "Another gradient"),
    (gradient(gives="None"), "write its body"),
    (gradient(gives="m.grad"), "failed with"),
]

# --- hw1.4 -----------------------------------------------------------------------------------


def with_logsumexp(log_weights):
    return math.log(log_weights.shape[-1]) - torch.logsumexp(log_weights, dim=-1)


def shifted_by_hand(log_weights):
    top = log_weights.max(dim=1, keepdim=True).values
    return -(top.squeeze(1) + (log_weights - top).exp().mean(1).log())


def by_softmax(log_weights):
    rows = [w[0] - functional.log_softmax(w, dim=0)[0] - math.log(len(w)) for w in log_weights]
    return -torch.stack(rows)


RIGHT["hw1.4"] = [with_logsumexp, shifted_by_hand, by_softmax]
WRONG["hw1.4"] = [
    (lambda w: -w.mean(dim=-1), "is the ELBO"),
    (lambda w: -torch.logsumexp(w, -1), "by the number of samples, K"),
    (lambda w: torch.logsumexp(w, -1) - math.log(w.shape[1]), "other sign"),
    (lambda w: math.log(w.shape[0]) - torch.logsumexp(w, -1), "not that of documents"),
    (lambda w: -(torch.logsumexp(w, -1) + math.log(w.shape[1])), "wrong sign"),
    (lambda w: with_logsumexp(w.T), "samples are the columns"),
    (lambda w: -torch.log(torch.exp(w).mean(1)), "No float holds"),
    (lambda w: with_logsumexp(w).mean(), "does so later"),
    (lambda w: with_logsumexp(w) / math.log(2), "base 2"),
    (lambda w: -w.amax(1), "largest weight"),
    (lambda w: with_logsumexp(w)[:, None], "Which average comes first"),
    # A wrong sign beside another mistake: neither of the two is all.
    (lambda w: w.mean(1), "Which average comes first"),
    (lambda w: w.logsumexp(1), "Which average comes first"),
    (lambda w: w.logsumexp(1) + math.log(w.shape[1]), "Which average comes first"),
    (lambda w: -with_logsumexp(w) / math.log(2), "Which average comes first"),
    (lambda w: -with_logsumexp(w)[:1], "Which average comes first"),
    (lambda w: w.exp().mean(1).log(), "infinite or NaN"),
    (lambda w: w[:, 0] * math.nan, "infinite or NaN"),
    (lambda w: w * math.nan, "yours has shape (5, 40), asked is (5,)"),
    (lambda w: None, "write its body"),
    (lambda w: w.logsumexp(), "failed with TypeError"),
]

# --- hw1.6 to hw1.8 --------------------------------------------------------------------------

RIGHT |= {
    "hw1.6": [0.02, torch.tensor(0.05), 1e-3],
    "hw1.7": ["BAC", "b, a, c", ["B", "A", "C"]],
    "hw1.8": [
        (323.9, 1.5, 0.1, "No."),
        np.array([323.9, 1.5, 0.1, 0.0]),
        [330.2 - 6.3, 330.2 - 328.7, 329.1 - 329.0, "no"],
        torch.tensor([323.9, 1.5, 0.1, 0.0], dtype=torch.float64),
    ],
}
WRONG |= {
    "hw1.6": [
        (0.5, "draws that all lie in one place"),
        (0.2, "0.4"),
        (0.7, "0.00 nats too high"),
        (1.0, "asked is a narrow one"),
        (0, "above zero"),
        (0.1, "too high"),
        (1e-300, "No float tells"),
        (-0.1, "above zero"),
        ("narrow", "The answer is a number"),
        (float("nan"), "The answer is a number"),
    ],
    "hw1.7": [
        ("CAB", "too low for its NLL"),
        ("BDC", "which line has none".capitalize()),
        ("DAC", "furthest above"),
        ("BAD", "as it must be"),
        ("ABC", "there is no gap"),
        ("CDB", "on which side of its NLL"),
        ("BA", "a word of 3 letters"),
        ("BBC", "a word of 3 letters"),
    ],
    "hw1.8": [
        ((323.9, 6.3, 0.0, "no"), "to the true posterior"),
        ((322.4, 1.5, 0.1, "no"), "not of the NLL"),
        ((336.5, 1.5, 0.1, "no"), "without the rate"),
        ((323.9, -1.5, -0.1, "no"), "not negative"),
        ((323.9, -1.5, 0.3, "no"), "Which two things"),  # a wrong sign is not all
        ((323.9, 1.5, 0.1, "yes"), "Which of the two is lower"),
        ((300, 1.5, 0.1, "no"), "Which two things"),
        ((323.9, 1.5, 0.1), "The answer is (distortion"),
        ((323.9, 1.5, 0.1, "maybe"), "The answer is (distortion"),
    ],
}
