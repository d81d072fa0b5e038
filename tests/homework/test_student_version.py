"""What students get is the solved notebook with holes, and says nothing that it should not."""

import ast
import re
import zipfile
from pathlib import Path

import nbformat
import pytest

from collapse.base.errors import CollapseError
from collapse.cli import main
from collapse.homework.checking import assignments
from collapse.homework.exports import otter_master
from collapse.homework.student_version import student_version, without_solution
from notebooks import ROOT, plain_python
from notebooks import assignments as assignments_of_the_book

SOLVED = assignments_of_the_book()
HANDED_OUT = ROOT / "book" / "homework" / "student"
NAMES = [path.stem for path in SOLVED]


def solved(name: str) -> nbformat.NotebookNode:
    """The solved notebook of an assignment."""
    return nbformat.read(ROOT / "book" / "homework" / f"{name}.ipynb", as_version=4)


def test_every_assignment_has_a_solved_notebook() -> None:
    assert set(assignments()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_student_version_is_the_solution_minus_holes(name: str) -> None:
    full, empty = solved(name), student_version(solved(name))
    by_id = {cell.id: cell for cell in full.cells}
    gone = {cell.id for cell in full.cells} - {cell.id for cell in empty.cells}
    assert all(by_id[each].source.startswith("<!-- BEGIN SOLUTION -->") for each in gone)
    for other in empty.cells:
        one = by_id[other.id]
        lines = set(one.source.splitlines())
        new = [line for line in other.source.splitlines() if line not in lines]
        assert all("your " in line or "Write your" in line for line in new), new


@pytest.mark.parametrize("name", NAMES)
def test_what_is_handed_out_is_what_is_made(name: str) -> None:
    path = HANDED_OUT / f"{name}.ipynb"
    made = nbformat.writes(student_version(solved(name))) + "\n"
    assert path.read_text(encoding="utf-8") == made, (
        f"python -m collapse homework student book/homework/{name}.ipynb --out {path}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_is_left_in_any_cell_output_or_metadata(name: str) -> None:
    text = (HANDED_OUT / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "SOLUTION" not in text
    assert '"outputs": [\n' not in text.replace('"outputs": []', "")
    for cell in solved(name).cells:
        hidden = re.findall(r"# BEGIN SOLUTION\n(.*?)\n\s*# END SOLUTION", cell.source, re.S)
        hidden += re.findall(r"<!-- BEGIN SOLUTION -->\n(.*?)\n<!--", cell.source, re.S)
        hidden += re.findall(r"^[\w, ]+ = (.*?) *# SOLUTION", cell.source, re.M)
        for block in hidden:
            for line in block.splitlines():
                assert len(line.strip()) < 12 or line.strip() not in text, line


@pytest.mark.parametrize("name", NAMES)
def test_every_task_of_the_notebook_is_one_of_the_assignment(name: str) -> None:
    texts = [c.source for c in solved(name).cells if c.cell_type == "markdown"]
    code = "\n".join(c.source for c in solved(name).cells if c.cell_type == "code")
    tasks = assignments()[name].tasks
    headings = [found for text in texts if (found := re.match(r"## (\S+) (.*)\n\n(.*)", text))]
    assert [found[1] for found in headings] == list(tasks)
    for found in headings:
        task = tasks[found[1]]
        assert found[2] == task.title
        assert found[3].startswith(task.line.removesuffix(".*")), found[1]
        if task.exercise is None:
            assert sum(task.rubric.values()) == task.points
        else:
            assert f'check("{found[1]}", {task.answer}' in code


@pytest.mark.parametrize("name", NAMES)
def test_what_students_get_is_python(name: str) -> None:
    for cell in student_version(solved(name)).cells:
        if cell.cell_type == "code":
            ast.parse(plain_python(cell.source))


@pytest.mark.parametrize(
    "source", ["x = 3\n# BEGIN SOLUTION\ny = 4", "print(3)  # SOLUTION", "a # SOLUTION b"]
)
def test_a_marker_that_is_not_understood_is_an_error(source: str) -> None:
    with pytest.raises(CollapseError, match="marker of a solution"):
        without_solution(source)


def test_holes() -> None:
    assert without_solution("answer = 3  # SOLUTION") == "answer = ...  # your answer"
    body = "def f(x):\n    # BEGIN SOLUTION\n    y = x\n    return y\n    # END SOLUTION\n\n\nf(1)"
    assert without_solution(body) == "def f(x):\n    return None  # your code\n\n\nf(1)"
    written = "Why?\n\n<!-- BEGIN SOLUTION -->\nBecause.\n<!-- END SOLUTION -->"
    assert without_solution(written) == "Why?\n\n*Write your answer here.*"


def test_the_archive_for_gradescope_holds_the_grader(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        assert main(["homework", "autograder", "hw1", "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = archive.namelist()
        assert "--assignment hw1" in archive.read("run_autograder").decode()
        assert "torch" in archive.read("setup.sh").decode()
    assert "package/collapse/homework/grading/grade.py" in names
    assert "package/collapse/homework/grading/inside/student.py" in names


@pytest.mark.parametrize("name", NAMES)
def test_the_master_for_otter_has_a_question_for_each_task(name: str) -> None:
    made = otter_master(solved(name), assignments()[name])
    raw = [cell.source for cell in made.cells if cell.cell_type == "raw"]
    opened = [text for text in raw if text.startswith("# BEGIN QUESTION")]
    assert len(opened) == len(assignments()[name].tasks) == raw.count("# END QUESTION")
    assert raw.count("# BEGIN SOLUTION") == raw.count("# END SOLUTION") == len(opened)
    assert raw.count("# BEGIN TESTS") == len(assignments()[name].exercises)
