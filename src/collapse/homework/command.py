"""The command ``collapse homework``."""

import argparse
from pathlib import Path

import nbformat

from collapse.base.errors import CollapseError, RunError, choose
from collapse.base.files import whole_file, write_text
from collapse.homework.checking import assignments
from collapse.homework.exports import autograder, otter_master
from collapse.homework.grading.command import assignment_of
from collapse.homework.student_version import student_version


def add_command(commands) -> None:  # type: ignore[no-untyped-def]
    """Add it to the command line."""
    homework = commands.add_parser("homework", help="make what students get")
    actions = homework.add_subparsers(required=True)
    student = actions.add_parser("student", help="a solved notebook with holes")
    student.add_argument("solved", type=Path)
    student.add_argument("--out", type=Path, required=True)
    student.set_defaults(command=student_command)
    archive = actions.add_parser("autograder", help="an archive for Gradescope")
    archive.add_argument("assignment", help="hw1, hw2, ...")
    archive.add_argument("--out", type=Path, required=True)
    archive.set_defaults(command=autograder_command)
    master = actions.add_parser("otter", help="a master notebook for otter assign")
    master.add_argument("solved", type=Path)
    master.add_argument("--out", type=Path, required=True)
    master.set_defaults(command=otter_command)


def solved_notebook(path: Path) -> nbformat.NotebookNode:
    """A notebook of the instructor.

    Raises:
        CollapseError: when there is none.
    """
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # of the disk, of JSON, of nbformat
        words = str(error).partition("\n")[0]
        raise CollapseError(
            f"{path} cannot be read as a notebook ({words:.200}). Give a file *.ipynb."
        ) from error


def student_command(chosen: argparse.Namespace) -> None:
    """Write the student version of a solved notebook."""
    made = student_version(solved_notebook(chosen.solved))
    write_text(chosen.out, nbformat.writes(made) + "\n")
    print(f"{chosen.out} is {chosen.solved} with holes.")


def autograder_command(chosen: argparse.Namespace) -> None:
    """Write an archive for Gradescope."""
    choose(chosen.assignment, assignments(), "assignment")
    made = autograder(chosen.assignment)
    try:
        with whole_file(chosen.out) as path:
            path.write_bytes(made)
    except OSError as error:
        raise RunError(f"The file {chosen.out} could not be written ({error}).") from error
    print(f"{chosen.out} grades {chosen.assignment}: upload it as the autograder.")


def otter_command(chosen: argparse.Namespace) -> None:
    """Write a master notebook for otter-grader."""
    solved = solved_notebook(chosen.solved)
    made = otter_master(solved, assignment_of([chosen.solved], None))
    write_text(chosen.out, nbformat.writes(made) + "\n")
    print(f"{chosen.out}: otter assign {chosen.out} dist")
