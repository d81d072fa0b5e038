"""The homework for other graders: an archive for Gradescope, a master for otter-grader."""

import io
import re
import zipfile
from importlib.metadata import metadata, requires
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_raw_cell

import collapse
from collapse.base.errors import CollapseError
from collapse.homework.assignment import Assignment, Task
from collapse.homework.grading.hand_in import handed_out
from collapse.homework.session import CLOSING

NAME = "posterior-collapse"
UNTRIED = "3.14"  # the first Python on which the tests do not run
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

# The base image may have an older Python than the package supports: uv takes one that fits, or
# fetches one. It lies where the user of a hand-in may read it, which a home of root is not.
SETUP = """\
#!/usr/bin/env bash
# Made by: python -m collapse homework autograder
set -euo pipefail
trap 'echo "The autograder is not set up: line $LINENO of setup.sh failed, see above." >&2' ERR
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends python3-venv util-linux
python3 -m venv /opt/uv
/opt/uv/bin/pip install uv
export UV_PYTHON_INSTALL_DIR=/opt/python
/opt/uv/bin/uv venv --python '{python}' /opt/collapse
export VIRTUAL_ENV=/opt/collapse
/opt/uv/bin/uv pip install '{torch}' --index-url https://download.pytorch.org/whl/cpu
/opt/uv/bin/uv pip install {packages}
/opt/collapse/bin/python -c 'import torch, IPython'
"""
# Gradescope starts a container for each hand-in, which is the wall there: it gives no namespaces.
# What a hand-in must not read or change is root's alone, and it is run as somebody else.
RUN = """\
#!/usr/bin/env bash
# Made by: python -m collapse homework autograder
set -euo pipefail
place="${{AUTOGRADER:-/autograder}}"
chmod -R go-rwx "$place/source" "$place/submission" "$place/results"
export PYTHONPATH="$place/source/package" OMP_NUM_THREADS=1
cd "$place"
"${{AUTOGRADER_PYTHON:-/opt/collapse/bin/python}}" -m collapse grade submission --one \\
  --assignment {name} --seed {seed} --minutes {minutes:g} --megabytes {megabytes} \\
  --open-gate --out results/results.json
"""


def autograder(name: str, seed: int, minutes: float | int = 8, megabytes: int = 3000) -> bytes:
    """Gradescope's autograder.zip for an assignment, with the package as it is here.

    Args:
        name: of the assignment, as "hw1".
        seed: of the inputs that count; whoever knows it can try them at home.
        minutes: for a hand-in in all.
        megabytes: of memory for a hand-in, in all.

    Raises:
        CollapseError: when the student version is not here, which the archive holds, too.
    """
    asked = handed_out(name)
    if asked is None:
        raise CollapseError(
            f"The student version of {name} is not here: call this in a checkout of the book."
        )
    package = Path(collapse.__file__).parent
    run = RUN.format(name=name, seed=seed, minutes=minutes, megabytes=megabytes)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        write(archive, "setup.sh", setup())
        write(archive, "run_autograder", run)
        write(archive, f"book/homework/student/{name}.ipynb", asked.path.read_text("utf-8"))
        for path in sorted(p for p in package.rglob("*") if p.suffix in {".py", ".pyi"}):
            place = f"package/collapse/{path.relative_to(package)}"
            write(archive, place, path.read_text(encoding="utf-8"))
    return made.getvalue()


def setup() -> str:
    """The script that installs Python and what the package needs."""
    needs = [need for need in requires(NAME) or () if "extra ==" not in need]
    torch = next(need for need in needs if re.match(r"torch\b", need))
    others = " ".join(f"'{need}'" for need in needs if need != torch)
    python = f"{metadata(NAME)['Requires-Python']},<{UNTRIED}"
    return SETUP.format(python=python, torch=torch, packages=others)


def write(archive: zipfile.ZipFile, name: str, text: str) -> None:
    """A file that may be executed, with one date, so that the same code gives the same archive."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o755 << 16
    archive.writestr(info, text)


def otter_master(
    solved: nbformat.NotebookNode, assignment: Assignment, seed: int
) -> nbformat.NotebookNode:
    """A master notebook for ``otter assign``: its markers are ours, its tests ask our checks.

    The visible test is the check of seed 0, the hidden one has inputs of its own.

    Args:
        solved: the solved notebook.
        assignment: that it is of.
        seed: of the inputs of the hidden tests.

    Raises:
        CollapseError: when a heading names a task that the assignment does not have.
    """
    cells, question = [new_raw_cell(CONFIG)], ""
    for cell in solved.cells:
        heading = re.match(r"## (hw\d+\.\d+)", cell.source)
        if heading:
            cells += ended(question, assignment, seed)
            question = heading[1]
            cells += [new_raw_cell(begun(question, assignment)), cell]
        elif cell.source.startswith(f"## {CLOSING}"):
            cells += [*ended(question, assignment, seed), cell]
            question = ""
        elif "SOLUTION" in cell.source:
            begin, *made = solution(cell, assignment.tasks[question])
            if cells[-1].source == END:  # one solution a question: code, and what explains it
                cells.pop()
            else:
                cells.append(begin)
            cells += made
        else:
            cells.append(cell)
    made = nbformat.v4.new_notebook(cells=cells + ended(question, assignment, seed))
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


def ended(question: str, assignment: Assignment, seed: int) -> Cells:
    """The tests of a question and the raw cell that closes it; nothing before the first."""
    if not question:
        return []
    task = assignment.tasks[question]
    if task.exercise is None:
        return [new_raw_cell("# END QUESTION")]
    asked = f'check("{question}", {task.answer}'
    tests = [f"assert {asked}).right, {asked})", f"{HIDDEN}assert {asked}, seed={seed}).right"]
    return [
        new_raw_cell("# BEGIN TESTS"),
        *map(new_code_cell, tests),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
    ]
