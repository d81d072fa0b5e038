"""Word vectors for the similarity of replies: pretrained where they are at hand, else learned."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.utils.extmath import randomized_svd

from collapse.base.errors import CollapseError
from collapse.data import registry
from collapse.metrics.checks import at_least_one

GLOVE_FILE = "glove/glove.twitter.27B.200d.txt"

Words = Sequence[str]


@dataclass(frozen=True, eq=False)
class WordVectors:
    """A vector for each of some words.

    Attributes:
        rows: the row of each word.
        vectors: ``(words, width)``.
        source: where they come from, for the caption of a table.
    """

    rows: dict[str, int]
    vectors: np.ndarray
    source: str

    def of(self, sentence: Words) -> np.ndarray:
        """The vectors of the known words of a sentence, ``(known, width)``."""
        return self.vectors[[self.rows[word] for word in sentence if word in self.rows]]


def word_vectors(sentences: Iterable[Words], vocabulary: Iterable[str]) -> WordVectors:
    """GloVe where a copy is at hand, and otherwise vectors learned on the training sentences.

    The file is never downloaded for this: it is part of a larger archive, which
    ``registry.FILES`` names. Unpack it into a folder ``glove`` of ``COLLAPSE_DATA``.
    """
    if registry.at_hand(GLOVE_FILE):
        return read_glove(set(vocabulary))
    return learned_vectors(sentences)


def read_glove(vocabulary: set[str]) -> WordVectors:
    """The 200-dimensional vectors that Pennington et al. (2014) trained on Twitter."""
    rows: dict[str, int] = {}
    vectors: list[np.ndarray] = []
    with registry.fetch(GLOVE_FILE).open(encoding="utf-8") as lines:
        for line in lines:
            word, *numbers = line.rstrip("\n").split(" ")
            if word in vocabulary:
                rows[word] = len(vectors)
                vectors.append(np.array(numbers, dtype=np.float64))
    return WordVectors(rows, np.array(vectors), "GloVe (Twitter, 200 dimensions)")


def learned_vectors(
    sentences: Iterable[Words], width: int = 50, window: int = 2, smallest: int = 1
) -> WordVectors:
    """Vectors from the sentences themselves: positive PMI, then its singular vectors.

    Co-occurrences within ``window`` words; log p(a, b) / (p(a) p(b)), cut at 0; singular vectors
    times the roots of the singular values (Levy, Goldberg & Dagan 2015).

    Args:
        sentences: the training text.
        width: dimensions, less where there are fewer words.
        window: words on either side that count as company.
        smallest: rarer words get no vector.

    Raises:
        CollapseError: for fewer than three words, a width or a window below 1, or a text in which
            no word stands beside another.
    """
    at_least_one(width, "dimensions")
    at_least_one(window, "words on either side")
    texts = [list(sentence) for sentence in sentences]
    counts = Counter(word for text in texts for word in text)
    words = sorted(word for word, count in counts.items() if count >= smallest)
    if len(words) < 3:
        raise CollapseError(f"Vectors need three words or more; the text has {len(words)}.")
    rows = {word: row for row, word in enumerate(words)}
    pmi = positive_pmi(texts, rows, window)
    if not pmi.nnz:
        raise CollapseError("No word of the text stands beside another, so none has company.")
    kept = min(width, len(words) - 1)
    left, values, _ = randomized_svd(pmi, kept, random_state=0)
    source = f"learned on the training text (PPMI, {kept} dimensions)"
    return WordVectors(rows, left * np.sqrt(values), source)


def positive_pmi(texts: Sequence[Words], rows: dict[str, int], window: int) -> csr_matrix:
    """max(0, log p(a, b) / (p(a) p(b))) for words that stand within ``window`` of each other."""
    pairs: Counter[tuple[int, int]] = Counter()
    for text in texts:
        numbers = [rows[word] for word in text if word in rows]
        for place, a in enumerate(numbers):
            for b in numbers[place + 1 : place + 1 + window]:
                pairs[a, b] += 1
                pairs[b, a] += 1
    places = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    together = np.array(list(pairs.values()), dtype=np.float64)
    alone = np.bincount(places[:, 0], weights=together, minlength=len(rows))
    expected = alone[places[:, 0]] * alone[places[:, 1]] / together.sum()
    values = np.log(together / expected).clip(min=0)
    return csr_matrix((values, (places[:, 0], places[:, 1])), shape=(len(rows), len(rows)))
