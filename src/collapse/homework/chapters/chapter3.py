"""The exercises of chapter 3, on encoders that lag."""

import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.chapters.chapter import training_with
from collapse.exact.linear_vae import LinearVAE, generate
from collapse.homework.answers import by_letter, shortly
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Choice, Find, Function, Numbers, Values, Verdict
from collapse.homework.trained import measured
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.runs.many import run
from collapse.runs.run import Run
from collapse.training import Strategy

# --- 3.1: a decoder without z ----------------------------------------------------------------


def where_the_points_are() -> str:
    """From the two means: the model's by Bayes' rule on a grid, the encoder's as they were.

    At first, and when the encoder has caught up, so that it says what the model's posterior is.
    """
    grid = torch.linspace(-6, 6, 61)
    said = torch.linspace(-2, 2, 9)
    likelihood = torch.zeros(9, 61)  # of a decoder without z: the same at every z
    own = (likelihood - 0.5 * grid.square()).softmax(1) @ grid
    return place(own, said) + place(own, own)


def place(own: Tensor, said: Tensor) -> str:
    """The letter of the place where these means are, the model's across, the encoder's up."""
    moved = bool(own.std() > 1e-3), bool(said.std() > 1e-3)
    return {(False, False): "a", (True, False): "b", (False, True): "c"}.get(moved, "d")


ACROSS = "Across is the mean of the model's posterior. What is p(z|x) if x does not depend on z?"
AS_IT_WAS = "At first the encoder is as it was: what does it say of two different documents?"
DIAGONAL = "On the diagonal the two agree. Does the model's posterior follow the encoder?"


# --- 3.2: the inner loop ---------------------------------------------------------------------

Loop = Callable[[LinearVAE, Tensor, int], Any]
STEPS = 300


def observe_loop(loop: Loop, generator: torch.Generator) -> Values:
    """Both networks and the posterior's variance after the loop."""
    seed = int(torch.randint(10**6, (), generator=generator))
    x = generate(torch.tensor([4.0, 0.5, 0.5]).double(), 200, seed=seed)
    with unchanged(x):
        model = loop(LinearVAE(3, 1, noise_variance=1.0, seed=seed, init_std=0.7), x, STEPS)
    if model is None:
        return None, None, None
    return model.decoder, model.encoder, model.log_var.exp()


def exact_posterior(model: LinearVAE, x: Tensor, steps: int) -> LinearVAE:
    """The encoder at which the loop ends: the model's own posterior, by linear algebra."""
    W, noise = model.decoder.detach(), model.noise_variance
    variance = 1 / (W.square().sum(0) / noise + 1)
    with torch.no_grad():
        model.encoder.copy_(variance[:, None] * W.T / noise)
        model.log_var.copy_(variance.log())
    return model


def looping(moving: tuple[str, ...], *, sign: int = -1, count: int | None = None) -> Loop:
    """A loop that moves these parameters, uphill for sign -1."""

    def loop(model: LinearVAE, x: Tensor, steps: int) -> LinearVAE:
        optimizer = torch.optim.Adam([getattr(model, name) for name in moving], lr=0.05)
        for _ in range(count or steps):
            optimizer.zero_grad()
            (sign * model.elbo(x).mean()).backward()
            optimizer.step()
        return model

    return loop


INNER_LOOP = Function(
    observe=observe_loop,
    reference=exact_posterior,
    gives=("decoder", "encoder", "variance of the posterior"),
    hint="In the loop the decoder stands still, and the encoder goes all the way.",
    ideas={
        "The decoder has moved: give the optimiser the encoder's parameters only.": looping(
            ("encoder", "log_var", "decoder")
        ),
        "The encoder's width has not moved: log_var is a part of the encoder.": looping(
            ("encoder",)
        ),
        "The mean has not moved, only the width.": looping(("log_var",)),
        "That goes uphill on the loss: the bound should rise.": looping(
            ("encoder", "log_var"), sign=1
        ),
        "That is one step; a loop makes as many as it is told.": looping(
            ("encoder", "log_var"), count=1
        ),
    },
    praise="The decoder has not moved, and the encoder is at the model's own posterior.",
    trials=1,
    tolerance=1e-3,
)

# --- 3.3 and 3.4: three logs, a published sentence -------------------------------------------

SEEN = ("KL", "MI, whole set", "MI, in batches", "std of model's means")
LOGS = {  # made up: three epochs each
    "A": ((3.9, 4.4, 4.8), (3.8, 4.3, 4.7), (3.38, 3.44, 3.43), (0.9,) * 3),
    "B": ((0.0,) * 3, (0.0,) * 3, (0.0,) * 3, (0.3, 0.4, 0.3)),
    "C": ((2.8, 2.9, 2.9), (0.0,) * 3, (0.0,) * 3, (0.1, 0.0, 0.0)),
}
"""Of the logs of exercise 3.3, the columns of ``SEEN``, in nats."""


def which_log_is_which() -> str:
    """The one that lags, the one whose KL is empty, the one at the cap of its batches."""

    def signs(name: str) -> tuple[float, float, float]:
        rate, information, in_batches, model = (sum(values) for values in LOGS[name])
        return model - 9 * rate, rate - information, in_batches

    return "".join(max(LOGS, key=lambda name: signs(name)[i]) for i in range(3))


TABLE_9 = {  # He et al. (2019), NLL on Yahoo and Yelp
    "annealing over 100k steps": (327.5, 356.8),
    "aggressive": (328.0, 357.0),
    "aggressive, annealed": (326.6, 355.9),
}


def of_which_it_is_true() -> str:
    """Against which of the two slow annealing has no better likelihood on either corpus."""
    annealed, plain = (
        all(difference >= 0 for difference in differences(name))
        for name in ("aggressive, annealed", "aggressive")
    )
    return {(True, True): "a", (True, False): "b", (False, True): "c"}.get((annealed, plain), "d")


ROWS = by_letter("abcd")  # what the exercise lets one choose from


def differences(name: str) -> list[float]:
    """By how much slow annealing has the higher NLL than another system, on both corpora."""
    slow = TABLE_9["annealing over 100k steps"]
    return [s - other for s, other in zip(slow, TABLE_9[name], strict=True)]


def narrowest(nats: float) -> list[float]:
    """No letter, and a difference."""
    return [math.nan, nats]


SENTENCE = Numbers(
    truth=lambda: [
        ROWS[of_which_it_is_true()],
        min(abs(d) for name in list(TABLE_9)[1:] for d in differences(name)),
    ],
    names=("letter", "smallest difference in nats"),
    spoken=ROWS,
    hint="Compare row by row; a lower NLL is the better one.",
    ideas={
        "Compare with the row that is not annealed: which is lower?": lambda: [
            ROWS["a"],
            math.nan,
        ],
        "An NLL is a cost: the lower one is superior.": lambda: [ROWS["c"], math.nan],
        "Compare with the row that is annealed: which is lower?": lambda: [ROWS["d"], math.nan],
        "That is the difference from the annealed row; one of the other row's is smaller.": (
            lambda: narrowest(differences("aggressive, annealed")[0])
        ),
        "That is Yahoo's; look at Yelp.": lambda: narrowest(abs(differences("aggressive")[0])),
        "A size is asked for, without its sign.": (lambda: narrowest(differences("aggressive")[1])),
        "That is a mean over corpora. The answer rests on each of them.": lambda: narrowest(
            abs(sum(differences("aggressive")) / 2)
        ),
        "That is from aggressive training to the same, annealed. Slow annealing is in question.": (
            lambda: narrowest(TABLE_9["aggressive"][1] - TABLE_9["aggressive, annealed"][1])
        ),
    },
    praise="The sentence does not say which of its systems it means. Is a difference of that size "
    "one of the systems, or of the seeds?",
)

# --- 3.5 and 3.6: what training does ---------------------------------------------------------


def two_epochs(recipe: Recipe, name: str, seed: int, scale: str) -> Run:
    """Two epochs on the generated sequences."""
    settings = training_with("synthetic", scale, epochs=2)
    return run(recipe, "synthetic", scale, seed, name=name, settings=settings)


def predicts_the_faster_encoder(answer: Any, seed: int, scale: str) -> Verdict:
    """Train the encoder at four times the decoder's rate, and compare with the prediction."""
    if not isinstance(answer, bool):
        raise CollapseError(f"The answer is True or False; got {shortly(answer)}.")
    name = "vae-encoder-4x"
    (information,) = measured(two_epochs(RECIPES[name], name, seed, scale).summary, "mi")
    return Verdict(answer == (information > 0.1), f"MI {information:.3f} nats.")


def is_a_cheaper_cure(answer: Any, seed: int, scale: str) -> Verdict:
    """Train with a strategy; count the steps of the encoder and read the information."""
    if not isinstance(answer, Strategy):
        raise CollapseError(f"The answer is a strategy of training; got {shortly(answer)}.")
    done = two_epochs(Recipe(strategy=answer), "mine", seed, scale)
    steps = sum(record["encoder_steps"] for record in done.history[:2])
    (information,) = measured(done.summary, "mi")
    seen = f"{steps:.0f} encoder steps, MI {information:.2f} nats."
    if steps == 0:
        return Verdict(False, f"{seen} An encoder that never moved is not cured.")
    right = steps < 2000 and information > 0.3
    return Verdict(right, seen if right else f"{seen} Fewer than 2,000, and more than 0.3, please.")


EXERCISES = {
    "3.1": Choice(
        truth=where_the_points_are,
        options=[first + later for first in "abcd" for later in "abcd"],
        hint="Which of the two means depends on the decoder, and which one does training move?",
        why_not={
            **{f"a{later}": AS_IT_WAS for later in "abcd"},
            **{f"b{later}": ACROSS for later in "abcd"},
            **{f"d{later}": DIAGONAL for later in "abcd"},
            "ac": "In time it is the other way round: what has changed, and who follows?",
            "cb": f"At the end: {ACROSS}",
            "cc": "An encoder whose means differ pays for them. What for?",
            "cd": "At the end: on the diagonal the model's posterior tells documents apart, too.",
        },
        praise="The model's posterior is the prior; the encoder does not know it yet.",
    ),
    "3.2": INNER_LOOP,
    "3.3": Choice(
        truth=which_log_is_which,
        options=["".join(order) for order in permutations(LOGS)],
        hint="Lag: the model's posterior tells documents apart, the encoder does not. Empty: a "
        "KL without information.",
        why_not={
            "CBA": "A lag shows in the model's own means, an empty KL has no information.",
            "BAC": "In which log does all of the KL tell nothing?",
        },
        praise="No estimate within batches of 32 can pass log 32.",
    ),
    "3.4": SENTENCE,
    "3.5": Find(predicts_the_faster_encoder, trains=True),
    "3.6": Find(is_a_cheaper_cure, trains=True),
}
