"""What one update of a system costs: several systems timed in turn, in one process."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from collapse.data import AnyCorpus
from collapse.runs.execute import device_for, load_corpus, new_system, new_trainer, one_thread
from collapse.runs.request import Request, make_request
from collapse.training import Trainer


def update_seconds(
    recipes: Sequence[str], corpus: AnyCorpus, scale: str, updates: int = 5, seed: int = 0
) -> dict[str, float]:
    """Median seconds of one update on one batch, by recipe, at the start of training.

    An update is what the strategy does with a batch: one step, an inner loop and a step, or a
    refinement and a step. The systems take turns, so that a machine that is busy for a moment
    slows all of them alike.

    Args:
        recipes: names from ``RECIPES``.
        corpus: a name from ``CORPORA``, a path to texts of your own, or a corpus.
        scale: "light", "medium", "colab" or "full".
        updates: of each recipe, after one that is not counted.
        seed: of weights and batches.
    """
    requests = {name: make_request(name, corpus, scale, seed) for name in recipes}
    seconds: dict[str, list[float]] = {name: [] for name in recipes}
    with tempfile.TemporaryDirectory() as folder, one_thread(next(iter(requests.values()))):
        trainers = {name: ready(request, Path(folder)) for name, request in requests.items()}
        for number in range(updates + 1):
            for name, trainer in trainers.items():
                seconds[name].append(seconds_of_update(trainer, number))
    return {name: median(times[1:]) for name, times in seconds.items()}


def ready(request: Request, folder: Path) -> Trainer:
    """A trainer at the start of its first epoch."""
    corpus = load_corpus(request.corpus, request.scale)
    system = new_system(request, corpus).to(device_for(request))
    trainer = new_trainer(request, system, corpus, folder)
    trainer.begin_epoch()
    return trainer


def seconds_of_update(trainer: Trainer, number: int) -> float:
    """Time of one update; its loss comes back as a number, so that a GPU has finished."""
    batch = trainer.batch(trainer.batches[number % len(trainer.batches)])
    started = time.perf_counter()
    trainer.strategy.update(trainer, batch).item()
    return time.perf_counter() - started
