"""Algorithm 1: who moves, when the inner loop and the aggressive phase end, what they cost."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small import tiny_corpus, tiny_model

from collapse.base.errors import RunError, UnknownNameError
from collapse.base.seeding import seeded
from collapse.metrics import mutual_information
from collapse.metrics.likelihood import encode_split
from collapse.objectives import Constant, Linear, Objective
from collapse.system import System
from collapse.training import (
    Aggressive,
    Convergence,
    InnerBudget,
    Joint,
    SeparateRates,
    Trainer,
    Training,
)
from collapse.training.checkpoint import Record, copy_state
from collapse.training.strategies.strategy import Strategy

SGD = Training(learning_rate=0.5, batch_size=8, epochs=5)
TWO = InnerBudget(2)


def evaluate(system: System) -> Record:
    corpus = tiny_corpus()
    seen = encode_split(system.model, corpus.valid)
    mi = mutual_information(seen.q, seen.z).value
    return {"loss": seen.nll_bound.mean().item(), "mi": mi, "mi_batch": mi}


def trainer(folder: Path, strategy: Strategy, training: Training = SGD) -> Trainer:
    objective = Objective(Linear(0.2, 3.0))
    return Trainer(System(tiny_model(), objective), tiny_corpus(), training, strategy, folder, 0)


def started(folder: Path, strategy: Strategy, training: Training = SGD) -> Trainer:
    """A trainer as it is at the beginning of an epoch."""
    one = trainer(folder, strategy, training)
    one.begin_epoch()
    one.model.train()
    return one


def moved(before: dict[str, torch.Tensor], system: System) -> set[str]:
    """The parts of the model of which some bit differs."""
    now = system.state_dict().items()
    return {name.split(".")[1] for name, value in now if not torch.equal(before[name], value)}


@pytest.mark.parametrize("clip", ["apart", "together"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_inner_loop_leaves_the_generator_untouched_to_the_bit(
    tmp_path: Path, clip: str, optimizer: str
) -> None:
    strategy = Aggressive(InnerBudget(7), clip=clip)
    one = started(tmp_path, strategy, replace(SGD, optimizer=optimizer, learning_rate=0.01))
    before = copy_state(one.system)
    strategy.inner_loop(one)
    assert moved(before, one.system) == {"encoder", "posterior"}
    assert one.moves == {"encoder_steps": 7}
    before = copy_state(one.system)
    strategy.move(one, one.random_batch(), "decoder")
    assert moved(before, one.system) == {"decoder"}
    assert all(p.requires_grad for p in one.model.parameters())


def test_what_is_clipped_together(tmp_path: Path) -> None:
    """Apart: the encoder's own gradient is cut to the norm; together: its part of the joint one."""
    step = {}
    for clip in ("apart", "together"):
        one = started(tmp_path, Aggressive(TWO, clip=clip), replace(SGD, clip=0.01))
        before = copy_state(one.system)
        batch = one.batch(one.batches[0])
        with seeded(3):
            one.strategy.move(one, batch, "encoder")
        change = [v - before[n] for n, v in one.system.state_dict().items()]
        step[clip] = torch.sqrt(sum((c**2).sum() for c in change)).item()
    one = started(tmp_path, Joint())
    with seeded(3):
        one.loss(one.batch(one.batches[0])).backward()
    norm = {
        name: torch.sqrt(sum((p.grad**2).sum() for p in parameters)).item()
        for name, parameters in (
            ("encoder", one.model.inference_parameters()),
            ("both", list(one.model.parameters())),
        )
    }
    assert step["apart"] == pytest.approx(0.5 * 0.01, rel=1e-3)
    assert step["together"] == pytest.approx(0.5 * 0.01 * norm["encoder"] / norm["both"], rel=1e-3)
    assert step["together"] < 0.5 * step["apart"]


def test_convergence_compares_neighbouring_windows_by_the_word() -> None:
    def over(losses: list[float], words: list[int] | None = None) -> bool:
        nats = list(torch.tensor(losses))
        return Convergence(window=3, cap=10).over(nats, words or [1] * len(losses))

    assert not over([])
    assert not over([9.0] * 3)  # one window is not two
    assert not over([9.0] * 3 + [8.0] * 3)  # it still falls
    assert over([9.0] * 6)  # it stays the same
    assert not over([9.0] * 5 + [10.0, 9.0])  # not at the end of a window
    assert not over([9.0] * 3 + [12.0] * 3, [1, 1, 1, 2, 2, 2])  # less a word, more a batch
    assert over([20.0 - n for n in range(10)])  # the cap


def test_budget_counts() -> None:
    one = torch.ones(())
    assert [InnerBudget(2).over([one] * n, [1] * n) for n in range(4)] == [False, False, True, True]


def test_the_inner_loop_stops_by_its_rule(tmp_path: Path) -> None:
    one = started(tmp_path, Aggressive(Convergence(window=2, cap=50)), replace(SGD, clip=1e-9))
    one.strategy.inner_loop(one)
    steps = one.moves["encoder_steps"]
    assert 4 <= steps < 50  # nothing is learned at this norm, so noise ends it
    assert steps % 2 == 0


@pytest.mark.parametrize(
    ("information", "aggressive"),
    [
        ([0.5, 0.7, 0.6, 0.9], [1, 1, 1, 0]),  # falls after the third
        ([-0.1, 0.7, 0.8, 0.9], [1, 0, 0, 0]),  # below the 0 it begins with
        ([0.5, 0.5, 0.6, 0.7], [1, 1, 1, 1]),  # standing still is not falling
    ],
)
def test_phase_ends_when_the_information_falls(
    tmp_path: Path, information: list[float], aggressive: list[int]
) -> None:
    strategy, values = Aggressive(TWO, estimator="whole"), iter(information)
    one = trainer(tmp_path, strategy, replace(SGD, epochs=4))
    history = one.fit(lambda system: {"loss": 1.0, "mi": next(values)}, lambda line: None)
    assert [record["aggressive"] for record in history] == aggressive
    batches = 3  # of 8 out of 24 documents
    assert [r["encoder_steps"] for r in history] == [2 * batches if a else 3 for a in aggressive]
    assert [r["decoder_steps"] for r in history] == [batches] * 4


def test_phase_ends_after_max_epochs(tmp_path: Path) -> None:
    one = trainer(tmp_path, Aggressive(TWO, max_epochs=2))
    rising = iter([0.1, 0.2, 0.3, 0.4, 0.5])
    history = one.fit(lambda system: {"loss": 1.0, "mi_batch": next(rising)}, lambda line: None)
    assert [record["aggressive"] for record in history] == [1, 1, 0, 0, 0]


def test_each_estimator_is_read_by_its_name() -> None:
    measured: Record = {"loss": 1.0, "mi": 0.3, "mi_batch": 0.2}
    assert Aggressive(estimator="whole").read(measured) == 0.3
    assert Aggressive(estimator="batch").read(measured) == 0.2
    with pytest.raises(RunError, match=r"stops by 'mi_batch'.*measures loss"):
        Aggressive().read({"loss": 1.0})
    with pytest.raises(UnknownNameError, match="whole, batch"):
        Aggressive(estimator="half")
    with pytest.raises(UnknownNameError, match="apart, together"):
        Aggressive(clip="never")


def test_joint_steps_cost_one_of_each(tmp_path: Path) -> None:
    history = trainer(tmp_path, Joint()).fit(evaluate, lambda line: None)
    assert {(r["encoder_steps"], r["decoder_steps"]) for r in history} == {(3, 3)}


@pytest.mark.parametrize("stop", [1, 2, 3])
@pytest.mark.parametrize(
    "strategy", [Aggressive(Convergence(window=2, cap=6), max_epochs=2), SeparateRates(encoder=3.0)]
)
def test_resumed_run_is_identical_to_the_bit(tmp_path: Path, strategy: Strategy, stop: int) -> None:
    whole = trainer(tmp_path / "whole", strategy)
    history = whole.fit(evaluate, lambda line: None)
    trainer(tmp_path / "parts", strategy, replace(SGD, epochs=stop)).fit(evaluate, lambda s: None)
    torch.rand(5)
    resumed = trainer(tmp_path / "parts", strategy)
    again = resumed.fit(evaluate, lambda line: None)
    assert moved(whole.system.state_dict(), resumed.system) == set()
    assert [{**r, "seconds": 0} for r in again] == [{**r, "seconds": 0} for r in history]


def test_separate_rates_multiply_the_encoders_step(tmp_path: Path) -> None:
    change = {}
    for strategy in (Joint(), SeparateRates(encoder=3.0)):
        one = trainer(tmp_path, strategy)
        one.objective = Objective(Constant(1.0))
        one.set_rate()
        before = copy_state(one.system)
        with seeded(2):
            one.step(one.loss(one.batch(one.plan()[0])))
        change[type(strategy)] = {n: v - before[n] for n, v in one.system.state_dict().items()}
    for name, plain in change[Joint].items():
        factor = 1.0 if name.startswith("model.decoder") else 3.0
        torch.testing.assert_close(change[SeparateRates][name], factor * plain, atol=1e-6, rtol=0)
