"""The critic's steps move the critic, the model's step moves everything else."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small import SIZES
from test_remedies import EPOCHS, train, trainer

from collapse.base.errors import RunError
from collapse.recipes import RECIPES
from collapse.training import CriticSteps
from collapse.training.checkpoint import copy_state


@pytest.mark.parametrize("name", ["ivae", "ivae-mi"])
def test_each_moves_its_own(name: str, tmp_path: Path) -> None:
    one = trainer(tmp_path, name, 2, EPOCHS)
    one.system.train()
    batch = one.batch(one.plan()[0])
    before = copy_state(one.system)
    one.strategy.follow(one, one.model.encode(batch))
    after = copy_state(one.system)
    moved = {name for name, value in after.items() if (value != before[name]).any()}
    assert moved
    assert all(name.startswith("objective.regulariser.") for name in moved)
    one.progress.learning_rate = 0.01
    before = after
    frozen = replace(one.strategy, steps=0)
    frozen.update(one, batch)
    moved = {n for n, value in one.system.state_dict().items() if (value != before[n]).any()}
    assert not any(name.startswith("objective.regulariser.") for name in moved)
    assert any(name.startswith("model.encoder.") for name in moved)
    assert any(name.startswith("model.decoder.") for name in moved)
    assert all(p.requires_grad for p in one.system.parameters())


def test_steps_make_the_critic_better(tmp_path: Path) -> None:
    one = trainer(tmp_path, "ivae", 2, EPOCHS)
    q = one.model.encode(one.batch(one.plan()[0]))
    with torch.no_grad():
        loc, mix = q.loc + 2, 0.3 * torch.eye(2)
        q = type(q)(loc, q.features, mix)
    prior = one.model.prior()

    def value() -> float:
        torch.manual_seed(0)
        found = [one.objective.regulariser.critic_loss(q, q.sample(), prior) for _ in range(50)]
        return torch.stack(found).mean().item()

    before = value()
    for _ in range(20):
        one.strategy.follow(one, q)
    assert value() < before - 0.5
    assert one.moves["critic_steps"] == 100


def test_the_critics_optimiser_is_in_the_checkpoint(tmp_path: Path) -> None:
    train(tmp_path, "ivae")
    names = load_file(tmp_path / "checkpoint.safetensors").keys()
    assert any(name.startswith("critic.") and name.endswith("exp_avg") for name in names)
    assert any(name.startswith("best.objective.regulariser.") for name in names)


def test_the_best_epoch_is_that_of_the_models_own_objective(tmp_path: Path) -> None:
    _, history = train(tmp_path, "ivae-mi")
    for record in history:
        assert record["objective"] == pytest.approx(record["reconstruction"] + record["charge"])
        assert record["loss"] == pytest.approx(record["reconstruction"] + record["kl"], rel=1e-5)
    one = trainer(tmp_path, "ivae-mi", 3, EPOCHS)
    one.resume()
    assert one.progress.plateau.best == min(record["objective"] for record in history)


def test_a_recipe_without_a_divergence_is_refused() -> None:
    recipe = RECIPES["vae"]
    with pytest.raises(RunError, match="needs a recipe with a regulariser"):
        CriticSteps().optimizers(recipe.build(SIZES))
