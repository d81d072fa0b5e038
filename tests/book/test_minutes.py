"""The minutes in the heads of the chapters are those that were measured."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from minutes import (
    TABLE,
    Measured,
    measured_now,
    megabytes_held,
    minutes,
    read_measured,
    write_head,
    write_measured,
)
from notebooks import ROOT, chapters

MEASURED = read_measured(ROOT / TABLE)
SLOW = Measured("01_one", 61.0, 30.0, 2, "a processor (new)", "2.13.0", "abc", "2026-11-28")


@pytest.mark.parametrize("name", [p.stem for p in chapters() if p.stem in MEASURED])
def test_the_head_of_a_chapter_says_what_was_measured(name: str) -> None:
    (chapter,) = (page for page in chapters() if page.stem == name)
    (row,) = [
        line
        for cell in nbformat.read(chapter, as_version=4).cells
        for line in cell.source.splitlines()
        if line.startswith("| Minutes |")
    ]
    assert MEASURED[name].words in row


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.1, "0.5"), (30, "0.5"), (30.1, "1"), (90, "1.5"), (121, "2.5")]
)
def test_minutes_are_rounded_up_to_halves(seconds: float, said: str) -> None:
    assert minutes(seconds) == said


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "minutes.csv"
    assert read_measured(path) == {}
    two = replace(SLOW, page="02_two", megabytes=812, memory_commit="def")
    write_measured(path, {"01_one": SLOW, "02_two": two})
    assert read_measured(path) == {"01_one": SLOW, "02_two": two}


@pytest.mark.parametrize("row", ["light: 9 (two, or so; old), 1", "light: not measured"])
def test_a_head_is_changed_in_this_one_place(tmp_path: Path, row: str) -> None:
    page = tmp_path / "01_one.ipynb"
    head = "| You need | time |\n| Minutes | {}; colab: 3; full: 4 |"
    cells = [new_markdown_cell("# One"), new_markdown_cell(head.format(row))]
    nbformat.write(new_notebook(cells=cells), page)
    write_head(page, SLOW)
    cells = nbformat.read(page, as_version=4).cells
    words = "light: 1.5 on 2 cores of a processor (new)"
    assert [cell.source for cell in cells] == ["# One", head.format(words)]
    once = page.read_bytes()
    shutil.copy(page, tmp_path / "again.ipynb")
    write_head(page, SLOW)
    assert page.read_bytes() == once


def test_the_first_time_finds_no_run_and_the_second_those_of_the_first(tmp_path: Path) -> None:
    code = """
import os, pathlib, time
seen = pathlib.Path(os.environ["COLLAPSE_RUNS"], "seen")
with open("found", "a") as found:
    print(seen.exists(), file=found)
if not seen.exists():
    time.sleep(2)
    seen.write_text("a run")
"""
    page = tmp_path / "01_one.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(code)]), page)
    before, variables = page.read_bytes(), dict(os.environ)
    measured = measured_now(page, "abc")
    assert dict(os.environ) == variables
    assert measured.from_nothing > 2
    assert measured.commit == "abc"
    assert (tmp_path / "found").read_text().split() == ["False", "True"]
    assert page.read_bytes() == before


def test_memory_is_that_of_all_processes_of_a_page_together(tmp_path: Path) -> None:
    hold = """
import subprocess, sys, time
code = "import time; held = bytearray(b'x') * 3 * 10**8; time.sleep(4)"
children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
[child.wait() for child in children]
"""
    held = {}
    for code in ("", hold):  # what Python and the kernel hold differs by machine
        page = tmp_path / "01_one.ipynb"
        nbformat.write(new_notebook(cells=[new_code_cell(code)]), page)
        held[code] = megabytes_held(page)
    assert 600 < held[hold] - held[""] < 800
