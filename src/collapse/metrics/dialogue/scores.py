"""How good and how varied the replies to a context are, as dialogue papers count it.

Each metric compares samples, N replies of a model to one context, with references, the replies
that are known to be right. *Precision* asks whether what is said is right, *recall* whether what
is right is said (Zhao et al. 2017, section 5.1). All values are between 0 and 1, but for the
smoothed BLEU, which may pass 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from collapse.base.errors import CollapseError, choose
from collapse.metrics.checks import at_least_one
from collapse.metrics.dialogue.word_vectors import Words, WordVectors

Score = Callable[[Words, Words], float]  # of a sample against a reference


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision and recall of the samples for one context, or their mean over contexts."""

    precision: float
    recall: float


def precision_recall(
    score: Score, samples: Sequence[Words], references: Sequence[Words]
) -> PrecisionRecall:
    """Each sample with its best reference, on average; each reference with its best sample.

    With one reference, precision is the mean of the N scores and recall the highest.

    Raises:
        CollapseError: without a sample or without a reference.
    """
    if not samples or not references:
        raise CollapseError(
            f"Precision and recall need a sample and a reference; there are {len(samples)} and "
            f"{len(references)}."
        )
    scores = np.array([[score(sample, right) for right in references] for sample in samples])
    return PrecisionRecall(float(scores.max(1).mean()), float(scores.max(0).mean()))


def over_contexts(
    score: Score, samples: Sequence[Sequence[Words]], references: Sequence[Sequence[Words]]
) -> PrecisionRecall:
    """Mean precision and mean recall over contexts.

    Args:
        score: of a sample against a reference.
        samples: for each context the samples.
        references: for each context the right replies.

    Raises:
        CollapseError: without a context, or as :func:`precision_recall`.
    """
    if not samples or len(samples) != len(references):
        raise CollapseError(
            "A mean over contexts needs samples and references of each, and a context or more; got "
            f"samples of {len(samples)} contexts and references of {len(references)}."
        )
    pairs = zip(samples, references, strict=True)
    by_context = [precision_recall(score, of_context, right) for of_context, right in pairs]
    return PrecisionRecall(
        float(np.mean([context.precision for context in by_context])),
        float(np.mean([context.recall for context in by_context])),
    )


def has_bleu() -> bool:
    """Whether the library that computes BLEU is installed."""
    return find_spec("nltk") is not None


def sentence_bleu(sample: Words, reference: Words, order: int = 3) -> float:
    """:func:`smoothed_bleu` against a single reference."""
    return smoothed_bleu(sample, [reference], order)


def smoothed_bleu(sample: Words, references: Sequence[Words], order: int = 3) -> float:
    """Smoothed BLEU of one sentence, as the code of Zhao et al. (2017) computes it.

    Smoothing is method 7 of Chen & Cherry (2014); the implementation is NLTK's. This smoothing
    averages neighbouring orders, the lowest with one more than itself, and so gives a perfect
    sentence more than 1.

    Args:
        sample: words of a reply.
        references: words of the right ones.
        order: the longest n-grams; all lengths weigh alike. That code has 3; Zhu et al. (2020),
            Table 4, print BLEU-4.

    Raises:
        CollapseError: when NLTK is not installed.
    """
    if not has_bleu():
        raise CollapseError("BLEU is computed by NLTK, which is not here: pip install nltk")
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    if not sample:
        return 0.0
    smooth, weights = SmoothingFunction().method7, [1 / order] * order
    right = [list(reference) for reference in references]
    return float(sentence_bleu(right, list(sample), weights, smoothing_function=smooth))


def bow_similarity(vectors: WordVectors, kind: str) -> Score:
    """Cosine of two sentences as bags of word vectors.

    Args:
        vectors: of the words; words without one are passed over.
        kind: "average" for the mean vector (A-bow), "extreme" for the entry farthest from 0 in
            each dimension (E-bow; Forgues et al. 2014).

    Raises:
        UnknownNameError: for another kind.
    """
    summarise = choose(kind, {"average": average, "extreme": extreme}, "bag of word vectors")

    def score(sample: Words, reference: Words) -> float:
        return cosine(summarise(vectors.of(sample)), summarise(vectors.of(reference)))

    return score


def average(vectors: np.ndarray) -> np.ndarray:
    """The mean of vectors ``(words, width)``; zeros if there are none."""
    return vectors.mean(0) if len(vectors) else np.zeros(vectors.shape[1])


def extreme(vectors: np.ndarray) -> np.ndarray:
    """In each dimension the entry of largest absolute value; zeros if there are none."""
    if not len(vectors):
        return np.zeros(vectors.shape[1])
    return vectors[np.abs(vectors).argmax(0), np.arange(vectors.shape[1])]


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The cosine of the angle between two vectors; 0 if one of them is zero."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else 0.0


def distinct(samples: Sequence[Words], n: int) -> float:
    """Different n-grams as a part of all n-grams; 0 if there are none.

    Li et al. (2016, arXiv:1510.03055) divide by the number of *words* instead: the same for n = 1,
    while for pairs theirs is the smaller, by the factor (words - replies) / words where every
    reply has a word. It falls with the number of samples, so compare only what has equally many.

    Raises:
        CollapseError: for n below 1.
    """
    at_least_one(n, "words in an n-gram")
    grams = [tuple(s[start : start + n]) for s in samples for start in range(len(s) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def self_bleu(samples: Sequence[Words]) -> float:
    """How much the samples for one context repeat each other (Zhu et al. 2018, Texygen).

    The mean BLEU of a sample with all others as references; high is monotonous.

    Raises:
        CollapseError: for fewer than two samples, or without NLTK.
    """
    if len(samples) < 2:
        raise CollapseError(f"Self-BLEU compares two samples or more; got {len(samples)}.")
    others = [[*samples[:i], *samples[i + 1 :]] for i in range(len(samples))]
    return float(np.mean(list(map(smoothed_bleu, samples, others))))


def variety(samples: Sequence[Sequence[Words]]) -> float:
    """Different replies to a context as a part of its samples, mean over contexts.

    Raises:
        CollapseError: without a context, or for a context without a sample.
    """
    if not samples or not all(samples):
        empty = sum(not of_context for of_context in samples)
        raise CollapseError(
            "Variety needs a context or more, and a sample of each; there are "
            f"{len(samples)} contexts, {empty} of them without a sample."
        )
    shares = [len(set(map(tuple, of_context))) / len(of_context) for of_context in samples]
    return float(np.mean(shares))
