"""The score of a hand-in, and the form in which Gradescope reads it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mark:
    """Of one task.

    Attributes:
        number: of the task.
        title: its name.
        points: that it got; None for what a person reads.
        most: points of a full answer.
        words: the reason; of a written answer, its text.
    """

    number: str
    title: str
    points: float | None
    most: int
    words: str


@dataclass(frozen=True)
class Score:
    """Of one hand-in.

    Attributes:
        name: of its file.
        marks: task by task.
        seconds: that it took.
        notes: on cells that failed or were left out.
    """

    name: str
    marks: tuple[Mark, ...]
    seconds: float
    notes: tuple[str, ...]

    @property
    def points(self) -> float:
        """Of all tasks that are marked by the grader."""
        return round(sum(mark.points or 0.0 for mark in self.marks), 2)

    @property
    def open_points(self) -> int:
        """That a person may still give."""
        return sum(mark.most for mark in self.marks if mark.points is None)

    def results(self) -> dict[str, Any]:
        """Gradescope's results.json: https://gradescope-autograders.readthedocs.io/en/latest/specs/

        Times are left out, so that the same hand-in and seed give the same file.
        """
        return {
            "score": self.points,
            "output": "\n".join((*self.notes, self.to_be_read())).strip(),
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": [test_of(mark) for mark in self.marks],
        }

    def to_be_read(self) -> str:
        """What is left to a person."""
        return f"{self.open_points} more points are given by hand." if self.open_points else ""


def printable(text: str) -> str:
    """The text without what would move a terminal's cursor: a hand-in has written parts of it."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)


def test_of(mark: Mark) -> dict[str, Any]:
    """One test of Gradescope."""
    if mark.points is None:
        words = "To be read by a person." if mark.words else "Nothing was written."
        return {
            "number": mark.number,
            "name": mark.title,
            "output": f"{words} {mark.most} points at most.",
            "extra_data": {"written": mark.words, "by_hand": mark.most},
        }
    return {
        "number": mark.number,
        "name": mark.title,
        "score": mark.points,
        "max_score": mark.most,
        "status": "passed" if mark.points == mark.most else "failed",
        "output": mark.words,
    }
