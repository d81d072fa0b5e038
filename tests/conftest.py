"""One thread a process, finished runs shared with the book, and which tests share a worker."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("COLLAPSE_RUNS", str(ROOT / "runs"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side, the tests of a file share a worker, as they share fixtures and kernels.

    A test that names a group of its own goes its own way.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
