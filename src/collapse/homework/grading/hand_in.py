"""A hand-in as data: its cells of code and its written answers, whatever the file holds."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from collapse.base.errors import CollapseError

LARGEST = 20_000_000  # bytes of a file
CELLS = 500


class HandInError(CollapseError):
    """A file that is no notebook."""


@dataclass(frozen=True)
class HandIn:
    """What is graded of a notebook.

    Attributes:
        path: of the file.
        code: sources of the cells of code, in order.
        texts: sources of the other cells, in order.
    """

    path: Path
    code: tuple[str, ...]
    texts: tuple[str, ...]

    def written(self, number: str) -> str:
        """The text between the heading of a task and the next heading, without the question.

        Args:
            number: of the task, as "hw1.1".
        """
        headings = [i for i, text in enumerate(self.texts) if re.search(rf"^## {number}\b", text)]
        if not headings:
            return ""
        answer = []
        for text in self.texts[headings[0] + 1 :]:
            if text.startswith("## "):
                break
            answer.append(text)
        return "\n\n".join(answer).strip()


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
        cells = [(cell["cell_type"], source_of(cell)) for cell in raw["cells"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, HandInError):
            raise
        raise HandInError(
            f"{path.name!r} is no notebook ({type(error).__name__}: {error})."
        ) from error
    if len(cells) > CELLS:
        raise HandInError(f"{path.name} has {len(cells)} cells; {CELLS} at most.")
    code = tuple(source for kind, source in cells if kind == "code")
    return HandIn(path, code, tuple(source for kind, source in cells if kind != "code"))


def source_of(cell: dict) -> str:
    """The text of a cell, which a file may hold in lines."""
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return text.encode(errors="replace").decode()  # halves of signs cannot be written again
