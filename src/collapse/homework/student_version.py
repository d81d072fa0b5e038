"""The notebook that students get: the solved one with holes where the solutions stand."""

import re
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise

import nbformat

from collapse.base.errors import CollapseError

BLOCK = re.compile(r"^([ \t]*)# BEGIN SOLUTION\n.*?^[ \t]*# END SOLUTION *$", re.M | re.S)
LINE = re.compile(r"^(\s*[\w, ]+ = ).*# SOLUTION *$", re.M)
WRITTEN = re.compile(r"<!-- BEGIN SOLUTION -->.*?<!-- END SOLUTION -->", re.S)
LEFT = re.compile(r"(BEGIN|END) SOLUTION|# SOLUTION")
ASK = "*Write your answer here.*"


def student_version(solved: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same notebook without solutions and outputs.

    Args:
        solved: with ``# SOLUTION`` at the end of a line that sets an answer, ``# BEGIN SOLUTION``
            and ``# END SOLUTION`` round code, the same as HTML comments round text. A text that
            explains the solution of a cell of code, behind it, is left out as a whole.

    Raises:
        CollapseError: for a marker that is not closed, or stands where it cannot be understood.
    """
    handed_out = deepcopy(solved)
    cells = without_explanations(handed_out.cells)
    for cell in cells:
        cell.source = without_solution(cell.source)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cell.metadata.pop("tags", None)  # they fold solutions on the site
    handed_out.cells = cells
    return handed_out


def without_explanations(cells: Sequence[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The cells but for written solutions behind code, where there is nothing to be written."""
    return [
        cell
        for before, cell in pairwise([nbformat.v4.new_markdown_cell(), *cells])
        if not (before.cell_type == "code" and WRITTEN.match(cell.source))
    ]


def without_solution(source: str) -> str:
    """A cell with holes.

    Raises:
        CollapseError: for a marker that is left.
    """
    made = BLOCK.sub(r"\1return None  # your code", source)
    made = LINE.sub(r"\1...  # your answer", made)
    made = WRITTEN.sub(ASK, made)
    if wrong := LEFT.search(made):
        line = made[: wrong.start()].count("\n") + 1
        raise CollapseError(f"A marker of a solution is not understood, in line {line} of:\n{made}")
    return made
