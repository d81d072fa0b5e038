"""A reader or a student in Colab: one notebook, an empty folder, Colab's versions, nothing else.

The environment is made once (`.venv-colab`, a minute) and kept until its packages change. The
package gets into it the way it does in Colab: by the set-up cell. Where the machine has no Python
of Colab's version, all of this is skipped.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from interpreters import find_python
from nbclient import NotebookClient

from address import repository
from notebook_lint import setup_cell
from notebooks import ROOT, assignments, code_cells, with_parameters

pytestmark = pytest.mark.thorough
PYTHON = "3.12"
WANTED = Path(__file__).with_name("colab.txt")
# ipywidgets 7 asks for a whole notebook server, which a kernel does not need.
WIDGETS = ["ipywidgets==7.7.1", "widgetsnbextension==3.6.10", "ipython_genutils==0.2.0"]
# What runs the unit tests there, in a folder of its own, which the set-up cell and the chapters do
# not see. What these packages need beyond one another, Colab has.
TOOLS = ["pytest", "pluggy", "iniconfig", "hypothesis", "sortedcontainers", "beartype"]
# Chapter 6 asks most of scipy and scikit-learn (sparse counts, word vectors, replies); chapter 5
# has every kind of output, most pictures, and a classifier. The others take longer or show less;
# what they draw and measure, the unit tests do.
CHAPTERS = ["05_bn_vae", "06_bn_cvae"]
BROUGHT = {"posterior-collapse", "jaxtyping", "wadler-lindig"}
# In Colab these modules are loaded before the first cell runs.
IN_COLAB = """
import sys, types
sys.modules["google"] = types.ModuleType("google")
sys.modules["google.colab"] = types.ModuleType("google.colab")
from IPython.core.interactiveshell import InteractiveShell
done = InteractiveShell.instance().run_cell(sys.argv[1])
done.raise_error()
sys.exit(InteractiveShell.instance().user_ns.get("_exit_code", 0))
"""


@dataclass(frozen=True)
class Colab:
    """The environment, and what it held before and after the set-up cell."""

    python: Path
    before: set[str]
    after: set[str]


def run(*command: object, folder: Path = ROOT, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def as_pinned(names: list[str]) -> list[str]:
    """The packages in the versions of the project's own environment, where it names one."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = {line.split("==")[0]: line for line in lines if "==" in line}
    return [pins.get(name, name) for name in names]


def make_environment(folder: Path) -> Path:
    """The Python of `.venv-colab`, made anew when the list of packages has changed."""
    base = find_python(PYTHON)
    if base is None:
        pytest.skip(f"There is no Python {PYTHON}, which Colab has, on this machine.")
    python, stamp = folder / "bin/python", folder / ".made"
    mark = hashlib.sha256(" ".join([WANTED.read_text(), *WIDGETS, PYTHON, *TOOLS]).encode())
    if stamp.exists() and stamp.read_text() == mark.hexdigest():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    run(base, "-m", "venv", folder)
    install = [python, "-m", "pip", "install", "--quiet", "--no-compile"]
    run(*install, "-r", WANTED)
    run(*install, "--no-deps", *WIDGETS)
    run(*install, "--no-deps", "--target", folder / "tools", *as_pinned(TOOLS))
    stamp.write_text(mark.hexdigest())
    return python


def freeze(python: Path) -> set[str]:
    """The installed packages; `name @ where` becomes the name."""
    listed = run(python, "-m", "pip", "list", "--format", "json")
    return {f"{each['name'].lower()}=={each['version']}" for each in json.loads(listed)}


def own_copy(folder: Path) -> Path:
    """What the package is built from, as git delivers it: pip leaves traces where it builds."""
    folder.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("src", "book/results"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    return folder


@pytest.fixture(scope="module")
def colab(tmp_path_factory: pytest.TempPathFactory) -> Colab:
    python = make_environment(ROOT / ".venv-colab")
    run(python, "-m", "pip", "uninstall", "--quiet", "--yes", *BROUGHT)
    before = freeze(python)
    source = own_copy(tmp_path_factory.mktemp("git") / "checkout")
    cell = setup_cell().replace(f"git+{repository()}", str(source))
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    run(python, "-c", IN_COLAB, cell, PATH=path, PIP_DISABLE_PIP_VERSION_CHECK="1")
    return Colab(python, before, freeze(python))


@pytest.fixture
def kernel(colab: Colab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a kernel that runs in the environment."""
    folder = tmp_path / "share/kernels/fresh-reader"
    folder.mkdir(parents=True)
    command = [str(colab.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Fresh reader", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return "fresh-reader"


def execute(notebook: nbformat.NotebookNode, kernel: str, folder: Path) -> list[dict]:
    """Run a notebook in a folder and return its outputs."""
    folder.mkdir()
    client = NotebookClient(
        notebook, kernel_name=kernel, timeout=600, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return [out for cell in notebook.cells for out in cell.get("outputs", [])]


def test_the_set_up_cell_adds_and_changes_nothing(colab: Colab) -> None:
    assert colab.before <= colab.after, "the set-up cell changed something that Colab has"
    added = {each.split("==")[0].replace("_", "-") for each in colab.after - colab.before}
    assert added == BROUGHT


def test_the_environment_is_what_colab_has(colab: Colab) -> None:
    wanted = {line for line in WANTED.read_text().splitlines() if "==" in line}
    assert wanted | {WIDGETS[0]} <= {each.split("+")[0] for each in colab.after}  # torch's "+cpu"
    assert run(colab.python, "--version").startswith(f"Python {PYTHON}.")
    missing = run(colab.python, "-c", "import collapse.viz, collapse.runs.run")
    assert missing == ""


def test_the_unit_tests_pass_with_the_versions_of_colab(colab: Colab) -> None:
    tools = colab.python.parents[1] / "tools"
    unit = [colab.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    drawn = ("tests/viz/plots", "tests/viz/drawings", "tests/viz/test_explore.py")
    said = run(*unit, *drawn, "tests/metrics", PYTHONPATH=str(tools))
    passed = re.search(r"(\d+) passed", said)
    assert passed
    assert int(passed[1]) > 100, said


def test_a_chapter_reads_the_runs_that_the_package_brought(kernel: str, tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "book/05_bn_vae.ipynb", as_version=4)
    texts = [str(out.get("data", "")) for out in execute(notebook, kernel, tmp_path / "empty")]
    (said,) = re.findall(r"(\d+) of the (\d+) runs of this page", " ".join(texts))
    assert int(said[0]) > 0.8 * int(said[1])  # the exercises train a few
    assert "stand on the published page only" not in " ".join(texts)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_alone_runs_and_every_figure_has_words(
    chapter: str, kernel: str, tmp_path: Path
) -> None:
    notebook = nbformat.read(ROOT / "book" / f"{chapter}.ipynb", as_version=4)
    # Another seed than in the tests of the pages and of the exercises.
    with_parameters(notebook, scale="smoke", seed=2)
    outputs = execute(notebook, kernel, tmp_path / "empty")
    assert list((tmp_path / "empty").iterdir()) == [], "the chapter leaves files behind"
    pages = [out["data"].get("text/html", "") for out in outputs if "data" in out]
    figures = [page for page in pages if "<img" in page]
    assert figures
    for page in figures:
        assert re.search(r'<img [^>]*alt="[^"]{20,}"', page)
        assert re.search(
            r"<figcaption[^>]*><strong>(Figure [\w.]+ )?What to see:</strong> \S", page
        )
    bare = [out for out in outputs if "image/png" in out.get("data", {})]
    assert all("text/html" in out["data"] for out in bare), "a figure without words"


def said_by_checks(notebook: nbformat.NotebookNode) -> list[str]:
    """The first words of what each check says."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    words = [out["data"]["text/plain"] for out in outputs if out["output_type"] == "execute_result"]
    return [each.split(".")[0] for each in words]


@pytest.mark.parametrize("name", [path.stem for path in assignments()])
def test_an_assignment_alone_runs_with_holes_and_with_solutions(
    name: str, kernel: str, tmp_path: Path
) -> None:
    """A hole stops no cell behind it, and the solutions are right with Colab's versions."""
    homework = ROOT / "book" / "homework"
    for path, words in (
        (homework / "student" / f"{name}.ipynb", "No answer yet"),
        (homework / f"{name}.ipynb", "Right"),
    ):
        notebook, folder = nbformat.read(path, as_version=4), tmp_path / words
        checks = sum("check(" in cell.source for cell in code_cells(notebook))
        execute(notebook, kernel, folder)
        assert said_by_checks(notebook) == [words] * checks
        assert checks >= 6
        assert list(folder.iterdir()) == [], "the assignment leaves files behind"


def python_beside(colab: Colab, folder: Path) -> Path:
    """A Python that sees what the environment holds, and keeps to itself what is installed."""
    run(colab.python, "-m", "venv", folder)
    (theirs,), (own,) = (
        tuple(each.glob("lib/python*/site-packages")) for each in (colab.python.parents[1], folder)
    )
    (own / "colab.pth").write_text(f"{theirs}\n")
    return folder / "bin/python"


def test_the_capstone_runs_from_the_repository_that_its_first_cell_fetches(
    colab: Colab, tmp_path: Path
) -> None:
    """An editable package is found by the next Python, and must be found by this one, too."""
    notebook = nbformat.read(ROOT / "book" / "homework" / "capstone.ipynb", as_version=4)
    set_up, *others = (cell.source for cell in code_cells(notebook))
    fetch = next(line for line in set_up.splitlines() if "!git clone" in line)
    own_copy(tmp_path / "book-source")
    said = "import collapse\nprint(f'from {collapse.__file__}')"
    cells = "\n".join([set_up.replace(fetch, ""), *others, said])
    python = python_beside(colab, tmp_path / "beside")
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONPATH": ""}
    outcome = run(python, "-c", IN_COLAB, cells, folder=tmp_path, **quiet)
    assert f"from {tmp_path / 'book-source' / 'src'}" in outcome


def test_a_slider_is_alive_with_the_widgets_of_colab(kernel: str, tmp_path: Path) -> None:
    code = """
import os
os.environ["COLLAPSE_LIVE"] = "1"
import ipywidgets
import matplotlib.pyplot as plt
from collapse import viz

def draw(value):
    fig, axes = plt.subplots()
    axes.plot([0, value])
    return fig

shown = viz.explore(draw, [1, 2, 3], label="slope", alt="A line.", see="it gets steeper.")
slider = shown.children[0]
assert isinstance(slider, ipywidgets.SelectionSlider), slider
first = shown.children[1].value
slider.index = 2
assert shown.children[1].value != first
print(ipywidgets.__version__)
shown
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    outputs = execute(notebook, kernel, tmp_path / "empty")
    assert outputs[0]["text"] == "7.7.1\n"
    assert "application/vnd.jupyter.widget-view+json" in outputs[-1]["data"]
