"""The notebook that students get: the solved one with holes where the solutions stand."""

import re
from collections.abc import Sequence
from copy import deepcopy
from importlib.metadata import PackageNotFoundError, metadata
from itertools import pairwise

import nbformat

from collapse.base.errors import CollapseError
from collapse.homework.holes import code_with_holes

WRITTEN = re.compile(
    r"<!--\s*BEGIN\s+SOLUTION\s*-->.*?<!--\s*END\s+SOLUTION\s*-->", re.S | re.IGNORECASE
)
LEFT = re.compile(
    r"(BEGIN|END)\s+SOLUTION|^\s*#+\s*SOLUTION\b|<summary>\s*SOLUTION", re.M | re.IGNORECASE
)
LINK = re.compile(r"\]\(\.\./(?=\w+\.(?:ipynb|md))")  # out of the folder of assignments
ASK = "*Write your answer here.*"
KEPT = {"kernelspec", "language_info"}  # of the notebook's metadata; of a cell's, nothing


def student_version(solved: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same notebook without solutions, outputs, and metadata that nobody needs.

    Args:
        solved: with ``# SOLUTION`` at the end of a statement that sets an answer, ``# BEGIN
            SOLUTION`` and ``# END SOLUTION`` round code, the same as HTML comments round text, in
            capitals or not. A text that explains the solution of a cell of code, behind it, is left
            out as a whole.

    Raises:
        CollapseError: for a marker that is not closed, or stands where it cannot be understood.
    """
    handed_out = deepcopy(solved)
    cells = without_explanations(handed_out.cells)
    for cell in cells:
        cell.source = published(without_solution(cell.source, cell.cell_type))
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        elif "attachments" in cell:
            keep_shown(cell)
    handed_out.cells = cells
    handed_out.metadata = nbformat.from_dict(
        {name: value for name, value in handed_out.metadata.items() if name in KEPT}
    )
    return handed_out


def published(source: str) -> str:
    """A cell whose links lead to the published book: a hand-out lies beside no chapter."""
    try:
        urls = metadata("posterior-collapse").get_all("Project-URL", [])
    except PackageNotFoundError:  # run from its sources: a link is left as it is
        urls = []
    for repository in (url.split(", ")[1] for url in urls if url.startswith("Repository")):
        source = LINK.sub(f"]({repository}/blob/main/book/", source)
    return source


def keep_shown(cell: nbformat.NotebookNode) -> None:
    """Drop the pictures of a text that stood in its solution."""
    shown = {n: each for n, each in cell.attachments.items() if f"attachment:{n}" in cell.source}
    if shown:
        cell.attachments = shown
    else:
        del cell["attachments"]


def without_explanations(cells: Sequence[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The cells but for written solutions behind code, where there is nothing to be written."""
    return [
        cell
        for before, cell in pairwise([nbformat.v4.new_markdown_cell(), *cells])
        if not (before.cell_type == "code" and WRITTEN.match(cell.source))
    ]


def without_solution(source: str, kind: str = "code") -> str:
    """A cell with holes.

    Args:
        source: of the cell.
        kind: "code", or that of a text.

    Raises:
        CollapseError: for a marker that is left.
    """
    if kind == "code":
        return code_with_holes(source)
    made = WRITTEN.sub(ASK, source)
    if wrong := LEFT.search(made):
        line = made[: wrong.start()].count("\n") + 1
        raise CollapseError(f"A marker of a solution is not understood, in line {line} of:\n{made}")
    return made
