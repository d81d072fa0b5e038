"""Measure how long each chapter computes on this machine, and write it into their heads.

    python book/tools/minutes.py [PAGE ...]
    python book/tools/minutes.py --memory [PAGE ...]

Each page is executed alone: first with no run at hand, then again with those that it has made. The
seconds go to `book/results/minutes.csv`; the head of a page gives them in minutes, rounded up to
halves, and a test compares the two. With `--memory` it is executed once, with no run at hand, and
only the most memory that its processes hold together is measured: looking takes time itself.
"""

import argparse
import csv
import io
import math
import os
import re
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import psutil
import torch
from nbclient import NotebookClient

from collapse.base.files import write_text
from collapse.base.machine import commit, processor
from collapse.homework.grading.memory import megabytes_of
from keep import keeps
from notebooks import ROOT, assignments, chapters

TABLE = Path("book/results/minutes.csv")
EVERY = 0.25  # seconds between two looks at the memory
# In the row 'Minutes' of a page's head.
LIGHT = re.compile(r"light: (?:\([^)]*\)|[^;|(])*?(?=\s*(?:[;|]|$))")


@dataclass(frozen=True)
class Measured:
    """How long a page took.

    Attributes:
        page: its name, as in ``01_elbo``.
        from_nothing: seconds with no run at hand, on all cores.
        again: seconds with the runs that it has made.
        cores: of the machine.
        hardware: the processor's name.
        torch: the version.
        commit: of the checkout.
        date: of the measurement.
        megabytes: that its processes held together at most, each page of memory counted once; None
            where that was not measured.
        memory_commit: of the checkout in which it was.
    """

    page: str
    from_nothing: float
    again: float
    cores: int
    hardware: str
    torch: str
    commit: str
    date: str
    megabytes: int | None = None
    memory_commit: str = ""

    @property
    def words(self) -> str:
        """What the head of the page says."""
        words = f"light: {minutes(self.from_nothing)} on {self.cores} cores of {self.hardware}"
        page = ROOT / "book" / f"{self.page}.ipynb"
        return f"{words} with the book's runs" if page.is_file() and keeps(page) else words


def minutes(seconds: float) -> str:
    """Minutes, rounded up to halves: '0.5', '1', '1.5'."""
    return f"{math.ceil(seconds / 30) / 2:g}"


def measured_now(page: Path, at: str) -> Measured:
    """Execute a page twice, with a folder of runs of its own; the page itself stays as it is.

    Args:
        page: the notebook.
        at: the commit of the checkout.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "COLLAPSE_RUNS": folder, "OMP_NUM_THREADS": "1"}
        seconds = [seconds_of(page, environment) for _ in range(2)]
    return Measured(
        page.stem,
        *seconds,
        cores=os.cpu_count() or 1,
        hardware=processor(),
        torch=torch.__version__,
        commit=at,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
    )


def megabytes_held(page: Path) -> int:
    """The most memory that a page's processes hold together, with no run at hand."""
    most, done = 0.0, threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(EVERY):
            most = max(most, megabytes_of(psutil.Process().children(recursive=True)))

    with tempfile.TemporaryDirectory() as folder:
        looking = threading.Thread(target=look)
        looking.start()
        try:
            seconds_of(page, {**os.environ, "COLLAPSE_RUNS": folder, "OMP_NUM_THREADS": "1"})
        finally:
            done.set()
            looking.join()
    return math.ceil(most)


def seconds_of(page: Path, environment: dict[str, str]) -> float:
    """The seconds that a page takes in a kernel with these variables, its start included."""
    notebook = nbformat.read(page, as_version=4)
    started = time.perf_counter()
    client = NotebookClient(notebook, timeout=None, resources={"metadata": {"path": page.parent}})
    client.execute(env=environment)
    return round(time.perf_counter() - started, 1)


def read_measured(path: Path) -> dict[str, Measured]:
    """The measurements in a file, by page; none where there is no file."""
    if not path.exists():
        return {}
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    kinds = {"from_nothing": float, "again": float, "cores": int, "megabytes": whole_or_none}
    return {
        row["page"]: Measured(**{k: kinds.get(k, str)(v) for k, v in row.items()}) for row in rows
    }


def whole_or_none(text: str) -> int | None:
    """A whole number, where there is one."""
    return int(text) if text else None


def write_measured(path: Path, measured: dict[str, Measured]) -> None:
    """Write them, one row a page in the order of their names."""
    text = io.StringIO()
    rows = csv.DictWriter(text, [f.name for f in fields(Measured)], lineterminator="\n")
    rows.writeheader()
    rows.writerows(asdict(measured[page]) for page in sorted(measured))
    write_text(path, text.getvalue())


def write_head(page: Path, measured: Measured) -> None:
    """Put the minutes into the head of a page."""
    notebook = nbformat.read(page, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "| Minutes |" in cell.source:
            before, row = cell.source.split("| Minutes |", 1)
            cell.source = f"{before}| Minutes |{LIGHT.sub(measured.words, row, count=1)}"
            break
    write_text(page, nbformat.writes(notebook) + "\n")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="their names, such as 02_collapse; all without")
    parser.add_argument("--memory", action="store_true", help="measure memory, and no seconds")
    chosen = parser.parse_args()
    done, at = read_measured(ROOT / TABLE), commit() or ""  # before the table changes
    for page in [*chapters(), *assignments()]:
        name = page.stem
        if chosen.pages and name not in chosen.pages:
            continue
        if chosen.memory and name not in done:
            print(f"{name}: its minutes come first, without --memory", flush=True)
        elif chosen.memory:
            held = megabytes_held(page)
            done[name] = replace(done[name], megabytes=held, memory_commit=at)
            print(f"{name}: {held} MB", flush=True)
        else:
            before = done.get(name)
            done[name] = measured_now(page, at)
            if before:
                memory = {k: getattr(before, k) for k in ("megabytes", "memory_commit")}
                done[name] = replace(done[name], **memory)
            write_head(page, done[name])
            print(f"{name}: {done[name].words}", flush=True)
        write_measured(ROOT / TABLE, done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
