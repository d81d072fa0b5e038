"""The assignments for the instructor's page, made from the tasks themselves."""

from IPython.display import Markdown

from collapse.homework.assignment import Assignment
from collapse.homework.checking import assignments


def tasks_in_words() -> Markdown:
    """Every task with its goals: how it is marked, minutes and points, one table an assignment."""
    return Markdown("\n\n".join(of_assignment(name, each) for name, each in assignments().items()))


def of_assignment(name: str, assignment: Assignment) -> str:
    """The table of one."""
    minutes = sum(task.minutes for task in assignment.tasks.values())
    lines = [
        f"**{name}: {assignment.title}.** {assignment.points} points, {minutes} minutes.",
        "",
        "| task | who solves it can | marked | minutes | points |",
        "| --- | --- | --- | --- | --- |",
    ]
    for number, task in assignment.tasks.items():
        marked = "by a person" if task.exercise is None else "by the grader"
        cells = (f"{number} {task.title}", "; ".join(task.goals), marked, task.minutes, task.points)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


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
