"""Assignments: tasks with points, of which most are checked and some are read by a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collapse.homework.kinds import Exercise

KINDS = (
    "derive",
    "implement",
    "predict",
    "break",
    "read a log",
    "judge a published row",
    "open problem",
)
"""What a task asks for; each assignment has all of them."""


@dataclass(frozen=True)
class Task:
    """One task of an assignment.

    Attributes:
        title: what it is called.
        goals: what who solves it can do.
        points: that a full answer gets.
        minutes: that it takes.
        difficulty: "easy", "medium" or "hard".
        kind: one of ``KINDS``.
        answer: the name in the notebook: of a number, a word, a function; empty for a written one.
        exercise: what checks the answer; None for a written one.
        rubric: of a written one, the points for each thing that is looked for.
    """

    title: str
    goals: tuple[str, ...]
    points: int
    minutes: int
    difficulty: str
    kind: str = ""
    answer: str = ""
    exercise: Exercise | None = None
    rubric: Mapping[str, int] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """What stands above the text of the task."""
        return f"*{self.minutes} minutes, {self.difficulty}, {self.points} points.*"


@dataclass(frozen=True)
class Assignment:
    """What is handed out and handed in as one notebook.

    Attributes:
        title: what it is about.
        chapters: to be read before.
        tasks: by number, as "hw1.1".
    """

    title: str
    chapters: tuple[int, ...]
    tasks: Mapping[str, Task]

    @property
    def points(self) -> int:
        """Of all tasks."""
        return sum(task.points for task in self.tasks.values())

    @property
    def minutes(self) -> int:
        """Of all tasks."""
        return sum(task.minutes for task in self.tasks.values())

    @property
    def exercises(self) -> dict[str, Exercise]:
        """Those that a check knows, by number."""
        return {n: task.exercise for n, task in self.tasks.items() if task.exercise is not None}
