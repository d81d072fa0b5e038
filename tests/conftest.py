"""One thread a process, and finished runs shared with the book, before anything imports torch."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("COLLAPSE_RUNS", str(ROOT / "runs"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the thorough tests to machines that have an hour."""
    if os.environ.get("COLLAPSE_THOROUGH") == "1":
        return
    left_out = pytest.mark.skip(reason="thorough: set COLLAPSE_THOROUGH=1 to run it")
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(left_out)


VARIANT = re.compile(r"test_variants\.py::test_a_(wrong|right)_answer_is_\w+\[([\w.]+)-")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of each exercise how many wrong answers were refused, and right ones accepted."""
    found: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call" and (of := VARIANT.search(report.nodeid)):
                found.setdefault(of[2], Counter()).update([of[1], f"{of[1]} {outcome}"])
    if not found:
        return
    terminalreporter.write_line("homework: exercise, wrong answers refused, right answers accepted")
    for number, counts in [*sorted(found.items()), ("all", sum(found.values(), Counter()))]:
        refused, accepted = (
            f"{counts[f'{kind} passed']}/{counts[kind]}" for kind in ("wrong", "right")
        )
        terminalreporter.write_line(f"homework: {number:6} {refused:>9} {accepted:>9}")
