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
