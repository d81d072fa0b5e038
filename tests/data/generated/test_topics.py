"""The topic documents against their description and against sums over all of them."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from collapse.base.errors import DataError
from collapse.data import CORPORA, Corpus, Documents, load
from collapse.data.generated.topics import (
    FILLER,
    FILLERS,
    FIRST,
    TOPIC_WORDS,
    WORDS_BY_TOPIC,
    TopicGenerator,
)
from collapse.theory import worth_of_topic


@pytest.mark.parametrize("filler", FILLERS)
def test_documents_are_what_the_description_says(filler: int) -> None:
    corpus = load(f"topics-{filler}")
    assert corpus.name == f"topics-{filler}"
    assert not corpus.bos_eos
    assert corpus.train.labels is not None
    assert set(corpus.train.lengths) == {1 + TOPIC_WORDS + filler}
    for number in range(50):
        first, *rest = corpus.vocabulary.decode(corpus.train[number]).split()
        topic = list(WORDS_BY_TOPIC.values())[corpus.train.labels[number]]
        assert first == FIRST
        assert set(rest[:TOPIC_WORDS]) <= set(topic)
        assert set(rest[TOPIC_WORDS:]) <= set(FILLER)


def test_a_generator_and_three_sizes_make_a_corpus() -> None:
    """Whoever brings a generator of their own gets its draws, split in their order."""
    generator = TopicGenerator(2)
    corpus = Corpus.from_generator(
        generator, generator.vocabulary, (5, 2, 3), 7, name="mine", scale="light", source="Drawn."
    )
    drawn = generator.sample(10, 7)
    splits = [corpus.train, corpus.valid, corpus.test]
    assert [len(split) for split in splits] == [5, 2, 3]
    texts = [split[i].tolist() for split in splits for i in range(len(split))]
    assert texts == [drawn[i].tolist() for i in range(10)]
    assert np.concatenate([split.labels for split in splits]).tolist() == drawn.labels.tolist()
    assert corpus.generator is generator


def test_no_word_belongs_to_two_topics_or_to_topic_and_noise() -> None:
    words = [*itertools.chain(*WORDS_BY_TOPIC.values()), *FILLER, FIRST]
    assert len(set(words)) == len(words)


def test_draws_are_even() -> None:
    documents = TopicGenerator(3).sample(20_000, seed=1)
    words = TopicGenerator(3).vocabulary.words
    counts = Counter(words[token] for token in documents.tokens)
    for group, expected in ((itertools.chain(*WORDS_BY_TOPIC.values()), 4000), (FILLER, 3000)):
        for word in group:
            assert abs(counts[word] - expected) < 6 * math.sqrt(expected)
    assert np.bincount(documents.labels).min() > 4700


def test_probabilities_of_all_documents_sum_to_one() -> None:
    """Every sequence of topic words without noise, those of mixed topics among them."""
    generator = TopicGenerator(0)
    codes = generator.vocabulary.encode([FIRST, *itertools.chain(*WORDS_BY_TOPIC.values())])
    rows = [
        [int(codes[0]), *map(int, rest)]
        for rest in itertools.product(codes[1::2], repeat=TOPIC_WORDS)
    ]
    found = np.exp(generator.log_likelihood(Documents.from_arrays(rows)))
    kept = [len({(c - codes[1]) // 5 for c in row[1:]}) == 1 for row in rows]
    assert ((found > 0) == kept).all()
    assert found[kept] == pytest.approx(1 / (4 * 5**4))
    # all documents of one topic have this one probability, and there are 4 · 5⁴ of them
    assert 4 * 5**4 * found[kept][0] == pytest.approx(1)


def test_entropy_counts_the_noise_and_wrong_documents_are_impossible() -> None:
    generator = TopicGenerator(5)
    documents = generator.sample(20, seed=2)
    found = -generator.log_likelihood(documents)
    assert found == pytest.approx(math.log(4) + 4 * math.log(5) + 5 * math.log(20))
    assert (TopicGenerator(4).log_likelihood(documents) == -math.inf).all()
    turned = Documents.from_arrays([documents[i][::-1] for i in range(20)])
    assert (generator.log_likelihood(turned) == -math.inf).all()
    with pytest.raises(DataError, match="belong to another corpus"):
        generator.log_likelihood(Documents.from_arrays([[99]]))


def test_another_seed_gives_other_documents_and_lengths_are_independent() -> None:
    again = CORPORA["topics-10"].load("topics-10", "light", 0)
    assert (again.train.tokens == load("topics-10").train.tokens).all()
    assert (load("topics-10", seed=1).train.tokens != again.train.tokens).any()


def cross_entropy(topics: int, per_topic: int, words: int, dropout: float, code: bool) -> float:
    """Of the best decoder, by a sum over all documents and all patterns of hidden words."""
    total = 0.0
    for document in itertools.product(range(topics * per_topic), repeat=words):
        if len({word // per_topic for word in document}) > 1:
            continue
        chance = 1 / (topics * per_topic**words)
        for hidden in itertools.product((True, False), repeat=words - 1):
            pattern = math.prod(dropout if h else 1 - dropout for h in hidden)
            for i in range(words):
                known = code or not all(hidden[:i])
                options = per_topic if known else topics * per_topic
                total += chance * pattern * math.log(options)
    return total


@pytest.mark.parametrize("dropout", [0.0, 0.3, 0.5, 1.0])
def test_worth_of_a_topic_against_a_sum_over_documents(dropout: float) -> None:
    gain = cross_entropy(3, 2, 3, dropout, False) - cross_entropy(3, 2, 3, dropout, True)
    assert worth_of_topic(3, 3, dropout) == pytest.approx(gain - math.log(3))
