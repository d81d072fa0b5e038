"""The command ``collapse grade``."""

import argparse
import hashlib
import os
import sys
from collections import Counter
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
from collapse.homework.grading.kept import Kept, wanted, write_results
from collapse.homework.grading.report import alike_in, alike_in_words, alike_table, in_words
from collapse.homework.grading.score import Late, Score, printable
from collapse.homework.grading.walls import Limits

GRADE_EXPLAINED = """\
  python -m collapse grade hw2.ipynb --out score.json        one hand-in; Gradescope's results.json
  python -m collapse grade hand-ins --out scores.csv         a folder of them, and who looks alike
  python -m collapse grade hand-ins --out scores.csv --due 2026-12-01T23:59+01:00 --late 10

Of a folder, the words and the written answers of each hand-in go beside the table, to
scores-results, as soon as they are there. Called again, it grades only those that are not, or whose
file, seed, limits or checks have changed; remove the folder to grade all again. Who looks alike
goes to scores-look-alikes.csv. Times are ISO 8601; one without a zone is of UTC.

A hand-in runs in a process of its own, behind a fence: no network, no file of yours, limits of
time, memory, processes and files. Its functions are tried on inputs of --seed; what is right is
known outside of the fence only. The same seed gives the same score. A fence of namespaces is as
good as the kernel; with --open-gate there is none, and each result says what that does not promise.
For hand-ins of strangers put the grader into a container besides,
  docker run --rm --network none --read-only --tmpfs /tmp --memory 4g --cap-add SYS_ADMIN \\
    --security-opt apparmor=unconfined --security-opt seccomp=unconfined \\
    -v "$PWD/hand-ins:/in:ro" -v "$PWD/out:/out" collapse-grader grade /in --out /out/s.csv
for which book/homework/Dockerfile makes the image. Untried: see the page on homework.
"""

KNOWN = 1  # the seed, where none is chosen
LONGEST_NAME = 80  # bytes of the name of a result; a system takes about 250, its ending included


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
    grading.add_argument(
        "--seed", type=int, help=f"of the inputs that are tried (default: {KNOWN})"
    )
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
    if not chosen.paths[0].is_dir() and len(paths) == 1:
        (score,) = scores_of(paths, assignment, chosen, asked)
        print(in_words(score, assignment))
        return write_one(chosen.out, score, late_by(lateness, paths[0]))
    return grade_many(paths, assignment, lateness, asked, chosen)


def grade_many(
    paths: Sequence[Path],
    assignment: Assignment,
    lateness: Lateness | None,
    asked: HandIn | None,
    chosen: argparse.Namespace,
) -> None:
    """Grade a class: results as they are made, then the table, then who looks alike."""
    out = chosen.out
    folder = out.with_name(f"{out.stem}-results") if out else None
    kept = kept_in(folder, paths, assignment, lateness, asked, chosen) if folder else None
    scores = scores_of(paths, assignment, chosen, asked, kept)
    if out:
        write_text(out, table(paths, scores, assignment, lateness))
    for score in scores:
        print(in_words(score, assignment))
    if out:
        print(f"The table is {out}; words and written answers of each are in {folder}.", flush=True)
    pairs, cut = alike_in(paths, scores, assignment, asked)
    print(alike_in_words(pairs, cut), end="")
    if out:
        alike = out.with_name(f"{out.stem}-look-alikes.csv")
        write_text(alike, alike_table(pairs))
        print(f"Who looks alike is in {alike}.")


def kept_in(
    folder: Path,
    paths: Sequence[Path],
    assignment: Assignment,
    lateness: Lateness | None,
    asked: HandIn | None,
    chosen: argparse.Namespace,
) -> Kept:
    """The results in a folder, those of an earlier call included."""
    places = zip(paths, places_of(paths), strict=True)
    files = {
        path: folder / place.with_name(f"{bounded(place.name)}.json") for path, place in places
    }
    late = {path: late_by(lateness, path) for path in paths}
    known = wanted(assignment.title, seed_of(chosen), limits_of(chosen), chosen.open_gate, asked)
    return Kept(files, late, known)


def bounded(name: str) -> str:
    """A name of a file to which an ending can still be added; another one for each name."""
    spelt = os.fsencode(name)
    if len(spelt) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(spelt).hexdigest()[:8]
    return f"{spelt[:LONGEST_NAME].decode(errors='ignore')}-{mark}"


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
    write_one(chosen.out, score, late_by(lateness, *paths) if len(paths) == 1 else None)


def scores_of(
    paths: Sequence[Path],
    assignment: Assignment,
    chosen: argparse.Namespace,
    asked: HandIn | None,
    kept: Kept | None = None,
) -> list[Score]:
    """The scores of hand-ins, within the limits that were chosen."""
    if chosen.seed is None:
        said = f"Seed {KNOWN}, which everybody can try at home: choose one with --seed."
        print(said, file=sys.stderr, flush=True)
    return grade_course(
        paths,
        assignment,
        seed=seed_of(chosen),
        limits=limits_of(chosen),
        open_gate=chosen.open_gate,
        asked=asked,
        jobs=chosen.jobs,
        kept=kept,
    )


def seed_of(chosen: argparse.Namespace) -> int:
    """The seed that was chosen, or the one that everybody knows."""
    return KNOWN if chosen.seed is None else int(chosen.seed)


def limits_of(chosen: argparse.Namespace) -> Limits:
    """The limits that were chosen."""
    return Limits(
        seconds=chosen.seconds, all_seconds=60 * chosen.minutes, megabytes=chosen.megabytes
    )


def write_one(path: Path | None, score: Score, late: Late | None) -> None:
    """Write a score as Gradescope reads it, where that is wanted."""
    if path:
        write_results(path, score.results(late))


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
    seen: Counter[str] = Counter()
    for path in paths:
        try:
            seen.update(set(read_hand_in(path).headings()))  # one vote a notebook
        except HandInError:
            continue
    if not seen:
        raise CollapseError("No heading says which assignment it is: pass --assignment hw1.")
    return choose(seen.most_common(1)[0][0], assignments(), "assignment")


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
