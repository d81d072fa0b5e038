"""What a model writes: draws from the prior, reconstructions, the way between two documents."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from collapse.base.errors import RunError
from collapse.base.seeding import seeded
from collapse.data import START, Corpus, Documents
from collapse.metrics.likelihood import posterior_means
from collapse.vae import VAE


def sample_prior(
    model: VAE, corpus: Corpus, count: int = 5, seed: int = 0, greedy: bool = False
) -> list[str]:
    """Documents written from ``count`` draws of z from the prior.

    Args:
        model: in evaluation mode.
        corpus: the one the model was trained on.
        count: how many.
        seed: of z and of the words.
        greedy: take the most likely word at each step instead of drawing it.
    """
    with seeded(seed):
        z = model.prior().sample(torch.Size([count]))
    return write(model, corpus, z, None if greedy else torch.Generator().manual_seed(seed))


def reconstruct(model: VAE, corpus: Corpus, documents: Documents) -> list[str]:
    """Greedy decodings from the posterior mean of each document."""
    firsts = first_tokens(documents, len(documents))
    return write(model, corpus, posterior_means(model, documents), firsts=firsts)


def interpolate(model: VAE, corpus: Corpus, ends: Documents, steps: int = 5) -> list[str]:
    """Greedy decodings along the straight line between the posterior means of two documents.

    Args:
        model: in evaluation mode.
        corpus: the one the model was trained on.
        ends: two documents.
        steps: points on the line, the ends included.

    Raises:
        RunError: unless there are exactly two documents and at least two steps.
    """
    if len(ends) != 2 or steps < 2:
        raise RunError(
            f"An interpolation joins 2 documents in 2 or more steps; got {len(ends)} and {steps}."
        )
    one, other = posterior_means(model, ends)
    way = torch.linspace(0, 1, steps).unsqueeze(1)
    z = (1 - way) * one + way * other
    return write(model, corpus, z, firsts=first_tokens(ends.first(1), steps))


def write(
    model: VAE,
    corpus: Corpus,
    z: Float[Tensor, "rows latent"],
    generator: torch.Generator | None = None,
    firsts: Int[Tensor, " rows"] | None = None,
) -> list[str]:
    """Decode each z to text, as long as the longest test document at most.

    Without ``firsts`` rows begin as the test documents do.
    """
    steps = int(corpus.test.predicted.max())
    if firsts is None:
        firsts = first_tokens(corpus.test, len(z))
    tokens = model.decoder.generate(z, firsts, steps, generator)
    if not corpus.bos_eos:
        tokens = torch.cat([firsts.unsqueeze(1), tokens], 1)
    return [corpus.vocabulary.decode(row.tolist()) for row in tokens]


def first_tokens(documents: Documents, count: int) -> Int[Tensor, " rows"]:
    """What documents begin with, over and over: ``<s>``, or the first word without markers."""
    if documents.bos_eos:
        return torch.full((count,), START)
    return torch.tensor([int(documents[i % len(documents)][0]) for i in range(count)])
