"""Tables of the assignments for the instructor's page, made from the tasks themselves."""

from collapse.homework.checking import assignments
from collapse.viz import results_table
from collapse.viz.tables import ResultsTable


def tasks_table(number: str = "") -> ResultsTable:
    """Every task that counts: what it is about, how it is marked, minutes and points."""
    rows = {
        name: {
            "task": task.title,
            "marked": "by a person" if task.exercise is None else "by the grader",
            "difficulty": task.difficulty,
            "minutes": str(task.minutes),
            "points": str(task.points),
        }
        for each in assignments().values()
        for name, task in each.tasks.items()
    }
    said = "; ".join(
        f"{name}: {each.points} points, {sum(t.minutes for t in each.tasks.values())} minutes"
        for name, each in assignments().items()
    )
    return results_table(rows, caption=f"The tasks of the assignments. {said}.", number=number)


def goals_table(number: str = "") -> ResultsTable:
    """Which tasks exercise which learning goal."""
    tasks = {n: task for each in assignments().values() for n, task in each.tasks.items()}
    goals = dict.fromkeys(goal for task in tasks.values() for goal in task.goals)
    rows = {
        goal: {"tasks": ", ".join(n for n, task in tasks.items() if goal in task.goals)}
        for goal in goals
    }
    return results_table(
        rows, caption="Learning goals, and the tasks that need them.", number=number
    )


def rubrics_table(number: str = "") -> ResultsTable:
    """What a person looks for in the written answers, with points."""
    rows = {
        f"{n}: {words}": {"points": str(points)}
        for each in assignments().values()
        for n, task in each.tasks.items()
        for words, points in task.rubric.items()
    }
    return results_table(rows, caption="Rubrics of the written answers.", number=number)
