"""The replies of a model, sampled and scored as in Zhu et al. (2020), Table 4."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from collapse.cvae import CVAE
from collapse.data import Corpus
from collapse.data.dialogue import Exchanges
from collapse.data.generated.toy_dialogue import REPLIES, DialogueGenerator
from collapse.metrics.dialogue import scores
from collapse.metrics.dialogue.replies import sample_replies
from collapse.metrics.dialogue.word_vectors import Words, WordVectors, word_vectors

SAMPLES = 10
LONGEST_REPLY = 40


@dataclass(frozen=True)
class Sampled:
    """What a model answers to some contexts, beside what is known to be right.

    Attributes:
        contexts: for each the utterances.
        samples: for each what the model says.
        references: for each the right replies: all of them where the truth is known, else the
            one in the corpus.
    """

    contexts: list[list[str]]
    samples: list[list[Words]]
    references: list[list[Words]]


def sample(
    model: CVAE, corpus: Corpus, contexts: int = 200, samples: int = SAMPLES, seed: int = 0
) -> Sampled:
    """Greedy replies at ``samples`` draws of z from p(z|x), for the first contexts of the test.

    Args:
        model: in evaluation mode.
        corpus: a dialogue corpus; contexts that repeat are taken once.
        contexts: how many, at most.
        samples: how many for each.
        seed: of z.
    """
    test = corpus.test
    assert isinstance(test, Exchanges), f"{corpus.name} is no dialogue corpus"
    chosen = [int(group[0]) for group in test.same_context()[:contexts]]
    replies = sample_replies(
        model, test, np.array(chosen), samples, longest=LONGEST_REPLY, seed=seed
    )

    def words(numbers: np.ndarray) -> Words:
        return [corpus.vocabulary.words[number] for number in numbers]

    return Sampled(
        [[" ".join(words(utterance)) for utterance in test.context(index)] for index in chosen],
        [[words(reply) for reply in of_context] for of_context in replies],
        [[words(reply) for reply in right_replies(corpus, test, index)] for index in chosen],
    )


def right_replies(corpus: Corpus, test: Exchanges, index: int) -> Sequence[np.ndarray]:
    """All replies that are right in the context of a test reply, or that reply."""
    if isinstance(corpus.generator, DialogueGenerator) and test.labels is not None:
        return list(corpus.generator.templates[test.labels[index] // REPLIES])
    return [test[index]]


def vectors_for(corpus: Corpus) -> WordVectors:
    """Word vectors for a corpus: GloVe if at hand, else learned on its training replies."""
    words = corpus.vocabulary.words
    train = corpus.train
    sentences = ([words[number] for number in train[index]] for index in range(len(train)))
    return word_vectors(sentences, words)


def score(sampled: Sampled, vectors: WordVectors) -> dict[str, float]:
    """Precision and recall by BLEU-3, BLEU-4 and both bags of word vectors; how varied replies are.

    BLEU is left out where its library is not installed.
    """
    measures: dict[str, scores.Score] = {
        "a_bow": scores.bow_similarity(vectors, "average"),
        "e_bow": scores.bow_similarity(vectors, "extreme"),
    }
    if scores.has_bleu():
        measures["bleu"] = scores.sentence_bleu
        measures["bleu_4"] = partial(scores.sentence_bleu, order=4)
    values: dict[str, float] = {}
    for name, measure in measures.items():
        pair = scores.over_contexts(measure, sampled.samples, sampled.references)
        values |= {f"{name}_precision": pair.precision, f"{name}_recall": pair.recall}
    return {**values, **variety(sampled)}


def variety(sampled: Sampled) -> dict[str, float]:
    """Distinct-1 and -2 over all samples, different replies to a context, self-BLEU."""
    replies = [reply for of_context in sampled.samples for reply in of_context]
    values = {f"distinct_{n}": scores.distinct(replies, n) for n in (1, 2)}
    values["different"] = scores.variety(sampled.samples)
    if scores.has_bleu():
        self_bleus = [scores.self_bleu(of_context) for of_context in sampled.samples]
        values["self_bleu"] = float(np.mean(self_bleus))
    return values
