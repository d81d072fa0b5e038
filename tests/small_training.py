"""Trainings of seconds, and what makes two of them the same."""

from dataclasses import replace

from small import tiny_corpus

from collapse.metrics.likelihood import encode_split
from collapse.system import System
from collapse.training import Training
from collapse.training.checkpoint import Record
from collapse.vae import VAE

SGD = Training(learning_rate=0.5, batch_size=8, epochs=4)
ADAM = replace(SGD, optimizer="adam", learning_rate=0.01)


def evaluate(system: System) -> Record:
    """The validation loss alone."""
    corpus = tiny_corpus()
    return {"loss": encode_split(system.model, corpus.valid).nll_bound.mean().item()}


def same(one: VAE | System, other: VAE | System) -> bool:
    """Whether two have the same weights to the bit."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all((a == b).all() for a, b in pairs)


def without_time(history: list[Record]) -> list[Record]:
    """What does not differ from one machine to another that is slower."""
    return [{k: v for k, v in record.items() if k != "seconds"} for record in history]
