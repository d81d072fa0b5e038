"""A fictive class, graded from a folder in one command; who looks alike; who was late."""

import csv
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from collapse.base.errors import CollapseError
from collapse.cli import main
from collapse.homework.checking import assignments
from collapse.homework.grading import course
from collapse.homework.grading.course import Lateness, harmless, moment, times_in
from collapse.homework.grading.fence import has_namespaces
from collapse.homework.grading.hand_in import read_hand_in
from collapse.homework.grading.look_alikes import look_alikes
from collapse.homework.grading.score import Score
from collapse.homework.student_version import student_version
from notebooks import ROOT

SOLVED = ROOT / "book" / "homework" / "hw1.ipynb"
DUE = datetime(2026, 12, 1, tzinfo=UTC)
fenced = pytest.mark.skipif(not has_namespaces(), reason="this machine offers no namespaces")


def hand_in(folder: Path, name: str, *changes: tuple[str, str], solved: bool = True) -> Path:
    """A hand-in made from the solved notebook, or from the student version."""
    notebook = nbformat.read(SOLVED, as_version=4)
    notebook = notebook if solved else student_version(notebook)
    for cell in notebook.cells:
        for old, new in changes:
            cell.source = cell.source.replace(old, new)
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


@fenced
def test_a_class_is_graded_in_one_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "hand-ins"
    folder.mkdir()
    hand_in(folder, "ada")
    hand_in(
        folder, "ben", ("kl_to_prior(mean, log_var)", "kl_to_prior(mu, v)"), ("mean**2", "mu**2")
    )
    hand_in(folder, "cleo", solved=False)
    hand_in(folder, "dora", ("- log_var).sum(-1)", "- log_var).mean(-1)"))
    hand_in(folder, "=emil", ("import torch", "import torch, sys; sys.exit()"))
    (folder / "fay.ipynb").write_text("not a notebook")
    out = tmp_path / "scores.csv"
    assert main(["grade", str(folder), "--out", str(out), "--seconds", "30"]) == 0
    rows = {row["name"]: row for row in csv.DictReader(out.read_text().splitlines())}
    full = assignments()["hw1"].points - int(rows["ada"]["left to a person"])
    assert float(rows["ada"]["points"]) == full
    assert float(rows["cleo"]["points"]) == 0
    assert rows["dora"]["hw1.2"] == "0"
    assert float(rows["'=emil"]["points"]) <= full
    assert "is no notebook" in capsys.readouterr().out
    assert float(rows["fay"]["points"]) == 0


@fenced
def test_one_hand_in_gives_results_for_gradescope(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    assert main(["grade", str(hand_in(tmp_path, "ada")), "--out", str(out)]) == 0
    results = json.loads(out.read_text())
    assert results["score"] == sum(t.get("score", 0) for t in results["tests"])
    assert {t["number"] for t in results["tests"]} == set(assignments()["hw1"].tasks)


@fenced
def test_the_reference_has_full_marks_and_the_student_version_none(tmp_path: Path) -> None:
    for name, assignment in assignments().items():
        solved = ROOT / "book" / "homework" / f"{name}.ipynb"
        empty = tmp_path / f"{name}.ipynb"
        nbformat.write(student_version(nbformat.read(solved, as_version=4)), empty)
        for path, share in ((solved, 1), (empty, 0)):
            out = tmp_path / "one.json"
            assert main(["grade", str(path), "--out", str(out)]) == 0
            tests = [t for t in json.loads(out.read_text())["tests"] if "score" in t]
            assert [t["score"] for t in tests] == [share * t["max_score"] for t in tests], name
            assert len(tests) == len(assignment.exercises)


def test_renamed_code_looks_alike_and_other_code_does_not(tmp_path: Path) -> None:
    long = "def f(a, b):\n    total = 0\n    for i in range(a):\n        total += b[i] * (a - i)\n"
    more = "    if total > 3:\n        return [total, a, b]\n    return {'x': total}\n"
    renamed = (long + more).replace("total", "s").replace("a,", "n,").replace("3", "4")
    other = "import math\nclass A:\n    def g(self):\n" + "        print(math.pi)\n" * 9
    pairs = look_alikes({"one": [long + more], "two": [renamed], "three": [other]})
    assert [(p.one, p.other) for p in pairs] == [("one", "two")]
    assert pairs[0].share > 0.9


def test_what_was_handed_out_counts_for_nobody(tmp_path: Path) -> None:
    empty = read_hand_in(hand_in(tmp_path, "empty", solved=False)).code
    assert not look_alikes({"one": empty, "two": empty}, empty)


@pytest.mark.parametrize(("hours", "days"), [(-1, 0), (0, 0), (1, 1), (24, 1), (25, 2), (500, 21)])
def test_each_started_day_counts(tmp_path: Path, hours: int, days: int) -> None:
    path = tmp_path / "a.ipynb"
    path.touch()
    os.utime(path, (DUE.timestamp() + 3600 * hours,) * 2)
    late = Lateness(DUE, 10.0, {})
    assert late.days(path) == days
    assert late.kept(20.0, path) == pytest.approx(max(0, 20 - 2 * days))
    assert Lateness(DUE, 10.0, {"a": DUE}).days(path) == 0


def test_times_are_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    path.write_text("name,handed_in\nada.ipynb,2026-12-01T12:00\nben,2026-12-02T00:00+02:00\n")
    assert times_in(path)["ada"] == datetime(2026, 12, 1, 12, tzinfo=UTC)
    path.write_text("who,when\nada,now\n")
    with pytest.raises(CollapseError, match="needs the columns"):
        times_in(path)
    with pytest.raises(CollapseError, match="A time is as"):
        moment("tomorrow")


def test_a_fault_of_the_grader_costs_one_hand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, *_, **__) -> Score:
        if path.stem == "ada":
            raise OSError("no pipes left")
        return Score(path.stem, (), 0.0, ())

    monkeypatch.setattr(course, "grade", broken)
    paths = [tmp_path / "ada.ipynb", tmp_path / "ben.ipynb"]
    ada, ben = course.grade_course(paths, assignments()["hw1"])
    assert ada.points == 0
    assert "no pipes left" in ada.marks[0].words
    assert ben.name == "ben"


def test_no_cell_is_a_formula() -> None:
    assert harmless("=1+1") == "'=1+1"
    assert harmless("ada") == "ada"


def test_what_cannot_be_graded_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").mkdir()
    assert main(["grade", str(tmp_path / "none")]) == 2
    assert "There is no notebook" in capsys.readouterr().err
    assert main(["grade", str(tmp_path / "absent")]) == 2
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "a.ipynb")
    assert main(["grade", str(tmp_path / "a.ipynb")]) == 2
    assert "pass --assignment" in capsys.readouterr().err
