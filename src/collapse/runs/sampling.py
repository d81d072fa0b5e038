"""What a model writes: draws from the prior, reconstructions, the way between two documents."""

import numpy as np
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

    Raises:
        RunError: for less than one.
    """
    check_count(count)
    with seeded(seed):
        z = model.prior().sample(torch.Size([count]))
    draws = None if greedy else torch.Generator().manual_seed(seed)
    return write(model, corpus, z, first_tokens(corpus.test, count), draws)


def reconstruct(model: VAE, corpus: Corpus, documents: Documents) -> list[str]:
    """Greedy decodings from the posterior mean of each document.

    Raises:
        RunError: without a document, or for a model without a latent variable.
    """
    check_count(len(documents))
    check_latent(model, "reconstructs")
    first = first_tokens(documents, len(documents))
    return write(model, corpus, posterior_means(model, documents), first)


def interpolate(model: VAE, corpus: Corpus, ends: Documents, steps: int = 5) -> list[str]:
    """Greedy decodings along the straight line between the posterior means of two documents.

    Args:
        model: in evaluation mode.
        corpus: the one the model was trained on.
        ends: two documents.
        steps: points on the line, the ends included.

    Raises:
        RunError: unless there are exactly two documents and at least two steps; for a model
            without a latent variable.
    """
    check_latent(model, "interpolates")
    if len(ends) != 2 or steps < 2:
        raise RunError(
            f"An interpolation joins 2 documents in 2 or more steps; got {len(ends)} and {steps}."
        )
    start, end = posterior_means(model, ends)
    way = torch.linspace(0, 1, steps).unsqueeze(1)
    z = (1 - way) * start + way * end
    return write(model, corpus, z, first_tokens(ends.first(1), steps))


def check_count(count: int) -> None:
    """Refuse to write nothing.

    Raises:
        RunError: for a count below 1.
    """
    if count < 1:
        raise RunError(f"The number of texts must be 1 or more; got {count}.")


def check_latent(model: VAE, what: str) -> None:
    """Refuse a model that writes the same whatever document it is shown.

    Raises:
        RunError: for a model without a latent variable.
    """
    if model.latent == 0:
        raise RunError(
            f"A model without a latent variable, such as lm, {what} nothing: it writes without "
            "having seen the document. Take a model with z, such as vae; sample writes from both."
        )


def write(
    model: VAE,
    corpus: Corpus,
    z: Float[Tensor, "rows latent"],
    first: Int[Tensor, " rows"],
    draws: torch.Generator | None = None,
) -> list[str]:
    """Decode each z to text, as long as the longest test document at most."""
    longest = int(corpus.test.predicted.max())
    rows = model.decoder.write(z, longest, draws, first)
    if not corpus.bos_eos:
        rows = [np.append(token, row) for token, row in zip(first.tolist(), rows, strict=True)]
    return [corpus.vocabulary.decode(row) for row in rows]


def first_tokens(documents: Documents, count: int) -> Int[Tensor, " rows"]:
    """What documents begin with, over and over: ``<s>``, or the first word without markers."""
    if documents.bos_eos:
        return torch.full((count,), START)
    return torch.tensor([int(documents[i % len(documents)][0]) for i in range(count)])
