"""Exchanges with a known truth: eight contexts, and four replies to each that are all right.

A context is one or two utterances. Each has four replies of six words, and which of the four is
given is chance, so the choice is all that z could carry: log 4 nats, less what the noise hides.
Every word of a reply is replaced, with probability 0.1, by a word drawn from all of them.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from collapse.base.errors import DataError, choose
from collapse.data.corpus import Corpus
from collapse.data.dialogue import Exchanges
from collapse.data.documents import Documents
from collapse.data.vocabulary import Vocabulary

# The last utterance of each context is the other speaker's; an earlier one is the replier's own.
CONTEXTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("how was your weekend",): (
        "we walked in the hills again",
        "i stayed home with a book",
        "it rained so we watched films",
        "my sister came with her children",
    ),
    ("what did you have for lunch",): (
        "only some bread and old cheese",
        "a big soup at the market",
        "nothing yet but i am hungry",
        "the same rice as last week",
    ),
    ("i took the car today", "was there much traffic"): (
        "no the road was quite empty",
        "yes we stood for an hour",
        "there was an accident near town",
        "some but less than last week",
    ),
    ("do you have any pets",): (
        "two cats and a small dog",
        "no my flat is too small",
        "we had a horse years ago",
        "just some fish in a bowl",
    ),
    ("i saw a film last night", "did you like it"): (
        "yes the music was very good",
        "not really it was too long",
        "i slept before the end came",
        "it made my sister cry again",
    ),
    ("do you grow anything in the garden",): (
        "mostly beans and a few herbs",
        "the birds eat all my seeds",
        "no there is only old grass",
        "my children grow flowers near it",
    ),
    ("we are moving in spring", "where are you going"): (
        "to a house near the sea",
        "back to the town i love",
        "we have not chosen any place",
        "my work is in the north",
    ),
    ("are you doing any sport",): (
        "i run in the park mornings",
        "not since i hurt my knee",
        "we play football on the beach",
        "only chess if that is sport",
    ),
}
REPLIES = 4
WORDS = 6
NOISE = 0.1
ALL_SIZES = ("light", "medium", "colab", "full")
SIZES = {"smoke": (256, 64, 400), **dict.fromkeys(ALL_SIZES, (3200, 400, 400))}


@dataclass(frozen=True)
class DialogueGenerator:
    """What writes the exchanges and knows their exact probabilities."""

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """All words of contexts and replies, in the order of the alphabet."""
        texts = [text for context, replies in CONTEXTS.items() for text in (*context, *replies)]
        return Vocabulary(sorted({word for text in texts for word in text.split()}))

    @cached_property
    def templates(self) -> np.ndarray:
        """The replies as word numbers, ``(contexts, replies, words)``."""
        encode = self.vocabulary.encode
        return np.array([[encode(r.split()) for r in replies] for replies in CONTEXTS.values()])

    @property
    def ordinary(self) -> int:
        """How many words a noisy word is drawn from."""
        return len(self.vocabulary) - 4

    def sample(self, n: int, seed: int) -> Exchanges:
        """``n`` independent exchanges; the label of a reply is 4 · context + template."""
        random = np.random.default_rng([seed, 6])
        context = random.integers(len(CONTEXTS), size=n)
        template = random.integers(REPLIES, size=n)
        words = self.templates[context, template]
        noisy = random.random(words.shape) < NOISE
        words = np.where(noisy, 4 + random.integers(self.ordinary, size=words.shape), words)
        return self.exchanges(words, context, REPLIES * context + template)

    def exchanges(self, words: np.ndarray, context: np.ndarray, labels: np.ndarray) -> Exchanges:
        """Replies ``(n, words)`` to the contexts with these numbers."""
        replies = Documents.from_arrays(list(words), labels)
        utterances = [self.vocabulary.encode(u.split()) for turns in CONTEXTS for u in turns]
        ends = np.cumsum([len(turns) for turns in CONTEXTS])
        starts = ends - [len(turns) for turns in CONTEXTS]
        speakers = [before % 2 for turns in CONTEXTS for before in reversed(range(len(turns)))]
        return Exchanges(
            **vars(replies),
            utterances=Documents.from_arrays(utterances, bos_eos=False),
            speakers=np.array(speakers),
            windows=np.stack([starts, ends], 1)[context],
            repliers=np.ones(len(words), dtype=np.int64),
        )

    def log_probs(self, replies: np.ndarray, context: np.ndarray) -> np.ndarray:
        """log p(y | x, template), ``(n, 4)``, for replies ``(n, words)`` to these contexts."""
        same = replies[:, None] == self.templates[context]  # (n, replies, words)
        probs = (1 - NOISE) * same + NOISE / self.ordinary
        return np.log(probs).sum(-1)

    def log_likelihood(self, documents: Documents) -> np.ndarray:
        """The exact log p(y|x) of each reply in nats, the end marker included, (n,) float64.

        A reply that is not six words of the vocabulary has log-probability minus infinity.

        Raises:
            DataError: when the documents are not exchanges of this generator, with its labels.
        """
        if not isinstance(documents, Exchanges) or documents.labels is None:
            raise DataError("These documents are not replies with contexts and labels.")
        log_likelihood = np.full(len(documents), -math.inf)
        valid = [i for i in range(len(documents)) if self.writes(documents[i])]
        if valid:
            replies = np.array([documents[i] for i in valid])
            log_probs = self.log_probs(replies, documents.labels[valid] // REPLIES)
            log_likelihood[valid] = np.logaddexp.reduce(log_probs, axis=1) - math.log(REPLIES)
        return log_likelihood

    def writes(self, reply: np.ndarray) -> bool:
        """Whether a reply is six ordinary words."""
        return len(reply) == WORDS and bool(reply.min() >= 4)

    def information(self, n: int = 20_000, seed: int = 1) -> float:
        """I(template; y | x) in nats, by ``n`` draws: log 4 less what the noise hides.

        No z can carry more about which reply it is, and none needs more to be a perfect code.
        """
        drawn = self.sample(n, seed)
        assert drawn.labels is not None
        replies = drawn.tokens.reshape(n, WORDS)
        log_probs = self.log_probs(replies, drawn.labels // REPLIES)
        own = log_probs[np.arange(n), drawn.labels % REPLIES]  # under the template of the draw
        return float((own - np.logaddexp.reduce(log_probs, axis=1)).mean() + math.log(REPLIES))

    def nearest(self, reply: np.ndarray, context: int, most: int = 1) -> int | None:
        """Which of the four replies this one is, up to ``most`` wrong words; None for none."""
        if len(reply) != WORDS:
            return None
        wrong = (self.templates[context] != reply).sum(-1)
        return int(wrong.argmin()) if wrong.min() <= most else None


def toy_dialogue(scale: str = "light", seed: int = 0) -> Corpus:
    """The corpus: 3200/400/400 exchanges but at the smoke scale; ``seed`` decides which."""
    sizes = choose(scale, SIZES, "scale")
    generator = DialogueGenerator()
    return Corpus.from_generator(
        generator,
        generator.vocabulary,
        sizes,
        seed,
        name="toy-dialogue",
        scale=scale,
        source=(
            f"{sum(sizes):,} exchanges drawn with seed {seed}: {len(CONTEXTS)} contexts, "
            f"{REPLIES} replies of {WORDS} words to each, {NOISE:.0%} of the words noise."
        ),
    )
