"""The assignments for the instructor's page, made from the tasks themselves."""

from IPython.display import Markdown

from collapse.homework.assignment import Assignment
from collapse.homework.checking import assignments
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
