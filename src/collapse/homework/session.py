"""What the checks of this session have said, for a look at the points before handing in."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from textwrap import wrap

from collapse.base.errors import choose
from collapse.homework.assignment import Assignment, Task
from collapse.homework.checking import SAID, assignments
from collapse.homework.kinds import Verdict

COLUMNS = 76  # that a page shows
CLOSING = "Before you hand in"
"""The heading of the last cells of an assignment, which belong to no task."""


@dataclass(frozen=True)
class Standing:
    """The points of an assignment, as far as checks of this session say.

    Attributes:
        lines: one for each task.
        points: of the tasks that were right.
        most: of all tasks that are checked.
        by_hand: of those that a person reads.
    """

    lines: tuple[str, ...]
    points: int
    most: int
    by_hand: int

    def __repr__(self) -> str:
        said = (
            f"{self.points} of {self.most} points by the checks of this session. A person gives up "
            f"to {self.by_hand} more. For marks, functions are tried on other inputs."
        )
        tasks = (wrap(line, COLUMNS, subsequent_indent="    ") for line in self.lines)
        return "\n".join([*chain.from_iterable(tasks), *wrap(said, COLUMNS)])


def so_far(name: str) -> None:
    """Print where an assignment stands: what the last check of each task has said, in points.

    Args:
        name: of the assignment, as "hw1".

    Raises:
        UnknownNameError: for an assignment that there is not.
    """
    print(standing(choose(name, assignments(), "assignment"), SAID))


def standing(assignment: Assignment, said: Mapping[str, Verdict]) -> Standing:
    """The points of an assignment after these verdicts, by number of the task."""
    checked = {n: t for n, t in assignment.tasks.items() if t.exercise is not None}
    most = sum(task.points for task in checked.values())
    points = sum(t.points for n, t in checked.items() if n in said and said[n].right)
    lines = tuple(line(n, task, said.get(n)) for n, task in assignment.tasks.items())
    return Standing(lines, points, most, assignment.points - most)


def line(number: str, task: Task, verdict: Verdict | None) -> str:
    """What is to be said of one task."""
    if task.exercise is None:
        return f"{number} {task.title}: written, up to {task.points} points by a person"
    if verdict is None:
        how = "not checked since this notebook was started"
    else:
        how = "right" if verdict.right else "not yet" if verdict.given else "no answer yet"
    points = task.points if verdict is not None and verdict.right else 0
    return f"{number} {task.title}: {how}, {points} of {task.points} points"
