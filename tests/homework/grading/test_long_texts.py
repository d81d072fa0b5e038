"""What a hand-in says is read in time that grows with its length, and no faster."""

import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from collapse.homework.checking import assignments
from collapse.homework.grading.command import assignment_of
from collapse.homework.grading.hand_in import HandIn, read_hand_in, without_comments

TASKS = assignments()["hw1"].tasks
PIECES = {
    "comments that never end": "<!--",
    "comments that end": "<!---->",
    "ends of comments": "-->",
    "a comment that might end": "<!-- --",
    "headings": "## hw1.1 ",
    "marks of headings": "#",
    "blanks": " ",
    "empty lines": "\n \t",
    "quotes": "'",
    "three quotes": '"""',
    "quotes behind a backslash": "'\\",
    "brackets": "(",
    "digits": "1_",
    "names": "a",
    "lines of code": "x = f(y, 3)\n",
}
LENGTH = 300_000  # characters


@pytest.fixture(params=PIECES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A hand-in whose answer is one piece, again and again, as text and as code."""
    piece = PIECES[request.param]
    long = piece * (LENGTH // len(piece))
    cells = [new_markdown_cell(f"## hw1.1 Where\n\n{long}"), new_code_cell(long)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "long.ipynb")
    return tmp_path / "long.ipynb"


def seconds(work: Callable[[HandIn], object], path: Path) -> float:
    """What it takes, the reading of the file included."""
    began = time.monotonic()
    work(read_hand_in(path))
    return time.monotonic() - began


def test_a_long_answer_is_read_at_once(path: Path) -> None:
    assert seconds(lambda hand_in: hand_in.written("hw1.1", TASKS, None), path) < 5
    assert seconds(lambda hand_in: hand_in.written("hw1.1", TASKS, hand_in), path) < 5
    assert seconds(lambda _: assignment_of([path], None), path) < 5


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a<!-- b -->c", "ac"),
        ("a<!--\nb\n-->c<!---->d", "acd"),
        ("a<!-- b", "a<!-- b"),
        ("a<!-- b -->c<!-- d", "ac<!-- d"),
        ("a --> b", "a --> b"),
        ("<!-->a-->b", "b"),
        ("", ""),
    ],
)
def test_comments_are_left_out(text: str, left: str) -> None:
    assert without_comments(text) == left
