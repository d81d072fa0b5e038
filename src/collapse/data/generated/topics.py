"""Documents that say at their start what they are about; the rest is noise of chosen length.

A document is a first word that is given and never predicted, four words of one of four topics,
and then ``filler`` words that are drawn one by one from the same twenty for every document. No
word belongs to two topics, so the topic is known for certain from any topic word, and all that a
document has to say, log 4 nats, stands ``filler`` words away from its end. The length of the noise
is the dial: ``topics-0`` ends with its topic, ``topics-25`` has it far behind.
"""

import math
from dataclasses import dataclass

import numpy as np

from collapse.base.errors import DataError, choose
from collapse.data.corpus import Corpus
from collapse.data.documents import Documents
from collapse.data.vocabulary import Vocabulary

FIRST = "note"
WORDS_BY_TOPIC: dict[str, tuple[str, ...]] = {
    "sea": ("wave", "ship", "sail", "tide", "harbour"),
    "kitchen": ("soup", "oven", "spoon", "bread", "salt"),
    "garden": ("rose", "spade", "seed", "hedge", "lawn"),
    "court": ("judge", "jury", "law", "witness", "verdict"),
}
FILLER = (
    *("the", "of", "and", "a", "to", "in", "was", "it", "for", "on"),
    *("as", "with", "at", "by", "an", "be", "this", "from", "or", "had"),
)
TOPIC_WORDS = 4  # in a document
FILLERS = (0, 5, 10, 25)
SIZES = {
    "smoke": (256, 200, 400),
    "light": (3200, 400, 400),
    "medium": (3200, 400, 400),
    "colab": (3200, 400, 400),
    "full": (16_000, 2000, 2000),
}


@dataclass(frozen=True)
class TopicGenerator:
    """What writes the documents and knows their exact probabilities.

    Attributes:
        filler: words of noise after the topic words.
    """

    filler: int

    @property
    def vocabulary(self) -> Vocabulary:
        """The first word, the topic words topic by topic, the filler."""
        return Vocabulary(
            [FIRST, *(word for words in WORDS_BY_TOPIC.values() for word in words), *FILLER]
        )

    @property
    def information(self) -> float:
        """What a document says about its topic, in nats: everything, log 4."""
        return math.log(len(WORDS_BY_TOPIC))

    @property
    def entropy(self) -> float:
        """Of a document given its first word, in nats; its log-probability is always minus this."""
        topical = TOPIC_WORDS * math.log(len(next(iter(WORDS_BY_TOPIC.values()))))
        return self.information + topical + self.filler * math.log(len(FILLER))

    def sample(self, n: int, seed: int) -> Documents:
        """``n`` independent documents, labelled by topic in the order of ``WORDS_BY_TOPIC``."""
        random = np.random.default_rng([seed, self.filler])
        labels = random.integers(len(WORDS_BY_TOPIC), size=n)
        topic_words = self._tokens([list(words) for words in WORDS_BY_TOPIC.values()])
        chosen = random.integers(topic_words.shape[1], size=(n, TOPIC_WORDS))
        noise = self._tokens([list(FILLER)])[0]
        rest = noise[random.integers(len(noise), size=(n, self.filler))]
        first = np.tile(self._tokens([[FIRST]]), (n, 1))
        rows = np.concatenate([first, topic_words[labels[:, None], chosen], rest], axis=1)
        return Documents.from_arrays(list(rows), labels, bos_eos=False)

    def log_likelihood(self, documents: Documents) -> np.ndarray:
        """The exact log p(x | first word) of each document in nats, (n,) float64.

        A document that this generator cannot write has log-probability minus infinity.

        Raises:
            DataError: when a word number is outside this generator's vocabulary.
        """
        words = self.vocabulary.words
        if len(documents.tokens) and documents.tokens.max() >= len(words):
            raise DataError(
                f"These documents have word number {documents.tokens.max()}, but this generator "
                f"knows {len(words)}; they belong to another corpus."
            )
        texts = ([words[token] for token in documents[i]] for i in range(len(documents)))
        return np.array([-self.entropy if self.writes(text) else -math.inf for text in texts])

    def writes(self, text: list[str]) -> bool:
        """Whether the words are a document of this length and kind."""
        topical, noise = set(text[1 : 1 + TOPIC_WORDS]), text[1 + TOPIC_WORDS :]
        one_topic = any(topical <= set(words) for words in WORDS_BY_TOPIC.values())
        right_length = len(text) == 1 + TOPIC_WORDS + self.filler
        return right_length and text[0] == FIRST and one_topic and set(noise) <= set(FILLER)

    def _tokens(self, rows: list[list[str]]) -> np.ndarray:
        return np.array([self.vocabulary.encode(row) for row in rows])


@dataclass(frozen=True)
class Topics:
    """Makes the corpus with a given length of the noise: ``Topics(25)`` makes ``topics-25``."""

    filler: int

    def __call__(self, scale: str, seed: int) -> Corpus:
        """The corpus; 3200/400/400 documents, at full scale 16000/2000/2000."""
        sizes = choose(scale, SIZES, "scale")
        generator = TopicGenerator(self.filler)
        return Corpus.from_generator(
            generator,
            generator.vocabulary,
            sizes,
            seed,
            name=f"topics-{self.filler}",
            scale=scale,
            source=(
                f"{sum(sizes):,} documents drawn with seed {seed}: {TOPIC_WORDS} words of one of "
                f"{len(WORDS_BY_TOPIC)} topics, then {self.filler} words of noise."
            ),
        )
