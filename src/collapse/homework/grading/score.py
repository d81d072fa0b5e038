"""The score of a hand-in, and the form in which Gradescope reads it."""

import math
from collections.abc import Mapping
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
class Late:
    """How late a hand-in is, and what that costs.

    Attributes:
        seconds: after it was due; negative before.
        percent: of the points that each started day takes away.
    """

    seconds: float | int
    percent: float | int

    @property
    def days(self) -> int:
        """Started days after the moment; none before it."""
        return max(0, math.ceil(self.seconds / 86_400))

    def kept(self, points: float | int) -> float:
        """The points that are left."""
        return round(points * max(0.0, 1 - self.percent / 100 * self.days), 2)

    def words(self, points: float | int) -> str:
        """What is said to who handed in; nothing where it is in time."""
        if not self.days:
            return ""
        days = "a day" if self.days == 1 else f"{self.days} days"
        return f"Late by up to {days}: {self.kept(points):g} of {points:g} points are left."


@dataclass(frozen=True)
class Score:
    """Of one hand-in.

    Attributes:
        name: of its file.
        marks: task by task.
        seconds: that it took.
        notes: on cells that failed or were left out.
        hurried: whether a limit of time or memory, as a machine has them, ended a part of it.
    """

    name: str
    marks: tuple[Mark, ...]
    seconds: float | int
    notes: tuple[str, ...]
    hurried: bool = False

    @property
    def points(self) -> float:
        """Of all tasks that are marked by the grader."""
        return round(sum((mark.points or 0.0 for mark in self.marks), 0.0), 2)

    @property
    def open_points(self) -> int:
        """That a person may still give."""
        return sum(mark.most for mark in self.marks if mark.points is None)

    def results(self, late: Late | None = None) -> dict[str, Any]:
        """Gradescope's results.json: https://gradescope-autograders.readthedocs.io/en/latest/specs/

        Times are left out, so that the same hand-in and seed give the same file.

        Args:
            late: how late it is, where that counts.
        """
        said = (*self.notes, late.words(self.points) if late else "", self.to_be_read())
        return {
            "score": late.kept(self.points) if late else self.points,
            "output": "\n".join(filter(None, said)),
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": [test_of(mark) for mark in self.marks],
            "extra_data": {"notes": list(self.notes)},
        }

    def to_be_read(self) -> str:
        """What is left to a person."""
        empty = [m.number for m in self.marks if m.points is None and not m.words]
        said = f"{self.open_points} more points are given by hand." if self.open_points else ""
        return f"{said} Nothing was written for {', '.join(empty)}." if empty else said


def score_of(results: Mapping[str, Any], name: str) -> Score:
    """The score of which these are the results; the seconds that it took are not among them.

    Args:
        results: as :meth:`Score.results` gives them.
        name: of the hand-in's file.

    Raises:
        KeyError: when something is missing in them.
    """
    marks = tuple(mark_of(test) for test in results["tests"])
    return Score(printable(name), marks, 0.0, tuple(results["extra_data"]["notes"]))


def mark_of(test: Mapping[str, Any]) -> Mark:
    """The mark of which this is the test."""
    if "extra_data" in test:
        more = test["extra_data"]
        return Mark(test["number"], test["name"], None, more["by_hand"], more["written"])
    return Mark(test["number"], test["name"], test["score"], test["max_score"], test["output"])


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
