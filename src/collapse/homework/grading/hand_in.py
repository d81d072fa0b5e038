"""A hand-in as data: its cells of code and its written answers, whatever the file holds."""

import ast
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import collapse
from collapse.base.errors import CollapseError
from collapse.homework.session import CLOSING
from collapse.homework.student_version import ASK

LARGEST = 20_000_000  # bytes of a file
CELLS = 500
LONGEST = 50_000  # characters of a written answer that are kept


class HandInError(CollapseError):
    """A file that is no notebook."""


@dataclass(frozen=True)
class HandIn:
    """What is graded of a notebook.

    Attributes:
        path: of the file.
        cells: of each, its kind ("code", "markdown", "raw") and its source, in order.
    """

    path: Path
    cells: tuple[tuple[str, str], ...]

    @property
    def code(self) -> tuple[str, ...]:
        """Sources of the cells of code, in order."""
        return tuple(source for kind, source in self.cells if kind == "code")

    @property
    def texts(self) -> tuple[str, ...]:
        """Sources of the other cells, in order."""
        return tuple(source for kind, source in self.cells if kind != "code")

    def written(self, number: str, numbers: Collection[str], asked: "HandIn | None") -> str:
        """The answer to a written task: all between its heading and that of the next task.

        Lines of the question are left out, and so is what asks for an answer; of an answer that was
        not given, nothing is left. Other headings and code belong to the answer. One that is
        longer than anybody reads is cut, and says so.

        Args:
            number: of the task, as "hw1.1".
            numbers: of all tasks.
            asked: the notebook that was handed out; without it all that stands in the cell of the
                heading is taken for the question.
        """
        known = Counter(line.strip() for _, line in asked.below(number, numbers)) if asked else None
        lines = []
        for beside, line in self.below(number, numbers):
            if known is None and beside:
                continue
            if known and line.strip() and known[line.strip()] > 0:
                known[line.strip()] -= 1
                continue
            lines.append(line.replace(ASK, ""))
        text = without_comments("\n".join(lines))
        text = re.sub(r"\n\s*\n", "\n\n", text).strip()
        cut = f"\n\n(Cut here: {len(text):,} characters in all.)" if len(text) > LONGEST else ""
        return text[:LONGEST] + cut

    def headings(self) -> Counter[str]:
        """Of which assignments tasks have a heading, as "hw1", and how many headings."""
        found = (re.findall(r"^#{1,6}[ \t]*(hw\d{1,4})\.", text, re.M) for text in self.texts)
        return Counter(name for each in found for name in each)

    def below(self, number: str, numbers: Collection[str]) -> Iterator[tuple[bool, str]]:
        """The lines below a task's heading; for each, whether it stands in the cell of that."""
        names = "|".join(map(re.escape, (*numbers, CLOSING)))
        heading = re.compile(rf"#+\s*({names})\b")
        inside = False
        for kind, source in self.cells:
            beside = False
            for line in (*source.splitlines(), ""):
                found = heading.match(line) if kind != "code" else None
                if found:
                    inside = beside = found[1] == number
                elif inside:
                    yield beside, line


def imported_parts(source: str) -> set[str]:
    """The parts of the package, but for its homework, that a cell of code imports by a statement.

    Lines for IPython are left out; in a cell that is no Python nothing is found.
    """
    lines = ("pass" if re.match(r"\s*[%!?]", line) else line for line in source.splitlines())
    try:
        nodes = list(ast.walk(ast.parse("\n".join(lines))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = [alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names]
    for node in (n for n in nodes if isinstance(n, ast.ImportFrom) and n.module):
        # what the package gives at its top is named, a part of a part is not
        top = node.module == "collapse"
        names += [f"collapse.{each.name}" for each in node.names] if top else [str(node.module)]
    parts = {name for name in names if name == "collapse" or name.startswith("collapse.")}
    return {name for name in parts if not re.match(r"collapse\.homework\b", name)}


def without_comments(text: str) -> str:
    """The text without HTML comments; one that is not closed is text.

    Once from left to right, whatever stands there: a pattern that looks for the end of every
    beginning takes time that grows with the square of a hostile text.
    """
    kept, done = [], 0
    while (begins := text.find("<!--", done)) >= 0:
        ends = text.find("-->", begins + len("<!--"))
        if ends < 0:
            break
        kept.append(text[done:begins])
        done = ends + len("-->")
    return "".join([*kept, text[done:]])


def handed_out(name: str) -> HandIn | None:
    """The student version of an assignment, where the book lies beside the package.

    Args:
        name: of the assignment, as "hw1".
    """
    book = Path(collapse.__file__).parents[2] / "book"
    path = book / "homework" / "student" / f"{name}.ipynb"
    return read_hand_in(path) if path.is_file() else None


def read_hand_in(path: Path) -> HandIn:
    """Read a notebook of anybody.

    Raises:
        HandInError: when the file is none, or larger than any honest one.
    """
    try:
        if path.is_symlink() or not path.is_file():
            raise HandInError(f"{path.name!r} is a link or no file: no notebook of its own.")
        if path.stat().st_size > LARGEST:
            raise HandInError(f"{path.name} has more than {LARGEST // 1_000_000} MB.")
        raw = json.loads(path.read_text(encoding="utf-8"))
        cells = [(str(cell["cell_type"]), source_of(cell)) for cell in raw["cells"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, HandInError):
            raise
        raise HandInError(
            f"{path.name!r} is no notebook ({type(error).__name__}: {error})."
        ) from error
    if len(cells) > CELLS:
        raise HandInError(f"{path.name} has {len(cells)} cells; {CELLS} at most.")
    return HandIn(path, tuple(cells))


def source_of(cell: dict) -> str:
    """The text of a cell, which a file may hold in lines."""
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return text.encode(errors="replace").decode()  # halves of signs cannot be written again
