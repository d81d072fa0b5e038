"""Training of a system that no recipe makes, as a run trains its own, with nothing kept."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from collapse.base.seeding import seeded
from collapse.data import Corpus
from collapse.parts import Sizes
from collapse.runs.measuring.measure import measure_epoch
from collapse.runs.settings import Settings
from collapse.system import System
from collapse.training import Joint, Trainer
from collapse.training.checkpoint import Record
from collapse.training.fit import Watch, unwatched
from collapse.vae import init_uniform_


def sizes_of(corpus: Corpus, settings: Settings) -> Sizes:
    """The widths that a run with these settings on this corpus would have."""
    words = len(corpus.vocabulary)
    return Sizes(words, settings.embedding, settings.hidden, settings.latent)


def started(build: Callable[[], System], settings: Settings, seed: int) -> System:
    """A system with the weights from which the protocol starts, as a run of this seed has them."""
    with seeded(seed):
        system = build()
        init_uniform_(system, settings.init_weights, settings.init_embeddings)
    return system


def train_alone(
    system: System, corpus: Corpus, settings: Settings, seed: int, watch: Watch = unwatched
) -> list[Record]:
    """Train jointly, batch after batch, from the weights that the system has; changed in place.

    The loop is that of every run. Afterwards the system has the weights of its best epoch and is in
    evaluation mode.

    Args:
        system: a model and its objective.
        corpus: whose documents the model can read.
        settings: of which the loop and what is measured after an epoch are taken.
        seed: of batches, dropout and samples.
        watch: looks on, see ``collapse.training.fit.Watch``.

    Returns:
        One record an epoch, as a run's history.

    Raises:
        NonFiniteLossError: as :meth:`collapse.training.Trainer.fit`.
    """
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(system, corpus, settings.training, Joint(), Path(folder), seed)
        trainer.watch = watch
        return trainer.fit(lambda s: measure_epoch(s, corpus, settings, seed), lambda line: None)
