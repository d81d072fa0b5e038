"""Runs that ended without a result: to leave them out would flatter their systems.

``book/results/ended.csv`` has a line for each, written from the folder of the run by
``python -m collapse ledger add`` and by nothing else.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collapse.base.tables import read_rows, write_rows
from collapse.ledger.rules import label_of
from collapse.runs.run import ENDED_FILE, read_config

ENDED_TABLE = "ended.csv"
ENDED_COLUMNS = ("label", "why", "code", "hardware", "torch", "commit", "date")


def why_ended(folder: Path) -> Mapping[str, Any] | None:
    """Why and where a run ended without a result; None where it has one, or is not finished.

    A loss that is no number stops a run. One that trains to its end and is measured with numbers
    that are not finite has no result either.
    """
    summary, ended = folder / "summary.json", folder / ENDED_FILE
    if summary.is_file():
        measured = json.loads(summary.read_text("utf-8"))
        wrong = [k for k, v in measured.items() if isinstance(v, float) and not math.isfinite(v)]
        return {**measured, "why": f"Not finite: {', '.join(wrong)}."} if wrong else None
    return json.loads(ended.read_text("utf-8")) if ended.is_file() else None


def enter(folder: Path, table: Path) -> str:
    """Write the line of a run that ended without a result; returns its label.

    A line of the same run by the same code is replaced.
    """
    config = read_config(folder)
    reason = why_ended(folder)
    assert reason is not None, f"{folder} has a result, or is not finished"
    day = datetime.fromtimestamp((folder / "config.json").stat().st_mtime, UTC).date().isoformat()
    known = {"label": label_of(config), "code": config["code"], "date": day}
    row = {name: str({**reason, **known}[name] or "") for name in ENDED_COLUMNS}
    others = [r for r in read_rows(table) if (r["label"], r["code"]) != (row["label"], row["code"])]
    write_rows(table, ENDED_COLUMNS, sorted([*others, row], key=lambda r: (r["label"], r["code"])))
    return row["label"]
