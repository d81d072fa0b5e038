"""A fictive class, graded from a folder in one command; who looks alike; who was late."""

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import nbformat
import pytest

from collapse.base.errors import CollapseError
from collapse.cli import main
from collapse.homework.assignment import Assignment
from collapse.homework.checking import assignments
from collapse.homework.grading import command, course, kept
from collapse.homework.grading.command import assignment_of, notebooks_in
from collapse.homework.grading.course import Lateness, harmless, moment, names_of, times_in
from collapse.homework.grading.grade import of_another
from collapse.homework.grading.hand_in import read_hand_in
from collapse.homework.grading.look_alikes import look_alikes
from collapse.homework.grading.report import SOLUTION, alike_in
from collapse.homework.grading.score import Mark, Score, score_of
from collapse.homework.student_version import student_version
from notebooks import ROOT

SOLVED = ROOT / "book" / "homework" / "hw1.ipynb"
DUE = datetime(2026, 12, 1, tzinfo=UTC)
walled = pytest.mark.usefixtures("walls")
ASKED = "*Write your answer here.*"


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


@walled
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
    said = capsys.readouterr().out
    assert "is no notebook" in said
    assert float(rows["fay"]["points"]) == 0
    # What all were given makes nobody alike; who renamed the code of somebody does.
    pairs = list(csv.DictReader((tmp_path / "scores-look-alikes.csv").read_text().splitlines()))
    found = {(pair["what"], pair["one"], pair["other"]) for pair in pairs}
    assert ("code", "ada", "ben") in found
    assert ("code", "ada", "the solution of the book") in found
    assert ("text", "ada", "ben") in found
    assert not any("cleo" in {pair["one"], pair["other"]} for pair in pairs)
    assert "ada and ben: 100% of the text alike" in said
    assert f"are in {tmp_path / 'scores-results'}" in said
    ada, cleo = (
        json.loads((tmp_path / "scores-results" / f"{name}.json").read_text())
        for name in ("ada", "cleo")
    )
    assert ada["score"] == full
    proof = ada["tests"][0]["extra_data"]["written"]
    assert "take logarithms" in proof.lower()
    assert cleo["tests"][0]["extra_data"]["written"] == ""
    assert "Nothing was written for hw1.1, hw1.9." in cleo["output"]


@walled
def test_one_hand_in_gives_results_for_gradescope(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    assert main(["grade", str(hand_in(tmp_path, "ada")), "--out", str(out)]) == 0
    results = json.loads(out.read_text())
    assert results["score"] == sum(t.get("score", 0) for t in results["tests"])
    assert {t["number"] for t in results["tests"]} == set(assignments()["hw1"].tasks)


# The class above has both of hw1; what is empty is so in the same way in every assignment.
BY_ITSELF = {("hw2", 1), ("hw3", 1), ("hw4", 1), ("hw4", 0)}


@walled
@pytest.mark.parametrize(
    ("name", "share"),
    [
        pytest.param(*each, marks=[] if each in BY_ITSELF else pytest.mark.thorough)
        for each in product(assignments(), (1, 0))
    ],
)
def test_the_reference_has_full_marks_and_the_student_version_none(
    tmp_path: Path, name: str, share: int
) -> None:
    path = solved = ROOT / "book" / "homework" / f"{name}.ipynb"
    if share == 0:
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(student_version(nbformat.read(solved, as_version=4)), path)
    out = tmp_path / "one.json"
    assert main(["grade", str(path), "--out", str(out)]) == 0
    tests = [t for t in json.loads(out.read_text())["tests"] if "score" in t]
    assert [t["score"] for t in tests] == [share * t["max_score"] for t in tests]
    assert len(tests) == len(assignments()[name].exercises)


def test_renamed_code_looks_alike_and_other_code_does_not(tmp_path: Path) -> None:
    long = "def f(a, b):\n    total = 0\n    for i in range(a):\n        total += b[i] * (a - i)\n"
    more = "    if total > 3:\n        return [total, a, b]\n    return {'x': total}\n"
    renamed = (long + more).replace("total", "s").replace("a,", "n,").replace("3", "4")
    other = "import math\nclass A:\n    def g(self):\n" + "        print(math.pi)\n" * 9
    pairs = look_alikes({"one": [long + more], "two": [renamed], "three": [other]})
    assert [(p.one, p.other) for p in pairs] == [("one", "two")]
    assert pairs[0].share > 0.9


def test_who_copied_the_solution_alone_is_seen(tmp_path: Path) -> None:
    answers = ("Take logarithms, multiply and divide", "Say logarithm, then expand and contract")
    paths = [hand_in(tmp_path, "ada"), hand_in(tmp_path, "cleo", solved=False)]
    paths += [hand_in(tmp_path, "ben", answers, ("std", "s"), ("noise", "e"))]
    assignment = assignments()["hw1"]
    asked = read_hand_in(paths[1])
    written = [n for n, task in assignment.tasks.items() if task.exercise is None]

    def score(path: Path) -> Score:
        texts = {n: read_hand_in(path).written(n, assignment.tasks, asked) for n in written}
        return Score(path.stem, tuple(Mark(n, "", None, 3, t) for n, t in texts.items()), 0.0, ())

    for path in (paths[0], paths[2]):
        pairs, cut = alike_in([path, paths[1]], [score(path), score(paths[1])], assignment, asked)
        found = {(p.one, p.other, p.what) for p in pairs}
        assert found == {(path.stem, SOLUTION, "code"), (path.stem, SOLUTION, "text")}
        assert not cut


def test_what_was_handed_out_counts_for_nobody(tmp_path: Path) -> None:
    empty = read_hand_in(hand_in(tmp_path, "empty", solved=False)).code
    assert not look_alikes({"one": empty, "two": empty}, empty)


@pytest.mark.parametrize(("hours", "days"), [(-1, 0), (0, 0), (1, 1), (24, 1), (25, 2), (500, 21)])
def test_each_started_day_counts(tmp_path: Path, hours: int, days: int) -> None:
    path = tmp_path / "a.ipynb"
    path.touch()
    os.utime(path, (DUE.timestamp() + 3600 * hours,) * 2)
    late = Lateness(DUE, 10.0, {}).of(path)
    assert late.days == days
    assert late.kept(20.0) == pytest.approx(max(0, 20 - 2 * days))
    assert Lateness(DUE, 10.0, {path: DUE}).of(path).days == 0


@pytest.mark.thorough
@walled
def test_one_hand_in_may_be_late_too(tmp_path: Path) -> None:
    path, out = hand_in(tmp_path, "ada"), tmp_path / "one.json"
    os.utime(path, (DUE.timestamp() + 3600,) * 2)
    words = ["grade", str(path), "--out", str(out), "--late", "50", "--due"]
    assert main([*words, "2026-12-01T01:00+01:00"]) == 0
    late = json.loads(out.read_text())
    assert late["score"] == sum(t.get("score", 0) for t in late["tests"]) / 2
    assert "Late by up to a day" in late["output"]
    assert main([*words, "2026-12-01T01:00"]) == 0  # of UTC, an hour later
    assert json.loads(out.read_text())["score"] == 2 * late["score"]


def test_times_are_read_from_a_table(tmp_path: Path) -> None:
    ada, ben = (tmp_path / f"{name}.ipynb" for name in ("ada", "ben"))
    path = tmp_path / "times.csv"
    path.write_text(
        "name,handed_in\nada.ipynb,2026-12-01T12:00\nben,2026-12-02T00:00+02:00\neve,\n",
        encoding="utf-8-sig",
    )
    times, absent = times_in(path, [ada, ben])
    assert times == {
        ada: datetime(2026, 12, 1, 12, tzinfo=UTC),
        ben: datetime(2026, 12, 1, 22, tzinfo=UTC),
    }
    assert absent == ["eve"]


def test_files_of_one_name_have_times_and_names_of_their_own(tmp_path: Path) -> None:
    paths = [tmp_path / "one" / s / "hw1.ipynb" for s in ("ada", "ben")]
    paths += [tmp_path / "two" / "ada" / "hw1.ipynb", tmp_path / "two" / "cleo.ipynb"]
    assert names_of(paths) == ["one/ada/hw1", "one/ben/hw1", "two/ada/hw1", "cleo"]
    path = tmp_path / "times.csv"
    path.write_text(
        "name,handed_in\nben/hw1.ipynb,2026-12-01T12:00Z\none/ada/hw1,2026-12-02T12:00Z\n"
    )
    times, _ = times_in(path, paths)
    assert {p: t.day for p, t in times.items()} == {paths[1]: 1, paths[0]: 2}
    for name in ("hw1", "ada/hw1.ipynb"):
        path.write_text(f"name,handed_in\n{name},2026-12-01T12:00Z\n")
        with pytest.raises(CollapseError, match="hand-ins are called"):
            times_in(path, paths)


WRONG_TIMES = {
    "who,when\nada,now\n": "columns name and handed_in",
    "": "columns name and handed_in",
    "name,handed_in\n": "needs a row",
    "name,handed_in\nada\n": "A time is as",
    "name,handed_in\nada,\n": "A time is as",
    "name,handed_in\nada,yesterday\n": "A time is as",
    "name,handed_in\nada,2026-13-01T12:00\n": "A time is as",
}


@pytest.mark.parametrize("text", WRONG_TIMES)
def test_what_is_no_table_of_times_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "times.csv"
    path.write_text(text)
    with pytest.raises(CollapseError, match=WRONG_TIMES[text]):
        times_in(path, [tmp_path / "ada.ipynb"])


@pytest.mark.parametrize("text", ["tomorrow", "", "2026-12-01", "23:59"])
def test_what_is_no_time_is_a_sentence(text: str) -> None:
    with pytest.raises(CollapseError, match="A time is as"):
        moment(text)


# --- written answers -------------------------------------------------------------------------


def written(folder: Path, *changes: tuple[str, str], asked: bool = True) -> str:
    """What stands for hw1.1 in a student version with changes."""
    handed_out = read_hand_in(hand_in(folder, "handed_out", solved=False)) if asked else None
    answer = read_hand_in(hand_in(folder, "answer", *changes, solved=False))
    return answer.written("hw1.1", assignments()["hw1"].tasks, handed_out)


QUESTION = "and when is it zero?"


def test_what_asks_for_an_answer_is_none(tmp_path: Path) -> None:
    assert written(tmp_path) == ""
    assert written(tmp_path, asked=False) == ""
    assert written(tmp_path, (ASKED, "")) == ""
    assert written(tmp_path, (ASKED, f"  {ASKED}\n\n<!-- here? -->\n")) == ""


@pytest.mark.parametrize("asked", [True, False])
def test_an_answer_is_found_below_the_question(tmp_path: Path, asked: bool) -> None:
    assert written(tmp_path, (ASKED, "It is KL."), asked=asked) == "It is KL."
    assert written(tmp_path, (ASKED, f"{ASKED}\n\nIt is KL."), asked=asked) == "It is KL."


def test_an_answer_is_found_in_the_cell_of_the_question(tmp_path: Path) -> None:
    assert written(tmp_path, (QUESTION, f"{QUESTION}\n\nIt is KL.")) == "It is KL."
    assert written(tmp_path, (QUESTION, f"{QUESTION} It is KL.")).endswith("zero? It is KL.")


def test_headings_and_code_of_an_answer_belong_to_it(tmp_path: Path) -> None:
    answer = "## The direction\n\nIt is KL.\n\n## hw1 again\n\n# Zero\n\nNever."
    assert written(tmp_path, (ASKED, answer)) == answer
    assert written(tmp_path, ("## hw1.1", "### hw1.1"), (ASKED, "It is KL.")) == "It is KL."


def test_an_answer_ends_at_the_next_task_wherever_that_stands(tmp_path: Path) -> None:
    notebook = nbformat.read(hand_in(tmp_path, "a", solved=False), as_version=4)
    first = next(i for i, c in enumerate(notebook.cells) if c.source.startswith("## hw1.1"))
    merged = "\n\n".join(cell.source for cell in notebook.cells[first : first + 3])
    notebook.cells[first : first + 3] = [nbformat.v4.new_markdown_cell(merged)]
    notebook.cells[first].source = merged.replace(ASKED, "It is KL.")
    notebook.cells.insert(first, nbformat.v4.new_code_cell("## hw1.1 is a comment here"))
    nbformat.write(notebook, tmp_path / "merged.ipynb")
    asked = read_hand_in(tmp_path / "a.ipynb")
    answer = read_hand_in(tmp_path / "merged.ipynb")
    assert answer.written("hw1.1", assignments()["hw1"].tasks, asked) == "It is KL."


# --- the grader itself -----------------------------------------------------------------------


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the hand-ins that are graded, by a grader that only looks at them."""
    graded: list[str] = []

    def look(path: Path, assignment: Assignment, **_: object) -> Score:
        graded.append(path.stem)
        if path.stem == "ben":
            raise OSError("no pipes left")
        marks = (Mark("hw1.2", "KL", 2.5, 3, "Not yet."),)
        return Score(path.stem, marks, 0.0, ("Cell 3.",), hurried=path.stem == "dora")

    monkeypatch.setattr(course, "grade", look)
    return graded


def test_a_class_goes_on_where_it_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    graded, out = counted(monkeypatch), tmp_path / "scores.csv"
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("ada", "ben", "cleo"):
        hand_in(folder, name, solved=False)
    words = ["grade", str(folder), "--out", str(out), "--open-gate"]

    def again(*more: str) -> list[str]:
        graded.clear()
        assert main([*words, *more]) == 0
        return sorted(graded)

    assert again() == ["ada", "ben", "cleo"]
    table = out.read_text()
    assert "3 of 3: " in capsys.readouterr().err
    assert again() == ["ben"]  # what the grader failed at is tried again
    assert out.read_text() == table
    assert "2.5 points, graded before" in capsys.readouterr().err
    hand_in(folder, "cleo", (ASKED, "It is KL."), solved=False)
    assert again() == ["ben", "cleo"]
    (tmp_path / "scores-results" / "ada.json").write_text("{}")
    assert again() == ["ada", "ben"]
    assert again("--seed", "5") == ["ada", "ben", "cleo"]
    monkeypatch.setattr(kept, "package", lambda: "another one")
    assert again("--seed", "5") == ["ada", "ben", "cleo"]
    assert again("--seed", "5", "--due", "2020-01-01T12:00") == ["ben"]
    late = json.loads((tmp_path / "scores-results" / "ada.json").read_text())
    assert late["score"] == 0  # lateness is not a part of what is kept


def test_what_a_busy_machine_may_have_ended_is_graded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded, out = counted(monkeypatch), tmp_path / "scores.csv"
    paths = [str(hand_in(tmp_path, name, solved=False)) for name in ("ada", "dora")]
    for names in (["ada", "dora"], ["dora"]):
        graded.clear()
        assert main(["grade", *paths, "--open-gate", "--out", str(out)]) == 0
        assert sorted(graded) == names
    monkeypatch.setattr("torch.__version__", "another one")
    graded.clear()
    assert main(["grade", *paths, "--open-gate", "--out", str(out)]) == 0
    assert sorted(graded) == ["ada", "dora"]


def test_who_chooses_no_seed_is_told_that_everybody_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counted(monkeypatch)
    words = ["grade", str(hand_in(tmp_path, "ada", solved=False)), "--open-gate"]
    assert main(words) == 0
    assert "choose one with --seed" in capsys.readouterr().err
    assert main([*words, "--seed", "1"]) == 0
    assert "--seed" not in capsys.readouterr().err


def test_a_score_can_be_read_back_from_its_results() -> None:
    marks = (Mark("hw1.1", "Gap", None, 4, "It is KL."), Mark("hw1.2", "KL", 2.5, 3, "Not yet."))
    score = Score("ada", marks, 0.0, ("Cell 3 failed.",))
    assert score_of(json.loads(json.dumps(score.results())), "ada") == score


def test_the_table_is_there_before_anybody_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted(monkeypatch)

    def fails(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(command, "alike_in", fails)
    paths = [str(hand_in(tmp_path, name, solved=False)) for name in ("ada", "ben")]
    with pytest.raises(MemoryError):
        main(["grade", *paths, "--open-gate", "--out", str(tmp_path / "scores.csv")])
    assert (tmp_path / "scores.csv").is_file()
    assert (tmp_path / "scores-results" / "ada.json").is_file()


def test_a_hand_in_of_another_assignment_is_told_so(tmp_path: Path) -> None:
    own = read_hand_in(hand_in(tmp_path, "a", solved=False))
    assert of_another(own, assignments()["hw1"]) == []
    (note,) = of_another(own, assignments()["hw2"])
    assert "headings are of hw1" in note
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "empty.ipynb")
    assert of_another(read_hand_in(tmp_path / "empty.ipynb"), assignments()["hw2"]) == []


def test_in_a_mixed_folder_each_notebook_has_one_vote(tmp_path: Path) -> None:
    paths = [hand_in(tmp_path, name, solved=False) for name in ("a", "b")]
    many = "\n\n".join(f"## hw2.{n} Many" for n in range(1, 30))
    cells = [nbformat.v4.new_markdown_cell(many)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "c.ipynb")
    assert assignment_of([*paths, tmp_path / "c.ipynb"], None) == assignments()["hw1"]


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


def test_a_long_name_does_not_end_the_grading_of_a_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted(monkeypatch)
    names = ["ada", "b" * 245, "b" * 244 + "c", "é" * 120]
    paths = [hand_in(tmp_path, name, solved=False) for name in names]
    out = tmp_path / "scores.csv"
    assert main(["grade", *map(str, paths), "--open-gate", "--out", str(out)]) == 0
    assert len(list(csv.DictReader(out.read_text().splitlines()))) == 4
    assert len(list((tmp_path / "scores-results").glob("*.json"))) == 4


def test_a_result_that_cannot_be_written_costs_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counted(monkeypatch)
    paths = [hand_in(tmp_path, name, solved=False) for name in ("ada", "cleo")]
    out = tmp_path / "scores.csv"
    (tmp_path / "scores-results" / "ada.json").mkdir(parents=True)
    assert main(["grade", *map(str, paths), "--open-gate", "--out", str(out)]) == 0
    assert "ada: " in capsys.readouterr().err
    assert len(list(csv.DictReader(out.read_text().splitlines()))) == 2
    assert (tmp_path / "scores-results" / "cleo.json").is_file()


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


HW1 = ["--assignment", "hw1"]
SENTENCES = {
    "student of nothing": ["homework", "student", "absent.ipynb", "--out", "x"],
    "student of no notebook": ["homework", "student", "text.ipynb", "--out", "x"],
    "student of a folder": ["homework", "student", ".", "--out", "x"],
    "student that goes nowhere": ["homework", "student", "empty.ipynb", "--out", "text.ipynb/x"],
    "otter of nothing": ["homework", "otter", "absent.ipynb", "--out", "x"],
    "otter of no notebook": ["homework", "otter", "text.ipynb", "--out", "x"],
    "autograder of no assignment": ["homework", "autograder", "hw9", "--out", "x"],
    "autograder that cannot be written": ["homework", "autograder", "hw1", "--out", "text.ipynb/x"],
    "grade of nothing": ["grade", "absent.ipynb", *HW1],
    "grade of no assignment": ["grade", "empty.ipynb", "--assignment", "hw9"],
    "grade with no table of times": ["grade", "empty.ipynb", *HW1, "--due", "2026-12-01T12:00",
                                     "--handed-in", "absent.csv"],
    "grade with a folder of times": ["grade", "empty.ipynb", *HW1, "--due", "2026-12-01T12:00",
                                     "--handed-in", "."],
    "grade with times and no date": ["grade", "empty.ipynb", *HW1, "--handed-in", "absent.csv"],
    "grade with an empty date": ["grade", "empty.ipynb", *HW1, "--due", ""],
    "grade against nothing": ["grade", "empty.ipynb", *HW1, "--handed-out", "absent.ipynb"],
    "grade against no notebook": ["grade", "empty.ipynb", *HW1, "--handed-out", "text.ipynb"],
    "one without assignment": ["grade", ".", "--one"],
}  # fmt: skip


@pytest.mark.parametrize("kind", SENTENCES)
def test_a_file_that_cannot_be_read_is_a_sentence(
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.ipynb").write_text("hello")
    nbformat.write(nbformat.v4.new_notebook(), "empty.ipynb")
    assert main(SENTENCES[kind]) == 2
    said = capsys.readouterr().err
    assert said.startswith("collapse: ")
    assert said.rstrip().endswith(".")


@pytest.mark.parametrize("words", [["--jobs", "0"], ["--seconds", "nan"], ["--late", "-1"]])
def test_a_limit_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["grade", "a.ipynb", *words])
    assert ended.value.code == 2


def test_what_lies_in_a_folder_by_the_way_is_not_graded(tmp_path: Path) -> None:
    for name in ("ada.ipynb", ".ipynb_checkpoints/ada.ipynb", "__MACOSX/._ada.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert notebooks_in([tmp_path, tmp_path / "ada.ipynb"]) == [tmp_path / "ada.ipynb"]


@pytest.mark.thorough
@pytest.mark.parametrize(("variables", "code"), [({}, 0), ({"COLLAPSE_WALLS": "must"}, 1)])
def test_without_walls_the_hostile_tests_fail_in_ci(variables: dict[str, str], code: int) -> None:
    keep = {k: v for k, v in os.environ.items() if k not in {"COLLAPSE_WALLS", "PATH"}}
    test = "test_hostile.py::test_the_same_seed_gives_the_same_results"
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", test]
    done = subprocess.run(
        words,
        cwd=Path(__file__).parent,
        env=keep | {"PATH": "/nowhere"} | variables,  # no unshare there
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout
    assert ("1 skipped" if code == 0 else "must have them") in done.stdout
