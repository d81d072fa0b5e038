"""The generated exchanges against sums over all templates and counts."""

import itertools
import math

import numpy as np
import pytest

from collapse.base.errors import DataError
from collapse.data import Documents, load
from collapse.data.generated.toy_dialogue import CONTEXTS, NOISE, REPLIES, WORDS, DialogueGenerator

GENERATOR = DialogueGenerator()


def test_every_context_has_four_different_replies_of_six_words() -> None:
    assert len(CONTEXTS) == 8
    for replies in CONTEXTS.values():
        assert len({*replies}) == REPLIES
        assert {len(reply.split()) for reply in replies} == {WORDS}
    apart = [
        (a != b).sum() for a, b in itertools.combinations(GENERATOR.templates.reshape(-1, WORDS), 2)
    ]
    assert min(apart) >= 3  # one wrong word never turns one reply into another


def test_the_corpus_repeats_and_has_noise_at_the_rate_that_it_says() -> None:
    one, two = load("toy-dialogue"), load("toy-dialogue")
    assert (one.train.tokens == two.train.tokens).all()
    words = one.train.tokens.reshape(-1, WORDS)
    labels = one.train.labels
    wrong = (words != GENERATOR.templates[labels // REPLIES, labels % REPLIES]).mean()
    assert wrong == pytest.approx(NOISE * (1 - 1 / GENERATOR.ordinary), abs=0.008)
    assert np.bincount(labels, minlength=32).min() > 60


def test_the_context_of_a_reply_is_that_of_its_label() -> None:
    corpus = load("toy-dialogue")
    contexts = list(CONTEXTS)
    for index in range(40):
        said = [corpus.vocabulary.decode(u) for u in corpus.test.context(index)]
        assert tuple(said) == contexts[corpus.test.labels[index] // REPLIES]
    assert len(corpus.test.same_context()) == len(CONTEXTS)


def test_log_likelihood_is_the_sum_over_templates() -> None:
    drawn = GENERATOR.sample(5, seed=3)
    for index, found in enumerate(GENERATOR.log_likelihood(drawn)):
        total = 0.0
        for template in GENERATOR.templates[drawn.labels[index] // REPLIES]:
            probs = [
                (1 - NOISE) * (word == right) + NOISE / GENERATOR.ordinary
                for word, right in zip(drawn[index], template, strict=True)
            ]
            total += math.prod(probs) / REPLIES
        assert found == pytest.approx(math.log(total))


def test_probabilities_of_replies_of_one_free_word_sum_to_their_share() -> None:
    drawn = GENERATOR.sample(1, seed=0)
    words = np.tile(drawn[0], (GENERATOR.ordinary, 1))
    words[:, 0] = 4 + np.arange(GENERATOR.ordinary)
    context = np.full(len(words), drawn.labels[0] // REPLIES)
    summed = np.exp(GENERATOR.log_probs(words, context)).sum(0)
    rest = (words[0, 1:] == GENERATOR.templates[context[0], :, 1:]) * (1 - NOISE)
    np.testing.assert_allclose(summed, (rest + NOISE / GENERATOR.ordinary).prod(-1), rtol=1e-9)


def test_the_information_is_just_under_log_four() -> None:
    assert math.log(REPLIES) - 0.01 < GENERATOR.information(4000) < math.log(REPLIES)


def test_the_nearest_reply_forgives_one_word() -> None:
    reply = GENERATOR.templates[2, 1].copy()
    assert GENERATOR.nearest(reply, 2) == 1
    reply[3] = 4 if reply[3] != 4 else 5
    assert GENERATOR.nearest(reply, 2) == 1
    assert GENERATOR.nearest(reply, 2, most=0) is None
    assert GENERATOR.nearest(reply[:5], 2) is None


def test_foreign_documents_are_refused_or_impossible() -> None:
    with pytest.raises(DataError, match="not replies"):
        GENERATOR.log_likelihood(Documents.from_arrays([[4, 5]]))
    drawn = GENERATOR.sample(2, seed=0)
    short = drawn.subset([0, 1])
    broken = type(short)(**{**vars(short), "tokens": short.tokens.copy()})
    broken.tokens[0] = 3
    assert GENERATOR.log_likelihood(broken)[0] == -math.inf
