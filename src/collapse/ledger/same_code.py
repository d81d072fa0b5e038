"""Codes that compute the same: proven by running both, to the bit, on one machine.

A run's fingerprint changes with any change of its code, also with one that changes no number.
``book/results/same_code.csv`` lists pairs of fingerprints for which a run of the one and a run of
the other, made on the same machine, agree in every epoch and in every number of the summary.
Entries of the ledger that were made by the earlier code of a pair count as made by the later one.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from collapse.base.errors import RunError
from collapse.base.tables import read_rows, write_rows
from collapse.ledger.schema import COST, SYSTEM

SAME_CODE_TABLE = "same_code.csv"
SAME_CODE_COLUMNS = ("earlier", "later", "run", "hardware", "torch", "date")


def prove(earlier: Path, later: Path, table: Path, day: str) -> list[str]:
    """Compare two folders of runs and add the pairs of codes that agree to the table.

    Args:
        earlier: runs made by the earlier code, for example in ``$COLLAPSE_RUNS`` of a worktree.
        later: the same runs made by the later code, on the same machine.
        table: the CSV file; made if it is not there.
        day: as "2026-01-31".

    Returns:
        One sentence for each pair of runs that does not agree.

    Raises:
        RunError: when the folders have no finished run in common.
    """
    pairs = paired(earlier, later)
    if not pairs:
        raise RunError(f"{earlier} and {later} have no finished run in common.")
    wrong = {label: text for label, pair in pairs.items() if (text := difference(*pair))}
    refuted = {codes(*pairs[label]) for label in wrong}
    rows = {(row["earlier"], row["later"]): row for row in read_rows(table)}
    for label, (old, new) in pairs.items():
        if codes(old, new) not in refuted and len(set(codes(old, new))) == 2:
            about = summary_of(new)
            row = (*codes(old, new), label, about["hardware"], about["torch"], day)
            rows.setdefault(codes(old, new), dict(zip(SAME_CODE_COLUMNS, row, strict=True)))
    write_rows(table, SAME_CODE_COLUMNS, [rows[key] for key in sorted(rows)])
    return [f"{label}: {text}" for label, text in wrong.items()]


def paired(earlier: Path, later: Path) -> dict[str, tuple[Path, Path]]:
    """The finished runs that both folders have, by recipe, corpus, scale and seed."""
    there = [
        {path.parent.name.rpartition("-")[0]: path.parent for path in folder.glob("*/summary.json")}
        for folder in (earlier, later)
    ]
    return {label: (there[0][label], there[1][label]) for label in there[0] if label in there[1]}


def codes(earlier: Path, later: Path) -> tuple[str, str]:
    """The fingerprints of the code of two runs."""
    one, two = (json.loads((path / "config.json").read_text())["code"] for path in (earlier, later))
    return one, two


def difference(earlier: Path, later: Path) -> str:
    """A sentence about the first number in which two runs differ; empty if they agree."""
    if len(history_of(earlier)) != len(history_of(later)):
        return "The runs have another number of epochs."
    before = {"the summary": numbers(summary_of(earlier))} | history_of(earlier)
    after = {"the summary": numbers(summary_of(later))} | history_of(later)
    for where, known in before.items():
        for key in known:
            if after[where].get(key) != known[key]:
                return f"{key} of {where} is {after[where].get(key)}; it was {known[key]}."
    return ""


def summary_of(folder: Path) -> dict[str, Any]:
    """What a run wrote at its end."""
    return json.loads((folder / "summary.json").read_text())


def history_of(folder: Path) -> dict[str, dict[str, Any]]:
    """What a run wrote after each epoch, without times."""
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return {f"epoch {n}": numbers(json.loads(line)) for n, line in enumerate(lines, 1)}


def numbers(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without what two runs of one code need not share: times and the machine."""
    return {k: v for k, v in record.items() if k not in {*COST, *SYSTEM, "seconds"}}


@cache
def later_codes(table: Path) -> Mapping[str, frozenset[str]]:
    """For each code of the table, those proven to compute the same later, step by step."""
    steps: dict[str, set[str]] = {}
    for row in read_rows(table):
        steps.setdefault(row["earlier"], set()).add(row["later"])
    return {code: frozenset(_reached(code, steps)) for code in steps}


def codes_for(code: str, table: Path) -> frozenset[str]:
    """A code and the earlier ones that are proven to compute the same: whose results count."""
    earlier = (old for old, later in later_codes(table).items() if code in later)
    return frozenset({code, *earlier})


def _reached(code: str, steps: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [code]
    while waiting:
        new = steps.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
