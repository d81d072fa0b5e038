"""The topic moved: the same documents in another order, and sums over all of them."""

import itertools
import math

import numpy as np
import pytest

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.data import Documents, load
from collapse.data.generated import topics
from collapse.data.generated.moved_topics import MovedTopicGenerator, moved_topics


def test_they_are_the_documents_of_topics_25_with_four_words_moved() -> None:
    plain, moved = load("topics-25"), moved_topics(12, 13)
    assert moved.name == "topics-12-13"
    for split in ("train", "valid", "test"):
        one, other = getattr(plain, split), getattr(moved, split)
        assert np.array_equal(one.labels, other.labels)
        for number in range(30):
            first, *rest = one[number].tolist()
            topic, noise = rest[:4], rest[4:]
            assert other[number].tolist() == [first, *noise[:12], *topic, *noise[12:]]


def test_words_stand_where_the_description_says() -> None:
    corpus = moved_topics(3, 5)
    assert set(corpus.train.lengths) == {1 + 3 + 4 + 5}
    for number in range(50):
        words = corpus.vocabulary.decode(corpus.test[number]).split()
        topic = list(topics.WORDS_BY_TOPIC.values())[corpus.test.labels[number]]
        assert words[0] == topics.FIRST
        assert set(words[4:8]) <= set(topic)
        assert set(words[1:4] + words[8:]) <= set(topics.FILLER)


def test_with_no_noise_before_the_topic_nothing_is_moved() -> None:
    plain, moved = topics.TopicGenerator(4), MovedTopicGenerator(4, before=0)
    one, other = plain.sample(20, 3), moved.sample(20, 3)
    assert np.array_equal(one.tokens, other.tokens)
    assert moved.log_likelihood(other).tolist() == plain.log_likelihood(one).tolist()


def test_probabilities_of_all_documents_sum_to_one() -> None:
    """One word of noise before the topic, none behind it: all texts of these words, mixed too."""
    generator = MovedTopicGenerator(1, before=1)
    encode = generator.vocabulary.encode
    words = list(itertools.chain(*topics.WORDS_BY_TOPIC.values()))
    first = encode([topics.FIRST])[0]
    total = 0.0
    for noise in (*topics.FILLER[:2], words[0]):  # two of twenty words of noise, and none of them
        rows = [
            np.array([first, *encode([noise, *four])])
            for group in topics.WORDS_BY_TOPIC.values()
            for four in itertools.product([*group, words[-1]], repeat=4)
        ]
        unique = np.unique(np.stack(rows), axis=0)
        drawn = Documents.from_arrays(list(unique), bos_eos=False)
        total += np.exp(generator.log_likelihood(drawn)).sum()
    assert total == pytest.approx(2 / 20)


def test_what_it_draws_it_can_write_and_what_is_elsewhere_not() -> None:
    generator = MovedTopicGenerator(25, before=12)
    drawn = generator.sample(50, 0)
    assert generator.log_likelihood(drawn) == pytest.approx(np.full(50, -generator.entropy))
    assert generator.entropy == topics.TopicGenerator(25).entropy
    at_start = topics.TopicGenerator(25).sample(5, 0)
    assert np.all(generator.log_likelihood(at_start) == -math.inf)


def test_what_cannot_be() -> None:
    for before, after in ((-1, 3), (3, -1)):
        with pytest.raises(CollapseError, match="before the topic"):
            moved_topics(before, after)
    with pytest.raises(UnknownNameError, match="light"):
        moved_topics(1, 1, "large")
