"""What a strategy's own optimisers hold goes through a checkpoint: rates, counts, groups."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small import tiny_corpus, tiny_model
from small_training import SGD, evaluate, same, without_time

from collapse.base.errors import CollapseError, RunError
from collapse.objectives import Objective
from collapse.system import System
from collapse.training import Joint, Strategy, Trainer
from collapse.training.checkpoint import load_optimizer, optimizer_values


class Counting(torch.optim.Optimizer):
    """Keeps the count of its steps as a number, not as a tensor."""

    def __init__(self, params) -> None:
        super().__init__(params, {"lr": 0.5})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    state = self.state[parameter]
                    state["step"] = state.get("step", 0) + 1
                    parameter -= group["lr"] / state["step"] * parameter.grad


class Own(Strategy):
    """The decoder moves by the loop's optimiser, the encoder by this strategy's own."""

    make = staticmethod(lambda parameters: torch.optim.Adam(parameters, lr=0.03))

    def groups(self, system):
        return [{"params": system.generator_parameters()}]

    def optimizers(self, system):
        return {"mine": self.make(system.model.inference_parameters())}

    def update(self, steps, batch):
        loss = steps.loss(batch)
        steps.step(loss)
        steps.optimizers["mine"].step()
        return loss.detach()


class Decaying(Own):
    """Halves its own rate after each epoch."""

    def end_epoch(self, steps, measured):
        (group,) = steps.optimizers["mine"].param_groups
        group["lr"] *= 0.5
        return {"own_rate": group["lr"]}


class InNumbers(Own):
    """Its optimiser's state is no tensor."""

    make = Counting


class SlowerAndSlower(Joint):
    """Changes a factor in the groups of the loop's optimiser."""

    def end_epoch(self, steps, measured):
        for group in steps.optimizers["optimizer"].param_groups:
            group["factor"] = 0.5 * group.get("factor", 1.0)
        return {}


def train(folder: Path, strategy: Strategy, epochs: int):
    system = System(tiny_model(), Objective())
    one = Trainer(system, tiny_corpus(), replace(SGD, epochs=epochs), strategy, folder, 0)
    return one.system, one.fit(evaluate, lambda line: None)


@pytest.mark.parametrize("strategy", [Own(), Decaying(), InNumbers(), SlowerAndSlower()])
def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path: Path, strategy) -> None:
    whole, history = train(tmp_path / "whole", strategy, 4)
    train(tmp_path / "parts", strategy, 2)
    resumed, again = train(tmp_path / "parts", strategy, 4)
    assert without_time(again) == without_time(history)
    assert same(whole, resumed)


def test_settings_come_back_with_the_types_that_they_had() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    kept = optimizer_values("mine", torch.optim.Adam([weight], lr=0.5, betas=(0.5, 0.75)))
    fresh = torch.optim.Adam([weight])
    load_optimizer(fresh, {}, kept)
    (group,) = fresh.param_groups
    assert (group["lr"], group["betas"], group["params"]) == (0.5, (0.5, 0.75), [weight])
    load_optimizer(fresh, {}, {})  # a checkpoint of a version before
    assert fresh.param_groups[0]["lr"] == 0.5


def test_what_no_checkpoint_keeps_is_refused_and_the_last_one_stays(tmp_path: Path) -> None:
    class Quasi(Own):
        make = staticmethod(lambda parameters: torch.optim.LBFGS(parameters, max_iter=1))

        def update(self, steps, batch):
            loss = steps.loss(batch)
            steps.step(loss)
            steps.optimizers["mine"].step(lambda: float(loss.detach()))
            return loss.detach()

    with pytest.raises(RunError, match=r"'mine', a LBFGS, holds '\w+' as a list that no check"):
        train(tmp_path, Quasi(), 1)
    assert not (tmp_path / "checkpoint.safetensors").exists()


@pytest.mark.parametrize("wrong", [None, [torch.optim.Adam], {"a": 3}, 3])
def test_optimisers_come_by_name(tmp_path: Path, wrong) -> None:
    class Wrong(Joint):
        def optimizers(self, system):
            return wrong

    with pytest.raises(CollapseError, match=r"Wrong\.optimizers must give optimisers of torch by"):
        train(tmp_path, Wrong(), 1)
