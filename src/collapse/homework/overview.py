"""The assignments for the instructor's page, made from the tasks themselves."""

import re
from collections.abc import Iterable

import pandas as pd
from IPython.display import Markdown

from collapse.homework.assignment import Assignment
from collapse.homework.checking import assignments
from collapse.homework.kinds import Choice, Numbers
from collapse.viz import results_table
from collapse.viz.tables import ResultsTable


def task_tables() -> list[ResultsTable]:
    """For each assignment a table of its tasks: goals, minutes, points."""
    return [table_of(name, each) for name, each in assignments().items()]


def table_of(name: str, assignment: Assignment) -> ResultsTable:
    """The table of one assignment."""
    minutes = sum(task.minutes for task in assignment.tasks.values())
    rows = {
        number: {
            "task": task.title,
            "who solves it can": "; ".join(task.goals),
            "minutes": str(task.minutes),
            "points": f"{task.points}{' by hand' if task.exercise is None else ''}",
        }
        for number, task in assignment.tasks.items()
    }
    said = f"{name}, {assignment.title}: {assignment.points} points, {minutes} minutes."
    return results_table(rows, caption=said)


def shares(every: Iterable[Assignment] | None = None) -> dict[str, int]:
    """Points of all assignments together, by who gives them.

    Args:
        every: the assignments; by default those of the book.

    Returns:
        "in all", "fixed" (numbers and letters, the same for everybody), "fresh" (functions and
        things that are to be found, tried on inputs that nobody knows), "by hand".
    """
    found = dict.fromkeys(("in all", "fixed", "fresh", "by hand"), 0)
    for assignment in assignments().values() if every is None else every:
        for task in assignment.tasks.values():
            fixed = isinstance(task.exercise, Numbers | Choice)
            kind = "by hand" if task.exercise is None else "fixed" if fixed else "fresh"
            found[kind] += task.points
            found["in all"] += task.points
    return found


def shares_in_words() -> Markdown:
    """Where the points come from."""
    of = shares()
    return Markdown(
        f"Of {of['in all']} points {of['by hand']} are given by a person, and {of['fresh']} for "
        "functions and things to be found, which the grader tries on inputs of its own. The other "
        f"{of['fixed']} are for numbers and letters that are the same for everybody and stand on "
        "the public solution pages: take them for attendance, or give each one point."
    )


def variants_tables(counts: pd.DataFrame) -> list[ResultsTable]:
    """How many wrong and right answers each exercise is tried with, of chapters and assignments.

    Args:
        counts: a row for each exercise, as ``tests/homework/mutants.py`` writes them.
    """
    columns = ["wrong ideas", "slips of form", "right answers"]
    source = counts.exercise.str.partition(".")[0]
    summed = counts[columns].groupby(source, sort=False).sum()
    exercises = counts.groupby(source, sort=False).size()
    made = []
    for what, of in {"chapters": r"\d", "assignments": r"hw\d"}.items():
        rows = {
            name: {"exercises": str(exercises[name]), **{c: str(row[c]) for c in columns}}
            for name, row in summed.iterrows()
            if re.fullmatch(of, str(name))
        }
        said = f"Answers on which the checks of the {what} are tried by the tests of the package."
        made.append(results_table(rows, caption=said))
    return made


def rubrics_in_words() -> Markdown:
    """What a person looks for in each written answer, with points."""
    written = {
        f"**{number} {task.title}**": task.rubric
        for each in assignments().values()
        for number, task in each.tasks.items()
        if task.rubric
    }
    return Markdown(
        "\n\n".join(
            "\n".join([head, "", *(f"- {points}: {words}" for words, points in rubric.items())])
            for head, rubric in written.items()
        )
    )
