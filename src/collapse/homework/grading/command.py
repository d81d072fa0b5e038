"""The command ``collapse grade``."""

import argparse
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from collapse.base.errors import CollapseError, choose
from collapse.base.files import write_text
from collapse.homework.assignment import Assignment
from collapse.homework.checking import assignments
from collapse.homework.grading.course import (
    Lateness,
    grade_course,
    moment,
    places_of,
    table,
    times_in,
)
from collapse.homework.grading.grade import none_of
from collapse.homework.grading.hand_in import HandIn, HandInError, handed_out, read_hand_in
from collapse.homework.grading.look_alikes import look_alikes
from collapse.homework.grading.score import Late, Score, printable
from collapse.homework.grading.walls import Limits

GRADE_EXPLAINED = """\
  python -m collapse grade hw2.ipynb --out score.json        one hand-in; Gradescope's results.json
  python -m collapse grade hand-ins --out scores.csv         a folder of them, and who looks alike
  python -m collapse grade hand-ins --out scores.csv --due 2026-12-01T23:59+01:00 --late 10

Of a folder, the words and the written answers of each hand-in go beside the table, to
scores-results. Times are ISO 8601; one without a zone is of UTC.

A hand-in runs in a process of its own, behind a fence: no network, no file of yours, limits of
time, memory, processes and files. Its functions are tried on inputs of --seed; what is right is
known outside of the fence only. The same seed gives the same score. A fence of namespaces is as
good as the kernel; with --open-gate there is none, and each result says what that does not promise.
For hand-ins of strangers put the grader into a container besides,
  docker run --rm --network none --read-only --tmpfs /tmp --cap-add SYS_ADMIN \\
    -v "$PWD/hand-ins:/in:ro" -v "$PWD/out:/out" IMAGE python -m collapse grade /in --out /out/s.csv
"""


def add_command(commands) -> None:  # type: ignore[no-untyped-def]
    """Add it to the command line."""
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
    some, whole = number(float, 0.1), number(int, 1)
    grading.add_argument("--seconds", type=some, default=60, help="for a cell or a call")
    grading.add_argument("--minutes", type=some, default=10, help="for a hand-in in all")
    grading.add_argument("--megabytes", type=whole, default=3000, help="of memory, in all")
    grading.add_argument("--jobs", type=whole, default=1, help="hand-ins at a time")
    add_course(grading)
    grading.set_defaults(command=grade_command)


def add_course(grading: argparse.ArgumentParser) -> None:
    """Add what a course wants beside the points: lateness, what was handed out, how it lies."""
    grading.add_argument(
        "--due", help="when: 2026-12-01T23:59+01:00; without a zone it is a time of UTC"
    )
    grading.add_argument(
        "--late",
        type=number(float, 0, 100),
        default=10,
        help="percent of the points that each started day takes away (default: 10)",
    )
    grading.add_argument(
        "--handed-in",
        type=Path,
        help="CSV with the columns name and handed_in, times as for --due; else the files' times",
    )
    grading.add_argument(
        "--handed-out",
        type=Path,
        help="what students got, to tell their words and code from it; else the book's own",
    )
    grading.add_argument(
        "--one", action="store_true", help="the folder is one hand-in, as Gradescope has them"
    )
    grading.add_argument(
        "--open-gate", action="store_true", help="run hand-ins although there is no fence"
    )


def number(kind: type, least: float | int, most: float | int = 1e9) -> Callable[[str], float | int]:
    """What reads a number of the command line that is not too small and not too large."""

    def read(text: str) -> float | int:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least:g} and {most:g}")
        return value

    return read


def grade_command(chosen: argparse.Namespace) -> None:
    """Grade one hand-in or many."""
    paths = notebooks_in(chosen.paths)
    if chosen.one:
        return grade_the_one(paths, chosen)
    if not paths:
        raise CollapseError(f"There is no notebook in {', '.join(map(str, chosen.paths))}.")
    assignment = assignment_of(paths, chosen.assignment)
    lateness = lateness_of(chosen, paths)
    asked = asked_in(assignment, chosen.handed_out)
    scores = scores_of(paths, assignment, chosen, asked)
    for score in scores:
        print(in_words(score, assignment))
    if not chosen.paths[0].is_dir() and len(paths) == 1:
        return write_results(chosen.out, scores[0], late_by(lateness, paths[0]))
    print(alike_in_words(paths, asked), end="")
    if chosen.out:
        write_text(chosen.out, table(paths, scores, assignment, lateness))
        folder = chosen.out.with_name(f"{chosen.out.stem}-results")
        for path, place, score in zip(paths, places_of(paths), scores, strict=True):
            file = folder / place.with_name(f"{place.name}.json")
            write_results(file, score, late_by(lateness, path))
        print(f"The table is {chosen.out}; words and written answers of each are in {folder}.")


def grade_the_one(paths: Sequence[Path], chosen: argparse.Namespace) -> None:
    """Grade a folder that should hold one notebook; if it does not, that is the reason."""
    if chosen.assignment is None:
        raise CollapseError("--one needs the assignment: pass --assignment hw1.")
    assignment = assignment_of(paths, chosen.assignment)
    if len(paths) == 1:
        asked = asked_in(assignment, chosen.handed_out)
        (score,) = scores_of(paths, assignment, chosen, asked)
    else:
        names = ", ".join(printable(path.name) for path in paths[:5])
        held = f"{len(paths)} notebooks ({names})" if paths else "no notebook (a file *.ipynb)"
        why = f"The hand-in holds {held}. Hand in exactly one, the one that is to be graded."
        score = Score(chosen.paths[0].name, none_of(assignment, why), 0.0, (why,))
    print(in_words(score, assignment))
    lateness = lateness_of(chosen, paths)
    write_results(chosen.out, score, late_by(lateness, *paths) if len(paths) == 1 else None)


def scores_of(
    paths: Sequence[Path], assignment: Assignment, chosen: argparse.Namespace, asked: HandIn | None
) -> list[Score]:
    """The scores of hand-ins, within the limits that were chosen."""
    limits = Limits(
        seconds=chosen.seconds, all_seconds=60 * chosen.minutes, megabytes=chosen.megabytes
    )
    return grade_course(
        paths,
        assignment,
        seed=chosen.seed,
        limits=limits,
        open_gate=chosen.open_gate,
        asked=asked,
        jobs=chosen.jobs,
    )


def write_results(path: Path | None, score: Score, late: Late | None) -> None:
    """Write a score as Gradescope reads it, where that is wanted."""
    if path:
        text = json.dumps(score.results(late), indent=1, ensure_ascii=False)
        write_text(path, text + "\n")


def notebooks_in(places: Sequence[Path]) -> list[Path]:
    """The notebooks that are named, and those in the folders that are, each once.

    Raises:
        CollapseError: when a place is not there.
    """
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise CollapseError(f"There is no {place}.")
        inside = (p for p in place.rglob("*.ipynb") if not is_by_the_way(p.relative_to(place)))
        found += sorted(inside) if place.is_dir() else [place]
    return list(dict.fromkeys(found))


def is_by_the_way(path: Path) -> bool:
    """Whether an editor or an archive has put a file there, and nobody handed it in."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def asked_in(assignment: Assignment, path: Path | None) -> HandIn | None:
    """What students got: a file, or the book's own student version."""
    if path:
        return read_hand_in(path)
    found = handed_out(next(iter(assignment.tasks)).partition(".")[0])
    if found is None:
        print(
            "The student version is not here (pass --handed-out): what was handed out counts as "
            "alike, and answers that stand in the cell of a question are not found."
        )
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


def lateness_of(chosen: argparse.Namespace, paths: Sequence[Path]) -> Lateness | None:
    """When hand-ins were due, if that is said; names of which there is no hand-in are printed."""
    if chosen.due is None:
        if chosen.handed_in:
            raise CollapseError("--handed-in counts with --due only: say when hand-ins were due.")
        return None
    due = moment(chosen.due)
    times, absent = times_in(chosen.handed_in, paths) if chosen.handed_in else ({}, [])
    if absent:
        print(printable(f"There is no hand-in of {', '.join(absent)}."))
    return Lateness(due, chosen.late, times)


def late_by(lateness: Lateness | None, path: Path) -> Late | None:
    """How late a hand-in is, where that counts."""
    return lateness.of(path) if lateness else None


def in_words(score: Score, assignment: Assignment) -> str:
    """A score in lines."""
    most = assignment.points - score.open_points
    lines = [f"{score.name}: {score.points:g} of {most} points, {score.open_points} to be read"]
    for mark in score.marks:
        points = "by hand" if mark.points is None else f"{mark.points:g} of {mark.most}"
        words = "" if mark.points is None else mark.words
        lines.append(f"  {mark.number} {points}. {words}".rstrip())
    return "\n".join([*lines, *(f"  {note}" for note in score.notes)])


def alike_in_words(paths: Sequence[Path], asked: HandIn | None) -> str:
    """Which hand-ins look alike beyond what all were given, in lines."""
    sources = {}
    for path in paths:
        try:
            sources[str(path)] = read_hand_in(path).code
        except HandInError:
            continue
    pairs = look_alikes(sources, asked.code if asked else ())
    lines = (f"{p.one} and {p.other}: {p.share:.0%} alike\n" for p in pairs)
    return printable("".join(lines))
