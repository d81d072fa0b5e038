"""Write a copy of every chapter that runs in seconds and learns nothing: for the tests.

    python book/tools/smoke.py FOLDER

A page that runs at this scale, with any seed, cannot be broken by what training finds. The copies
see the results of the book as the chapters do.
"""

import sys
from pathlib import Path

import nbformat

from notebooks import ROOT, chapters, with_parameters


def write_copies(folder: Path, root: Path = ROOT, seed: int = 0) -> list[Path]:
    """Write the copies of the chapters at the smoke scale into a folder.

    Args:
        folder: made if it is not there.
        root: of the project.
        seed: the base seed of the copies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results = folder / "results"
    if not results.exists():
        results.symlink_to(root / "book" / "results", target_is_directory=True)
    copies = []
    for chapter in chapters(root):
        notebook = nbformat.read(chapter, as_version=4)
        nbformat.write(with_parameters(notebook, scale="smoke", seed=seed), folder / chapter.name)
        copies.append(folder / chapter.name)
    return copies


if __name__ == "__main__":
    write_copies(Path(sys.argv[1]))
