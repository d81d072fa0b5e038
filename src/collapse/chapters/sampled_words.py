"""The control of chapter 6: what replies are worth when words are drawn, and not only z.

Zhu et al. (2020) and Zhao et al. (2017) sample z and then take the most likely words. All variety
is then that of z, and a model whose z says nothing can give one reply to a context. That is a rule
for decoding. With words drawn by chance such a model may give every valid reply, so what recall and
coverage say about a *code* has to be held against it."""

import numpy as np
from jaxtyping import Int

from collapse.base.errors import CollapseError
from collapse.cvae import CVAE
from collapse.data import Corpus
from collapse.data.dialogue import Exchanges
from collapse.data.generated.toy_dialogue import REPLIES, DialogueGenerator
from collapse.metrics.dialogue import scores
from collapse.metrics.dialogue.replies import sample_replies
from collapse.metrics.dialogue.word_vectors import WordVectors

LONGEST_SAMPLE = 10
REPLIES_JUDGED = (
    10  # replies a context by which similarity is judged, as in Zhu et al. (2020), Table 4
)

Replies = list[list[Int[np.ndarray, " words"]]]


def replies_of_model(
    model: CVAE, corpus: Corpus, *, greedy: bool, samples: int = 30, seed: int = 0
) -> Replies:
    """Replies to each context of the generated exchanges, z from p(z|x).

    Args:
        model: in evaluation mode.
        corpus: the generated exchanges.
        greedy: the most likely word at each step; otherwise words are drawn by chance as well.
        samples: replies to each context.
        seed: of z and words.

    Raises:
        CollapseError: for another corpus.
    """
    test, first = contexts_of(corpus)
    return sample_replies(
        model, test, first, samples, longest=LONGEST_SAMPLE, seed=seed, greedy=greedy
    )


def replies_of_truth(corpus: Corpus, samples: int = 30) -> Replies:
    """The first test replies to each context: what the generator itself says, noise and all.

    Raises:
        CollapseError: for another corpus.
    """
    test, _ = contexts_of(corpus)
    assert test.labels is not None
    context = test.labels // REPLIES
    groups = (np.flatnonzero(context == number)[:samples] for number in np.unique(context))
    return [[test[index] for index in group] for group in groups]


def worth(replies: Replies, corpus: Corpus, vectors: WordVectors) -> dict[str, float]:
    """How right and how varied replies are, means over contexts.

    Args:
        replies: for each context, in the order of the generator.
        corpus: the generated exchanges.
        vectors: of words, for the similarity.

    Returns:
        ``covered``, the part of the four valid replies that some reply is, up to one word;
        ``valid``, the part of the replies that are one of these; ``recall`` and ``precision`` by
        averaged word vectors, and ``different``, the share of different replies, all three of the
        first ten.

    Raises:
        CollapseError: for another corpus.
    """
    generator = corpus.generator
    contexts_of(corpus)
    assert isinstance(generator, DialogueGenerator)
    nearest = [
        [generator.nearest(reply, context) for reply in group]
        for context, group in enumerate(replies)
    ]
    words = corpus.vocabulary.words
    said, right = (
        [[[words[number] for number in reply] for reply in group] for group in groups]
        for groups in ([group[:REPLIES_JUDGED] for group in replies], generator.templates)
    )
    similar = scores.over_contexts(scores.bow_similarity(vectors, "average"), said, right)
    return {
        "covered": float(np.mean([len(set(found) - {None}) / REPLIES for found in nearest])),
        "valid": float(np.mean([number is not None for found in nearest for number in found])),
        "recall": similar.recall,
        "precision": similar.precision,
        "different": scores.variety(said),
    }


def contexts_of(corpus: Corpus) -> tuple[Exchanges, np.ndarray]:
    """The test split of the generated exchanges, and the first reply to each context.

    Raises:
        CollapseError: for another corpus.
    """
    test = corpus.test
    known = isinstance(corpus.generator, DialogueGenerator) and isinstance(test, Exchanges)
    if not known or test.labels is None:
        raise CollapseError(
            f"Valid replies are known of the generated exchanges only, not of {corpus.name}."
        )
    assert isinstance(test, Exchanges)
    return test, np.unique(test.labels // REPLIES, return_index=True)[1]
