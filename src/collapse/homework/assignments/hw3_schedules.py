"""Checks of assignment 3: schedules of the KL's weight, the rule of an inner loop, logs of both."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from collapse.exact.linear_vae import LinearVAE, generate
from collapse.homework.answers import numbers
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Function, Values, Verdict
from collapse.objectives import Cyclical, Linear
from collapse.training.strategies.aggressive import Convergence

# --- hw3.1: the weight of a step -------------------------------------------------------------


def observe_weights(function: Any, generator: torch.Generator) -> Values:
    """Both weights at 40 steps, of which some lie behind the warm-up."""
    steps = torch.randint(0, 400, (40,), generator=generator).double()
    period = 10.0 * int(torch.randint(7, 12, (), generator=generator))
    with unchanged(steps):
        found = function(steps, 0.1, 2.5 * period, period, 0.4)
    linear, cyclical = (None, None) if found is None else found
    return linear, cyclical


def right_weights(
    steps: Tensor, start: float, warm_up: float, period: float, rise: float
) -> tuple[Tensor, Tensor]:
    """Step by step, by the package's schedules, whose unit of time may be a step."""
    schedules = Linear(start, warm_up), Cyclical(period, rise)
    linear, cyclical = (steps.new_tensor([each(s) for s in steps.tolist()]) for each in schedules)
    return linear, cyclical


WEIGHTS = Function(
    observe=observe_weights,
    reference=right_weights,
    gives=("linear weight", "cyclical weight"),
    hint="Which share of the warm-up, or of the rise of this period, lies behind a step? And how "
    "large may it become?",
    ideas={
        "After the warm-up your weight goes on rising; it ends at 1.": lambda s, a, n, p, r: (
            a + (1 - a) * s / n,
            right_weights(s, a, n, p, r)[1],
        ),
        "The weight goes from start to 1 along one line; yours adds start to a line from 0, and "
        "comes to 1 too early.": lambda s, a, n, p, r: (
            (a + s / n).clamp(max=1),
            right_weights(s, a, n, p, r)[1],
        ),
        "Your linear weight begins at 0; it is told where to start.": lambda s, a, n, p, r: (
            (s / n).clamp(max=1),
            right_weights(s, a, n, p, r)[1],
        ),
        "Your cyclical weight rises through the whole period; `rise` is the share of it after "
        "which the weight is 1.": lambda s, a, n, p, r: (
            right_weights(s, a, n, p, r)[0],
            (s % p) / p,
        ),
        "Your cyclical weight rises once; it begins again with each period.": (
            lambda s, a, n, p, r: (
                right_weights(s, a, n, p, r)[0],
                (s / (r * p)).clamp(max=1),
            )
        ),
        "`rise` is a share of the period and no number of steps.": lambda s, a, n, p, r: (
            right_weights(s, a, n, p, r)[0],
            ((s % p) / r).clamp(max=1),
        ),
        "The cyclical weight begins at 0 in each period; start is of the linear one.": (
            lambda s, a, n, p, r: (
                right_weights(s, a, n, p, r)[0],
                a + (1 - a) * right_weights(s, a, n, p, r)[1],
            )
        ),
        "The linear one comes first.": lambda s, a, n, p, r: right_weights(s, a, n, p, r)[::-1],
    },
    praise="A schedule is a function of time and of nothing that the model does.",
)

# --- hw3.2: when an inner loop ends ----------------------------------------------------------

Counts = Sequence[int]


def observe_inner_loop(function: Any, generator: torch.Generator) -> Values:
    """Steps where the loss has noise, where it stands still, where it falls to the end."""
    window = int(torch.randint(4, 8, (), generator=generator))
    cap = 9 * window + 2
    time = torch.arange(2.0 * cap)
    words = torch.randint(5, 120, time.shape, generator=generator)
    noise = torch.randn(time.shape, generator=generator)
    a_word = 6 - 1.5 * (time / cap) + 0.35 * noise
    losses = [(a_word * words).tolist(), [64.0] * len(time), (900 - 2 * time).tolist()]
    counts = [words.tolist(), [16] * len(time), [16] * len(time)]
    with unchanged(*losses, *counts):
        return tuple(function(*each, window, cap) for each in zip(losses, counts, strict=True))


def right_inner_loop(losses: Sequence[float], words: Counts, window: int, cap: int) -> int:
    """Ask the package's rule after each step."""
    rule, summed = Convergence(window, cap), [torch.tensor(each).double() for each in losses]
    done = 1
    while not rule.over(summed[:done], words[:done]):
        done += 1
    return done


def loop_by(
    higher: Any = lambda now, before: now >= before,
    loss: Any = lambda losses, words: sum(losses) / sum(words),
    every: bool = False,
    capped: bool = True,
) -> Any:
    """The rule of windows, of which one thing may be otherwise."""

    def loop(losses: Sequence[float], words: Counts, window: int, cap: int) -> int:
        last = cap if capped else len(losses)
        for n in range(2 * window, last, 1 if every else window):
            now = loss(losses[n - window : n], words[n - window : n])
            before = loss(losses[n - 2 * window : n - window], words[n - 2 * window : n - window])
            if higher(now, before):
                return n
        return last

    return loop


def after_a_rise(losses: Sequence[float], words: Counts, window: int, cap: int) -> int:
    """Two windows of one step each."""
    each = [loss / count for loss, count in zip(losses, words, strict=True)]
    return next((n + 1 for n in range(1, cap) if each[n] >= each[n - 1]), cap)


INNER_LOOP = Function(
    observe=observe_inner_loop,
    reference=right_inner_loop,
    gives=(
        "count where the loss has noise",
        "count where the loss stands still",
        "count where the loss falls",
    ),
    hint="When does the rule look, and at what? Against what is that held?",
    ideas={
        "Your rule looks after every step; it looks at the end of a window only.": loop_by(
            every=True
        ),
        "Your rule compares a step with the one before it. One batch is harder than another: that "
        "is why windows are compared.": after_a_rise,
        "A loss that stands still has stopped falling: the loop ends there, too.": loop_by(
            higher=lambda now, before: now > before
        ),
        "The most steps are not obeyed: a loss may fall for a long time.": loop_by(capped=False),
        "Your rule compares nats of batches; batches have different numbers of words.": loop_by(
            loss=lambda losses, words: sum(losses)
        ),
        "Your windows have a mean of the batches' nats a word; a long batch holds more of the "
        "window's words than a short one: sum before you divide.": loop_by(
            loss=lambda losses, words: sum(
                loss / count for loss, count in zip(losses, words, strict=True)
            )
        ),
        "The loop ends when the loss has stopped falling; yours ends while it falls.": loop_by(
            higher=lambda now, before: now < before
        ),
        "You count windows; steps are asked for.": lambda losses, words, window, cap: (
            right_inner_loop(losses, words, window, cap) // window
        ),
    },
    praise="The rule knows the loss, and the noise of its windows.",
    trials=12,
    whole=True,  # a rule that never stops gives the right count where the loss falls
)

# --- hw3.6: a KL that comes and goes ---------------------------------------------------------

STEPS, CAME, GONE = 400, 0.5, 0.01


def comes_and_goes(answer: Any, seed: int, scale: str) -> Verdict:
    """Train one number of variance 0.6 at noise 1, with a weight that rises over the warm-up."""
    (warm_up,) = numbers(answer, ("warm-up in steps",))
    if warm_up <= 0:
        return Verdict(False, "A warm-up has a positive number of steps.")
    x, schedule = generate(torch.tensor([0.6]).double(), 50, seed=seed), Linear(0.0, warm_up)
    model, found = LinearVAE(1, 1, 1.0, seed=seed), []
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for step in range(STEPS):
        optimizer.zero_grad()
        kl = model.kl(x).sum(-1)
        (schedule(float(step)) * kl - model.expected_log_likelihood(x)).mean().backward()
        optimizer.step()
        found.append(kl.mean().item())
    highest, last = max(found), found[-1]
    seen = f"KL {highest:.2f} nats at its highest, {last:z.3f} after {STEPS} steps."
    if last > GONE:
        return Verdict(False, f"{seen} It is still there: at the end its price must be full.")
    if highest < CAME:
        return Verdict(False, f"{seen} It never came: for how long was it cheap?")
    return Verdict(True, f"{seen} The weight gave it, and took it away.")


# --- hw3.7: three logs -----------------------------------------------------------------------

EPOCHS = (2.0, 5.0, 10.0, 20.0)
LOGS = {  # made up: objective, -ELBO and KL after these epochs
    "A": ((107.6, 105.7, 104.0, 103.5), (110.0, 106.0, 104.0, 103.5), (3.0, 0.6, 0.0, 0.0)),
    "B": ((104.6, 104.0, 103.4, 102.8), (111.0, 107.0, 105.0, 104.0), (8.0, 6.0, 4.0, 3.0)),
    "C": ((96.0, 103.0, 105.0, 103.0), (112.0, 108.0, 105.0, 103.0), (20.0, 10.0, 5.0, 5.0)),
}
"""Of hw3.7: three trainings, all said to have a weight that rises from 0 to 1 in ten epochs."""


def which_log() -> str:
    """The one that is of another schedule, the one that collapsed, the one that got better."""
    weights = [Linear(0.0, 10.0)(epoch) for epoch in EPOCHS]

    def strange(name: str) -> float:
        rows = zip(*LOGS[name], weights, strict=True)
        return max(abs(bound - (1 - w) * kl - objective) for objective, bound, kl, w in rows)

    other = max(LOGS, key=strange)
    silent, better = sorted(LOGS.keys() - {other}, key=lambda name: LOGS[name][2][-1])
    return other + silent + better
