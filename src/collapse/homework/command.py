"""The command ``collapse homework``."""

import argparse
import secrets
from pathlib import Path

import nbformat

from collapse.base.errors import CollapseError, RunError, choose
from collapse.base.files import whole_file, write_text
from collapse.homework.checking import assignments
from collapse.homework.exports import autograder, otter_master
from collapse.homework.grading.command import assignment_of, number
from collapse.homework.student_version import student_version

SEED = "of the inputs that count; by default one that nobody knows"


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
    archive.add_argument("--seed", type=int, help=SEED)
    archive.add_argument("--minutes", type=number(float, 0.1), default=8, help="for a hand-in")
    archive.add_argument("--megabytes", type=number(int, 1), default=3000, help="of memory")
    archive.set_defaults(command=autograder_command)
    master = actions.add_parser("otter", help="a master notebook for otter assign")
    master.add_argument("solved", type=Path)
    master.add_argument("--out", type=Path, required=True)
    master.add_argument("--seed", type=int, help=SEED)
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
    seed = seed_of(chosen)
    made = autograder(chosen.assignment, seed, chosen.minutes, chosen.megabytes)
    try:
        with whole_file(chosen.out) as path:
            path.write_bytes(made)
    except OSError as error:
        raise RunError(f"The file {chosen.out} could not be written ({error}).") from error
    print(
        f"{chosen.out} grades {chosen.assignment} with seed {seed}: upload it as the autograder, "
        "and tell the seed nobody."
    )


def otter_command(chosen: argparse.Namespace) -> None:
    """Write a master notebook for otter-grader."""
    solved = solved_notebook(chosen.solved)
    made = otter_master(solved, assignment_of([chosen.solved], None), seed_of(chosen))
    write_text(chosen.out, nbformat.writes(made) + "\n")
    print(f"{chosen.out}: otter assign {chosen.out} dist")


def seed_of(chosen: argparse.Namespace) -> int:
    """The seed that was chosen, or another one at each call: 0 and 1 are known to everybody."""
    return secrets.randbelow(10**9) + 2 if chosen.seed is None else int(chosen.seed)
