"""The cost of a step: what is timed, and how ratios are taken. No timing is compared here."""

from pathlib import Path

import pytest
from small import tiny_corpus

from collapse.experiments import cost
from collapse.training import strategies


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[int]]:
    """A tiny corpus, and the batches that were stepped on."""
    seen: list[list[int]] = []
    update = strategies.Joint.update

    def watched(self, trainer, batch):
        seen.append(batch.indices.tolist())
        return update(self, trainer, batch)

    monkeypatch.setattr(strategies.Joint, "update", watched)
    monkeypatch.setattr(cost, "load_corpus", lambda name, scale: tiny_corpus())
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))
    return seen


def test_recipes_take_turns_on_the_same_batches(steps: list[list[int]], tmp_path: Path) -> None:
    found = cost.step_costs(["vae", "bn-vae-0.7"], "toy-reviews", "light", steps=2, repetitions=3)
    assert {name: len(values) for name, values in found.items()} == {"vae": 3, "bn-vae-0.7": 3}
    assert all(value > 0 for values in found.values() for value in values)
    assert len(steps) == 2 * 2 * (3 + 1)
    for turn in range(4):
        first = steps[4 * turn : 4 * turn + 2]
        assert steps[4 * turn + 2 : 4 * turn + 4] == first
    assert list(tmp_path.iterdir()) == [], "nothing is written"


def test_a_strategy_with_inner_steps_finds_its_batches(steps: list[list[int]]) -> None:
    found = cost.step_costs(
        ["vae", "agg-vae-short"], "toy-reviews", "light", steps=1, repetitions=1
    )
    assert found["agg-vae-short"][0] > 0


def test_ratios_are_taken_turn_by_turn() -> None:
    seconds = {"vae": [1.0, 2.0, 4.0, 8.0, 1.0], "other": [1.5, 3.0, 4.0, 16.0, 1.0]}
    found = cost.relative_costs(seconds)
    assert found["vae"] == (1.0, 0.0)
    assert found["other"] == pytest.approx((1.5, 0.25))
