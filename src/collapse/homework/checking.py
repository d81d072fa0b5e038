"""The one function that a cell of a notebook calls."""

from dataclasses import replace
from importlib import import_module
from typing import Any

from collapse.base.errors import CollapseError, choose
from collapse.homework.assignment import Assignment
from collapse.homework.kinds import UNWRITTEN, Exercise, Find, Verdict

CHAPTERS = tuple(f"chapter{number}" for number in range(1, 10))
"""The modules that hold the exercises of the chapters: ``EXERCISES["1.2"]``."""

ASSIGNMENTS = ("hw1", "hw2", "hw3", "hw4")
"""The modules that hold an ``ASSIGNMENT`` each."""

LESS_STRANGE = "Is it of the size and of the kind that the exercise asks for?"

SAID: dict[str, Verdict] = {}
"""What the last check of each exercise has said in this session, by number."""


def check(number: str, answer: Any, seed: int = 0, scale: str = "light") -> Verdict:
    """Say at once whether an answer is right, and if not what to think of.

    Args:
        number: of the exercise, as "2.3".
        answer: numbers, a letter, a function or what else it asks for; None for none yet.
        seed: of the inputs on which a function is tried, or of the run that an exercise asks for.
            Other inputs than those of seed 0 count for marks.
        scale: of such a run.

    Raises:
        UnknownNameError: for a number that no exercise has.
        CollapseError: for that of a written task.

    >>> check("1.5", None)
    No answer yet. Write your answer and run this cell again.
    """
    if number in {n for each in assignments().values() for n in each.tasks} - {*exercises()}:
        raise CollapseError(f"{number} is a written task: a person reads it, and no check does.")
    exercise = choose(number, exercises(), "exercise")
    verdict = judged(exercise, answer, seed, scale)
    for other in range(1, exercise.rehearsed if isinstance(exercise, Find) else 1):
        if verdict.right and not (next_one := judged(exercise, answer, seed + other, scale)).right:
            words = f"{next_one.words} With other draws it is right: leave a margin."
            verdict = replace(next_one, words=words)
    SAID[number] = replace(verdict, share=None)
    return SAID[number]  # without the share, which would tell how many of several numbers are right


def judged(exercise: Exercise, answer: Any, seed: int, scale: str) -> Verdict:
    """What an exercise says to an answer; one of the wrong kind is a wrong one, with a reason."""
    if answer is None or answer is ...:
        return Verdict(False, UNWRITTEN, given=False)
    try:
        return exercise.judge(answer, seed, scale)
    except CollapseError as error:
        return Verdict(False, str(error))
    except Exception as error:  # whatever an answer of this size or kind makes of a computation
        failed = f"{type(error).__name__}: {error}"
        return Verdict(False, f"With this answer the check fails ({failed}). {LESS_STRANGE}")


def exercises() -> dict[str, Exercise]:
    """All exercises by number."""
    modules = (import_module(f"collapse.homework.chapters.{name}") for name in CHAPTERS)
    of_chapters = {number: each for module in modules for number, each in module.EXERCISES.items()}
    return of_chapters | {
        n: e for each in assignments().values() for n, e in each.exercises.items()
    }


def assignments() -> dict[str, Assignment]:
    """All assignments by name."""
    return {
        name: import_module(f"collapse.homework.assignments.{name}").ASSIGNMENT
        for name in ASSIGNMENTS
    }
