"""Runs that end without a result are kept as such."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from collapse.base.errors import NonFiniteLossError
from collapse.base.tables import read_rows
from collapse.cli import main
from collapse.ledger.ended import ENDED_COLUMNS, why_ended
from collapse.runs.request import make_request
from collapse.runs.run import perform
from collapse.runs.settings import settings_for
from collapse.viz.pages.overview import without_result


@pytest.fixture
def diverged(tmp_path: Path, monkeypatch) -> Path:
    """The folder of a run whose loss became no number, under a name that the package knows."""
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    usual = settings_for("synthetic", "smoke")
    wild = replace(usual, training=replace(usual.training, learning_rate=1e30, clip=1e30))
    request = make_request("vae", "synthetic", "smoke", settings=wild)
    with pytest.raises(NonFiniteLossError):
        perform(request)
    return request.folder


def test_a_run_that_diverges_says_why_in_its_folder(diverged: Path) -> None:
    found = why_ended(diverged)
    assert found is not None
    assert found["why"].startswith("The loss became ")
    assert str(diverged) not in found["why"]
    assert found["hardware"]
    assert found["torch"]


def test_it_is_entered_as_one_without_a_result(diverged: Path, tmp_path: Path, capsys) -> None:
    results = tmp_path / "results"
    for _ in range(2):  # the second time changes nothing
        main(["ledger", "add", str(diverged), "--results", str(results)])
        assert "it ended without a result" in capsys.readouterr().out
        (row,) = read_rows(results / "ended.csv")
    assert tuple(row) == ENDED_COLUMNS
    assert row["label"] == "vae-synthetic-smoke-seed0"
    assert not (results / "runs").exists()
    page = without_result(results / "ended.csv").data
    assert "1 runs ended without a result" in page
    assert row["why"] in page
    assert "Every run" in without_result(results / "none.csv").data


def test_a_run_that_is_measured_as_nan_has_no_result_either(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    run = perform(make_request("vae", "synthetic", "smoke"))
    assert why_ended(run.folder) is None
    path = run.folder / "summary.json"
    path.write_text(json.dumps({**run.summary, "kl": float("nan")}))
    found = why_ended(run.folder)
    assert found is not None
    assert found["why"] == "Not finite: kl."
    main(["ledger", "add", str(run.folder), "--results", str(tmp_path / "results")])
    (row,) = read_rows(tmp_path / "results/ended.csv")
    assert row["commit"] == str(run.summary["commit"] or "")


def test_an_unfinished_run_is_neither(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    request = make_request("vae", "synthetic", "smoke")
    request.folder.mkdir(parents=True)
    (request.folder / "config.json").write_text(json.dumps(request.describe()))
    assert why_ended(request.folder) is None
    assert main(["ledger", "add", str(request.folder), "--results", str(tmp_path / "results")])
    assert "holds no finished run" in capsys.readouterr().err
