"""What students get is the solved notebook with holes, and says nothing that it should not."""

import ast
import re
import zipfile
from pathlib import Path

import nbformat
import pytest

from collapse.base.errors import CollapseError
from collapse.cli import main
from collapse.homework import Verdict, check, so_far
from collapse.homework.checking import assignments
from collapse.homework.exports import otter_master
from collapse.homework.grading.hand_in import read_hand_in
from collapse.homework.session import CLOSING, standing
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
    headings = [found for text in texts if (found := re.match(r"## (hw\S+) (.*)\n\n(.*)", text))]
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
    "source",
    [
        "x = 3\n# BEGIN SOLUTION\ny = 4",
        "x = 3\n# END SOLUTION",
        "# BEGIN SOLUTION\n# BEGIN SOLUTION\ny = 4\n# END SOLUTION\n# END SOLUTION",
        "print(3)  # SOLUTION",
        "# SOLUTION\nanswer = 3",
        "answer = 3  # solution: three",
        "a = 1; b = 2  # SOLUTION",
        "x += 3  # SOLUTION",
        "a # SOLUTION b",
        "a = (  # SOLUTION",
        "%%html\n<!-- BEGIN SOLUTION -->3<!-- END SOLUTION -->",
    ],
)
def test_a_marker_that_is_not_understood_is_an_error(source: str) -> None:
    with pytest.raises(CollapseError, match=r"marker of a solution|markers of solutions"):
        without_solution(source)


@pytest.mark.parametrize(
    "source", ["<!-- BEGIN SOLUTION -->\n3", "## Solution\n\n3", "<summary>Solution</summary> 3"]
)
def test_a_text_with_a_solution_that_is_not_marked_is_an_error(source: str) -> None:
    with pytest.raises(CollapseError, match="marker of a solution"):
        without_solution(source, "markdown")


@pytest.mark.parametrize(
    "mark", ["# SOLUTION", "#SOLUTION", "# solution", "#  Solution  ", "## SOLUTION"]
)
@pytest.mark.parametrize(
    "answer",
    [
        "answer = 3",
        "answer = (\n    1,\n    2,\n)",
        "answer = 1 + \\\n    2",
        "answer = max(1, b=2)",
    ],
)
def test_an_answer_goes_however_it_is_marked_and_broken(answer: str, mark: str) -> None:
    hole = "answer = ...  # your answer"
    assert without_solution(f"x = 1\n{answer}  {mark}\nx") == f"x = 1\n{hole}\nx"


def test_holes_of_several_names_can_be_taken_apart() -> None:
    for source in ("a, b = 3, 4  # SOLUTION", "a, (b, c) = 3, f(\n    4,\n)  # SOLUTION"):
        made = without_solution(source)
        assert "3" not in made
        names: dict = {}
        exec(made, names)
        assert names["b"] is ...
    assert without_solution("if x:\n    a: int = 3  # SOLUTION") == (
        "if x:\n    a: int = ...  # your answer"
    )
    assert without_solution("!pip install x\na = 'ä'  # SOLUTION") == (
        "!pip install x\na = ...  # your answer"
    )


def in_a_block(code: str, begin: str = "# BEGIN SOLUTION", end: str = "# END SOLUTION") -> str:
    """What becomes of code between marks."""
    return without_solution(f"{begin}\n{code}\n{end}")


def test_a_block_outside_of_a_function_leaves_code_that_runs() -> None:
    assert in_a_block("x = 3\ny, z = x, [k for k in 'ab']\nprint(x)") == (
        "x = ...  # your answer\ny = ...  # your answer\nz = ...  # your answer"
    )
    assert in_a_block("print(3)") == "...  # your code"
    assert in_a_block("def f(x, *, y=2):\n    'Three.'\n    return x * y") == (
        "def f(x, *, y=2):\n    return None  # your code"
    )
    assert in_a_block("class A(B):\n    n = 3\n\n    def f(x):\n        x.n = 3") == (
        "class A(B):\n    n = ...  # your answer\n    def f(x):\n        return None  # your code"
    )
    loop = "for k in range(3):\n    # BEGIN SOLUTION\n    total = k\n    # END SOLUTION\nprint(1)"
    assert without_solution(loop) == (
        "for k in range(3):\n    total = ...  # your answer\nprint(1)"
    )


@pytest.mark.parametrize("begin", ["#BEGIN SOLUTION", "### begin solution", "# Begin  Solution "])
def test_a_block_is_found_however_it_is_marked(begin: str) -> None:
    end = begin.lower().replace("begin", "end")
    assert in_a_block("x = 3", begin, end) == "x = ...  # your answer"
    written = f"<!--{begin.strip('# ')}-->\n3\n<!--  {end.strip('# ')} -->"
    assert without_solution(written, "markdown") == "*Write your answer here.*"


def test_code_without_marks_may_be_no_python() -> None:
    for source in ("%%html\n<b>", "x = 1  # the solutions of (3.2)", "x ="):
        assert without_solution(source) == source


def test_metadata_and_pictures_of_a_solution_go() -> None:
    code = nbformat.v4.new_code_cell("x = 3  # SOLUTION", metadata={"answer": 3, "tags": ["a"]})
    code.outputs = [nbformat.v4.new_output("stream", text="3")]
    text = nbformat.v4.new_markdown_cell(
        "![](attachment:a.png)\n<!-- BEGIN SOLUTION -->![](attachment:b.png)<!-- END SOLUTION -->",
        attachments={"a.png": {"image/png": "AA"}, "b.png": {"image/png": "BB"}},
    )
    other = nbformat.v4.new_markdown_cell("Text", attachments={"c.png": {"image/png": "CC"}})
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    made = student_version(
        nbformat.v4.new_notebook(
            cells=[code, text, other], metadata={**python, "papermill": {"answer": 3}}
        )
    )
    assert made.metadata == python
    assert [cell.metadata for cell in made.cells] == [{}, {}, {}]
    assert made.cells[0].outputs == []
    assert list(made.cells[1].attachments) == ["a.png"]
    assert "attachments" not in made.cells[2]
    nbformat.validate(made)


def test_holes() -> None:
    assert without_solution("answer = 3  # SOLUTION") == "answer = ...  # your answer"
    body = "def f(x):\n    # BEGIN SOLUTION\n    y = x\n    return y\n    # END SOLUTION\n\n\nf(1)"
    assert without_solution(body) == "def f(x):\n    return None  # your code\n\n\nf(1)"
    written = "Why?\n\n<!-- BEGIN SOLUTION -->\nBecause.\n<!-- END SOLUTION -->"
    assert without_solution(written, "markdown") == "Why?\n\n*Write your answer here.*"


def test_the_archive_for_gradescope_holds_the_grader(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        words = ["homework", "autograder", "hw1", "--seed", "7", "--minutes", "5"]
        assert main([*words, "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = archive.namelist()
        run = archive.read("run_autograder").decode()
        assert "--assignment hw1 --seed 7 --minutes 5 --megabytes 3000 \\\n  --open-gate" in run
        assert "torch" in archive.read("setup.sh").decode()
    assert "package/collapse/homework/grading/grade.py" in names
    assert "package/collapse/homework/grading/inside/student.py" in names


@pytest.mark.parametrize("name", NAMES)
def test_the_master_for_otter_has_a_question_for_each_task(name: str) -> None:
    made = otter_master(solved(name), assignments()[name], 7)
    raw = [cell.source for cell in made.cells if cell.cell_type == "raw"]
    opened = [text for text in raw if text.startswith("# BEGIN QUESTION")]
    assert len(opened) == len(assignments()[name].tasks) == raw.count("# END QUESTION")
    assert raw.count("# BEGIN SOLUTION") == raw.count("# END SOLUTION") == len(opened)
    assert raw.count("# BEGIN TESTS") == len(assignments()[name].exercises)


def test_seeds_that_nobody_has_chosen_are_others_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "one.zip"
    seeds = set()
    for _ in range(3):
        assert main(["homework", "autograder", "hw1", "--out", str(out)]) == 0
        (seed,) = re.findall(r"with seed (\d+)", capsys.readouterr().out)
        with zipfile.ZipFile(out) as archive:
            assert f"--seed {seed} " in archive.read("run_autograder").decode()
        seeds.add(seed)
    assert len(seeds) == 3
    master = otter_master(solved("hw1"), assignments()["hw1"], 7)
    hidden = [cell.source for cell in master.cells if "hidden: true" in cell.source]
    assert len(hidden) == len(assignments()["hw1"].exercises)
    assert all("seed=7).right" in source for source in hidden)


@pytest.mark.parametrize("name", NAMES)
def test_the_last_cells_say_how_to_hand_in_and_belong_to_no_task(name: str) -> None:
    text, code = student_version(solved(name)).cells[-2:]
    assert text.source.startswith(f"## {CLOSING}\n")
    assert f"`{name}.ipynb`" in text.source
    assert code.source == f'from collapse.homework import so_far\n\nso_far("{name}")'
    asked = read_hand_in(HANDED_OUT / f"{name}.ipynb")
    last = list(assignments()[name].tasks)[-1]
    for handed_out in (asked, None):
        assert asked.written(last, assignments()[name].tasks, handed_out) == ""
    raw = [c.source for c in otter_master(solved(name), assignments()[name], 7).cells]
    assert raw[-3:] == ["# END QUESTION", text.source, code.source]


def test_the_points_so_far_are_those_of_the_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assignment = assignments()["hw1"]
    checked = sum(task.points for task in assignment.tasks.values() if task.exercise)
    check("hw1.7", assignment.tasks["hw1.7"].exercise.truth())
    check("hw1.5", (1.65, 9, 9))
    check("hw1.8", None)
    so_far("hw1")
    said = capsys.readouterr().out
    assert "hw1.1 Where the gap is: written, up to 4 points" in said
    assert "hw1.5 Predict the parts of a rate: not yet, 0 of" in said  # no part of an answer
    assert "hw1.7 Read a log: right" in said
    assert "hw1.8 Judge two published rows: no answer yet, 0 of" in said
    assert f"{assignment.tasks['hw1.7'].points} of {checked} points by the checks" in said
    assert f"up to {assignment.points - checked} more" in said
    everything = standing(assignment, dict.fromkeys(assignment.tasks, Verdict(True, "")))
    assert everything.points == everything.most == checked
