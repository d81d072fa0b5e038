"""Every metric of replies against cases counted by hand, BLEU against its library."""

import math

import numpy as np
import pytest

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.metrics.dialogue import scores
from collapse.metrics.dialogue.scores import PrecisionRecall, precision_recall
from collapse.metrics.dialogue.word_vectors import WordVectors

VECTORS = WordVectors(
    {"a": 0, "b": 1, "c": 2}, np.array([[1.0, 0.0], [0.0, 1.0], [-3.0, 0.5]]), "made up"
)


def shared(one, other) -> float:
    return len({*one} & {*other}) / 4


def test_precision_asks_the_samples_and_recall_the_references() -> None:
    samples, references = ["ab", "cd"], ["abcd", "ab", "xy"]
    found = precision_recall(shared, samples, references)
    assert (found.precision, found.recall) == (0.5, pytest.approx(1 / 3))
    one = precision_recall(shared, ["a", "abc"], ["abcd"])
    assert one == PrecisionRecall(precision=0.5, recall=0.75)
    both = scores.over_contexts(shared, [samples, ["a", "abc"]], [references, ["abcd"]])
    assert both.recall == pytest.approx((1 / 3 + 0.75) / 2)
    with pytest.raises(CollapseError, match="need a sample and a reference"):
        precision_recall(shared, [], ["a"])


def test_average_and_extreme_bags_of_vectors() -> None:
    average = scores.bow_similarity(VECTORS, "average")
    assert average(["a", "b"], ["a"]) == pytest.approx(math.sqrt(0.5))
    assert average(["a", "nobody"], ["a"]) == pytest.approx(1.0)
    assert average(["nobody"], ["a"]) == 0.0
    extreme = scores.bow_similarity(VECTORS, "extreme")
    # of a, b, c the entries farthest from 0 are -3 and 1
    assert extreme(["a", "b", "c"], ["b"]) == pytest.approx(1 / math.sqrt(10))
    assert extreme([], ["b"]) == 0.0
    with pytest.raises(UnknownNameError):
        scores.bow_similarity(VECTORS, "median")


def test_distinct_counts_ngrams() -> None:
    samples = [list("aab"), list("ab")]
    assert scores.distinct(samples, 1) == 2 / 5
    assert scores.distinct(samples, 2) == 2 / 3  # aa ab | ab
    assert scores.distinct(samples, 4) == 0.0
    by_words = 2 / 5  # as Li et al. count: two pairs, five words in two replies
    assert by_words == pytest.approx(scores.distinct(samples, 2) * (5 - 2) / 5)


def test_variety_counts_whole_replies() -> None:
    assert scores.variety([[list("ab"), list("ab")], [list("a"), list("b")]]) == 0.75


def test_without_its_library_bleu_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(scores, "find_spec", lambda name: None)
    assert not scores.has_bleu()
    with pytest.raises(CollapseError, match="pip install nltk"):
        scores.sentence_bleu(["a"], ["a"])


def test_bleu_is_that_of_the_library() -> None:
    library = pytest.importorskip("nltk.translate.bleu_score")
    sample = ["it", "is", "a", "place", "of", "quiet"]
    right = [*sample, "talk"]
    smooth = library.SmoothingFunction().method7
    expected = library.sentence_bleu([right], sample, [1 / 3] * 3, smoothing_function=smooth)
    assert scores.sentence_bleu(sample, right) == pytest.approx(expected)
    four = library.sentence_bleu([right], sample, [1 / 4] * 4, smoothing_function=smooth)
    assert scores.sentence_bleu(sample, right, order=4) == pytest.approx(four)
    assert four != pytest.approx(expected, rel=1e-3)
    assert scores.sentence_bleu([], right) == 0.0


def test_bleu_of_a_perfect_sentence_passes_one() -> None:
    pytest.importorskip("nltk")
    words = ["it", "is", "a", "place", "of", "quiet"]
    first = (2 + 1 + 1) / 3  # the order below the first counts as p_1 + 1
    second = (first + 1 + 1) / 3
    third = (second + 1 + 1) / 3
    expected = (first * second * third) ** (1 / 3)
    assert scores.sentence_bleu(words, words) == pytest.approx(expected)


def test_self_bleu_is_high_for_repetition() -> None:
    with pytest.raises(CollapseError, match="two samples"):
        scores.self_bleu([["a"]])
    pytest.importorskip("nltk")
    same = [["we", "stayed", "at", "home", "today"]] * 3
    other = [same[0], ["nothing", "was", "ever", "true"], ["dogs", "run", "along", "a", "road"]]
    assert scores.self_bleu(same) > 1 > scores.self_bleu(other)
