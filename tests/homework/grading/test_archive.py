"""The archive for Gradescope, run in folders laid out as Gradescope lays them out."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from collapse.homework.checking import assignments
from collapse.homework.exports import autograder
from collapse.homework.student_version import student_version
from notebooks import ROOT

SOLVED = ROOT / "book" / "homework" / "hw1.ipynb"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked."""
    folder = tmp_path_factory.mktemp("archive") / "source"
    with zipfile.ZipFile(io.BytesIO(autograder("hw1", 7))) as packed:
        packed.extractall(folder)
    return folder


def results(archive: Path, place: Path, **submitted: nbformat.NotebookNode | str) -> dict:
    """What run_autograder writes for a submission."""
    for name in ("submission", "results"):
        (place / name).mkdir()
    shutil.copytree(archive, place / "source")
    for name, notebook in submitted.items():
        text = notebook if isinstance(notebook, str) else nbformat.writes(notebook)
        (place / "submission" / f"{name}.ipynb").write_text(text)
    own = {"AUTOGRADER": str(place), "AUTOGRADER_PYTHON": sys.executable}
    # There are no namespaces where their program is not found, as in Gradescope's container; and
    # the archive brings the package: that of this checkout is not to be found.
    bash = shutil.which("bash") or "bash"
    (place / "programs").mkdir()
    (place / "programs" / "chmod").symlink_to(shutil.which("chmod") or "chmod")
    done = subprocess.run(
        [bash, str(place / "source" / "run_autograder")],
        env={"PATH": str(place / "programs"), "HOME": str(place)} | own,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    made = json.loads((place / "results" / "results.json").read_text())
    assert {t["number"] for t in made["tests"]} == set(assignments()["hw1"].tasks)
    assert all({"name", "output"} <= set(test) for test in made["tests"])
    return made


def test_the_reference_has_full_marks(archive: Path, tmp_path: Path) -> None:
    made = results(archive, tmp_path, hw1=nbformat.read(SOLVED, as_version=4))
    scored = [t for t in made["tests"] if "score" in t]
    assert made["score"] == sum(t["max_score"] for t in scored) > 0
    assert "The gate was open" in made["output"]
    if os.geteuid() == 0:
        assert "a user of its own" in made["output"]
        assert (tmp_path / "source").stat().st_mode & 0o077 == 0
        assert (tmp_path / "results").stat().st_mode & 0o077 == 0


@pytest.mark.thorough
def test_the_empty_student_version_has_none(archive: Path, tmp_path: Path) -> None:
    empty = student_version(nbformat.read(SOLVED, as_version=4))
    made = results(archive, tmp_path, hw1=empty)
    assert made["score"] == 0
    assert "Nothing was written for hw1.1" in made["output"]


@pytest.mark.thorough
def test_no_notebook_is_a_reason(archive: Path, tmp_path: Path) -> None:
    made = results(archive, tmp_path)
    assert made["score"] == 0
    assert "holds no notebook" in made["output"]


@pytest.mark.thorough
def test_two_notebooks_are_a_reason(archive: Path, tmp_path: Path) -> None:
    solved = nbformat.read(SOLVED, as_version=4)
    made = results(archive, tmp_path, hw1=solved, again=solved)
    assert made["score"] == 0
    assert "2 notebooks (again.ipynb, hw1.ipynb)" in made["output"]


def test_what_is_no_notebook_is_a_reason(archive: Path, tmp_path: Path) -> None:
    made = results(archive, tmp_path, hw1="hello")
    assert made["score"] == 0
    assert "is no notebook" in made["tests"][1]["output"]


def test_the_scripts_can_be_read_by_bash(archive: Path) -> None:
    for name in ("setup.sh", "run_autograder"):
        text = (archive / name).read_text()
        assert "set -euo pipefail" in text
        assert subprocess.run(["bash", "-n", str(archive / name)]).returncode == 0
    assert "https://download.pytorch.org/whl/cpu" in (archive / "setup.sh").read_text()


def test_a_step_of_the_set_up_that_fails_ends_it_with_a_sentence(
    archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "apt-get").chmod(0o755)
    done = subprocess.run(
        [shutil.which("bash") or "bash", str(archive / "setup.sh")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 9
    assert "The autograder is not set up" in done.stderr


def test_the_same_code_gives_the_same_archive() -> None:
    assert autograder("hw2", 7) == autograder("hw2", 7)
