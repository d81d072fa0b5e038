"""The note on parts of the package that a hand-in imports: what it sees, and what it lets pass."""

import nbformat
import pytest

from collapse.homework.grading.hand_in import imported_parts, read_hand_in
from notebooks import ROOT

SEEN = {
    "from collapse import metrics": {"collapse.metrics"},
    "from collapse import (\n    metrics,\n    theory as t,\n)": {
        "collapse.metrics",
        "collapse.theory",
    },
    "from collapse import metrics, \\\n    theory": {"collapse.metrics", "collapse.theory"},
    "from collapse import *": {"collapse.*"},
    "import torch, collapse.metrics as m": {"collapse.metrics"},
    "import torch; from collapse.metrics import mutual_information": {"collapse.metrics"},
    "try: from collapse.theory import mi_cap\nexcept ImportError: pass": {"collapse.theory"},
    "def f():\n    import collapse\n    return collapse": {"collapse"},
    "%matplotlib inline\n!pip list\nfrom collapse import viz": {"collapse.viz"},
}
NOT_SEEN = [
    "from collapse.homework import check, so_far",
    "import collapse.homework",
    "from collapsed import x",
    "import collapse_tools",
    "note = '''\nfrom collapse import prevention\n'''",
    "from . import collapse",
    "for",
    "",
]


@pytest.mark.parametrize("source", SEEN)
def test_what_a_statement_imports_is_named(source: str) -> None:
    assert imported_parts(source) == SEEN[source]


@pytest.mark.parametrize("source", NOT_SEEN)
def test_what_is_no_part_of_the_package_is_not(source: str) -> None:
    assert imported_parts(source) == set()


@pytest.mark.parametrize("name", ["hw1", "hw2", "hw3", "hw4"])
def test_what_is_handed_out_imports_nothing_but_the_homework(name: str) -> None:
    path = ROOT / "book" / "homework" / "student" / f"{name}.ipynb"
    assert nbformat.read(path, as_version=4).cells
    assert not any(imported_parts(source) for source in read_hand_in(path).code)
