"""Each assignment has tasks of every kind, and each task says what it asks and costs."""

import math
import re

import nbformat
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from collapse.homework.assignment import KINDS
from collapse.homework.assignments.hw3_lag import fastest, steps_for
from collapse.homework.checking import assignments, exercises
from collapse.homework.kinds import Find, Function
from collapse.homework.overview import shares, shares_in_words
from collapse.theory import kl_floor, mi_cap, mi_cap_batches
from notebooks import ROOT, chapters

ASSIGNMENTS = assignments()
PAGE = (ROOT / "book" / "homework.md").read_text(encoding="utf-8")


def texts(name: str) -> dict[str, str]:
    """The text of each task as students get it, by number; the introduction under ""."""
    path = ROOT / "book" / "homework" / "student" / f"{name}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    found = {"": cells[0].source}
    for cell in cells:
        if heading := re.match(r"## (\S+)", cell.source):
            found[heading[1]] = cell.source
    return found


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_an_assignment_has_six_to_nine_tasks_of_every_kind(name: str) -> None:
    tasks = ASSIGNMENTS[name].tasks.values()
    assert 6 <= len(tasks) <= 9
    assert {task.kind for task in tasks} == set(KINDS)
    for task in tasks:
        assert task.difficulty in ("easy", "medium", "hard")
        assert task.minutes > 0
        assert task.points > 0
        assert task.goals


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_task_says_its_shapes_and_what_a_right_answer_shows(name: str) -> None:
    said = texts(name)
    for number, task in ASSIGNMENTS[name].tasks.items():
        assert task.line.rstrip("*.") in said[number], number
        assert "You can: " in said[number], number
        assert re.search(r"[Aa] right \w+|Sanity value", said[number]), number
        if isinstance(task.exercise, Function):
            assert re.search(r"shape|is a list of", said[number]), number


def test_the_page_names_the_settings_that_are_tried_on_draws() -> None:
    of_all = {n: e for each in ASSIGNMENTS.values() for n, e in each.exercises.items()}
    tried = [n for n, e in of_all.items() if isinstance(e, Find) and e.rehearsed == 5]
    assert f"is tried on draws ({', '.join(tried)}), five seeds are tried" in PAGE


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_introduction_says_points_and_minutes(name: str) -> None:
    assignment = ASSIGNMENTS[name]
    assert f"{assignment.points} points, about {assignment.minutes} minutes." in texts(name)[""]


def test_the_page_of_the_homework_says_tasks_points_and_minutes() -> None:
    rows = re.findall(r"^\| (\d) \| .*homework/(hw\d)\.ipynb\).* \|$", PAGE, re.M)
    assert [f"hw{number}" for number, _ in rows] == [name for _, name in rows] == list(ASSIGNMENTS)
    for name, assignment in ASSIGNMENTS.items():
        by_hand = sum(task.exercise is None for task in assignment.tasks.values())
        numbers = len(assignment.tasks), by_hand, assignment.points, assignment.minutes
        cells = " | ".join(map(str, numbers))
        assert re.search(rf"homework/{name}\.ipynb\) \|.*\| {re.escape(cells)} \|", PAGE), numbers


def test_the_page_of_the_homework_counts_what_there_is() -> None:
    in_chapters = sum(number[0].isdigit() for number in exercises())
    chapters = len({number[0] for number in exercises() if number[0].isdigit()})
    tasks = sum(len(each.tasks) for each in ASSIGNMENTS.values())
    assert f"{in_chapters} exercises at the ends of {chapters} chapters" in PAGE
    assert f"{tasks} tasks" in PAGE


def test_the_page_says_for_what_there_are_points() -> None:
    of = shares()
    assert of["in all"] == sum(each.points for each in ASSIGNMENTS.values())
    assert of["in all"] == of["fixed"] + of["fresh"] + of["by hand"]
    assert (
        f"of {of['in all']} points {of['fixed']} are for those, {of['fresh']} for functions and "
        f"settings, {of['by hand']} are given by a person"
    ) in PAGE
    assert all(str(number) in shares_in_words().data for number in of.values())


INSTRUCTORS = "\n\n".join(
    cell.source for cell in nbformat.read(ROOT / "book" / "instructors.ipynb", as_version=4).cells
)


LAB = ["Predict", "Look", "Do", "Argue", "Hand in", "If stuck"]


def test_every_chapter_has_a_lab() -> None:
    spine = {int(page.stem[:2]) for page in chapters() if re.match(r"\d\d_", page.stem)}
    labs = re.findall(r"^\*\*Chapter (\d+)\.\*\* (.*)$", INSTRUCTORS, re.M)
    assert {int(number) for number, _ in labs} == spine
    for _, text in labs:
        assert re.findall(r"\*(\w[\w ]+):\*", text) == LAB


def pages_in(cell: str) -> set[str]:
    """The pages of the book that a cell of the reading orders names, as "1a"."""
    plain = re.sub(r"\]\([^)]*\)|assignment \d", "", cell)
    return set(re.findall(r"\b\d[a-c]?\b", plain))


@pytest.mark.parametrize("column", [2, 3])
def test_what_an_assignment_needs_is_read_before(column: int) -> None:
    """The order of three weeks, and that of six."""
    needed = dict(re.findall(r"^\| (\d) \| \[.*?\)\s*\| ([^|]*) \|", PAGE, re.M))
    assert len(needed) == len(ASSIGNMENTS)
    read: set[str] = set()
    given: list[str] = []
    for row in re.findall(r"^\| week \d \|.*$", INSTRUCTORS, re.M):
        cell = row.split("|")[column + 1]
        read |= pages_in(cell)
        for number in re.findall(r"assignment (\d)", cell):
            given.append(number)
            assert set(needed[number].split(", ")) <= read, (number, row)
    assert len(set(given)) >= 3


def test_the_values_that_tasks_give_to_compare_with_are_right() -> None:
    standard, posterior = Normal(0.0, 1.0), Normal(0.0, 0.5**0.5)
    slow, fast = torch.linalg.eigvals(torch.tensor([[-4.0, 4.0], [4.0, -1.0]])).real.sort().values
    values = {
        "hw1.1": f"{kl_divergence(standard, posterior):.3f} nats",
        "hw1.7": f"{3.0 + 97.7:.1f} nats",
        "hw2.2": f"{mi_cap_batches([30, 30, 30, 10]):.2f} nats",
        "hw3.3": f"{fast:.2f} and −{-slow:.2f}",
        "hw3.5": f"it is {steps_for(fastest(4.0, 1.0)):.0f} steps",
        "hw4.2": f"the floor is {kl_floor(1.0):.1f} nats",
        "hw4.3": f"{0.5 * math.log(1 + 3):.3f} nats",
        "hw4.8": f"the cap is {mi_cap(2):.2f}",
    }
    said = {number: text for name in ASSIGNMENTS for number, text in texts(name).items()}
    for number, value in values.items():
        assert value in said[number], (number, value)
    assert fast.item() == pytest.approx(fastest(4.0, 1.0), abs=1e-4)
