"""Every exercise tells right answers from wrong ones, and says to each what fits."""

from importlib import import_module
from pathlib import Path

import pytest

from collapse.homework import check
from collapse.homework.checking import exercises

MODULES = [import_module(path.stem) for path in sorted(Path(__file__).parent.glob("variants_*.py"))]
RIGHT = [(n, a) for module in MODULES for n, answers in module.RIGHT.items() for a in answers]
WRONG = [(n, *pair) for module in MODULES for n, pairs in module.WRONG.items() for pair in pairs]


def test_every_exercise_has_three_right_answers_and_six_wrong_ones() -> None:
    for number in exercises():
        assert sum(n == number for n, _ in RIGHT) >= 3, number
        assert sum(n == number for n, *_ in WRONG) >= 6, number


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_a_right_answer_is_accepted(number: str, answer) -> None:
    verdict = check(number, answer)
    assert verdict.right, verdict


@pytest.mark.parametrize(("number", "answer", "words"), WRONG)
def test_a_wrong_answer_is_told_why(number: str, answer, words: str) -> None:
    verdict = check(number, answer)
    assert not verdict.right
    assert words in verdict.words, verdict
