"""One thread a process, and finished runs shared with the book, before anything imports torch."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("COLLAPSE_RUNS", str(ROOT / "runs"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many wrong answers to the homework were refused, and right ones accepted."""
    asked = {"wrong answers refused": "is_told_why", "right answers accepted": "is_accepted"}
    for words, name in asked.items():
        reports = {
            outcome: sum(
                f"test_variants.py::test_a_{words.split()[0]}_answer_{name}" in report.nodeid
                for report in terminalreporter.getreports(outcome)
                if report.when == "call"
            )
            for outcome in ("passed", "failed")
        }
        if total := sum(reports.values()):
            terminalreporter.write_line(f"homework: {reports['passed']} of {total} {words}")
