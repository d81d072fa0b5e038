import itertools

import numpy as np
import pytest
from scipy.stats import entropy

from collapse.base.errors import DataError
from collapse.data import Documents, load
from collapse.data.generated import toy_reviews as module
from collapse.data.generated.toy_reviews import FACTORS, ReviewGrammar


@pytest.fixture(scope="module")
def grammar():
    return ReviewGrammar()


def draw(options, random):
    names = list(options)
    return names[random.choice(len(names), p=[options[name] for name in names])]


def write_one(random):
    """Write a review step by step, as a person would read the grammar; no enumeration."""
    sentiment = draw(module.SENTIMENTS, random)
    topic = draw(module.TOPICS, random)
    aspect = draw(module.ASPECTS, random)
    text = draw(module.TEMPLATES, random)
    text = text.replace("{subject}", draw(module.SUBJECTS[topic, aspect], random))
    text = text.replace("{adjective}", draw(module.ADJECTIVES[sentiment, aspect], random))
    text = text.replace("{degree}", draw(module.DEGREES[sentiment], random))
    text = text.replace("{place}", draw(module.PLACES[topic], random))
    text = text.replace("{opening}", draw(module.OPENINGS[topic], random))
    text = text.replace("{verdict}", draw(module.VERDICTS[sentiment], random))
    return (sentiment, topic, aspect), " ".join(text.split())


def tables():
    yield from (module.SENTIMENTS, module.TOPICS, module.ASPECTS, module.TEMPLATES)
    for group in (module.PLACES, module.SUBJECTS, module.ADJECTIVES, module.DEGREES):
        yield from group.values()
    yield from itertools.chain(module.VERDICTS.values(), module.OPENINGS.values())


def test_every_choice_is_a_distribution():
    assert all(sum(table.values()) == pytest.approx(1.0) for table in tables())


def test_entropy_and_information_against_monte_carlo(grammar):
    """Sentences are written by ``write_one``; their log-ratios average to the exact values."""
    random = np.random.default_rng(0)
    numbers = {text: number for number, text in enumerate(grammar.sentences)}
    levels = [list(t) for t in (module.SENTIMENTS, module.TOPICS, module.ASPECTS)]
    drawn = [write_one(random) for _ in range(4000)]
    columns = np.array([numbers[text] for _, text in drawn])
    states = np.array([[levels[k].index(f[k]) for k in range(3)] for f, _ in drawn])
    p_x = grammar.joint.sum((0, 1, 2))[columns]
    check(-np.log(p_x), grammar.entropy)
    for k, name in enumerate(FACTORS):
        joint = grammar.joint.sum(tuple(axis for axis in range(3) if axis != k))
        both = joint[states[:, k], columns]
        check(np.log(both / p_x / joint.sum(1)[states[:, k]]), grammar.information[name])
    together = grammar.joint[states[:, 0], states[:, 1], states[:, 2], columns]
    prior = grammar.joint.sum(3)[states[:, 0], states[:, 1], states[:, 2]]
    check(np.log(together / p_x / prior), grammar.information["all"])


def check(values, exact):
    assert abs(values.mean() - exact) < 4 * values.std() / np.sqrt(len(values))


def test_probability_of_one_sentence_by_hand(grammar):
    """ "the bill was fine ." comes from "price" at all four topics, with either sentiment."""
    by_topic = 0.4 * 0.4 + 0.25 * 0.2 + 0.2 * 0.2 + 0.15 * 0.3
    by_hand = 0.25 * by_topic * 0.25 * 0.4 * (0.45 * 0.2 + 0.55 * 0.2)
    words = grammar.vocabulary.encode(["the", "bill", "was", "fine", "."])
    logs = grammar.log_likelihood(Documents.from_arrays([words]))
    assert float(np.exp(logs[0])) == pytest.approx(by_hand, rel=1e-12)


def test_no_factor_is_told_completely(grammar):
    assert grammar.joint.sum() == pytest.approx(1.0)
    for axis, name in enumerate(FACTORS):
        others = tuple(other for other in range(4) if other != axis)
        assert 0.1 < grammar.information[name] < entropy(grammar.joint.sum(others)) - 0.02
    factors = entropy(grammar.joint.sum(3).ravel())
    assert 0.1 < grammar.information["all"] < factors - 0.02
    sentence = max(grammar.information[name] for name in FACTORS)
    assert sentence < grammar.information["all"] < grammar.entropy


def test_reviews_read_like_reviews(grammar):
    lengths = grammar._encoded.lengths
    assert (lengths.min(), lengths.max()) == (5, 17)
    assert all(text == text.lower() and text.endswith(" .") for text in grammar.sentences)
    assert len(set(grammar.sentences)) == len(grammar.sentences) > 10_000


def test_corpus_and_its_truth():
    corpus = load("toy-reviews", "light")
    assert [len(s) for s in (corpus.train, corpus.valid, corpus.test)] == [10_000, 1_000, 1_000]
    assert corpus.bos_eos
    logs = corpus.generator.log_likelihood(corpus.test)
    assert abs(-logs.mean() - corpus.generator.entropy) < 4 * logs.std() / np.sqrt(len(logs))
    positive = float(corpus.train.labels.mean())
    assert abs(positive - 0.55) < 4 * np.sqrt(0.25 / 10_000)
    assert corpus.vocabulary.words[3] == "<unk>"
    assert corpus.train.tokens.min() > 3


def test_what_the_grammar_cannot_write(grammar):
    words = grammar.vocabulary.encode(["the", "the", "."])
    assert grammar.log_likelihood(Documents.from_arrays([words])).tolist() == [-np.inf]
    with pytest.raises(DataError, match="another corpus"):
        grammar.log_likelihood(Documents.from_arrays([[len(grammar.vocabulary)]]))


def test_sample_is_decided_by_its_seed(grammar):
    one, two, other = (grammar.sample(50, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.tokens, two.tokens)
    assert not np.array_equal(one.offsets, other.offsets)
