"""What a code is worth to a decoder whose words are hidden at random, in nats."""

import math

from collapse.base.errors import CollapseError
from collapse.theory.checks import one_or_more


def worth_of_topic(topics: int, words: int, word_dropout: float) -> float:
    """How much a code that names the topic betters the training bound, in nats a document.

    A document has ``words`` words of one of ``topics`` equally likely topics, and any of them
    gives the topic away. The decoder reads the words before the one it predicts, each hidden with
    probability w. Without a code it is ignorant of the topic at word i (from 0) with probability
    w^i, and then pays log(topics) more. With a code it never is, and the code costs log(topics):

        worth = log(topics) · (Σ_{i < words} w^i  -  1)

    So it is 0 without word dropout, for any data of this kind: the first word tells the topic to
    the decoder at exactly the price that a code would have. It is the most that training can gain,
    reached by the best decoder of either kind and a code that says the topic and nothing else.

    Args:
        topics: number of topics, K.
        words: topic words of a document.
        word_dropout: w, from 0 to 1.

    Raises:
        CollapseError: for less than one topic or word, or a w that is no probability.
    """
    one_or_more(topics=topics, words=words)
    if not 0 <= word_dropout <= 1:
        raise CollapseError(f"Word dropout is a probability, from 0 to 1; got {word_dropout}.")
    return math.log(topics) * (sum(word_dropout**i for i in range(words)) - 1)
