"""Answers to assignment 3 as students give them: right in several ways, and wrong."""

import math

import torch

# --- hw3.1 -----------------------------------------------------------------------------------


def clamped(steps, start, warm_up, period, rise):
    linear = start + (1 - start) * (steps / warm_up).clamp(max=1)
    return linear, (steps.remainder(period) / (rise * period)).clamp(max=1)


def by_where(steps, start, warm_up, period, rise):
    line = start + (1 - start) / warm_up * steps
    linear = torch.where(steps < warm_up, line, torch.ones_like(steps))
    phase = steps / period - torch.floor(steps / period)
    return linear, torch.where(phase < rise, phase / rise, 1.0)


def step_by_step(steps, start, warm_up, period, rise):
    linear, cyclical = [], []
    for s in steps.tolist():
        linear.append(min(1.0, start + (1 - start) * s / warm_up))
        while s >= period:
            s -= period
        cyclical.append(min(1.0, s / period / rise))
    return linear, torch.tensor(cyclical)


def weights(linear="start + (1 - start) * (s / n).clamp(max=1)", cyclical="(s % p) / (r * p)"):
    """Both weights, of which one line is otherwise, as a student would write it."""
    code = f"""
def kl_weights(s, start, n, p, r):
    return {linear}, ({cyclical}).clamp(max=1)
"""
    names = {"torch": torch}
    exec(code, names)
    return names["kl_weights"]


# --- hw3.2 -----------------------------------------------------------------------------------


def by_slices(losses, words, window, cap):
    for n in range(2 * window, cap, window):
        now = sum(losses[n - window : n]) / sum(words[n - window : n])
        before = sum(losses[n - 2 * window : n - window]) / sum(words[n - 2 * window : n - window])
        if now >= before:
            return n
    return cap


def step_after_step(losses, words, window, cap):
    best, nats, count, n = math.inf, 0.0, 0, 0
    while n < cap:
        nats, count, n = nats + losses[n], count + words[n], n + 1
        if n % window == 0:
            if nats / count >= best:
                return n
            best, nats, count = nats / count, 0.0, 0
    return n


def with_tensors(losses, words, window, cap):
    whole = cap // window
    nats = torch.tensor(losses[: whole * window]).double().reshape(whole, window).sum(1)
    each = nats / torch.tensor(words[: whole * window]).reshape(whole, window).sum(1)
    risen = (each[1:] >= each[:-1]).nonzero().flatten()
    return torch.tensor(cap) if len(risen) == 0 else (risen[0] + 2) * window


def loop(**lines):
    """The loop of slices, of which one line is otherwise."""
    code = f"""
def inner_steps(losses, words, window, cap):
    for n in range({lines.get("first", "2 * window")}, {lines.get("last", "cap")}, \
{lines.get("stride", "window")}):
        a, b = slice(n - window, n), slice(n - 2 * window, n - window)
        now, before = {
        lines.get("means", "sum(losses[a]) / sum(words[a]), sum(losses[b]) / sum(words[b])")
    }
        if {lines.get("ends", "now >= before")}:
            return {lines.get("gives", "n")}
    return {lines.get("else_", "cap")}
"""
    names = {}
    exec(code, names)
    return names["inner_steps"]


def one_step_windows(losses, words, window, cap):
    before = math.inf
    for n in range(cap):
        if losses[n] / words[n] >= before:
            return n + 1
        before = losses[n] / words[n]
    return cap


def batch_by_batch(losses, words, window, cap):
    each = [loss / count for loss, count in zip(losses, words, strict=True)]
    return by_slices(each, [1] * len(each), window, cap)


# --- hw3.4 -----------------------------------------------------------------------------------


def gaps_by(
    precision="torch.eye(D).to(W) + W.T @ W / noise",
    best="1 / P.diagonal()",
    width="std**2",
    gives="m, S, least, whole - least",
    before="pass",
):
    """The four results, of which one line is otherwise."""
    code = f"""
def gaps(W, noise, x, mean, std):
    {before}
    D = W.shape[1]
    P = {precision}
    S = torch.linalg.inv(P)
    m = x @ W @ S / noise

    def kl(mu, variance):
        apart = ((mu - m) @ P * (mu - m)).sum(1)
        return 0.5 * ((P.diagonal() * variance).sum() + apart - D
                      - P.logdet() - variance.log().sum()).mean()

    least, whole = kl(m, {best}), kl(mean, {width})
    return {gives}
"""
    names = {"torch": torch}
    exec(code, names)
    return names["gaps"]


def by_conditioning(W, noise, x, mean, std):
    """From the joint normal of x and z."""
    gain = torch.linalg.solve(W @ W.T + noise * torch.eye(len(W)).to(W), W).T
    m, S = x @ gain.T, torch.eye(W.shape[1]).to(W) - gain @ W
    P = torch.linalg.inv(S)
    approximation = 0.5 * (P.diagonal().log().sum() + torch.logdet(S))
    v = std**2
    apart = torch.einsum("nd,de,ne->n", mean - m, P, mean - m).mean()
    ratio = v * P.diagonal()
    return m, S, approximation.item(), 0.5 * (apart + (ratio - 1 - ratio.log()).sum()).item()


def by_bounds(W, noise, x, mean, std):
    """The gap as log p(x) minus the bound, in closed form."""
    D = W.shape[1]
    C = W @ W.T + noise * torch.eye(len(W)).to(W)
    told = torch.distributions.MultivariateNormal(torch.zeros(len(W)).to(W), C).log_prob(x)
    S = torch.linalg.inv(torch.eye(D).to(W) + W.T @ W / noise)
    m = x @ W @ S / noise

    def bound(mu, v):
        error = (x - mu @ W.T).square().sum(1) + (W.square().sum(0) * v).sum()
        likelihood = -0.5 * (error / noise + len(W) * math.log(2 * math.pi * noise))
        return likelihood - 0.5 * (mu**2 + v - 1 - v.log()).sum(1)

    least = (told - bound(m, 1 / (1 + W.square().sum(0) / noise))).mean()
    return m, S, least, (told - bound(mean, std**2)).mean() - least


def other_divergence(W, noise, x, mean, std):
    m, S, *_ = by_conditioning(W, noise, x, mean, std)

    def kl(mu, v):
        apart = ((m - mu).square() / v).sum(1)
        return 0.5 * ((S.diagonal() / v).sum() + apart - len(v) + v.log().sum() - S.logdet()).mean()

    least = kl(m, S.diagonal())
    return m, S, least, kl(mean, std**2) - least


ONCE, SLOW = 2 * math.log(10) / math.log(1 + 0.05 * (17**0.5 - 3) / 2), 623.2
LOW, HIGH = -0.182, 0.582

RIGHT = {
    "hw3.1": [clamped, by_where, step_by_step, weights()],
    "hw3.2": [by_slices, step_after_step, with_tensors, loop()],
    "hw3.4": [by_conditioning, by_bounds, gaps_by()],
    "hw3.5": [(ONCE, SLOW), [166, 623], torch.tensor([164.0, 621.0])],
    "hw3.6": [120, 200.0, torch.tensor(250.0)],
    "hw3.7": ["BAC", "b, a, c", ("B", "A", "C")],
    "hw3.8": [(LOW, HIGH, "undecided"), [-0.18, 0.58, " Undecided."], (-0.1816, 0.5816, 0)],
}
WRONG = {
    "hw3.1": [
        (weights("start + (1 - start) * s / n"), "goes on rising"),
        (weights("(start + s / n).clamp(max=1)"), "too early"),
        (weights("(s / n).clamp(max=1)"), "where to start"),
        (weights(cyclical="(s % p) / p"), "through the whole period"),
        (weights(cyclical="s / (r * p)"), "rises once"),
        (weights(cyclical="(s % p) / r"), "no number of steps"),
        (weights(cyclical="start + (1 - start) * ((s % p) / (r * p)).clamp(max=1)"), "each period"),
        (lambda *a: clamped(*a)[::-1], "comes first"),
        (weights("start + 0 * s"), "Another linear weight"),
        (lambda s, *a: clamped(s.mul_(2), *a), "changes its inputs"),
        (weights("s.nothing()"), "failed with AttributeError"),
        (lambda *a: (None, None), "write its body"),
        (lambda *a: None, "write its body"),
        (lambda *a: clamped(*a)[0][:2], "Another linear weight"),
        (lambda *a: clamped(*a)[0], "failed with ValueError"),
    ],
    "hw3.2": [
        (loop(stride="1"), "after every step"),
        (one_step_windows, "with the one before it"),
        (loop(ends="now > before"), "stands still"),
        (loop(last="len(losses)", else_="len(losses)"), "not obeyed"),
        (loop(means="sum(losses[a]), sum(losses[b])"), "nats of batches"),
        (batch_by_batch, "sum before you divide"),
        (loop(ends="now < before"), "yours ends while it falls"),
        (loop(gives="n // window", else_="cap // window"), "steps are asked for"),
        (loop(gives="n - window"), "Another count"),
        (loop(means="1 / 0, 0"), "failed with ZeroDivisionError"),
        (lambda *a: None, "write its body"),
        (30, "The answer is a function"),
    ],
    "hw3.4": [
        (gaps_by(best="S.diagonal()"), "the precision that stands in it"),
        (gaps_by("W.T @ W / noise"), "prior is missing"),
        (gaps_by(before="noise = noise**2"), "squared once more"),
        (gaps_by(gives="m, S, least, whole"), "is the whole gap"),
        (gaps_by(gives="m, S, whole - least, least"), "comes before"),
        (other_divergence, "yours is KL(p ‖ q)"),
        (gaps_by(gives="m, S, least, len(x) * (whole - least)"), "yours is a sum"),
        (gaps_by(width="std"), "takes it for a variance"),
        (gaps_by(gives="m, P, least, whole - least"), "Another posterior covariance"),
        (gaps_by(before="mean -= 1"), "changes its inputs"),
        (gaps_by(before="x = x.T"), "failed with RuntimeError"),
        (gaps_by(gives="None"), "write its body"),
        (gaps_by(gives="m, S"), "failed with ValueError"),
    ],
    "hw3.5": [
        ((2 * math.log(10) / math.log(1.1), SLOW), "diagonal of the matrix"),
        ((2 * math.log(10) / math.log(1.5616), 33.3), "learning rate is missing"),
        ((72.2, 270.7), "same logarithm"),
        ((ONCE, ONCE), "so the growth changes"),
        ((ONCE, 10 * ONCE), "another one"),
        ((ONCE, 1642), "of one row"),
        ((100, 1000), "How many such factors"),
        (166, "The answer is (steps"),
        (("long", "longer"), "The answer is (steps"),
    ],
    "hw3.6": [
        (5, "never came"),
        (40, "never came"),
        (700, "still there"),
        (5000, "price must be full"),
        (1e-9, "never came"),
        (0, "positive number of steps"),
        (-10, "positive number of steps"),
        ("slow", "The answer is a number"),
        (math.nan, "The answer is a number"),
    ],
    "hw3.7": [
        ("CAB", "no sign of another schedule"),
        ("BCA", "ends with a KL of 0"),
        ("ABC", "Does the sum come out"),
        ("ACB", "lies between"),
        ("CBA", "lies between"),
        ("B", "a word of 3 letters"),
        (("B", "A"), "a word of 3 letters"),
    ],
    "hw3.8": [
        ((0.039, 0.361, "higher"), "one standard error"),
        ((-0.116, 0.516, "undecided"), "of the normal"),
        ((-0.17, 0.57, "undecided"), "pools both variances"),
        ((-0.653, 1.053, "undecided"), "a mean of five"),
        ((-HIGH, -LOW, "undecided"), "The sign"),
        ((-0.329, 0.729, "undecided"), "yours adds the errors"),
        ((LOW, HIGH, "higher"), "leave both possible"),
        ((LOW, HIGH, "lower"), "both signs possible"),
        ((0, 1, "undecided"), "both signs possible"),
        ((LOW, HIGH), "The answer is (lower end"),
        ((LOW, HIGH, "perhaps"), "The answer is (lower end"),
    ],
}
