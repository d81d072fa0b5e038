"""Short reviews from a small grammar whose entropies and mutual informations are exact.

A review has three hidden factors: its sentiment, its topic and its aspect. Some words give a
factor away ("soup", "rude"), others are shared ("place", "fine") or used against their meaning
("great" in a bad review), so a sentence tells much about each factor but not everything. The
grammar writes some tens of thousands of different sentences. They are all listed with their
probabilities, and every quantity below is a sum over that list.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from collapse.base.errors import DataError, choose
from collapse.data.corpus import Corpus
from collapse.data.documents import Documents
from collapse.data.vocabulary import Vocabulary

Choice = dict[str, float]

SENTIMENTS: Choice = {"negative": 0.45, "positive": 0.55}
TOPICS: Choice = {"restaurant": 0.4, "hotel": 0.25, "salon": 0.2, "garage": 0.15}
ASPECTS: Choice = {"service": 0.4, "quality": 0.35, "price": 0.25}

FLAT = "that says it all"

PLACES: dict[str, Choice] = {
    "restaurant": {"restaurant": 0.5, "place": 0.4, "cafe": 0.1},
    "hotel": {"hotel": 0.7, "place": 0.3},
    "salon": {"salon": 0.6, "place": 0.4},
    "garage": {"garage": 0.4, "shop": 0.2, "place": 0.4},
}
SUBJECTS: dict[tuple[str, str], Choice] = {
    ("restaurant", "service"): {"waiter": 0.3, "staff": 0.3, "service": 0.3, "visit": 0.1},
    ("hotel", "service"): {"receptionist": 0.4, "staff": 0.3, "service": 0.2, "visit": 0.1},
    ("salon", "service"): {"stylist": 0.5, "staff": 0.2, "service": 0.2, "visit": 0.1},
    ("garage", "service"): {"mechanic": 0.5, "staff": 0.1, "service": 0.3, "visit": 0.1},
    ("restaurant", "quality"): {"food": 0.4, "soup": 0.2, "pizza": 0.2, "visit": 0.2},
    ("hotel", "quality"): {"room": 0.4, "breakfast": 0.3, "pool": 0.1, "visit": 0.2},
    ("salon", "quality"): {"haircut": 0.5, "massage": 0.2, "colour": 0.1, "visit": 0.2},
    ("garage", "quality"): {"repair": 0.5, "paint job": 0.2, "new tyre": 0.1, "visit": 0.2},
    ("restaurant", "price"): {"price": 0.3, "bill": 0.4, "lunch menu": 0.2, "visit": 0.1},
    ("hotel", "price"): {"price": 0.3, "bill": 0.2, "room rate": 0.4, "visit": 0.1},
    ("salon", "price"): {"price": 0.6, "bill": 0.2, "haircut": 0.1, "visit": 0.1},
    ("garage", "price"): {"price": 0.3, "bill": 0.3, "estimate": 0.3, "visit": 0.1},
}
ADJECTIVES: dict[tuple[str, str], Choice] = {
    ("positive", "service"): {"friendly": 0.4, "great": 0.3, "fine": 0.2, "slow": 0.1},
    ("negative", "service"): {"rude": 0.3, "slow": 0.4, "fine": 0.2, "great": 0.1},
    ("positive", "quality"): {"excellent": 0.3, "great": 0.3, "fine": 0.2, "perfect": 0.2},
    ("negative", "quality"): {"awful": 0.4, "cheap": 0.3, "fine": 0.2, "great": 0.1},
    ("positive", "price"): {"fair": 0.4, "cheap": 0.3, "great": 0.1, "fine": 0.2},
    ("negative", "price"): {"outrageous": 0.4, "unfair": 0.3, "awful": 0.1, "fine": 0.2},
}
DEGREES: dict[str, Choice] = {
    "positive": {"": 0.4, "really": 0.3, "just": 0.1, "very": 0.2},
    "negative": {"": 0.4, "really": 0.2, "just": 0.3, "very": 0.1},
}
VERDICTS: dict[str, Choice] = {
    "positive": {"i will be back": 0.4, "we loved it": 0.2, "i told my friends": 0.2, FLAT: 0.2},
    "negative": {"i will not be back": 0.4, "we left": 0.2, "i told my friends": 0.2, FLAT: 0.2},
}
OPENINGS: dict[str, Choice] = {
    "restaurant": {"last night": 0.4, "this time": 0.3, "on sunday": 0.3},
    "hotel": {"last week": 0.5, "this time": 0.3, "on sunday": 0.2},
    "salon": {"last week": 0.4, "this time": 0.4, "on saturday": 0.2},
    "garage": {"last week": 0.4, "this time": 0.5, "on monday": 0.1},
}
TEMPLATES: Choice = {
    "the {subject} was {degree} {adjective} .": 0.25,
    "the {subject} at this {place} was {degree} {adjective} .": 0.25,
    "{opening} the {subject} was {adjective} and {verdict} .": 0.25,
    "{degree} {adjective} {subject} at this {place} , {verdict} .": 0.15,
    "{opening} the {subject} at this {place} was {adjective} , {verdict} .": 0.10,
}
SIZES = {
    "smoke": (600, 64, 256),
    "light": (10_000, 1_000, 1_000),
    "medium": (20_000, 2_000, 2_000),
    "colab": (40_000, 4_000, 4_000),
    "full": (100_000, 10_000, 10_000),
}
FACTORS = ("sentiment", "topic", "aspect")


@dataclass(frozen=True)
class _Listing:
    """Every sentence and its joint probability with the factors."""

    sentences: list[str]
    joint: np.ndarray  # (sentiment, topic, aspect, sentence), sums to 1


class ReviewGrammar:
    """The grammar of the toy reviews, with its exact entropies in nats."""

    @cached_property
    def _listing(self) -> _Listing:
        numbers: dict[str, int] = {}
        entries = [
            (cell, numbers.setdefault(sentence, len(numbers)), chance)
            for cell, sentence, chance in _derivations()
        ]
        cells, columns, probs = zip(*entries, strict=True)
        factors = len(SENTIMENTS) * len(TOPICS) * len(ASPECTS)
        table = np.zeros((factors, len(numbers)))
        np.add.at(table, (np.array(cells), np.array(columns)), np.array(probs))
        shape = (len(SENTIMENTS), len(TOPICS), len(ASPECTS), len(numbers))
        return _Listing(list(numbers), table.reshape(shape))

    @property
    def sentences(self) -> list[str]:
        """Every sentence that the grammar can write."""
        return self._listing.sentences

    @property
    def joint(self) -> np.ndarray:
        """p(sentiment, topic, aspect, sentence), (2, 4, 3, sentences)."""
        return self._listing.joint

    @cached_property
    def probabilities(self) -> np.ndarray:
        """p(x) of each sentence, (sentences,)."""
        return self.joint.sum(axis=(0, 1, 2))

    @cached_property
    def entropy(self) -> float:
        """H(x) of a whole sentence in nats."""
        return _entropy(self.probabilities)

    @cached_property
    def information(self) -> dict[str, float]:
        """I(x; sentiment), I(x; topic), I(x; aspect) and I(x; all three) ("all"), in nats."""
        axes = range(len(FACTORS))
        joints = {  # of one factor and the sentence
            name: self.joint.sum(axis=tuple(other for other in axes if other != axis))
            for axis, name in enumerate(FACTORS)
        }
        joints["all"] = self.joint.reshape(-1, len(self.sentences))
        return {name: self.entropy + _entropy(p.sum(1)) - _entropy(p) for name, p in joints.items()}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Every word of the grammar, in the order of the alphabet."""
        return Vocabulary(sorted({word for text in self.sentences for word in text.split()}))

    @cached_property
    def _encoded(self) -> Documents:
        return Documents.from_arrays(self.vocabulary.encode(s.split()) for s in self.sentences)

    def sample(self, n: int, seed: int) -> Documents:
        """``n`` independent reviews; labels are the sentiment, 0 negative and 1 positive."""
        flat = self.joint.ravel()
        drawn = np.random.default_rng(seed).choice(flat.size, size=n, p=flat / flat.sum())
        factors, sentences = np.divmod(drawn, len(self.sentences))
        documents = self._encoded.subset(sentences)
        sentiment = factors // (len(TOPICS) * len(ASPECTS))
        return replace(documents, labels=sentiment.astype(np.int64))

    def log_likelihood(self, documents: Documents) -> np.ndarray:
        """The exact log p(x) of each review in nats, (n,) float64.

        A sentence that the grammar cannot write has log-probability minus infinity.

        Raises:
            DataError: when a word number is outside this grammar's vocabulary.
        """
        if len(documents.tokens) and documents.tokens.max() >= len(self.vocabulary):
            raise DataError(
                f"These documents have word number {documents.tokens.max()}, but the grammar "
                f"knows {len(self.vocabulary)}; they belong to another corpus."
            )
        texts = (self.vocabulary.decode(documents[i]) for i in range(len(documents)))
        return np.array([self._log_probability.get(text, -np.inf) for text in texts])

    @cached_property
    def _log_probability(self) -> dict[str, float]:
        logs = np.log(self.probabilities).tolist()
        return dict(zip(self.sentences, logs, strict=True))


def toy_reviews(scale: str = "light", seed: int = 0) -> Corpus:
    """The toy reviews: 10k/1k/1k (light), 40k/4k/4k (colab) or 100k/10k/10k (full) of them."""
    sizes = choose(scale, SIZES, "scale")
    grammar = ReviewGrammar()
    return Corpus.from_generator(
        grammar,
        grammar.vocabulary,
        sizes,
        seed,
        name="toy-reviews",
        scale=scale,
        source=(
            f"{sum(sizes):,} reviews drawn with seed {seed} from a small probabilistic grammar of "
            f"{len(grammar.sentences):,} sentences; draws are independent, so a sentence can be "
            f"in two splits."
        ),
    )


def _derivations() -> Iterator[tuple[int, str, float]]:
    """Every way to write a review: number of the factor combination, sentence, probability."""
    combinations = itertools.product(SENTIMENTS, TOPICS, ASPECTS)
    for number, (sentiment, topic, aspect) in enumerate(combinations):
        prior = SENTIMENTS[sentiment] * TOPICS[topic] * ASPECTS[aspect]
        slots = {
            "subject": SUBJECTS[topic, aspect],
            "adjective": ADJECTIVES[sentiment, aspect],
            "degree": DEGREES[sentiment],
            "place": PLACES[topic],
            "opening": OPENINGS[topic],
            "verdict": VERDICTS[sentiment],
        }
        for template, chance in TEMPLATES.items():
            for sentence, weight in _fillings(template, slots):
                yield number, sentence, prior * chance * weight


def _fillings(template: str, slots: dict[str, Choice]) -> Iterator[tuple[str, float]]:
    """Every sentence of a template with its probability, given the factors."""
    used = [name for name in slots if "{" + name + "}" in template]
    for words in itertools.product(*(slots[name].items() for name in used)):
        text = template.format(**{name: word for name, (word, _) in zip(used, words, strict=True)})
        yield " ".join(text.split()), float(np.prod([chance for _, chance in words]))


def _entropy(probabilities: np.ndarray) -> float:
    """-Σ p log p in nats; zero probabilities count nothing."""
    positive = probabilities[probabilities > 0]
    return float(-(positive * np.log(positive)).sum())
