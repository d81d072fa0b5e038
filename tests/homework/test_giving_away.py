"""What checks do not give away, whoever asks and how often."""

import json
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from collapse.homework import check, checking
from collapse.homework.chapters import chapter4
from collapse.homework.checking import assignments, exercises, judged
from collapse.homework.grading.inside import wire
from collapse.homework.kinds import (
    DECIMALS,
    Choice,
    Exercise,
    Find,
    Function,
    Numbers,
    Verdict,
)

EXERCISES = exercises()
pytestmark = pytest.mark.usefixtures("references_once")


def of_kind(kind: type[Exercise]) -> list[str]:
    """The numbers of the exercises of a kind."""
    return [number for number, exercise in EXERCISES.items() if isinstance(exercise, kind)]


HINTED = [
    number
    for each in assignments().values()
    for number, exercise in each.exercises.items()
    if isinstance(exercise, Numbers | Choice | Function)
]


@pytest.mark.parametrize("number", HINTED)
def test_a_hint_of_an_assignment_asks_and_does_not_tell(number: str) -> None:
    hint = EXERCISES[number].hint
    assert all(sentence.endswith("?") for sentence in re.split(r"(?<=[.?!]) ", hint)), hint


@pytest.mark.parametrize("number", of_kind(Choice))
@pytest.mark.parametrize("answer", ["?", "", "no such word", 7, ["a", 7]])
def test_a_choice_does_not_list_its_answers(number: str, answer: Any) -> None:
    exercise = EXERCISES[number]
    words = check(number, answer).words
    assert "letter" in words
    said = words.replace(repr(answer), "")
    for option in exercise.options:
        if len(option) > 1:
            assert option not in said, words


@pytest.mark.parametrize("number", of_kind(Choice))
def test_what_a_choice_says_of_a_wrong_answer_does_not_hold_the_right_one(number: str) -> None:
    exercise = EXERCISES[number]
    right = exercise.truth()
    if len(right) > 1:
        for option in exercise.options:
            if option != right:
                assert right not in check(number, option).words


OF_SEVERAL = [number for number in of_kind(Numbers) if len(EXERCISES[number].names) > 1]


@pytest.mark.parametrize("number", OF_SEVERAL)
def test_of_several_numbers_none_is_said_to_be_right(number: str) -> None:
    """Far off in any number, the words are the same: nobody gets the others one by one.

    Words that could be guessed are tried, too, in all their ways.
    """
    exercise = EXERCISES[number]
    words = {value: word for word, value in exercise.spoken.items()}
    places = [[*words.values()] if t in words else [t, t + 1234.5] for t in exercise.truth()]
    said = set()
    for given in product(*places):
        if any(not isinstance(g, str) and g > 1000 for g in given):
            verdict = check(number, given)
            assert not verdict.right
            assert verdict.share is None
            said.add(str(verdict))
    assert len(said) == 1, said


@pytest.mark.parametrize(
    ("number", "answer", "share"),
    [
        ("hw1.8", (777, 777, 777, "yes"), 0),
        ("hw1.8", (777, 777, 777, "no"), 0),
        ("hw1.8", (323.9, 777, 777, "no"), 1 / 4),
        ("hw1.8", (323.9, 1.5, 0.1, "yes"), 3 / 4),
        ("hw1.8", (323.9, 1.5, None, None), 1 / 2),
        ("hw3.8", (0, 0, "undecided"), 0),
        ("hw3.8", (0, 0.58, "undecided"), 1 / 3),
        ("hw1.5", (1.65, None, 0.15), 2 / 3),
    ],
)
def test_a_word_that_could_be_guessed_has_no_points_by_itself(
    number: str, answer: Any, share: float
) -> None:
    assert judged(EXERCISES[number], answer, 0, "light").part == pytest.approx(share)


def test_what_only_some_draws_accept_is_told_to_leave_a_margin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look(answer: Any, seed: int, scale: str) -> Verdict:
        return Verdict(seed not in answer, f"{seed} in all.")

    fragile = Find(look, rehearsed=5)
    monkeypatch.setattr(checking, "exercises", lambda: {"1.1": fragile})
    assert check("1.1", [5]).right
    assert check("1.1", [4]).words == "4 in all. With other draws it is right: leave a margin."
    assert check("1.1", [0]).words == "0 in all."
    assert judged(fragile, [4], 1, "light").right


def test_the_share_of_the_points_is_for_the_grader() -> None:
    verdict = judged(EXERCISES["hw1.5"], (1.65, 1.5, 9.0), 0, "light")
    assert verdict.part == pytest.approx(2 / 3)


@pytest.mark.parametrize("share", [0.25, 0.3, 0.75, 1.0])
def test_a_number_that_a_training_gives_is_not_told_to_who_predicted_another(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapter4, "run", lambda *_, **__: None)
    monkeypatch.setattr(chapter4, "accuracy", lambda *_, **__: 0.512)
    assert check("4.4", 0.5, scale="smoke").right
    verdict = check("4.4", share, scale="smoke")
    assert not verdict.right
    assert not re.search(r"\d", verdict.words), verdict


def test_the_letters_of_an_audit_are_not_told_one_by_one() -> None:
    assert check("5.4", "BFC").words == check("5.4", "AEC").words == check("5.4", "AFB").words


def test_of_a_function_the_first_value_that_is_off_is_named_and_none_behind_it() -> None:
    words = check("hw3.4", lambda W, noise, x, mean, std: (0 * mean, W.T @ W, W.sum(), 3.0)).words
    assert "Another posterior mean" in words
    assert "covariance" not in words.split("?")[0]
    assert "gap" not in words


def of_one_line(number: str) -> list[Callable[..., Any]]:
    """Functions that give a constant, or something that they got, once or as often as asked."""
    made: list[Callable[..., Any]] = []
    for times in (1, len(EXERCISES[number].gives)):
        ways: list[Callable[..., Any]] = [lambda *a, i=i: a[i % len(a)] for i in range(5)]
        ways += [lambda *a, i=i: 0 * a[i % len(a)] for i in range(3)]
        ways += [lambda *_, c=c: c for c in (0.0, 1.0)]
        made += [
            way if times == 1 else lambda *a, way=way, times=times: (way(*a),) * times
            for way in ways
        ]
    return made


OF_PARTS = [n for n in HINTED if len(getattr(EXERCISES[n], "gives", ())) > 1]


@pytest.mark.parametrize("number", OF_PARTS)
def test_a_function_of_one_line_has_no_points(number: str) -> None:
    for guess in of_one_line(number):
        assert judged(EXERCISES[number], guess, 1, "light").part == 0


# What changes nothing: a word's place and a document's length are numbers.
WITHOUT_ARRAYS = {"4.1"}


@pytest.mark.parametrize("number", sorted({*of_kind(Function)} - WITHOUT_ARRAYS))
def test_a_function_that_changes_what_it_got_is_told_so(number: str) -> None:
    reference = EXERCISES[number].reference

    def careless(*given: Any) -> Any:
        result = reference(*given)
        for each in given:
            if isinstance(each, list):
                each.append(1.0)
            elif isinstance(each, Tensor):
                each.data = each.data.logical_not() if each.dtype == torch.bool else each.data + 1
        return result

    assert check(number, reference).right
    verdict = check(number, careless)
    assert not verdict.right
    assert "changes its inputs" in verdict.words


STRANGE = [10**5000, (10**5000,) * 3, pd.NA, (pd.NA, 1.5, 0.15), ["B", pd.NA], np.array([None, 1])]


@pytest.mark.parametrize("number", EXERCISES)
def test_no_answer_is_so_strange_that_a_check_breaks(number: str) -> None:
    for answer in STRANGE:
        assert not check(number, answer, scale="smoke").right


EXTREME = [-1.0, 0.0, 1e-300, 1e-46, 1e-40, 1e40, 1e154, 1e300]


@pytest.mark.parametrize("number", [n for n in of_kind(Find) if not EXERCISES[n].trains])
def test_nothing_is_right_by_a_number_that_is_none(number: str) -> None:
    for answer in EXTREME:
        verdict = check(number, answer)
        assert not (verdict.right and re.search(r"\b(nan|inf)\b", verdict.words)), verdict


@pytest.mark.parametrize("number", of_kind(Numbers))
def test_two_decimals_are_enough_and_one_is_told_that_it_is_not(number: str) -> None:
    truth = EXERCISES[number].truth()
    assert check(number, [round(value, 2) for value in truth]).right
    verdict = check(number, shorter := [round(value, 1) for value in truth])
    known = [*EXERCISES[number].ideas, EXERCISES[number].hint]
    assert verdict.right or DECIMALS in verdict.words or 0 in shorter, verdict
    assert verdict.right or verdict.words in (DECIMALS, *known)


@pytest.mark.parametrize("shape", [[10**9, 0], [10**5, 10**5, 0], [0, 10**7]])
def test_a_tensor_that_holds_nothing_takes_no_memory(shape: list[int]) -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        wire.read(json.dumps({"tensor": [], "shape": shape, "dtype": "float32"}))
    assert wire.read(wire.spell(torch.zeros(5, 0))).shape == (5, 0)


@pytest.mark.parametrize(
    "answer",
    [
        (1.65, 1.5, 0.15),
        np.array([1.65, 1.5, 0.15]),
        np.array(["1.65", "1.5", "0.15"]),
        pd.Series([1.65, 1.5, 0.15]),
        [np.float32(1.65), torch.tensor(1.5), 0.15],
        (1.65, None, 0.15),
        (1.65, ..., 0.15),
    ],
)
def test_what_a_check_reads_the_grader_reads_as_well(answer: Any) -> None:
    there = wire.read(wire.spell(answer))
    at_home, marked = (judged(EXERCISES["hw1.5"], each, 0, "light") for each in (answer, there))
    assert at_home == marked
    assert marked.part >= 2 / 3
