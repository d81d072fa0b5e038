"""Differences of two systems in the ledger are taken seed by seed."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from collapse.chapters import ledger_pairs


def test_only_seeds_of_both_are_paired(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {"a": {0: 1.0, 2: 5.0, 3: 9.0}, "b": {2: 4.0, 0: 3.0, 1: 7.0}}

    def at(corpus: str, scale: str, recipe: str) -> list[SimpleNamespace]:
        assert (corpus, scale) == ("synthetic", "light")
        return [SimpleNamespace(seed=s, metrics={"nll": v}) for s, v in values[recipe].items()]

    monkeypatch.setattr(ledger_pairs, "read_ledger", lambda folder: SimpleNamespace(at=at))
    found = ledger_pairs.paired("a", "b", ("synthetic", "light"), ["nll"], tmp_path)
    assert found == {"nll": [-2.0, 1.0]}


def test_without_a_ledger_there_is_nothing(tmp_path: Path) -> None:
    found = ledger_pairs.paired("a", "b", ("synthetic", "light"), ["nll"], tmp_path / "none")
    assert found == {"nll": []}


def test_a_verdict_is_a_mean_its_interval_and_its_side() -> None:
    found = {"MI": [1.0, 1.2, 1.1], "NLL": [-0.1, 0.2], "KL": [0.5], "AU": []}
    assert ledger_pairs.verdicts(found) == (
        "MI +1.10 [+0.85, +1.35] (higher), NLL +0.05 [\N{MINUS SIGN}1.86, +1.96] (undecided), "
        "KL +0.50"
    )
    assert ledger_pairs.verdicts({"AU": []}) == "no runs yet"


def test_an_answer_names_scale_and_seeds() -> None:
    found = {"light": {"nll": [0.0, 0.0]}, "full": {"nll": [-0.5]}}
    assert ledger_pairs.answered(found, ["NLL"]) == (
        "light (2 seeds): NLL +0.00 [+0.00, +0.00] (undecided); "
        "full (1 seed): NLL \N{MINUS SIGN}0.50"
    )


def test_processors_are_named_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def at(*_: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(system={"hardware": name}) for name in ("B", "A", "B")]

    monkeypatch.setattr(ledger_pairs, "read_ledger", lambda folder: SimpleNamespace(at=at))
    assert ledger_pairs.processors(["vae"], [("synthetic", "light")], tmp_path) == "A and B"
    assert ledger_pairs.processors(["vae"], [], tmp_path / "none") == "unknown processors"
