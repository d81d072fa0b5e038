"""What a remedy costs: the time of its training step beside that of the plain VAE."""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from collapse.experiments.execute import (
    device_for,
    load_corpus,
    new_model,
    new_trainer,
    one_thread,
)
from collapse.experiments.requests import Request, request
from collapse.training import Trainer


def step_costs(
    recipes: Sequence[str], corpus: str, scale: str, *, steps: int = 10, repetitions: int = 9
) -> dict[str, list[float]]:
    """Seconds of a training step by recipe, one number a repetition.

    The recipes take turns on the same batches, so that a machine that slows down slows all of
    them; each warms up once. The steps are those of the first epoch. Of a strategy whose cost
    changes while training goes on, that is its cost at the start.

    Args:
        recipes: names from ``RECIPES``.
        corpus: a name from ``CORPORA``.
        scale: "light", "colab" or "full".
        steps: training steps that are timed together.
        repetitions: how often each recipe has its turn.
    """
    asked = [request(name, corpus, scale) for name in recipes]
    seconds: dict[str, list[float]] = {name: [] for name in recipes}
    with one_thread(asked[0]):
        trainers = {one.name: _trainer(one) for one in asked}
        for repetition in range(-1, repetitions):
            for name, trainer in trainers.items():
                took = _timed(trainer, (repetition + 1) * steps, steps)
                if repetition >= 0:
                    seconds[name].append(took)
    return seconds


def relative_costs(
    seconds: Mapping[str, Sequence[float]], to: str = "vae"
) -> dict[str, tuple[float, float]]:
    """Median over repetitions of the ratio to a recipe, and the half-width of its quartiles.

    Args:
        seconds: what :func:`step_costs` returns.
        to: the recipe with ratio 1.
    """
    base = np.array(seconds[to])
    ratios = {name: np.array(values) / base for name, values in seconds.items()}
    return {name: (float(np.median(r)), _half_width(r)) for name, r in ratios.items()}


def _half_width(ratios: np.ndarray) -> float:
    low, high = np.quantile(ratios, [0.25, 0.75])
    return float(high - low) / 2


def _trainer(asked: Request) -> Trainer:
    """A trainer as a run has it; nothing is written."""
    corpus = load_corpus(asked.corpus, asked.scale)
    model = new_model(asked, corpus).to(device_for(asked.scale)).train()
    return new_trainer(asked, model, corpus, asked.folder)


def _timed(trainer: Trainer, first: int, steps: int) -> float:
    """Seconds a step, over ``steps`` steps from the plan's number ``first`` on."""
    plan = trainer.batches = trainer.plan()
    batches = [trainer.batch(plan[(first + i) % len(plan)]) for i in range(steps)]
    started = time.perf_counter()
    for batch in batches:
        trainer.strategy.update(trainer, batch)
    return (time.perf_counter() - started) / steps
