"""Every exercise tells right answers from wrong ones, and says to each what fits."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from collapse.homework import check
from collapse.homework.checking import exercises
from collapse.homework.kinds import Find

MODULES = [import_module(path.stem) for path in sorted(Path(__file__).parent.glob("variants_*.py"))]


def given(kind: str) -> dict[str, list[Any]]:
    """The answers of one kind to each exercise, from all modules."""
    return {n: answers for module in MODULES for n, answers in getattr(module, kind, {}).items()}


def one_by_one(kind: str) -> list[tuple[str, Any]]:
    """Each with the number of its exercise."""
    return [(number, answer) for number, answers in given(kind).items() for answer in answers]


def test_every_exercise_has_three_right_answers_and_six_wrong_ones() -> None:
    for number, exercise in exercises().items():
        if isinstance(exercise, Find) and exercise.trains:
            assert len(given("TRAINED")[number]) >= 3, number
        else:
            assert len(given("RIGHT")[number]) >= 3, number
            assert len(given("WRONG")[number]) >= 6, number


@pytest.mark.parametrize(("number", "answer"), one_by_one("RIGHT"))
def test_a_right_answer_is_accepted(number: str, answer: Any) -> None:
    verdict = check(number, answer)
    assert verdict.right, verdict


@pytest.mark.parametrize(("number", "case"), one_by_one("WRONG"))
def test_a_wrong_answer_is_told_why(number: str, case: tuple[Any, str]) -> None:
    answer, words = case
    verdict = check(number, answer)
    assert not verdict.right
    assert words in verdict.words, verdict


@pytest.mark.parametrize(("number", "case"), one_by_one("TRAINED"))
def test_what_is_trained_is_told(number: str, case: tuple[Any, str]) -> None:
    answer, words = case
    assert words in check(number, answer, scale="smoke").words
