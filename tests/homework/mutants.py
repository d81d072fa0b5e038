"""The wrong and right answers to all exercises, and how many there are of each.

    PYTHONPATH=src:tests python tests/homework/mutants.py

writes the table that the page for instructors shows. That every wrong one is refused with the words
that fit, and every right one accepted, is what ``test_variants.py`` tests.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from collapse.homework.checking import exercises

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "book" / "homework" / "variants.csv"
sys.path.insert(0, str(HERE))
MODULES = [import_module(path.stem) for path in sorted(HERE.glob("variants_*.py"))]
OF_FORM = (
    "The answer is", "a word of", "one letter", "write its body", "failed with",
    "Write your answer", "no float", "A part of the answer",
)  # fmt: skip
"""What a check says where an answer is of another kind than the exercise asks for."""


def given(kind: str) -> dict[str, list[Any]]:
    """The answers of one kind to each exercise, from all modules."""
    return {n: answers for module in MODULES for n, answers in getattr(module, kind, {}).items()}


def wrong(number: str) -> list[Any]:
    """The wrong answers to an exercise, each with the words that it is told."""
    return [*given("WRONG").get(number, ()), *given("WRONG_AFTER").get(number, ())]


def ideas(number: str) -> list[Any]:
    """Those that are no slips of form."""
    return [case for case in wrong(number) if not any(form in case[-1] for form in OF_FORM)]


def table() -> str:
    """A line for each exercise, as CSV."""
    lines = ["exercise,wrong ideas,slips of form,right answers"]
    for number in exercises():
        right = [*given("RIGHT").get(number, ()), *given("RIGHT_AFTER").get(number, ())]
        counts = len(ideas(number)), len(wrong(number)) - len(ideas(number)), len(right)
        lines.append(",".join(map(str, (number, *counts))))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
