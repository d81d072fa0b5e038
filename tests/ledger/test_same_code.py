"""Two codes are the same when their runs agree to the bit, and only then."""

import json
from pathlib import Path

import pytest

from collapse.base.errors import RunError
from collapse.base.tables import read_rows
from collapse.ledger.same_code import later_codes, prove

SUMMARY = {"nll": 1.25, "kl": 0.5, "wall_seconds": 3.0, "hardware": "a machine", "torch": "2"}


def made(
    folder: Path, code: str, label: str = "vae-synthetic-light-seed0", **changed: float
) -> Path:
    run = folder / f"{label}-{code[:4]}"
    run.mkdir(parents=True)
    (run / "config.json").write_text(json.dumps({"code": code}))
    (run / "summary.json").write_text(json.dumps(SUMMARY | changed))
    (run / "metrics.jsonl").write_text(json.dumps({"loss": 2.0, "seconds": 1.0}) + "\n")
    return folder


def test_runs_that_agree_prove_it_and_times_do_not_count(tmp_path: Path) -> None:
    old, new = made(tmp_path / "old", "aaaa"), made(tmp_path / "new", "bbbb", wall_seconds=9.0)
    table = tmp_path / "same_code.csv"
    assert prove(old, new, table, "2026-01-31") == []
    assert prove(old, new, table, "2026-02-01") == []  # once is enough
    (row,) = read_rows(table)
    assert (row["earlier"], row["later"], row["date"]) == ("aaaa", "bbbb", "2026-01-31")
    assert later_codes(table) == {"aaaa": {"bbbb"}}


def test_one_run_that_differs_refutes_its_pair_of_codes(tmp_path: Path) -> None:
    old, new = made(tmp_path / "old", "aaaa"), made(tmp_path / "new", "bbbb")
    made(old, "aaaa", "lm-synthetic-light-seed0")
    made(new, "bbbb", "lm-synthetic-light-seed0", nll=1.2500001)
    table = tmp_path / "same_code.csv"
    assert prove(old, new, table, "2026-01-31") == [
        "lm-synthetic-light-seed0: nll of the summary is 1.2500001; it was 1.25."
    ]
    assert read_rows(table) == []


def test_an_epoch_that_differs_counts(tmp_path: Path) -> None:
    old, new = made(tmp_path / "old", "aaaa"), made(tmp_path / "new", "bbbb")
    (history,) = new.glob("*/metrics.jsonl")
    history.write_text(json.dumps({"loss": 2.5, "seconds": 1.0}) + "\n")
    (wrong,) = prove(old, new, tmp_path / "table.csv", "2026-01-31")
    assert "loss of epoch 1 is 2.5; it was 2.0" in wrong
    history.write_text(history.read_text() * 2)
    (wrong,) = prove(old, new, tmp_path / "table.csv", "2026-01-31")
    assert "another number of epochs" in wrong


def test_nothing_in_common_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no finished run in common"):
        prove(made(tmp_path / "old", "aaaa"), tmp_path / "new", tmp_path / "t.csv", "2026-01-31")
