"""Replies with sampled words: against numbers by hand, closed forms and the measures of a run."""

import numpy as np
import pytest
import torch
from small import tiny_corpus, tiny_model

from collapse import data
from collapse.base.errors import CollapseError
from collapse.chapters import sampled_words
from collapse.data.generated.toy_dialogue import CONTEXTS, NOISE, DialogueGenerator
from collapse.metrics.dialogue import reply_scores
from collapse.metrics.dialogue.replies import reply_coverage
from collapse.parts import Sizes

CORPUS = data.load("toy-dialogue", "smoke")
GENERATOR = DialogueGenerator()
VECTORS = reply_scores.vectors_for(CORPUS)
SIZES = Sizes(vocabulary=len(CORPUS.vocabulary), embedding=5, hidden=8, latent=2)


def test_worth_by_hand() -> None:
    """All four replies twice in each context but the last, where one is said ten times, spoiled."""
    groups = [[*templates, *templates] for templates in GENERATOR.templates[:-1]]
    spoiled = GENERATOR.templates[-1][0].copy()
    spoiled[:2] = spoiled[2]
    found = sampled_words.worth([*groups, [spoiled] * 10], CORPUS, VECTORS)
    assert found["covered"] == pytest.approx(7 / 8)
    assert found["valid"] == pytest.approx(56 / 66)
    assert found["different"] == pytest.approx((7 * 4 / 8 + 1 / 10) / 8)
    assert found["precision"] < 1
    right = sampled_words.worth(list(map(list, GENERATOR.templates)), CORPUS, VECTORS)
    assert right == pytest.approx(
        {"covered": 1, "valid": 1, "recall": 1, "precision": 1, "different": 1}, abs=1e-5
    )


def test_with_the_most_likely_words_it_is_what_a_run_measures() -> None:
    model = tiny_model("cvae", SIZES)
    replies = sampled_words.replies_of_model(model, CORPUS, greedy=True, seed=3)
    found = sampled_words.worth(replies, CORPUS, VECTORS)
    run = reply_coverage(model, CORPUS.test, GENERATOR, seed=3)
    assert (found["covered"], found["valid"]) == (run.covered, run.valid)


def test_words_are_drawn_by_the_decoder() -> None:
    """With all weights 0 every word is as likely as every other: the length is geometric."""
    model = tiny_model("cvae", SIZES, spread=0.0)
    greedy = sampled_words.replies_of_model(model, CORPUS, greedy=True, samples=5)
    assert sampled_words.worth(greedy, CORPUS, VECTORS)["different"] == pytest.approx(1 / 5)
    replies = sampled_words.replies_of_model(model, CORPUS, greedy=False, samples=400)
    lengths = np.array([len(reply) for group in replies for reply in group])
    go_on = 1 - 1 / SIZES.vocabulary
    expected = sum(go_on**step for step in range(1, sampled_words.LONGEST_SAMPLE + 1))
    assert lengths.mean() == pytest.approx(expected, abs=4 * lengths.std() / len(lengths) ** 0.5)
    words = torch.tensor(np.concatenate([reply for group in replies for reply in group]))
    shares = words.bincount(minlength=SIZES.vocabulary) / len(words)
    assert shares.max() < 2 / SIZES.vocabulary


def test_the_truth_is_spoiled_as_often_as_its_noise_says() -> None:
    """A word is right with chance 1 - noise + noise / words; one of six may be wrong."""
    replies = sampled_words.replies_of_truth(CORPUS, samples=1000)
    count = sum(map(len, replies))
    assert (len(replies), count) == (len(CONTEXTS), len(CORPUS.test))
    found = sampled_words.worth(replies, CORPUS, VECTORS)
    right = 1 - NOISE + NOISE / GENERATOR.ordinary
    expected = right**6 + 6 * (1 - right) * right**5
    assert found["valid"] == pytest.approx(
        expected, abs=4 * (expected * (1 - expected) / count) ** 0.5
    )
    assert found["covered"] == 1
    assert all(len(group) <= 3 for group in sampled_words.replies_of_truth(CORPUS, samples=3))


def test_another_corpus_has_no_valid_replies() -> None:
    with pytest.raises(CollapseError, match="generated exchanges only, not of tiny"):
        sampled_words.replies_of_truth(tiny_corpus())
