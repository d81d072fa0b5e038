"""A whole course at once: hand-ins side by side into one table."""

import csv
import io
import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collapse.base.errors import CollapseError, RunError
from collapse.homework.assignment import Assignment
from collapse.homework.grading.grade import grade, none_of
from collapse.homework.grading.hand_in import HandIn
from collapse.homework.grading.kept import Kept
from collapse.homework.grading.score import Late, Score, printable
from collapse.homework.grading.walls import Limits

FAILED = "the grader failed"


@dataclass(frozen=True)
class Lateness:
    """When hand-ins were due, and what a day costs.

    Attributes:
        due: the moment.
        percent: of the points that each started day takes away.
        handed_in: by file, when; the time of the file for those that are not named.
    """

    due: datetime
    percent: float | int
    handed_in: Mapping[Path, datetime]

    def of(self, path: Path) -> Late:
        """How late a hand-in is."""
        written = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
        late = self.handed_in.get(path, written) - self.due
        return Late(late.total_seconds(), self.percent)


def grade_course(
    paths: Sequence[Path],
    assignment: Assignment,
    *,
    seed: int = 1,
    limits: Limits | None = None,
    open_gate: bool = False,
    asked: HandIn | None = None,
    jobs: int = 1,
    kept: Kept | None = None,
) -> list[Score]:
    """The scores of all hand-ins, in the order of the paths; arguments as of :func:`grade`.

    Args:
        jobs: hand-ins at a time.
        kept: results of earlier calls, and where each new one goes as soon as it is there.
    """
    count = itertools.count(1)

    def done(path: Path, score: Score, how: str) -> Score:
        if kept:
            keep(kept, path, score, again=how == FAILED or score.hurried)
        if len(paths) > 1:
            line = f"{next(count)} of {len(paths)}: {score.name}, {score.points:g} points, {how}"
            print(line, file=sys.stderr, flush=True)
        return score

    def one(path: Path) -> Score:
        if kept and (before := kept.read(path)):
            return done(path, before, "graded before")
        try:
            score = grade(
                path, assignment, seed=seed, limits=limits, open_gate=open_gate, asked=asked
            )
        except RunError:  # no fence: that is for nobody
            raise
        except Exception as error:  # a fault of the grader, which must not cost the others
            why = f"The grader failed with {type(error).__name__}: {error}"
            failed = Score(printable(path.stem), none_of(assignment, printable(why)), 0.0, ())
            return done(path, failed, FAILED)
        return done(path, score, f"{score.seconds:.0f} s")

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, paths))


def keep(kept: Kept, path: Path, score: Score, again: bool) -> None:
    """Write the results of one hand-in; that they cannot be written must not cost the others."""
    try:
        kept.write(path, score, again)
    except RunError as error:
        print(printable(f"{score.name}: {error}"), file=sys.stderr, flush=True)


def table(
    paths: Sequence[Path],
    scores: Sequence[Score],
    assignment: Assignment,
    lateness: Lateness | None = None,
) -> str:
    """A line for each hand-in, as CSV."""
    text = io.StringIO()
    more = ["days late", "after lateness"] if lateness else []
    head = ["name", *assignment.tasks, "points", *more, "left to a person", "notes"]
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(head)
    for path, name, score in zip(paths, names_of(paths), scores, strict=True):
        marks = ["" if mark.points is None else f"{mark.points:g}" for mark in score.marks]
        late = lateness.of(path) if lateness else None
        after = [late.days, f"{late.kept(score.points):g}"] if late else []
        row = [name, *marks, f"{score.points:g}", *after, score.open_points]
        lines.writerow([harmless(cell) for cell in (*row, " ".join(score.notes))])
    return text.getvalue()


def places_of(paths: Sequence[Path]) -> list[Path]:
    """Each file as seen from the folder that holds them all, without its ending."""
    every = [path.absolute() for path in paths]
    root = os.path.commonpath([path.parent for path in every])
    return [path.relative_to(root).with_suffix("") for path in every]


def names_of(paths: Sequence[Path]) -> list[str]:
    """The name of each file, with those of its folders where several files have one name."""
    stems = [path.stem for path in paths]
    return [
        printable(stem if stems.count(stem) == 1 else place.as_posix())
        for place, stem in zip(places_of(paths), stems, strict=True)
    ]


def harmless(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text


def times_in(path: Path, paths: Sequence[Path]) -> tuple[dict[Path, datetime], list[str]]:
    """When each hand-in came, and the names of which there is none.

    Args:
        path: of a CSV with the columns name and handed_in; a name in it is that of the file, with
            folders where several have one name, with its ending or without.
        paths: of the hand-ins.

    Raises:
        CollapseError: when it cannot be read, has no such columns, a time that is none, or a name
            that several hand-ins have.
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, ValueError, csv.Error) as error:
        raise CollapseError(f"{path} cannot be read as a table: {error}.") from error
    if missing := sorted({"name", "handed_in"} - set(rows[0] if rows else ())):
        raise CollapseError(
            f"{path} needs a row below the columns name and handed_in; no {', '.join(missing)}."
        )
    times, absent = {}, []
    for row in rows:
        named = the_one(row["name"] or "", paths, path)
        if named:
            times[named] = moment(row["handed_in"] or "", path)
        else:
            absent.append(row["name"] or "")
    return times, absent


def the_one(name: str, paths: Sequence[Path], table_path: Path) -> Path | None:
    """The hand-in that a row of a table names; none if there is none.

    Raises:
        CollapseError: when several have the name.
    """
    wanted = Path(name.strip().removesuffix(".ipynb")).parts
    every = [(path, place.parts) for path, place in zip(paths, places_of(paths), strict=True)]
    found = [path for path, parts in every if parts == wanted]
    found = found or [path for path, parts in every if wanted and parts[-len(wanted) :] == wanted]
    if len(found) > 1:
        raise CollapseError(
            f"{len(found)} hand-ins are called {name!r}, which stands in {table_path}: write the "
            "folders, too, as section1/ada.ipynb."
        )
    return found[0] if found else None


def moment(text: str, where: Path | None = None) -> datetime:
    """A time as 2026-12-01T23:59+01:00, of UTC where it names no zone.

    Args:
        text: ISO 8601, date and time.
        where: it stands, for the message.

    Raises:
        CollapseError: when it is none.
    """
    try:
        read = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2026-12-01"):
            raise ValueError("a day without a time")
    except ValueError as error:
        place = f" in {where}" if where else ""
        raise CollapseError(
            f"A time is as 2026-12-01T23:59+01:00, or without the zone if that is UTC; got "
            f"{text!r}{place}."
        ) from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)
