"""What training asks of parts that a reader has written, and how it refuses them."""

from pathlib import Path

import pytest
import torch
from small import SIZES, batch_of, tiny_corpus, tiny_model

from collapse.base.errors import CollapseError, NonFiniteLossError, RunError
from collapse.objectives import Objective, Regulariser
from collapse.objectives.objective import training_loss
from collapse.posteriors import DiagonalGaussian
from collapse.system import System
from collapse.training import Joint, Trainer, Training
from collapse.training.checkpoint import Record
from collapse.training.strategies.strategy import Strategy

SGD, JOINT = Training(learning_rate=0.5, batch_size=8, epochs=1), Joint()


def evaluate(system: System) -> Record:
    return {"loss": 3.0}


def trainer(folder: Path, strategy: Strategy = JOINT):
    system = System(tiny_model(), Objective())
    return Trainer(system, tiny_corpus(), SGD, strategy, folder, 0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["loss", "objective"])
def test_a_validation_loss_that_is_no_number_is_refused(tmp_path: Path, name, value) -> None:
    """Nothing is below NaN: the first weights would stay the best."""
    one = trainer(tmp_path)
    with pytest.raises(NonFiniteLossError, match=f"became {value} in the validation of epoch 1"):
        one.fit(lambda system: {**evaluate(system), name: value}, lambda line: None)
    assert not one.checkpoint.exists()


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (None, "must report numbers by name, in a dictionary .* end_epoch gave None"),
        ({"lag": torch.ones(())}, r"reports 'lag'; it must be a number, got 'a tensor of shape"),
        ({"step": 1}, r"Two parts report \['step'\]"),
    ],
)
def test_what_a_strategy_adds_to_an_epoch_is_numbers_by_name(tmp_path, own, sentence) -> None:
    class Watching(Joint):
        def end_epoch(self, steps, measured):
            return own

    with pytest.raises(RunError, match=sentence):
        trainer(tmp_path, Watching()).epoch(evaluate)


class Shy(Objective):
    """Leaves out the posteriors."""

    def forward(self, model, batch):
        return super().forward(model, batch)


class Weightless(Objective):
    """Leaves out the weight."""

    def loss(self, terms):
        return super().loss(terms, 1.0)


class Brief(Objective):
    """Leaves out what it is to report on."""

    def report(self, model):
        return {}


class Silent(DiagonalGaussian):
    """Does not ask which epoch it is."""

    def begin_epoch(self):
        """Nothing."""


class Curt(DiagonalGaussian):
    """Reports on no document."""

    def report(self, q):
        return {}


class Blind(Regulariser):
    """Charges without looking at the documents."""

    def forward(self, q, z, prior):
        return q.mean.square()

    def charged(self, model):
        return None


class Late(Joint):
    """Begins by itself."""

    def begin(self):
        """Nothing."""


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (
            Shy(),
            r"Shy.forward is called as forward\(model, batch, q\); as it is written, forward\(",
        ),
        (Weightless(), r"Weightless.loss is called as loss\(terms, weight\)"),
        (Brief(), r"Brief.report is called as report\(model, documents, log_likelihood, seed\)"),
        (Silent(SIZES), r"Silent.begin_epoch is called as begin_epoch\(epoch\)"),
        (Curt(SIZES), r"Curt.report is called as report\(q, log_likelihood\)"),
        (Blind(), r"Blind.charged is called as charged\(model, documents, seed\)"),
        (Late(), r"Late.begin is called as begin\(steps\)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_methods_that_cannot_be_called_are_named_before_training(tmp_path, part, sentence) -> None:
    system, strategy = System(tiny_model(), Objective()), JOINT
    if isinstance(part, Objective):
        system.objective = part
    elif isinstance(part, DiagonalGaussian):
        system.model.posterior = part
    elif isinstance(part, Regulariser):
        system.objective = Objective(regulariser=part)
    else:
        strategy = part
    with pytest.raises(CollapseError, match=sentence):
        Trainer(system, tiny_corpus(), SGD, strategy, tmp_path, 0)


@pytest.mark.parametrize("name", ["optimizer", "now", "best", "mine.own"])
def test_an_own_optimiser_cannot_take_the_place_of_what_a_checkpoint_holds(tmp_path, name) -> None:
    """Under the loop's name it would be loaded in its place, and the run go on otherwise."""

    class Own(Joint):
        def optimizers(self, system):
            return {name: torch.optim.SGD(system.parameters(), lr=0.1)}

    with pytest.raises(CollapseError, match=f"Own calls an optimiser of its own '{name}'"):
        trainer(tmp_path, Own())


@pytest.mark.parametrize("epochs", [1.5, -1, None])
def test_the_epochs_before_the_objective_are_whole(tmp_path, epochs) -> None:
    class Warm(Joint):
        warmup_epochs = epochs

    with pytest.raises(CollapseError, match=r"Warm.warmup_epochs is a whole number, 0 or more"):
        trainer(tmp_path, Warm())


class Mine(Objective):
    """Changes a term, past the annotations that are executed here and nowhere else."""

    def __init__(self, name, value):
        super().__init__()
        self.change = name, value

    def forward(self, model, batch, q=None):
        terms = super().forward(model, batch, q)
        object.__setattr__(terms, *self.change)
        return terms


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("rate", 0.5, r"Mine must charge each document by factor, .* it gave 0.5, a float"),
        ("rate", None, "it gave None, a NoneType"),
        ("log_likelihood", 1.0, r"A log-likelihood must be .* Mine gave 1.0, a float"),
        ("prior_rate", "a", "A rate of the prior must be one number a document, .* gave 'a', a"),
        ("extra", None, "What is added must be one number a document, .* gave None, a NoneType"),
    ],
)
def test_a_term_that_is_no_tensor_is_refused(name, value, sentence) -> None:
    with pytest.raises(CollapseError, match=sentence):
        training_loss(Mine(name, value), tiny_model(), batch_of(), 1.0)


def test_a_loss_without_a_gradient_is_refused_where_it_should_have_one() -> None:
    class Cut(Objective):
        def loss(self, terms, weight):
            return super().loss(terms, weight).detach()

    with pytest.raises(CollapseError, match="The loss of Cut has no gradient"):
        training_loss(Cut(), tiny_model(), batch_of(), 1.0)
    with torch.no_grad():
        assert training_loss(Cut(), tiny_model(), batch_of(), 1.0).shape == (7,)
