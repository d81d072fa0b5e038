"""Pretraining as an autoencoder: what is kept, what starts again, what is not compared."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small import SIZES, tiny_corpus, tiny_model
from small_training import ADAM, SGD, evaluate, same, without_time

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.objectives import Constant, FreeBits, Linear, Objective
from collapse.recipes import RECIPES
from collapse.system import System
from collapse.training import Joint, Plateau, Pretrained, Trainer, Training
from collapse.training.checkpoint import Record, copy_state
from collapse.training.strategies.pretrained import shuffled
from collapse.vae import VAE, init_uniform_

LATER = Objective(Linear(0.0, 2.0), FreeBits(0.5))


def trainer(
    folder: Path, training: Training = ADAM, epochs: int = 2, seed: int = 0, name: str = "vae"
) -> Trainer:
    strategy = Pretrained(epochs) if epochs else Joint()
    return Trainer(System(tiny_model(name), LATER), tiny_corpus(), training, strategy, folder, seed)


def train(folder: Path, training: Training = ADAM, epochs: int = 2, seed: int = 0):
    one = trainer(folder, training, epochs, seed)
    one.fit(evaluate, lambda line: None)
    return one


@pytest.mark.parametrize("training", [SGD, ADAM])
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_resumes_to_the_same_bits_before_at_and_after_the_turn(
    tmp_path: Path, training: Training, stop: int
) -> None:
    whole = train(tmp_path / "whole", training)
    one = trainer(tmp_path / "parts", training)
    for _ in range(stop):
        one.epoch(evaluate)
        one.save()
    torch.rand(7)
    again = train(tmp_path / "parts", training)
    assert same(whole.model, again.model)
    assert without_time(again.progress.history) == without_time(whole.progress.history)
    assert len(whole.progress.history) == training.epochs + 2


def test_the_first_phase_is_an_autoencoder_and_the_schedule_begins_after_it(
    tmp_path: Path,
) -> None:
    one = trainer(tmp_path)
    batch = one.batch(one.plan()[0])
    for epoch, weight in ((0.0, 0.0), (1.9, 0.0), (2.0, 0.0), (3.0, 0.5), (4.0, 1.0)):
        one.fractional_epoch = epoch
        assert one.weight() == weight
    one.fractional_epoch = 1.0
    with seeded(3):
        found = one.loss(batch)
    with seeded(3):
        q = one.model.encode(batch)
        expected = -one.model.log_likelihood(batch, q.rsample()).mean()
    torch.testing.assert_close(found, expected)
    weights = [record["kl_weight"] for record in train(tmp_path / "run").progress.history]
    assert weights == [0.0, 0.0, 0.5, 1.0, 1.0, 1.0]


def test_at_the_turn_the_encoder_is_kept_and_the_decoder_starts_again(tmp_path: Path) -> None:
    one = trainer(tmp_path)
    first = copy_state(one.system)
    one.epoch(evaluate)
    one.model.train()
    one.train()  # the second epoch, up to the turn
    trained = copy_state(one.system)
    assert one.optimizer.state
    one.progress.epoch = 2
    one.judge(0.0)
    assert not one.optimizer.state
    for name, value in one.system.state_dict().items():
        if name.startswith("model.decoder."):
            assert sorted(value.flatten().tolist()) == sorted(first[name].flatten().tolist())
            assert (value != first[name]).any()
        else:
            assert (value == trained[name]).all()
    assert all((one.best[n] == v).all() for n, v in one.system.state_dict().items())


def test_the_new_decoder_is_as_good_as_a_new_draw() -> None:
    """Entries in a new order: uniform as before, and not correlated with the old ones."""
    with seeded(5):
        values = torch.empty(100, 80).uniform_(-0.01, 0.01)
        moved = shuffled(values)
    pair = torch.stack([values.flatten(), moved.flatten()])
    assert abs(torch.corrcoef(pair)[0, 1].item()) < 4 / 8000**0.5
    assert moved.shape == values.shape
    assert (moved.flatten().sort().values == values.flatten().sort().values).all()


def test_new_decoders_differ_with_the_seed_and_repeat(tmp_path: Path) -> None:
    turned = []
    for number, seed in enumerate((0, 0, 1)):
        one = trainer(tmp_path / str(number), seed=seed)
        one.progress.epoch = 2
        one.judge(0.0)
        turned.append(one.model)
    assert same(turned[0], turned[1])
    assert not same(turned[0], turned[2])


def test_epochs_of_the_first_phase_are_compared_with_nothing(tmp_path: Path) -> None:
    """A loss of 0 before the turn is no record to beat, and starts no plateau."""
    one = trainer(tmp_path, replace(ADAM, plateau=Plateau(patience=1, first_epoch=2)))
    first = copy_state(one.system)
    one.progress.epoch = 1
    one.judge(-1e9)
    assert all((first[n] == v).all() for n, v in one.best.items())
    one.progress.epoch = 2
    one.judge(-1e9)
    rate = one.progress.learning_rate
    one.progress.epoch = 3
    with torch.no_grad():
        one.model.decoder.get_parameter("output.weight").add_(1.0)
    one.judge(50.0)
    assert all((one.best[n] == v).all() for n, v in one.system.state_dict().items())
    assert one.progress.plateau.best == 50.0
    one.progress.epoch = 4  # the second epoch that counts, the first in which a decay may happen
    one.judge(60.0)
    assert one.progress.learning_rate == rate / 2


def test_the_run_ends_with_the_best_of_the_later_epochs(tmp_path: Path) -> None:
    def never_again(model: VAE) -> Record:
        """Better in the first phase than ever after."""
        seen.append(1)
        return {"loss": -100.0 if len(seen) <= 2 else float(len(seen))}

    seen: list[int] = []
    one = trainer(tmp_path)
    third: dict = {}
    for _ in range(6):
        one.epoch(never_again)
        if len(seen) == 3:
            third = copy_state(one.system)
    assert one.finished
    assert all((one.best[n] == v).all() for n, v in third.items())


def test_without_pretraining_nothing_changes(tmp_path: Path) -> None:
    one = trainer(tmp_path, epochs=0)
    one.fractional_epoch = 0.5
    assert (one.weight(), one.objective_epochs, one.finished) == (0.25, 0, False)


def test_the_autoencoder_learns_what_the_vae_does_not(tmp_path: Path) -> None:
    """The KL after the first phase is that of an autoencoder; the encoder enters the second."""
    one = trainer(tmp_path, replace(ADAM, epochs=1), epochs=8)
    with torch.no_grad():
        init_uniform_(one.model, 0.1, 0.1)
    batch = one.batch(one.plan()[0])
    before = one.model.encode(batch).mean.var(0).sum()
    for _ in range(8):
        one.epoch(evaluate)
    after = one.model.eval().encode(batch).mean.var(0).sum()
    assert after > 5 * before
    assert one.objective_epochs == 0


@pytest.mark.parametrize("name", [n for n in RECIPES if n.startswith("pretrained-")])
def test_every_pretrained_recipe_passes_the_turn(tmp_path: Path, name: str) -> None:
    recipe = RECIPES[name]
    with seeded(0):
        system = recipe.build(SIZES)
    training = replace(ADAM, epochs=1, batch_size=24)
    one = Trainer(system, tiny_corpus(), training, Pretrained(1), tmp_path, 0)
    history = one.fit(evaluate, lambda line: None)
    assert [r["kl_weight"] for r in history] == [0.0, recipe.kl_weight(1.0)]
    assert isinstance(recipe.strategy, Pretrained)


def test_a_phase_of_no_epochs_is_refused() -> None:
    with pytest.raises(CollapseError, match="1 epoch or more, not 0"):
        Pretrained(0)
    assert RECIPES["ae"].kl_weight == Constant(0.0)
