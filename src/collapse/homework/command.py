"""The commands ``collapse grade`` and ``collapse homework``."""

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat

from collapse.base.errors import CollapseError, choose
from collapse.base.files import whole_file, write_text
from collapse.homework.assignment import Assignment
from collapse.homework.checking import assignments
from collapse.homework.exports import autograder, otter_master
from collapse.homework.grading.course import Lateness, grade_course, moment, table, times_in
from collapse.homework.grading.fence import Limits
from collapse.homework.grading.hand_in import HandInError, read_hand_in
from collapse.homework.grading.look_alikes import look_alikes
from collapse.homework.grading.score import Score, printable
from collapse.homework.student_version import student_version

GRADE_EXPLAINED = """\
  python -m collapse grade hw2.ipynb --out score.json        one hand-in; Gradescope's results.json
  python -m collapse grade hand-ins --out scores.csv         a folder of them, and who looks alike
  python -m collapse grade hand-ins --out scores.csv --due 2026-12-01T23:59 --late 10

A hand-in runs in a process of its own, behind a fence: no network, no file of yours, limits of
time, memory, processes and files. Its functions are tried on inputs of --seed; what is right is
known outside of the fence only. The same seed gives the same score. A fence of namespaces is as
good as the kernel: for hand-ins of strangers put the grader into a container besides,
  docker run --rm --network none --read-only --tmpfs /tmp --cap-add SYS_ADMIN \\
    -v "$PWD/hand-ins:/in:ro" -v "$PWD/out:/out" IMAGE python -m collapse grade /in --out /out/s.csv
"""


def add_commands(commands) -> None:  # type: ignore[no-untyped-def]
    """Add both to the command line."""
    grading = commands.add_parser(
        "grade",
        help="grade hand-ins of the homework",
        epilog=GRADE_EXPLAINED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    grading.add_argument("paths", nargs="+", type=Path, help="notebooks, or folders of them")
    grading.add_argument("--assignment", help="hw1, hw2, ...; by default read from the notebook")
    grading.add_argument("--out", type=Path, help="where the score or the table goes")
    grading.add_argument("--seed", type=int, default=1, help="of the inputs that are tried")
    grading.add_argument("--seconds", type=float, default=60, help="for a cell or a call")
    grading.add_argument("--megabytes", type=int, default=3000, help="of memory, in all")
    grading.add_argument("--jobs", type=int, default=1, help="hand-ins at a time")
    grading.add_argument("--due", help="when, as 2026-12-01T23:59")
    grading.add_argument("--late", type=float, default=10, help="percent that a day late costs")
    grading.add_argument("--handed-in", type=Path, help="CSV with the columns name and handed_in")
    grading.add_argument("--handed-out", type=Path, help="the student version, for who looks alike")
    grading.add_argument(
        "--open-gate", action="store_true", help="run hand-ins although there is no fence"
    )
    grading.set_defaults(command=grade_command)
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


def student_command(chosen: argparse.Namespace) -> None:
    """Write the student version of a solved notebook."""
    made = student_version(nbformat.read(chosen.solved, as_version=4))
    write_text(chosen.out, nbformat.writes(made) + "\n")
    print(f"{chosen.out} is {chosen.solved} with holes.")


def autograder_command(chosen: argparse.Namespace) -> None:
    """Write an archive for Gradescope."""
    choose(chosen.assignment, assignments(), "assignment")
    with whole_file(chosen.out) as path:
        path.write_bytes(autograder(chosen.assignment))
    print(f"{chosen.out} grades {chosen.assignment}: upload it as the autograder.")


def otter_command(chosen: argparse.Namespace) -> None:
    """Write a master notebook for otter-grader."""
    assignment = assignment_of([chosen.solved], None)
    made = otter_master(nbformat.read(chosen.solved, as_version=4), assignment)
    write_text(chosen.out, nbformat.writes(made) + "\n")
    print(f"{chosen.out}: otter assign {chosen.out} dist")


def grade_command(chosen: argparse.Namespace) -> None:
    """Grade one hand-in or many."""
    paths = notebooks_in(chosen.paths)
    assignment = assignment_of(paths, chosen.assignment)
    scores = grade_course(
        paths,
        assignment,
        seed=chosen.seed,
        limits=Limits(seconds=chosen.seconds, megabytes=chosen.megabytes),
        open_gate=chosen.open_gate,
        jobs=chosen.jobs,
    )
    for score in scores:
        print(in_words(score, assignment))
    if chosen.paths[0].is_dir() or len(paths) > 1:
        text = table(paths, scores, assignment, lateness_of(chosen))
        print(alike_in_words(paths, chosen.handed_out), end="")
    else:
        text = json.dumps(scores[0].results(), indent=1, ensure_ascii=False) + "\n"
    if chosen.out:
        write_text(chosen.out, text)


def notebooks_in(places: Sequence[Path]) -> list[Path]:
    """The notebooks that are named, and those in the folders that are.

    Raises:
        CollapseError: when there are none, or a place is not there.
    """
    found = []
    for place in places:
        if not place.exists():
            raise CollapseError(f"There is no {place}.")
        inside = (p for p in place.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
        found += sorted(inside) if place.is_dir() else [place]
    if not found:
        raise CollapseError(f"There is no notebook in {', '.join(map(str, places))}.")
    return found


def assignment_of(paths: Sequence[Path], named: str | None) -> Assignment:
    """The assignment that is named, or that most of the notebooks' headings name.

    Raises:
        CollapseError: when neither says which.
    """
    if named is not None:
        return choose(named, assignments(), "assignment")
    seen: list[str] = []
    for path in paths:
        try:
            texts = read_hand_in(path).texts
        except HandInError:
            continue
        # One vote a notebook, however many headings it has.
        seen += {n for text in texts for n in re.findall(r"^## (hw\d+)\.", text, re.M)}
    if not seen:
        raise CollapseError("No heading says which assignment it is: pass --assignment hw1.")
    return choose(max(set(seen), key=seen.count), assignments(), "assignment")


def lateness_of(chosen: argparse.Namespace) -> Lateness | None:
    """When hand-ins were due, if that is said."""
    if chosen.due is None:
        return None
    handed_in = times_in(chosen.handed_in) if chosen.handed_in else {}
    return Lateness(moment(chosen.due), chosen.late, handed_in)


def in_words(score: Score, assignment: Assignment) -> str:
    """A score in lines."""
    most = assignment.points - score.open_points
    lines = [f"{score.name}: {score.points:g} of {most} points, {score.open_points} to be read"]
    for mark in score.marks:
        points = "by hand" if mark.points is None else f"{mark.points:g} of {mark.most}"
        words = "" if mark.points is None else mark.words
        lines.append(f"  {mark.number} {points}. {words}".rstrip())
    return "\n".join([*lines, *(f"  {note}" for note in score.notes)])


def alike_in_words(paths: Sequence[Path], handed_out: Path | None) -> str:
    """Which hand-ins look alike, in lines."""
    sources = {}
    for path in paths:
        try:
            sources[str(path)] = read_hand_in(path).code
        except HandInError:
            continue
    common = read_hand_in(handed_out).code if handed_out else ()
    pairs = look_alikes(sources, common)
    lines = (f"{p.one} and {p.other}: {p.share:.0%} alike\n" for p in pairs)
    return printable("".join(lines))
