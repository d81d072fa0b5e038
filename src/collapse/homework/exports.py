"""The homework for other graders: an archive for Gradescope, a master for otter-grader."""

import io
import re
import zipfile
from importlib.metadata import requires
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_raw_cell

import collapse
from collapse.base.errors import CollapseError
from collapse.homework.assignment import Assignment, Task

Cells = list[nbformat.NotebookNode]

CONFIG = """\
# ASSIGNMENT CONFIG
init_cell: true
export_cell: false
solutions_pdf: false
template_pdf: false
generate:
  pdf: false
"""
END = "# END SOLUTION"
HIDDEN = '''""" # BEGIN TEST CONFIG
hidden: true
""" # END TEST CONFIG
'''

SETUP = """\
#!/usr/bin/env bash
# Made by: python -m collapse homework autograder
apt-get install -y python3-pip
pip3 install {packages}
"""
# Gradescope starts a container for each hand-in, which is the fence there: it gives no namespaces.
RUN = """\
#!/usr/bin/env bash
export PYTHONPATH=/autograder/source/package
cd /autograder
python3 -m collapse grade submission/*.ipynb --assignment {name} --open-gate \\
  --out results/results.json
"""


def autograder(name: str) -> bytes:
    """Gradescope's autograder.zip for an assignment, with the package as it is here.

    Args:
        name: of the assignment, as "hw1".
    """
    package = Path(collapse.__file__).parent
    files = sorted(p for p in package.rglob("*") if p.suffix in {".py", ".pyi"})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        write(archive, "setup.sh", SETUP.format(packages=" ".join(needed())))
        write(archive, "run_autograder", RUN.format(name=name))
        for path in files:
            place = f"package/collapse/{path.relative_to(package)}"
            write(archive, place, path.read_text(encoding="utf-8"))
    return made.getvalue()


def write(archive: zipfile.ZipFile, name: str, text: str) -> None:
    """A file that may be executed, with one date, so that the same code gives the same archive."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o755 << 16
    archive.writestr(info, text)


def needed() -> list[str]:
    """What the package needs, quoted for a shell."""
    return [f"'{need}'" for need in requires("posterior-collapse") or () if "extra ==" not in need]


def otter_master(solved: nbformat.NotebookNode, assignment: Assignment) -> nbformat.NotebookNode:
    """A master notebook for ``otter assign``: its markers are ours, its tests ask our checks.

    The visible test is the check of seed 0, the hidden one has inputs of its own.

    Args:
        solved: the solved notebook.
        assignment: that it is of.

    Raises:
        CollapseError: when a heading names a task that the assignment does not have.
    """
    cells, question = [new_raw_cell(CONFIG)], ""
    for cell in solved.cells:
        heading = re.match(r"## (hw\d+\.\d+)", cell.source)
        if heading:
            cells += ended(question, assignment)
            question = heading[1]
            cells += [new_raw_cell(begun(question, assignment)), cell]
        elif "SOLUTION" in cell.source:
            begin, *made = solution(cell, assignment.tasks[question])
            if cells[-1].source == END:  # one solution a question: code, and what explains it
                cells.pop()
            else:
                cells.append(begin)
            cells += made
        else:
            cells.append(cell)
    made = nbformat.v4.new_notebook(cells=cells + ended(question, assignment))
    made.metadata = solved.metadata
    return made


def begun(question: str, assignment: Assignment) -> str:
    """The raw cell that opens a question.

    Raises:
        CollapseError: when there is no such task.
    """
    if question not in assignment.tasks:
        raise CollapseError(f"{question} is no task of {assignment.title!r}.")
    task = assignment.tasks[question]
    by_hand = "\nmanual: true" if task.exercise is None else ""
    return f"# BEGIN QUESTION\nname: {question.replace('.', '_')}\npoints: {task.points}{by_hand}"


def solution(cell: nbformat.NotebookNode, task: Task) -> Cells:
    """A cell with a solution between otter's marks; the text of a written one without ours."""
    source = re.sub(r"<!-- (BEGIN|END) SOLUTION -->\n?", "", cell.source)
    if task.exercise is not None:
        source = re.sub(r"\n*^check\(.*\)$", "", source, flags=re.M)
    cell = nbformat.from_dict({**cell, "source": source})
    return [new_raw_cell("# BEGIN SOLUTION"), cell, new_raw_cell(END)]


def ended(question: str, assignment: Assignment) -> Cells:
    """The tests of a question and the raw cell that closes it; nothing before the first."""
    if not question:
        return []
    task = assignment.tasks[question]
    if task.exercise is None:
        return [new_raw_cell("# END QUESTION")]
    asked = f'check("{question}", {task.answer}'
    tests = [f"assert {asked}).right, {asked})", f"{HIDDEN}assert {asked}, seed=1).right"]
    return [
        new_raw_cell("# BEGIN TESTS"),
        *map(new_code_cell, tests),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
    ]
