"""A change in `src/` executes again the page that depends on it, and no other."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from build import copy_at, imports_of, results_hash
from collapse.base.fingerprints.provenance import SOURCE, imported_modules, module_closure
from notebooks import ROOT

CONFIG = """
title: Small
only_build_toc_files: true
execute: {execute_notebooks: cache}
parse: {myst_enable_extensions: [dollarmath]}
sphinx: {extra_extensions: [sphinx-mathjax-offline]}
"""
TOC = "{format: jb-book, root: book/1_one, chapters: [{file: book/2_two}]}"
PAGE = "_build/html/book/1_one.html"
PYTHON3 = {"name": "python3", "display_name": "Python 3", "language": "python"}


def page(path: Path, module: str) -> None:
    """A notebook that imports a module, shows its value and counts its own executions."""
    lines = [
        f"from collapse import {module}",
        f"print('value', {module}.VALUE)",
        f"print('x', file=open('{module}.count', 'a'))",
    ]
    cells = [new_markdown_cell(f"# Page {module}\n\n$x^2$"), new_code_cell("\n".join(lines))]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": PYTHON3})
    nbformat.write(notebook, path)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Two pages; the first depends on `deep` through `one`, the second on `two` only."""
    (tmp_path / "book").mkdir()
    (tmp_path / "src/collapse").mkdir(parents=True)
    sources = {
        "__init__": "",
        "one": "from collapse.deep import VALUE\n",
        "two": "VALUE = 2\n",
        "deep": "VALUE = 1\n",
    }
    for name, text in sources.items():
        (tmp_path / f"src/collapse/{name}.py").write_text(text)
    # The build tool itself, too, finds this small package first.
    tool = imported_modules((ROOT / "book/tools/build.py").read_text())
    for _, path in module_closure(tool):
        copy = tmp_path / "src" / path.relative_to(SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    page(tmp_path / "book/1_one.ipynb", "one")
    page(tmp_path / "book/2_two.ipynb", "two")
    (tmp_path / "_config.yml").write_text(CONFIG)
    (tmp_path / "_toc.yml").write_text(TOC)
    return tmp_path


def build(book: Path, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "book/tools/build.py"), "--root", str(book)],
        env=os.environ | {"PYTHONPATH": str(book / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr if status else done.stdout


def executions(book: Path) -> list[int]:
    return [len((book / f"book/{name}.count").read_text().split()) for name in ("one", "two")]


def test_only_the_page_behind_which_code_changed_runs_again(book: Path) -> None:
    first = build(book)
    assert f"Open {(book / '_build/html/index.html').as_uri()}" in first
    # One that cannot be executed beside the other, as on a busy machine, is executed again.
    one, two = executions(book)
    assert min(one, two) >= 1
    scripts = re.findall(r'<script[^>]* src="([^"?]+)', (book / PAGE).read_text())
    assert "../_static/mathjax/tex-chtml.js" in scripts
    assert all(((book / PAGE).parent / script).exists() for script in scripts), "offline"
    (book / "src/collapse/deep.py").write_text("VALUE = 111\n")
    build(book)
    again, as_before = executions(book)
    assert again > one
    assert as_before == two
    assert "value 111" in (book / PAGE).read_text()
    assert "value 2" in (book / "_build/html/book/2_two.html").read_text()


def test_a_page_that_fails_stops_the_build(book: Path) -> None:
    (book / "src/collapse/two.py").write_text("VALUE = 1 / 0\n")
    assert "The book was not built" in build(book, status=1)


def test_shell_lines_do_not_hide_imports(tmp_path: Path) -> None:
    source = "if True:\n    !echo no\n%precision 3\nimport collapse.base.errors"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), tmp_path / "1.ipynb")
    assert imports_of(tmp_path / "1.ipynb", ROOT / "src") == {
        "collapse.base",
        "collapse.base.errors",
    }


def test_a_new_result_changes_the_mark_of_the_results(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/one.json").write_text("{}")
    before = results_hash(tmp_path)
    assert results_hash(tmp_path) == before
    (tmp_path / "runs/two.json").write_text("{}")
    assert results_hash(tmp_path) != before


def test_a_copy_at_another_scale_leaves_the_pages_as_they_are(tmp_path: Path) -> None:
    for name in ("book/1_one.ipynb", "book/intro.ipynb"):
        cell = new_code_cell('scale = "light"', metadata={"tags": ["parameters"]})
        (tmp_path / name).parent.mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=[cell]), tmp_path / name)
    (tmp_path / "src").mkdir()
    (tmp_path / "_config.yml").write_text(CONFIG)
    (tmp_path / "_toc.yml").write_text(TOC)
    for _ in range(2):  # the second time there is a copy already
        copy = copy_at(tmp_path, "smoke")
    for folder, scale in ((tmp_path, 'scale = "light"'), (copy, "scale = 'smoke'")):
        for name in ("1_one", "intro"):
            source = nbformat.read(folder / f"book/{name}.ipynb", as_version=4).cells[0].source
            assert source.endswith(scale)
