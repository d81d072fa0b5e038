"""The documents of ``topics``, word for word, with the topic moved to another place.

A document is the given first word, ``before`` words of noise, the four topic words, and the rest of
the noise. With the seed of ``topics-25`` they are those very documents: nothing but the place of
four words is another. So what an encoder loses or wins is due to the place."""

from dataclasses import dataclass

import numpy as np

from collapse.base.errors import CollapseError, choose
from collapse.data.corpus import Corpus
from collapse.data.documents import Documents
from collapse.data.generated.topics import SIZES, TOPIC_WORDS, TopicGenerator


@dataclass(frozen=True)
class MovedTopicGenerator(TopicGenerator):
    """What writes the documents and knows their exact probabilities.

    Attributes:
        filler: words of noise in all.
        before: those of them that stand before the topic.

    Raises:
        CollapseError: for more or fewer words before the topic than there are.
    """

    before: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.before <= self.filler:
            raise CollapseError(
                f"Of {self.filler} words of noise 0 to {self.filler} stand before the topic; got "
                f"{self.before}."
            )

    @property
    def order(self) -> list[int]:
        """For each place of a document, where its word stands with the topic at the start."""
        behind = 1 + TOPIC_WORDS
        topic, noise = range(1, behind), range(behind, behind + self.filler)
        return [0, *noise[: self.before], *topic, *noise[self.before :]]

    def sample(self, n: int, seed: int) -> Documents:
        """``n`` documents: those of the generator of ``topics``, with the topic moved."""
        plain = super().sample(n, seed)
        rows = plain.tokens.reshape(n, -1)[:, self.order]
        return Documents.from_arrays(list(rows), plain.labels, bos_eos=False)

    def writes(self, text: list[str]) -> bool:
        """Whether the words are a document of this length and kind."""
        if len(text) != len(self.order):
            return False
        back = np.argsort(self.order)
        return super().writes([text[place] for place in back])


def moved_topics(before: int, after: int, scale: str = "light", seed: int = 0) -> Corpus:
    """The corpus with so many words of noise before and behind the topic.

    Args:
        before: words of noise between the first word and the topic.
        after: words of noise behind the topic.
        scale: as for ``topics``: 3200/400/400 documents, at full scale 16000/2000/2000.
        seed: of the documents.

    Raises:
        CollapseError: for a negative number of words.
        UnknownNameError: for another scale.
    """
    sizes = choose(scale, SIZES, "scale")
    generator = MovedTopicGenerator(before + after, before)
    return Corpus.from_generator(
        generator,
        generator.vocabulary,
        sizes,
        seed,
        name=f"topics-{before}-{after}",
        scale=scale,
        source=(
            f"{sum(sizes):,} documents drawn with seed {seed}: {before} words of noise, "
            f"{TOPIC_WORDS} words of one topic, then {after} words of noise."
        ),
    )
