"""A whole course at once: hand-ins side by side into one table."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collapse.base.errors import CollapseError, RunError
from collapse.homework.assignment import Assignment
from collapse.homework.grading.fence import Limits
from collapse.homework.grading.grade import grade, none_of
from collapse.homework.grading.score import Score, printable


@dataclass(frozen=True)
class Lateness:
    """When hand-ins were due, and what a day costs.

    Attributes:
        due: the moment.
        percent: of the points that each started day takes away.
        handed_in: by name, when; the time of the file for those that are not named.
    """

    due: datetime
    percent: float
    handed_in: Mapping[str, datetime]

    def days(self, path: Path) -> int:
        """Started days after the moment; none before it."""
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        late = self.handed_in.get(path.stem, written) - self.due
        return max(0, math.ceil(late.total_seconds() / 86_400))

    def kept(self, points: float, path: Path) -> float:
        """The points that are left."""
        return round(points * max(0.0, 1 - self.percent / 100 * self.days(path)), 2)


def grade_course(
    paths: Sequence[Path],
    assignment: Assignment,
    *,
    seed: int = 1,
    limits: Limits | None = None,
    open_gate: bool = False,
    jobs: int = 1,
) -> list[Score]:
    """The scores of all hand-ins, in the order of the paths; arguments as of :func:`grade`."""

    def one(path: Path) -> Score:
        try:
            return grade(path, assignment, seed=seed, limits=limits, open_gate=open_gate)
        except RunError:  # no fence: that is for nobody
            raise
        except Exception as error:  # a fault of the grader, which must not cost the others
            why = f"The grader failed with {type(error).__name__}: {error}"
            return Score(printable(path.stem), none_of(assignment, printable(why)), 0.0, ())

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, paths))


def table(
    paths: Sequence[Path],
    scores: Sequence[Score],
    assignment: Assignment,
    lateness: Lateness | None = None,
) -> str:
    """A line for each hand-in, as CSV."""
    text = io.StringIO()
    late = ["days late", "after lateness"] if lateness else []
    head = ["name", *assignment.tasks, "points", *late, "left to a person", "notes"]
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(head)
    for path, name, score in zip(paths, names_of(paths), scores, strict=True):
        marks = ["" if mark.points is None else f"{mark.points:g}" for mark in score.marks]
        after = [lateness.days(path), f"{lateness.kept(score.points, path):g}"] if lateness else []
        row = [name, *marks, f"{score.points:g}", *after, score.open_points]
        lines.writerow([harmless(cell) for cell in (*row, " ".join(score.notes))])
    return text.getvalue()


def names_of(paths: Sequence[Path]) -> list[str]:
    """The name of each file, with that of its folder where several files have one name."""
    stems = [path.stem for path in paths]
    return [
        printable(stem if stems.count(stem) == 1 else f"{path.parent.name}/{stem}")
        for path, stem in zip(paths, stems, strict=True)
    ]


def harmless(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text


def times_in(path: Path) -> dict[str, datetime]:
    """When each hand-in came, from a CSV with the columns name and handed_in.

    Raises:
        CollapseError: when it has none, or a time that is none.
    """
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    try:
        return {Path(row["name"]).stem: moment(row["handed_in"]) for row in rows}
    except KeyError as error:
        raise CollapseError(f"{path} needs the columns name and handed_in; no {error}.") from error


def moment(text: str) -> datetime:
    """A time as 2026-12-01T23:59, of the world's clock where it names no zone.

    Raises:
        CollapseError: when it is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise CollapseError(f"A time is as 2026-12-01T23:59; got {text!r}.") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)
