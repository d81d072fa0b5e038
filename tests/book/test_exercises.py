"""Every check of every chapter is put to the test, and the test of a check can fail."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from answers import ANSWERS, with_answers
from notebook_lint import is_appendix
from notebooks import chapters, code_cells

CHECK = """
answer_1 = None
if answer_1 is None:
    print("No answer yet")
else:
    print("Right." if answer_1 == 2 else "Not yet.")
"""


def test_every_chapter_has_answers_to_each_of_its_checks() -> None:
    assert {path.stem for path in chapters() if not is_appendix(path.name)} == set(ANSWERS)
    for path in (path for path in chapters() if path.stem in ANSWERS):
        notebook = nbformat.read(path, as_version=4)
        before = len(notebook.cells)
        checks = [c for c in code_cells(notebook) if "check" in c.metadata.get("tags", [])]
        made = with_answers(notebook, path.stem)
        assert len(checks) == len(ANSWERS[path.stem]) >= 3
        assert len(made.cells) == before + 2 * len(checks)


def asked(monkeypatch: pytest.MonkeyPatch, wrong: str, right: str, check: str = CHECK) -> None:
    """Run the cells that put two answers to a check."""
    monkeypatch.setitem(ANSWERS, "mine", [("answer_1 = None", wrong, right)])
    book = new_notebook(cells=[new_code_cell(check, metadata={"tags": ["check"]})])
    names: dict = {}
    for cell in with_answers(book, "mine").cells:
        exec(cell.source, names)


def test_a_right_check_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, "answer_1 = 3", "answer_1 = 2")


@pytest.mark.parametrize("answers", [("answer_1 = 2", "answer_1 = 2"), ("answer_1 = 3",) * 2])
def test_a_check_that_cannot_tell_fails(monkeypatch: pytest.MonkeyPatch, answers) -> None:
    with pytest.raises(AssertionError):
        asked(monkeypatch, *answers)


def test_answers_without_a_place_or_a_check_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="has no place 'answer_1 = None'"):
        asked(monkeypatch, "answer_1 = 3", "answer_1 = 2", check="answer_9 = None")
    monkeypatch.setitem(ANSWERS, "mine", [("a", "b", "c")])
    with pytest.raises(ValueError, match="1 are left"):
        with_answers(new_notebook(cells=[]), "mine")
