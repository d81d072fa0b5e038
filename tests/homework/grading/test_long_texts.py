"""What a hand-in says is read in time that grows with its length, and no faster."""

import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from collapse.homework.checking import assignments
from collapse.homework.grading.command import assignment_of
from collapse.homework.grading.hand_in import LONGEST, HandIn, read_hand_in, without_comments
from collapse.homework.grading.look_alikes import MOST, pieces, tokens_of_code
from collapse.homework.grading.report import alike_in
from collapse.homework.grading.score import Score

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


def test_of_a_long_hand_in_a_beginning_is_compared(path: Path) -> None:
    for what in ("code", "text"):
        began = time.monotonic()
        found = pieces([*read_hand_in(path).code] * 3, what)
        assert time.monotonic() - began < 5
        assert len(found) <= MOST


def test_who_is_compared_in_part_is_named(tmp_path: Path) -> None:
    long = "".join(f"x{n} = {n} + y\n" for n in range(MOST))
    for name, cell in {"ada": long, "ben": "x = 3"}.items():
        nbformat.write(new_notebook(cells=[new_code_cell(cell)]), tmp_path / f"{name}.ipynb")
    paths = [tmp_path / "ada.ipynb", tmp_path / "ben.ipynb"]
    scores = [Score(path.stem, (), 0.0, ()) for path in paths]
    pairs, cut = alike_in(paths, scores, assignments()["hw1"], None)
    assert not pairs
    assert [sentence.split(" the first")[0] for sentence in cut] == ["Of ada"]


def test_a_written_answer_that_nobody_reads_is_cut(tmp_path: Path) -> None:
    cells = [new_markdown_cell("## hw1.1 Where"), new_markdown_cell("word " * LENGTH)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "long.ipynb")
    written = read_hand_in(tmp_path / "long.ipynb").written("hw1.1", TASKS, None)
    assert LONGEST < len(written) < LONGEST + 100
    assert "Cut here" in written


@pytest.mark.parametrize(
    ("code", "tokens"),
    [
        ("total += b[i] ** 2.5e3  # sum", "x += x [ x ] ** 0"),
        ("return f'{a}' if a else \"b'\"", "return '' if x else ''"),
        ("'''one\n\"two\"'''\nx", "'' x"),
        ("x = 'never\ny", "x = ' x x"),
        ("if a <= 3: # b\n\t!ls", "if x <= 0 : ! x"),
    ],
)
def test_code_is_taken_apart(code: str, tokens: str) -> None:
    assert " ".join(tokens_of_code(code)) == tokens


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
