"""The book's results are found beside the notebooks first, then where the package brought them."""

import tomllib
from pathlib import Path

import pytest

from collapse.base.results import results_folder
from notebooks import ROOT


def test_results_beside_the_notebooks_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    monkeypatch.chdir(tmp_path)
    assert results_folder(copy) == Path("results")  # neither is there
    copy.mkdir()
    assert results_folder(copy) == copy
    (tmp_path / "results").mkdir()
    assert results_folder(copy) == Path("results")


def test_the_package_brings_all_results_that_a_page_reads() -> None:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    brought = {
        Path(folder).relative_to("share/posterior-collapse/results") / path.name
        for folder, patterns in tables["data-files"].items()
        for pattern in patterns
        for path in ROOT.glob(pattern)
    }
    there = {
        path.relative_to(ROOT / "book/results")
        for path in (ROOT / "book/results").rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert brought == there
