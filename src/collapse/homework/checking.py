"""The one function that a cell of a notebook calls."""

from importlib import import_module
from typing import Any

from collapse.base.errors import CollapseError, choose
from collapse.homework.kinds import Exercise, Verdict

CHAPTERS = ("chapter1", "chapter5", "chapter6", "chapter7")
"""The modules that hold exercises, each under its number: ``EXERCISES["1.2"]``."""


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

    >>> check("1.5", None)
    No answer yet. Replace None and run this cell again.
    """
    exercise = choose(number, exercises(), "exercise")
    if answer is None:
        return Verdict(False, "Replace None and run this cell again.", given=False)
    try:
        return exercise.judge(answer, seed, scale)
    except CollapseError as error:
        return Verdict(False, str(error))


def exercises() -> dict[str, Exercise]:
    """All exercises by number."""
    modules = (import_module(f"collapse.homework.{name}") for name in CHAPTERS)
    return {number: each for module in modules for number, each in module.EXERCISES.items()}
