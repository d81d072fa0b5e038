"""Compute what the book keeps of a page, so that its readers need not wait for it.

    python book/tools/keep.py [PAGE ...]

Each page is executed with `recompute = True`; what it asked for goes to
`book/results/pages/PAGE.json`. Without names: every page that keeps something.
"""

import argparse
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from notebooks import ROOT, chapters, code_cells, with_parameters

MADE = re.compile(r"^book = (keeping\.)?Kept\(", re.M)  # how a page begins to keep


def keeps(page: Path) -> bool:
    """Whether a page reads what the book keeps of it."""
    cells = code_cells(nbformat.read(page, as_version=4))
    return any(MADE.search(cell.source) for cell in cells)


def keep(page: Path) -> float:
    """Execute a page and write what it computed; returns the seconds. The page stays as it is."""
    notebook = with_parameters(nbformat.read(page, as_version=4), recompute=True)
    notebook.cells.append(nbformat.v4.new_code_cell("book.write()"))
    started = time.perf_counter()
    client = NotebookClient(notebook, timeout=None, resources={"metadata": {"path": page.parent}})
    runs = os.environ.get("COLLAPSE_RUNS", str(ROOT / "runs"))
    client.execute(env={**os.environ, "OMP_NUM_THREADS": "1", "COLLAPSE_RUNS": runs})
    return time.perf_counter() - started


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="their names, such as 04_pooling; all without")
    names = parser.parse_args().pages
    for page in filter(keeps, chapters(ROOT)):
        if not names or page.stem in names:
            print(f"{page.stem}: {keep(page):.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
