"""The notebooks of the book as data: which there are, and their code as plain Python."""

from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[2]


def chapters(root: Path = ROOT) -> list[Path]:
    """The notebooks of the book in reading order: those whose name begins with a number."""
    return sorted((root / "book").glob("[0-9]*.ipynb"))


def assignments(root: Path = ROOT) -> list[Path]:
    """The solved notebooks of the homework."""
    return sorted((root / "book" / "homework").glob("hw[0-9].ipynb"))


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The cells that are executed."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def with_parameters(notebook: nbformat.NotebookNode, **values: object) -> nbformat.NotebookNode:
    """The same notebook with some of its parameters set to other values, as papermill does it."""
    cell = next(c for c in code_cells(notebook) if "parameters" in c.metadata.get("tags", []))
    cell.source += "".join(f"\n{name} = {value!r}" for name, value in values.items())
    return notebook


def plain_python(source: str) -> str:
    """The source of a cell with its shell lines and magics as the calls that they stand for."""
    return TransformerManager().transform_cell(source)
