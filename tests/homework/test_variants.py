"""Every exercise tells right answers from wrong ones, and says to each what fits."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest
from mutants import TABLE, given, ideas, table

from collapse.homework import check
from collapse.homework.checking import exercises
from collapse.homework.kinds import Choice, Find
from collapse.homework.overview import variants_tables
from collapse.runs.run import Run

pytestmark = pytest.mark.usefixtures("references_once")


def one_by_one(kind: str) -> list[tuple[str, Any]]:
    """Each with the number of its exercise."""
    return [(number, answer) for number, answers in given(kind).items() for answer in answers]


def test_every_exercise_has_three_right_answers_and_six_wrong_ones() -> None:
    for number, exercise in exercises().items():
        trains = isinstance(exercise, Find) and exercise.trains
        after = "_AFTER" if trains else ""
        assert len(given(f"RIGHT{after}")[number]) >= 3, number
        assert len(given(f"WRONG{after}")[number]) >= 6, number
        assert not trains or len(given("TRAINED")[number]) >= 3, number


@pytest.mark.parametrize("number", exercises())
def test_six_of_the_wrong_answers_are_wrong_ideas(number: str) -> None:
    """Slips of form are counted apart: an answer of another kind says nothing of an idea."""
    exercise, wrong = exercises()[number], ideas(number)
    if isinstance(exercise, Choice):  # no more ideas than there are wrong answers
        assert len(wrong) >= min(6, len(exercise.options) - 1)
    elif not isinstance(exercise, Find):
        assert len({words for *_, words in wrong}) >= 6
    else:  # a property is missed in as many ways as it has parts
        assert len(wrong) >= (4 if exercise.trains else 6)
        assert len({words for *_, words in wrong}) >= 2


def test_instructors_see_how_many_answers_are_tried() -> None:
    counts = pd.read_csv(TABLE)
    tables = variants_tables(counts)
    assert [len(each.cells) for each in tables] == [9, 4]
    for column in ("exercises", "wrong ideas", "slips of form", "right answers"):
        shown = sum(int(n) for each in tables for n in each.cells[column])
        assert shown == (len(counts) if column == "exercises" else counts[column].sum())


def test_the_table_of_variants_is_of_today() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "python tests/homework/mutants.py"


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


PLAIN = {"mi": 0.0, "nll": 100.0}  # of the VAE beside which another one is seen


def trainings_give(
    outcome: Mapping[str, float] | None, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    """Put an outcome in the place of what a check trains; None where it must not come so far."""

    def run(recipe: Any, *_: Any, **__: Any) -> Mock:
        if outcome is None:
            pytest.fail("A training began, for an answer that is wrong in its form.")
        steps = {"encoder_steps": outcome.get("encoder_steps", 0) / 2}
        summary = PLAIN if recipe == "vae" else outcome
        return Mock(spec=Run, summary=summary, history=[steps] * 3)

    chapter = f"collapse.homework.chapters.chapter{number[0]}"
    monkeypatch.setattr(f"{chapter}.run", run)
    if number == "4.4":
        monkeypatch.setattr(f"{chapter}.accuracy", lambda done, of, learn: done.summary[of])


@pytest.mark.parametrize(("number", "case"), one_by_one("RIGHT_AFTER"))
def test_a_right_answer_is_accepted_after_a_training(
    number: str, case: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, outcome = case
    trainings_give(outcome, monkeypatch, number)
    verdict = check(number, answer, scale="smoke")
    assert verdict.right, verdict


@pytest.mark.parametrize(("number", "case"), one_by_one("WRONG_AFTER"))
def test_a_wrong_answer_is_told_why_before_or_after_a_training(
    number: str, case: tuple[Any, Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, outcome, words = case
    trainings_give(outcome, monkeypatch, number)
    verdict = check(number, answer, scale="smoke")
    assert not verdict.right
    assert words in verdict.words, verdict


@pytest.mark.parametrize(("number", "case"), one_by_one("TRAINED"))
def test_what_is_trained_is_told(number: str, case: tuple[Any, str]) -> None:
    answer, words = case
    assert words in check(number, answer, scale="smoke").words
