"""A corpus cut to the size of a scale: fewer documents, fewer words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from collapse.data.corpus import Corpus
from collapse.data.documents import Documents
from collapse.data.vocabulary import SPECIALS, UNKNOWN, Vocabulary

SEED = 0


def cut(corpus: Corpus, sizes: Mapping[str, int], vocabulary_size: int) -> Corpus:
    """So many documents of each split, and a vocabulary of those to learn from.

    A split that is larger is drawn from with a fixed seed; a smaller size takes the beginning of
    what a larger one draws. Where nothing is too large, the corpus comes back as it is.

    Args:
        corpus: the whole.
        sizes: documents of "train", "valid" and "test", at most.
        vocabulary_size: tokens with a number, the four markers included, at most.
    """
    splits = {split: drawn(getattr(corpus, split), size) for split, size in sizes.items()}
    vocabulary = corpus.vocabulary
    if len(splits["train"]) < len(corpus.train) or len(vocabulary) > vocabulary_size:
        words = corpus.vocabulary.words
        counts = np.bincount(splits["train"].tokens, minlength=len(words)).tolist()
        common = {words[n]: counts[n] for n in range(len(SPECIALS), len(words)) if counts[n]}
        vocabulary = Vocabulary.from_counts(Counter(common), vocabulary_size)
        numbers = vocabulary.encode(words)
        numbers[:UNKNOWN] = range(UNKNOWN)
        splits = {
            split: replace(documents, tokens=numbers[documents.tokens])
            for split, documents in splits.items()
        }
    return replace(
        corpus,
        vocabulary=vocabulary,
        train=splits["train"],
        valid=splits["valid"],
        test=splits["test"],
    )


def drawn(documents: Documents, size: int) -> Documents:
    """So many of the documents, in the order in which they are drawn; all of them if they fit."""
    if len(documents) <= size:
        return documents
    return documents.subset(np.random.default_rng(SEED).permutation(len(documents))[:size])
