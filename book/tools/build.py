"""Build the site, executing again every page whose code in `src/` has changed.

The cache of Jupyter Book compares the cells of a notebook only. Here each notebook also gets a
fingerprint of the modules that it imports, and of what they import. Where it differs from that of
the last build, the stored outputs and the stored page are dropped, so that both are made anew.
"""

import argparse
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

from collapse.base.files import write_text
from collapse.base.fingerprints.provenance import imported_modules, text_hash
from collapse.ledger.claims.findings import Judged, judged_in, summary
from notebooks import ROOT, assignments, chapters, code_cells, plain_python, with_parameters

TIMEOUT = 1800  # seconds for a cell, as in _config.yml
# Whoever imports one of these reads files of the book, which are no code: they count as well.
READ_RESULTS = {
    "collapse.viz.pages.ledger_pages",
    "collapse.viz.pages.claims_table",
    "collapse.viz.pages.findings",
    "collapse.chapters.keeping.kept",
}
SHOWS_CARDS = re.compile(r"viz\.(finding|ledger)")  # they say what the ledger has

PAGES = ("intro", "results", "light_runs", "claims", "findings", "instructors")


def notebooks_of(root: Path) -> list[Path]:
    """The notebooks of the site: chapters, front page, pages of results, homework."""
    further = [root / "book" / f"{name}.ipynb" for name in PAGES]
    homework = [*assignments(root), root / "book/homework/capstone.ipynb"]
    return [*chapters(root), *(page for page in further + homework if page.exists())]


def imports_of(notebook: Path, source: Path) -> set[str]:
    """The modules of the package that the code cells of a notebook import."""
    cells = code_cells(nbformat.read(notebook, as_version=4))
    code = "\n".join(plain_python(cell.source) for cell in cells)
    return imported_modules(code, source=source)


def fingerprints(root: Path) -> dict[str, str]:
    """For each notebook of the book, the fingerprint of the code, and of the results, behind it."""
    source, results = root / "src", results_hash(root / "book/results")
    marks = {}
    for page in notebooks_of(root):
        modules = imports_of(page, source)
        marks[page.stem] = text_hash(modules, source)
        reads = modules & READ_RESULTS or SHOWS_CARDS.search(page.read_text(encoding="utf-8"))
        marks[page.stem] += f" {results}" if reads else ""
    return marks


def results_hash(folder: Path) -> str:
    """A fingerprint of everything in the folder of results."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def execute(root: Path) -> None:
    """Execute the pages that have no outputs yet, as many at a time as there are cores.

    The last chapters take longest and begin first, the short pages come after them: what is long
    must not be alone at the end. One that fails is left to the build, which executes it again and
    stops with its error; so is the page of findings, which waits for what the chapters say.
    """
    cache = get_cache(root / "_build" / ".jupyter_cache")
    numbered = chapters(root)
    short = [page for page in notebooks_of(root) if page not in numbered]
    for page in [*reversed(numbered), *short]:
        if page.stem != "findings":
            cache.add_nb_to_project(str(page))
    load_executor("local-parallel", cache, logging.getLogger("build")).run_and_cache(
        timeout=TIMEOUT
    )


def collect_findings(root: Path) -> list[Judged]:
    """What the executed chapters say to the findings, kept for the page of all findings.

    That page is forgotten when they say something new.
    """
    cache, found = get_cache(root / "_build" / ".jupyter_cache"), {}
    for page in chapters(root):
        try:
            record = cache.match_cache_file(str(page))
        except KeyError:  # it failed; the build will say why
            continue
        found[page.stem] = judged_in(cache.get_cache_bundle(record.pk).nb)
    text = json.dumps({page: [asdict(j) for j in group] for page, group in found.items()}, indent=1)
    kept = root / "_build" / "findings.json"
    if not kept.exists() or kept.read_text() != text:
        write_text(kept, text)
        forget(root / "_build", {"findings"})
    return [judged for group in found.values() for judged in group]


def forget(build: Path, pages: set[str]) -> None:
    """Drop what earlier builds kept of these pages: their outputs and their parsed text."""
    cache = get_cache(build / ".jupyter_cache")
    for record in cache.list_cache_records():
        if Path(record.uri).stem in pages:
            cache.remove_cache(record.pk)
    for page in (build / ".doctrees" / "book").rglob("*.doctree"):
        if page.stem in pages:
            page.unlink()


def forget_outdated(root: Path) -> set[str]:
    """Forget the pages whose code is not that of the last build; return their names."""
    build = root / "_build"
    memory = build / "fingerprints.json"
    before = json.loads(memory.read_text()) if memory.exists() else {}
    now = fingerprints(root)
    outdated = {page for page, mark in now.items() if before.get(page) != mark}
    build.mkdir(exist_ok=True)
    forget(build, outdated)
    memory.write_text(json.dumps(now, indent=1))
    return outdated


def copy_at(root: Path, scale: str) -> Path:
    """A copy of the site's sources whose chapters run at another scale; returns its folder.

    At the scale ``smoke`` such a copy shows in minutes whether every page runs and renders.
    """
    copy = root / "_build" / f"at-{scale}"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root / "book", copy / "book", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(root / name, copy)
    (copy / "src").symlink_to(root / "src", target_is_directory=True)
    for page in [*chapters(copy), copy / "book/intro.ipynb"]:
        notebook = nbformat.read(page, as_version=4)
        nbformat.write(with_parameters(notebook, scale=scale), page)
    return copy


def main() -> int:
    """The command line: build, then say where the page is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder with _config.yml")
    parser.add_argument("--scale", help="build a copy in _build/at-SCALE, such as smoke")
    options = parser.parse_args()
    root = options.root.resolve()
    root = copy_at(root, options.scale) if options.scale else root
    outdated = forget_outdated(root)
    if outdated:
        print("Pages to execute, new or with new code behind them:", *sorted(outdated), flush=True)
    os.environ["OMP_NUM_THREADS"] = "1"
    cores = os.cpu_count() or 1  # shared among the pages that are executed at the same time
    os.environ.setdefault("COLLAPSE_JOBS", str(max(cores // max(len(outdated), 1), 1)))
    execute(root)
    judged = collect_findings(root)
    program = str(Path(sys.executable).with_name("jupyter-book"))
    command = [program, "build", ".", "-W", "-n", "--keep-going"]
    if status := subprocess.run(command, cwd=root, check=False).returncode:
        print("The book was not built: see the first warning or error above.", file=sys.stderr)
        return status
    print(f"\n{summary(judged)}")
    print(f"\nThe book is ready. Open {(root / '_build/html/index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
