"""Perplexity, and how much of a text is outside the vocabulary."""

from jaxtyping import Float, Int
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.data import Documents, Vocabulary
from collapse.data.vocabulary import UNKNOWN
from collapse.metrics.checks import exp_or_inf


def perplexity(nll: Float[Tensor, " documents"], predicted: Int[Tensor, " documents"]) -> float:
    """exp(nats per predicted token): ``exp(Σ nll / Σ predicted)``, end markers counted.

    Args:
        nll: nats of each document.
        predicted: tokens of each document.

    Returns:
        Infinite where a float cannot hold it, as for a run that has diverged; nan if a nll is.

    Raises:
        CollapseError: if no token is predicted, or the two are not of the same documents.
    """
    tokens = int(predicted.sum())
    if tokens < 1 or len(nll) != len(predicted) or int(predicted.min()) < 0:
        raise CollapseError(
            "A perplexity needs a number of predicted tokens for each document, and one token or "
            f"more; got {len(nll)} likelihoods and {len(predicted)} numbers of tokens, {tokens} in "
            "all. Are there documents?"
        )
    return exp_or_inf(float(nll.sum() / predicted.sum()))


def unknown_share(documents: Documents, vocabulary: Vocabulary) -> float:
    """The share of a split's words that the vocabulary does not know: 0 to 1.

    To be read beside every likelihood: ``<unk>`` is one word among others to a model, and an easy
    one where it is frequent. A split of nothing else has a perplexity near 1, and says nothing.

    Args:
        documents: the split; markers are no words of it.
        vocabulary: in whose numbers the documents are written.

    Raises:
        CollapseError: for a split without a word, or a number that the vocabulary has not.
    """
    words = documents.tokens
    if not len(words):
        raise CollapseError("The share of unknown words needs at least one word; there is none.")
    if words.min() < 0 or words.max() >= len(vocabulary):
        raise CollapseError(
            f"The documents hold word numbers from {words.min()} to {words.max()}, the vocabulary "
            f"has {len(vocabulary)} words. Is it that of this corpus?"
        )
    return float((words == UNKNOWN).mean())
