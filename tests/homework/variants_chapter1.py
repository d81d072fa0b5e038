"""Answers to the exercises of chapter 1 as students give them: right in several ways, and wrong.

Each wrong one stands with a piece of what it must be told.
"""

import math

import torch
from torch.distributions import Normal, kl_divergence

RIGHT = {
    "1.1": [
        (0.153, 0.097),
        [(1 - math.log(2)) / 2, (math.log(2) - 0.5) / 2],
        torch.tensor([0.1534, 0.0966]),
    ],
    "1.2": [(0.5, 0, 0.5), [0.5, 0.0, 0.5], torch.tensor([0.5, 0.0, 0.5]).tolist()],
    "1.4": [0, 0.0, torch.tensor(0.0)],
    "1.5": ["BA", "ba", " BA "],
    "1.6": [("b", 0.69), ["B", 329.54 - 328.85], (" b", torch.tensor(0.69))],
}
WRONG = {
    "1.1": [
        ((0.0966, 0.1534), "the other way"),
        ((1 - math.log(2), math.log(2) - 0.5), "half is forgotten"),
        (((3 - math.log(4)) / 2, (math.log(4) - 0.75) / 2), "not the deviation"),
        ((-math.log(2) / 2, math.log(2) / 2), "logarithm alone"),
        ((math.log(2) / 2, -math.log(2) / 2), "half a logarithm"),
        ((0.5, -0.25), "logarithm is missing"),
        ((0, 0), "slope is zero"),
        ((0.25, 0.0625), "no parabola"),
        ((0, 0.25), "base 2"),
        ((0.153, 0.153), "Of which two"),
        (0.153, "The answer is (loss"),
        ((0.153, math.inf), "The answer is (loss"),
    ],
    "1.2": [
        ((0.5, 0.5, 0), "tells none of them"),
        ((1, 1, 1), "half the squared"),
        ((0.5, 0, 1.5), "costs nothing"),
        ((0, 0, 0), "Who could tell"),
        ((0.5, 0, 0), "add up to the rate"),
        ((1, 0, 1), "not the whole of it"),
        ((0.72, 0, 0.72), "base 2"),
        (0.5, "The answer is (rate"),
    ],
    "1.4": [
        (0.1, "came on"),
        (1e-6, "came on"),
        (1e-3, "came on"),
        (1.0, "came on"),
        (0.5, "came on"),
        (-1, "not negative"),
        ("small", "The answer is a number"),
    ],
    "1.5": [
        ("AB", "What may it not be"),
        ("BD", "not zero"),
        ("BC", "0.84"),
        ("DA", "Add up D"),
        ("CA", "Add up"),
        ("CD", "Add up"),
        ("B", "a word of 2 letters in quotes, from A, B, C and D, none of them twice"),
    ],
    "1.6": [
        (("a", 0.69), "ignored z"),
        (("c", 0.69), "KL of 0"),
        (("b", 0.0), "that of q to the prior"),
        (("a", 0.0), "would be one"),
        (("b", 328.85 - 329.54), "not negative"),
        (("b", 0.69 / math.log(2)), "yours are bits"),
        (("b", 0.21), "a share of the NLL"),
        (("b", 328.85), "KL 0 fixes q"),
        (("b", 0.7), "give two decimals"),
        ("b", "The answer is (letter"),
        (("d", 0.69), "The answer is (letter"),
        ((True,), "The answer is (letter"),
    ],
}


def with_torch(model, optimizer, x, noise, beta):
    q = model.encode(x)
    unit = Normal(torch.zeros_like(q.loc), torch.ones_like(q.loc))
    told = model.log_likelihood(x, q.mean + q.stddev * noise)
    loss = (beta * kl_divergence(q, unit).sum(1) - told).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def one_by_one(model, optimizer, x, noise, beta):
    optimizer.zero_grad()
    total = 0.0
    for row, eps in zip(x.split(1), noise.split(1), strict=True):
        q = model.encode(row)
        kl = -0.5 * (1 + 2 * q.scale.log() - q.loc**2 - q.scale**2).sum()
        part = (beta * kl - model.log_likelihood(row, q.loc + eps * q.scale).sum()) / len(x)
        part.backward()
        total += part.item()
    optimizer.step()
    return total


def by_log_var(model, optimizer, x, noise, beta):
    q = model.encode(x)
    log_var = q.variance.log()
    kl = 0.5 * torch.sum(q.mean**2 + log_var.exp() - 1 - log_var, dim=-1)
    loss = torch.mean(kl * beta - model.log_likelihood(x, q.mean + (0.5 * log_var).exp() * noise))
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.detach()


RIGHT["1.3"] = [with_torch, one_by_one, by_log_var]


def student(kl="kl.sum(-1)", z="q.loc + q.scale * noise", loss="(beta * kl - told).mean()", **more):
    """A step of which one line is otherwise, as a student would write it."""
    code = f"""
def step(model, optimizer, x, noise, beta):
    q = model.encode(x)
    kl = {more.get("divergence", "0.5 * (q.loc**2 + q.scale**2 - 1) - q.scale.log()")}
    kl = {kl}
    z = {z}
    told = model.log_likelihood(x, z)
    loss = {loss}
    {more.get("clear", "optimizer.zero_grad()")}
    {more.get("back", "loss.backward()")}
    {more.get("move", "optimizer.step()")}
    return {more.get("gives", "loss.item()")}
"""
    names = {"torch": torch}
    exec(code, names)
    return names["step"]


WRONG["1.3"] = [
    (student(kl="kl.mean(-1)"), "their mean"),
    (student(kl="kl.mean()"), "their mean"),
    (student(z="q.sample()"), "loss"),
    (student(z="(q.loc + q.scale * noise).detach()"), "cannot reach"),
    (student(z="q.loc"), "noise is missing"),
    (student(z="q.loc + q.variance * noise"), "variance"),
    (student(loss="(beta * kl - told).sum()"), "yours is their sum"),
    (student(loss="(kl - told).mean()"), "yours does not"),
    (student(loss="beta * (kl - told).mean()"), "likelihood, too"),
    (student(loss="(told - beta * kl).mean()"), "loss"),
    (student(loss="(-beta * kl - told).mean()"), "must cost"),
    (student(divergence="0.5 * (q.loc**2 + q.scale**2 - 1 - q.scale.log())"), "with weight 1"),
    (student(divergence="0.5 * (q.loc**2 + q.scale - 1) - q.scale.log()"), "the deviation in"),
    (student(clear="pass"), "zero_grad"),
    (student(move="pass"), "step of"),
    (student(gives="loss.item() * len(x)"), "loss"),
    (student(gives="None"), "write its body"),
    (student(z="z"), "failed with"),
]
