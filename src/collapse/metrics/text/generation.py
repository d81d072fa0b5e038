"""Generated documents, counted: Song et al. (2024), section 4.4, Tables 5 and 6."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import Documents
from collapse.metrics.checks import at_least_one, check_finite, exp_or_inf
from collapse.metrics.likelihood import iw_nll
from collapse.metrics.proposals import check_draws
from collapse.vae import VAE

Gram = tuple[int, ...]


@dataclass(frozen=True)
class Quality:
    """What Table 5 of Song et al. (2024) counts.

    Attributes:
        perplexity: of the documents under a language model, end markers counted; infinite where a
            float cannot hold it.
        seen: n -> share of the documents' n-grams that occur in the corpus.
        entropy: of the distribution of their words, in nats; that of a single word is 0.
        distinct: n -> different n-grams over all n-grams of the documents together.
        words: words in all.
    """

    perplexity: float
    seen: dict[int, float]
    entropy: float
    distinct: dict[int, float]
    words: int


def between_prior_draws(
    model: VAE, pairs: int, steps: int = 5, seed: int = 0
) -> Float[Tensor, "points latent"]:
    """Points on straight lines between pairs of draws from the prior, ends included.

    Draws are those of what the decoder reads. Where that is f·z, a line between draws is f times a
    line between draws of z.

    Args:
        model: its prior is drawn from.
        pairs: lines.
        steps: points on a line, two or more.
        seed: of the draws.

    Raises:
        CollapseError: for fewer than two points on a line, less than one line, or a prior that is
            not that of a single document.
    """
    at_least_one(pairs, "lines")
    if steps < 2:
        raise CollapseError(f"A line has 2 or more points; got {steps}.")
    with seeded(seed):
        ends = model.prior().sample(torch.Size([2, pairs]))
    check_draws(ends, (2, pairs, model.latent))
    start, end = ends
    t = torch.linspace(0, 1, steps).to(start)[:, None]
    return ((1 - t) * start[:, None] + t * end[:, None]).flatten(0, 1)


def decode(
    model: VAE,
    z: Float[Tensor, "points latent"],
    longest: int = 15,
    generator: torch.Generator | None = None,
) -> Documents:
    """A document for each z, from the start marker to the end marker or to the longest length.

    Args:
        model: in evaluation mode, trained on documents with markers.
        z: what the decoder reads.
        longest: words.
        generator: source of the words; without it decoding is greedy.

    Raises:
        CollapseError: for less than one z or word, or a z that is not finite.
    """
    at_least_one(len(z), "points")
    at_least_one(longest, "words")
    check_finite(z, "Points")
    return Documents.from_arrays(model.decoder.write(z, longest, generator))


def quality(written: Documents, corpus: Documents, language_model: VAE) -> Quality:
    """Perplexity, n-grams that the corpus has, entropy of words, and different n-grams.

    Documents without a word are left out of the perplexity of words but not of the count. An
    n-gram lies within a document and has no markers.

    Args:
        written: the documents.
        corpus: the training split.
        language_model: a model without a latent variable, trained on the corpus.

    Raises:
        CollapseError: if nothing is written, or the language model has a latent variable.
    """
    if language_model.latent or not len(written.tokens):
        raise CollapseError("Quality needs a language model and at least one written word.")
    nats = iw_nll(language_model, written, samples=1).sum().item()
    words = Counter(written.tokens.tolist())
    total = sum(words.values())
    shares = [count / total for count in words.values()]
    known = {n: set(grams(corpus, n)) for n in (2, 3, 4)}
    return Quality(
        perplexity=exp_or_inf(nats / written.predicted.sum()),
        seen={n: share_of(grams(written, n), known[n]) for n in (2, 3, 4)},
        entropy=-sum(share * math.log(share) for share in shares),
        distinct={n: different(list(grams(written, n))) for n in (1, 2, 3)},
        words=total,
    )


def grams(documents: Documents, n: int) -> Iterable[Gram]:
    """All n-grams of all documents, one after the other."""
    for number in range(len(documents)):
        words = documents[number].tolist()
        yield from zip(*(words[start:] for start in range(n)), strict=False)


def share_of(written: Iterable[Gram], known: set[Gram]) -> float:
    """Share of the written n-grams that is known; nan where none was written."""
    flags = [gram in known for gram in written]
    return sum(flags) / len(flags) if flags else math.nan


def different(written: Sequence[Gram]) -> float:
    """Different n-grams over all; nan where none was written."""
    return len(set(written)) / len(written) if written else math.nan
