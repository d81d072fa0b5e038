"""Write a copy of every chapter that runs in seconds and learns nothing: for the tests.

    python book/tools/smoke.py FOLDER

A page that runs at this scale, with any seed, cannot be broken by what training finds. The copies
see the results of the book as the chapters do, and put wrong and right answers to their exercises.
"""

import sys
from pathlib import Path

import nbformat

from answers import ANSWERS, with_answers
from notebooks import ROOT, chapters, with_parameters


def write_copies(folder: Path, root: Path = ROOT, seed: int = 1) -> list[Path]:
    """Write the copies of the chapters at the smoke scale into a folder.

    Args:
        folder: made if it is not there.
        root: of the project.
        seed: the base seed of the copies: another than that of the book, and than that of the
            two chapters that run with Colab's versions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results = folder / "results"
    if not results.exists():
        results.symlink_to(root / "book" / "results", target_is_directory=True)
    copies = []
    for chapter in chapters(root):
        notebook = nbformat.read(chapter, as_version=4)
        if chapter.stem in ANSWERS:
            notebook = with_answers(notebook, chapter.stem)
        nbformat.write(with_parameters(notebook, scale="smoke", seed=seed), folder / chapter.name)
        copies.append(folder / chapter.name)
    return copies


if __name__ == "__main__":
    write_copies(Path(sys.argv[1]))
