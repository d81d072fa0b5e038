"""The exercises of chapter 4, on pooling."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from collapse.base.errors import CollapseError
from collapse.chapters.chapter import training_with
from collapse.chapters.pooling.pooling_study import on_topics
from collapse.data.generated.moved_topics import moved_topics
from collapse.exact.linear_vae import LinearVAE
from collapse.homework.answers import called, numbers, shortly
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Find, Function, Numbers, Values, Verdict
from collapse.homework.trained import measured
from collapse.metrics import mean_cosine
from collapse.runs.many import run
from collapse.runs.studies import accuracy
from collapse.theory import reach_of_average, reach_of_last_state

# --- 4.1: the reach of the average -----------------------------------------------------------

Share = Callable[[int, int], Any]


def observe_share(share: Share, generator: torch.Generator) -> Values:
    """The shares of all words of a document of a length drawn afresh, the last word first."""
    T = int(torch.randint(8, 30, (), generator=generator))
    shares = [share(m, T) for m in range(T)]
    if shares[0] is None:
        return None, None
    return torch.tensor([float(s) for s in shares[:3]]), torch.tensor([float(shares[-1])])


def reach(m: int, T: int) -> float:
    """Of the word m steps from the end through the average of T states (equation 4.2)."""
    return reach_of_average(T)[T - 1 - m].item()


SHARE = Function(
    observe=observe_share,
    reference=reach,
    gives=("share of a late word", "share of an early word"),
    hint="Which states has a word entered, and what does each of them pass back to it?",
    ideas={
        "That is what one state passes back, by T: a word has entered all that follow it.": (
            lambda m, T: reach_of_last_state(T)[T - 1 - m].item() / T
        ),
        "That is the reach through the last state.": lambda m, T: reach_of_last_state(T)[
            T - 1 - m
        ].item(),
        "The average has a weight of 1/T in front of every state.": lambda m, T: T * reach(m, T),
        "m counts from the end: m = 0 is the last word.": lambda m, T: reach(T - 1 - m, T),
        "The word enters its own state, too: the sum starts at k = 0.": lambda m, T: (
            reach(m, T) - 1 / T
        ),
        "The last of the states counts, too: the sum ends at k = m.": lambda m, T: (
            reach(m, T) - 2.0**-m / T
        ),
        "A mean over the states that the word entered? The average is over all T.": lambda m, T: (
            reach(m, T) * T / (m + 1)
        ),
    },
    praise="From the first word to the last it is a factor of not quite two.",
)

# --- 4.2: a published number -----------------------------------------------------------------


def nll(model: LinearVAE, x: Tensor) -> float:
    """-log p(x) in closed form, a mean over documents: of prior and decoder, nothing else."""
    W = model.decoder.detach()
    covariance = W @ W.T + model.noise_variance * torch.eye(len(W)).double()
    return -MultivariateNormal(torch.zeros(len(W)).double(), covariance).log_prob(x).mean().item()


def rise_with_all_samples() -> float:
    """The rise of -log p(x) when only the encoder's input is shuffled."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 4, generator=generator).double()
    model = LinearVAE(4, 2, 0.5, seed=0)
    before = nll(model, x)
    with torch.no_grad():
        model.encoder.copy_(model.encoder[:, torch.randperm(4, generator=generator)])
    return nll(model, x) - before


RIGHT_ORDER, SHUFFLED = 356.0, 356.7  # Long et al. (2019), Table 4, max pooling on Yelp
SAMPLES = Numbers(
    truth=lambda: [rise_with_all_samples(), SHUFFLED - RIGHT_ORDER],
    names=("difference in nats", "least distance in nats"),
    hint="Is the encoder in log p(x)? And on which side of it do finitely many samples err?",
    ideas={
        "That is the printed difference, of 500 samples. What becomes of it with more?": (
            lambda: [SHUFFLED - RIGHT_ORDER, math.nan]
        ),
        "Lower with shuffled input? Both estimates come down to the same number.": (
            lambda: [RIGHT_ORDER - SHUFFLED, math.nan]
        ),
        "The first number lies above -log p(x), or on it. And the second?": lambda: [math.nan, 0.0],
        "Is -log p(x) between the two? Both lie above it.": (
            lambda: [math.nan, (SHUFFLED - RIGHT_ORDER) / 2]
        ),
        "Above it is asked for: a distance, without a sign.": (
            lambda: [math.nan, RIGHT_ORDER - SHUFFLED]
        ),
        "Nats are asked for, the unit of the table; yours are bits.": (
            lambda: [math.nan, (SHUFFLED - RIGHT_ORDER) / math.log(2)]
        ),
    },
    praise="The 0.7 nats are about the proposal, not about the model.",
)


# --- 4.3: break the measure ------------------------------------------------------------------


def hides_the_cosine(answer: Any, seed: int, scale: str) -> Verdict:
    """Map features that are nearly alike; their cosine must fall and their rank stay."""
    if not callable(answer):
        raise CollapseError(f"The answer is a function; got {shortly(answer)}.")
    generator = torch.Generator().manual_seed(seed)
    alike = 0.3 + 0.01 * torch.randn(200, 12, generator=generator)
    with unchanged(alike):
        made = called(answer, alike)
    if made is None:
        return Verdict(False, "The function gives None: write its body.", given=False)
    if not isinstance(made, Tensor) or made.shape[0] != len(alike) or made.dim() != 2:
        return Verdict(False, "A row of features for each document is expected.")
    before, after = mean_cosine(alike), mean_cosine(made)
    seen = f"Mean cosine {before:.2f} before, {after:.2f} after."
    if not after < 0.1:
        return Verdict(False, f"{seen} What have the rows in common?")
    if rank(made) < rank(alike):
        return Verdict(False, f"{seen} But something is lost: the map cannot be undone.")
    if not torch.allclose(called(answer, alike).double(), made.double()):
        return Verdict(False, f"{seen} But the same features give others each time: noise.")
    return Verdict(True, f"{seen} No document is easier to tell from another for it.")


def rank(features: Tensor) -> int:
    """In how many directions the features of documents differ."""
    return int(torch.linalg.matrix_rank((features - features.mean(0)).double()))


# --- 4.4 and 4.5: what training does ---------------------------------------------------------


WHAT_ELSE = "What else than reach must be there, for a last state to learn it?"


def predicts_the_topic(answer: Any, seed: int, scale: str) -> Verdict:
    """Train the last state with the topic near the end; ask its features for the topic."""
    (share,) = numbers(answer, ("share of documents",))
    if not 0 <= share <= 1:
        return Verdict(False, f"A share is from 0 to 1; got {share:g}.")
    settings = training_with("topics-25", scale, learning_rate=0.01)
    moved = moved_topics(20, 5, scale)
    done = run(on_topics("vae"), moved, scale, seed, name="vae", settings=settings)
    found = {what: accuracy(done, what, learn="valid") for what in ("features", "mean")}
    in_features, in_mean = measured(found, "features", "mean")
    if abs(share - in_features) < 0.2:
        seen = f"A classifier finds {in_features:.2f} by features, {in_mean:.2f} by the mean of q."
        return Verdict(True, seen)
    found_there = "more" if in_features > share else "fewer"
    return Verdict(False, f"A classifier finds {found_there}. {WHAT_ELSE}")


def trains_by_sgd(answer: Any, seed: int, scale: str) -> Verdict:
    """Train the maximum by SGD with these settings; read the information."""
    if not isinstance(answer, Mapping):
        raise CollapseError(f"The answer is a dict of settings of training; got {shortly(answer)}.")
    if answer.get("optimizer", "sgd") != "sgd":
        raise CollapseError(
            f"Asked is plain SGD; got the optimizer {shortly(answer['optimizer'])}."
        )
    if answer.get("epochs") == 0:
        return Verdict(False, "In 0 epochs nothing is trained.")
    settings = training_with("topics-25", scale, **{**answer, "optimizer": "sgd"})
    done = run(on_topics("pool-max"), "topics-25", scale, seed, name="my SGD", settings=settings)
    (information,) = measured(done.summary, "mi")
    return Verdict(information > 0.1, f"MI {information:.2f} nats.")


EXERCISES = {
    "4.1": SHARE,
    "4.2": SAMPLES,
    "4.3": Find(hides_the_cosine),
    "4.4": Find(predicts_the_topic, trains=True),
    "4.5": Find(trains_by_sgd, trains=True),
}
