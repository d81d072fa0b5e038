"""What a run above the light scale costs on a CPU, said before it begins."""

import time

import torch

from collapse.data import Corpus
from collapse.runs.request import Request
from collapse.runs.settings import Settings

PASSES = 3  # a backward pass costs about two forward ones


def advice(request: Request, corpus: Corpus) -> str:
    """One paragraph: how long the run takes at least on a CPU, why, and what to do instead."""
    tokens, epochs = int(corpus.train.lengths.sum()), request.settings.training.epochs
    operations = PASSES * operations_per_token(request.settings, len(corpus.vocabulary))
    rate = product_rate()
    seconds = tokens * operations / rate
    why = "as asked" if request.device == "cpu" else "because PyTorch sees no GPU"
    return (
        f"Expected time: at least {span(seconds * epochs)} for {request.name} at scale "
        f"{request.scale}, up to {epochs} epochs on the CPU, {why}. An epoch of {tokens:,} tokens "
        f"takes at least {span(seconds)} here ({operations / 1e6:.1f} million operations a token, "
        f"matrix products at {rate / 1e9:.0f} GFLOP/s, measured just now). To stop, press Ctrl-C: "
        "the next call goes on after the last whole epoch. On a GPU the same command does the same "
        "run; the scale light is made for small machines."
    )


def span(seconds: float) -> str:
    """A time in the unit in which it is a number of a size to be read."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(seconds, 1):.0f} s"


def operations_per_token(settings: Settings, vocabulary: int) -> int:
    """Floating-point operations of one forward pass for one token: two LSTMs, one output layer."""
    e, h, latent = settings.embedding, settings.hidden, settings.latent
    encoder, decoder = 8 * h * (e + h), 8 * h * (e + latent + h)  # four gates, multiply and add
    return encoder + decoder + 2 * h * vocabulary


def product_rate(size: int = 1024) -> float:
    """Operations per second of a matrix product on this CPU with this process's threads."""
    factor = torch.rand(size, size)
    factor @ factor  # the first one pays for starting up
    start = time.perf_counter()
    factor @ factor
    return 2 * size**3 / (time.perf_counter() - start)
