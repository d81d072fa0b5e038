"""What a run at the papers' sizes would cost on a CPU, said before it begins."""

import time

import torch

from collapse.data import Corpus
from collapse.experiments.requests import Request
from collapse.experiments.scales import Settings

PASSES = 3  # a backward pass costs about two forward ones


def advice(asked: Request, corpus: Corpus) -> str:
    """One paragraph: no GPU is there, how long an epoch takes at least, what to do instead."""
    tokens, epochs = int(corpus.train.lengths.sum()), asked.settings.training.epochs
    operations = PASSES * operations_per_token(asked.settings, len(corpus.vocabulary))
    rate = product_rate()
    hours = tokens * operations / rate / 3600
    return (
        f"PyTorch sees no GPU, so {asked.name} runs on the CPU. An epoch of {tokens:,} tokens "
        f"takes at least {hours:.1f} hours here ({operations / 1e6:.0f} million operations a "
        f"token, matrix products at {rate / 1e9:.0f} GFLOP/s, measured just now), and there are "
        f"up to {epochs} epochs. To stop, press Ctrl-C: the next call goes on after the last whole "
        "epoch. On a GPU the same command does the same run; the scales light and colab are made "
        "for small machines."
    )


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
