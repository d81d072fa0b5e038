"""The house rules that can be counted: short functions, short modules, everything named once."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from collapse.base.fingerprints.provenance import SOURCE

LONGEST_FUNCTION = 40
LONGEST_MODULE = 320
FILES = sorted((SOURCE / "collapse").rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def length(node: Function) -> int:
    """Lines of a function, decorators and docstring left out."""
    documented = ast.get_docstring(node) is not None
    words = node.body[0].end_lineno - node.body[0].lineno + 1 if documented else 0
    return node.end_lineno - node.lineno + 1 - words


def functions(code: str) -> list[Function]:
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, Function)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_functions_and_modules_are_short(path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    found = functions(code)
    long = {node.name: length(node) for node in found if length(node) > LONGEST_FUNCTION}
    assert not long, f"split these, or move what they do into a function of its own: {long}"
    assert len(code.splitlines()) <= LONGEST_MODULE, "a module this long is two modules"


def test_the_measure_leaves_the_docstring_out() -> None:
    code = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    assert [length(node) for node in functions(code)] == [2]


def test_no_folder_holds_over_a_dozen_modules() -> None:
    inside = Counter(path.parent for path in FILES if path.name != "__init__.py")
    crowded = {
        str(folder): n for folder, n in inside.items() if n > 12 and folder.name != "collapse"
    }
    assert not crowded, f"make two folders of each: {crowded}"


def test_no_folder_holds_over_a_third_of_the_package() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    folders = {path.relative_to(SOURCE / "collapse").parts[0] for path in FILES}
    for folder in folders:
        inside = sum(
            n for path, n in lines.items() if (SOURCE / "collapse" / folder) in path.parents
        )
        assert inside <= sum(lines.values()) / 3, f"{folder} is two folders"
