"""The exercises of chapter 1, on the ELBO and its terms."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.exact.linear_vae import LinearVAE
from collapse.homework.answers import by_letter, numbers
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Choice, Find, Function, Numbers, Values, Verdict

# --- 1.1: the price of a wrong width ---------------------------------------------------------

RATIOS = 2.0, 0.5  # of the variance to the best one, as the exercise says


def lost(ratio: float) -> float:
    """What the bound loses: KL(q ‖ p(z|x)) where the means agree, in nats (equation 1.1)."""
    best = Normal(torch.tensor(0.0).double(), torch.tensor(1.0).double())
    return kl_divergence(Normal(best.mean, best.stddev * math.sqrt(ratio)), best).item()


WIDTH = Numbers(
    truth=lambda: [lost(ratio) for ratio in RATIOS],
    names=("loss at twice the variance", "loss at half of it"),
    hint="By the first reading, what is lost is a divergence of two normals with one mean. Of "
    "which two, and in which direction?",
    ideas={
        "The gap goes from q to the model's posterior; yours goes the other way.": lambda: [
            lost(1 / ratio) for ratio in RATIOS
        ],
        "The half is forgotten.": lambda: [2 * lost(ratio) for ratio in RATIOS],
        "It is the variance that is twice the best one, not the deviation.": lambda: [
            lost(ratio**2) for ratio in RATIOS
        ],
        "That is the logarithm alone: a wider code also costs the decoder something.": lambda: [
            -0.5 * math.log(ratio) for ratio in RATIOS
        ],
        "That is half a logarithm alone: a narrower code also spares the decoder something.": (
            lambda: [0.5 * math.log(ratio) for ratio in RATIOS]
        ),
        "The logarithm is missing: a normal's own entropy changes, too.": lambda: [
            (ratio - 1) / 2 for ratio in RATIOS
        ],
        "At the optimum the slope is zero. These steps are not small.": lambda: [0.0, 0.0],
        "That is the expansion to second order. The exact loss is no parabola.": lambda: [
            (ratio - 1) ** 2 / 4 for ratio in RATIOS
        ],
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            0.5 * (ratio - 1 - math.log2(ratio)) for ratio in RATIOS
        ],
    },
    praise="Which is the lesser evil, too wide or too narrow? Is it so at a factor of 10, too?",
    tolerance=0.005,
)

# --- 1.2: a rate that buys nothing -----------------------------------------------------------


def of_one_posterior() -> list[float]:
    """Rate, information and mismatch where q(z|x) = N(1, 1) for every x."""
    q = Normal(torch.ones(16, 1).double(), torch.ones(16, 1).double())
    prior = Normal(torch.zeros(1).double(), torch.ones(1).double())
    rate = kl_divergence(q, prior).sum(-1).mean().item()
    # With one posterior q(z) is that posterior: nothing is told apart, and all of the KL is left.
    information = 0.0
    return [rate, information, rate - information]


NOTHING = Numbers(
    truth=of_one_posterior,
    names=("rate", "information", "mismatch"),
    hint="Who could tell from z which sheet it was made from?",
    ideas={
        "The KL of two normals of equal width is half the squared distance.": lambda: [
            1.0,
            1.0,
            1.0,
        ],
        "A code that is the same for all sheets tells none of them from another.": (
            lambda: [math.nan, 0.5, 0.0]
        ),
        "Half the squared distance is paid, and not the whole of it.": lambda: [1.0, math.nan, 1.0],
        "In nats the logarithm is natural; yours has base 2.": lambda: [
            part / math.log(2) for part in of_one_posterior()
        ],
        "What is paid and tells nothing is mismatch: the two add up to the rate.": lambda: [
            math.nan,
            math.nan,
            0.0,
        ],
        "The width is that of the prior: it costs nothing.": lambda: [math.nan] * 2 + [1.5],
    },
    praise="A KL above zero is no proof that a latent variable is used.",
)

# --- 1.3: a training step --------------------------------------------------------------------

Step = Callable[..., Any]


def observe_step(step: Step, generator: torch.Generator) -> Values:
    """The loss that a step returns, and the weights of both networks after it."""
    seed = int(torch.randint(10**6, (), generator=generator))
    model = LinearVAE(6, 3, 0.6, seed=seed, init_std=0.5)
    with torch.no_grad():  # else variance and deviation were both 1
        model.log_var.normal_(-1.0, 0.5, generator=generator)
    x = torch.randn(50, 6, generator=generator, dtype=torch.float64)
    noise = torch.randn(50, 3, generator=generator, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for parameter in model.parameters():  # as it is after an earlier step
        parameter.grad = torch.ones_like(parameter)
    with unchanged(x, noise):
        loss = step(model, optimizer, x, noise, 2.0)
    if loss is None:
        return None, None, None
    return loss, model.encoder.detach().clone(), model.decoder.detach().clone()


def stepper(
    *,
    loss: Callable[[Tensor, Tensor, float], Tensor] = lambda kl, told, beta: (
        beta * kl.sum(-1) - told
    ).mean(),
    draw: Callable[[Normal, Tensor], Tensor] = lambda q, noise: q.loc + q.scale * noise,
    divergence: Callable[[Normal], Tensor] = lambda q: (
        0.5 * (q.loc.square() + q.scale.square() - 1) - q.scale.log()
    ),
    clear: bool = True,
) -> Step:
    """A training step of which one thing may be otherwise."""

    def step(model: Any, optimizer: Any, x: Tensor, noise: Tensor, beta: float) -> float:
        q = model.encode(x)
        value = loss(divergence(q), model.log_likelihood(x, draw(q, noise)), beta)
        if clear:
            optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value.item()

    return step


STEP = Function(
    observe=observe_step,
    reference=stepper(),
    gives=("loss", "step of the encoder", "step of the decoder"),
    hint="Take it term by term: the draw, the KL, the mean, the gradient.",
    ideas={
        "The gradient cannot reach the encoder through your z: write it as mean + deviation · "
        "noise, with both attached.": stepper(
            draw=lambda q, noise: (q.loc + q.scale * noise).detach()
        ),
        "z is the mean of the posterior: the noise is missing.": stepper(draw=lambda q, _: q.loc),
        "The noise is multiplied with a variance, or the deviation was taken for one.": stepper(
            draw=lambda q, noise: q.loc + q.scale.square() * noise
        ),
        "The KL of a document is a sum over the dimensions of z; yours is their mean.": stepper(
            loss=lambda kl, told, beta: (beta * kl.mean(-1) - told).mean()
        ),
        "The loss is a mean over documents; yours is their sum.": stepper(
            loss=lambda kl, told, beta: (beta * kl.sum(-1) - told).sum()
        ),
        "The KL has the wrong sign: a code must cost.": stepper(
            loss=lambda kl, told, beta: (-beta * kl.sum(-1) - told).mean()
        ),
        "beta weighs the KL; yours does not.": stepper(
            loss=lambda kl, told, _: (kl.sum(-1) - told).mean()
        ),
        "beta weighs the KL alone; yours weighs the likelihood, too.": stepper(
            loss=lambda kl, told, beta: beta * (kl.sum(-1) - told).mean()
        ),
        "The logarithm in the KL is of the deviation, with weight 1; ½ belongs to that of the "
        "variance.": stepper(
            divergence=lambda q: 0.5 * (q.loc.square() + q.scale.square() - 1 - q.scale.log())
        ),
        "In the KL stands the variance; yours has the deviation in its place.": stepper(
            divergence=lambda q: 0.5 * (q.loc.square() + q.scale - 1) - q.scale.log()
        ),
        "Old gradients are still there: zero_grad() before backward().": stepper(clear=False),
    },
    praise="Any VAE can be trained with this step.",
)

# --- 1.4: break it ---------------------------------------------------------------------------


def never_leaves(answer: Any, seed: int, scale: str) -> Verdict:
    """Train the linear VAE from weights of this scale, and count the dimensions that came on."""
    (init_std,) = numbers(answer, ("init_std",))
    if init_std < 0:
        return Verdict(False, "A scale is not negative.")
    model = LinearVAE(8, 5, 0.15, seed=seed, init_std=init_std)
    x = torch.randn(200, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    scales = torch.tensor([1.0, 0.9, 0.8, 0.7, 0.6, 0.1, 0.1, 0.1], dtype=torch.float64)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        (-model.elbo(x * scales).mean()).backward()
        optimizer.step()
    kl = model.kl(x * scales).mean(0)
    if not kl.isfinite().all():
        raise CollapseError(f"From a scale of {init_std:g} training overflows: take a smaller one.")
    on = int((kl > 0.01).sum())
    if on:
        return Verdict(False, f"From there {on} of 5 dimensions came on: a push was enough.")
    return Verdict(True, "No dimension ever came on.")


# --- 1.5 and 1.6: read a log, judge a row ----------------------------------------------------

LOG = {"A": (0.00, 2.30), "B": (0.40, 1.30), "C": (0.84, 0.97), "D": (0.03, 1.77)}
ENTROPY = 1.798  # of the sheets, in nats, as the exercise says
ROW = {"nll": 328.85, "bound": 329.54, "kl": 0.00}  # He et al. (2019), Table 8


def broken_and_plain() -> str:
    """The line below the entropy, and the line with no rate that is above it."""
    sums = {name: rate + distortion for name, (rate, distortion) in LOG.items()}
    broken = min(sums, key=lambda name: sums[name])
    plain = min(LOG, key=lambda name: LOG[name][0])
    assert sums[broken] < ENTROPY < sums[plain]
    return broken + plain


def which_ignores() -> str:
    """KL 0 settles the encoder; a gap, the divergence of prior and true posterior, the decoder."""
    return "c" if ROW["kl"] > 0 else "b" if gap_of_the_row() > 0 else "a"


def gap_of_the_row() -> float:
    """How far the bound lies above the first number, in nats."""
    return ROW["bound"] - ROW["nll"]


def with_letter(letter: str, nats: float) -> list[float]:
    """A reading of the row and a divergence, as numbers."""
    return [READINGS[letter], nats]


READINGS = by_letter("abc")  # what the exercise lets one choose from
ROW_READ = Numbers(
    truth=lambda: with_letter(which_ignores(), gap_of_the_row()),
    names=("letter", "divergence in nats"),
    spoken=READINGS,
    hint="KL 0 fixes q; what is the gap a divergence of, then?",
    ideas={
        "If the decoder ignored z, its true posterior would be the prior, and the gap 0.": (
            lambda: with_letter("a", math.nan)
        ),
        "A KL of 0 says something of the encoder: what?": lambda: with_letter("c", math.nan),
        "The KL of the row is that of q to the prior. The other divergence is in the row, too, as "
        "a difference.": lambda: [math.nan, ROW["kl"]],
        "With a gap of 0 both numbers of the row would be one. Subtract.": lambda: with_letter(
            "a", ROW["kl"]
        ),
        "A divergence is not negative: which of the two is the bound?": lambda: [
            math.nan,
            -gap_of_the_row(),
        ],
        "Nats are asked for, the unit of the row; yours are bits.": lambda: [
            math.nan,
            gap_of_the_row() / math.log(2),
        ],
        "Nats are asked for; yours is a share of the NLL.": lambda: [
            math.nan,
            100 * gap_of_the_row() / ROW["nll"],
        ],
    },
    praise="Do you believe the row? Open the solution.",
)


EXERCISES = {
    "1.1": WIDTH,
    "1.2": NOTHING,
    "1.3": STEP,
    "1.4": Find(never_leaves),
    "1.5": Choice(
        truth=broken_and_plain,
        options=[a + b for a in LOG for b in LOG if a != b],
        hint="Add up rate and distortion, and compare with the least that it can be.",
        why_not={
            "AB": "A sum may be above the entropy: it is a cost. What may it not be?",
            "BD": "A rate near zero is not zero. What would D cost if its decoder read nothing?",
            "BC": "C pays 0.84 nats for a code.",
            "DA": "Add up D: is it below the entropy?",
        },
        praise="Below the entropy no bound can be.",
    ),
    "1.6": ROW_READ,
}
