"""What is said of a class beside its table: scores in words, and who looks alike."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import collapse
from collapse.homework.assignment import Assignment
from collapse.homework.grading.course import harmless, names_of
from collapse.homework.grading.hand_in import HandIn, HandInError, read_hand_in
from collapse.homework.grading.look_alikes import MOST, Pair, is_cut, look_alikes
from collapse.homework.grading.score import Score, printable

SOLUTION = "the solution of the book"
Parts = dict[str, tuple[str, ...]]  # by the name of the hand-in, its cells or its answers


def in_words(score: Score, assignment: Assignment) -> str:
    """A score in lines."""
    most = assignment.points - score.open_points
    lines = [f"{score.name}: {score.points:g} of {most} points, {score.open_points} to be read"]
    for mark in score.marks:
        points = "by hand" if mark.points is None else f"{mark.points:g} of {mark.most}"
        words = "" if mark.points is None else mark.words
        lines.append(f"  {mark.number} {points}. {words}".rstrip())
    return "\n".join([*lines, *(f"  {note}" for note in score.notes)])


def alike_in(
    paths: Sequence[Path], scores: Sequence[Score], assignment: Assignment, asked: HandIn | None
) -> tuple[list[Pair], list[str]]:
    """Hand-ins that look alike beyond what all were given, and of which not all was compared.

    The solution of the book, where it lies beside the package, is one more hand-in: who has copied
    it is seen even if nobody else has.
    """
    parts = {"code": code_of(paths), "text": answers_of(paths, scores)}
    solved = solution_of(assignment)
    if solved:
        written = [n for n, task in assignment.tasks.items() if task.exercise is None]
        parts["code"][SOLUTION] = solved.code
        parts["text"][SOLUTION] = tuple(
            solved.written(number, assignment.tasks, asked) for number in written
        )
    pairs = look_alikes(parts["code"], asked.code if asked else ())
    pairs += look_alikes(parts["text"], what="text")
    return pairs, cut_in(parts)


def code_of(paths: Sequence[Path]) -> Parts:
    """The code of each hand-in that can be read."""
    found = {}
    for path, name in zip(paths, names_of(paths), strict=True):
        try:
            found[name] = read_hand_in(path).code
        except HandInError:
            continue
    return found


def answers_of(paths: Sequence[Path], scores: Sequence[Score]) -> Parts:
    """The written answers of each hand-in."""
    return {
        name: tuple(mark.words for mark in score.marks if mark.points is None)
        for name, score in zip(names_of(paths), scores, strict=True)
    }


def solution_of(assignment: Assignment) -> HandIn | None:
    """The solved notebook, where the book lies beside the package."""
    book = Path(collapse.__file__).parents[2] / "book"
    path = book / "homework" / f"{next(iter(assignment.tasks)).partition('.')[0]}.ipynb"
    return read_hand_in(path) if path.is_file() else None


def cut_in(parts: Mapping[str, Parts]) -> list[str]:
    """Of whom not everything was compared, a sentence each."""
    return [
        f"Of {name} the first {MOST:,} words and signs of {what} were compared, and no more."
        for what, each in parts.items()
        for name, sources in each.items()
        if is_cut(sources, what)
    ]


def alike_in_words(pairs: Iterable[Pair], cut: Iterable[str]) -> str:
    """Who looks alike, in lines."""
    lines = [f"{p.one} and {p.other}: {p.share:.0%} of the {p.what} alike" for p in pairs]
    return printable("".join(f"{line}\n" for line in (*lines, *cut)))


def alike_table(pairs: Iterable[Pair]) -> str:
    """Who looks alike, as CSV."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["one", "other", "what", "share"])
    for pair in pairs:
        lines.writerow([harmless(pair.one), harmless(pair.other), pair.what, f"{pair.share:.2f}"])
    return text.getvalue()
