"""Refinement of a document's posterior, and the gradient that goes back through it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small import SIZES, tiny_corpus, tiny_model
from torch import Tensor
from torch.distributions import Gumbel, Normal

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.base.seeding import seeded
from collapse.metrics.likelihood import encode_split
from collapse.objectives import Constant, Objective
from collapse.system import System
from collapse.training import SemiAmortised, Trainer, Training
from collapse.training.checkpoint import Record
from collapse.training.strategies.semi_amortised import Refined, clipped

RULE = SemiAmortised(steps=3, learning_rate=0.2)


def evaluate(system: System) -> Record:
    corpus = tiny_corpus()
    seen = encode_split(RULE.evaluated(system.model), corpus.valid)
    return {"loss": seen.nll_bound.mean().item()}


def trainer(folder: Path, rule: SemiAmortised = RULE, epochs: int = 3) -> Trainer:
    training = Training(learning_rate=0.3, batch_size=8, epochs=epochs)
    objective = Objective(Constant(0.7))
    return Trainer(System(tiny_model(), objective), tiny_corpus(), training, rule, folder, 0)


def quadratic(q: Normal, target: Tensor) -> Tensor:
    return 0.5 * (q.mean - target).square().sum() + 0.0 * q.stddev.sum()


def test_steps_are_gradient_descent_with_momentum() -> None:
    start, target = np.array([[0.0, 2.0]]), np.array([[1.0, -1.0]])
    q = Normal(torch.tensor(start).requires_grad_(), torch.ones(1, 2, dtype=torch.float64))
    found = SemiAmortised(steps=4, learning_rate=0.3, momentum=0.5).refine(
        lambda q: quadratic(q, torch.tensor(target)), q
    )
    place, speed = start, np.zeros((1, 2))
    for _ in range(4):
        speed = 0.5 * speed - (place - target)
        place = place + 0.3 * speed
    np.testing.assert_allclose(found.mean.detach().numpy(), place, atol=1e-12)
    np.testing.assert_allclose(found.stddev.detach().numpy(), 1.0, atol=1e-12)


@torch.no_grad()
def test_without_the_way_back_the_place_is_the_same(tmp_path: Path) -> None:
    one = trainer(tmp_path)
    batch = one.batch(one.plan()[0])
    found = []
    for through in (True, False):
        with seeded(5), torch.enable_grad():
            found.append(
                RULE.refine(lambda q: one.loss(batch, q), one.model.encode(batch), through)
            )
    torch.testing.assert_close(found[0].mean, found[1].mean)
    torch.testing.assert_close(found[0].stddev, found[1].stddev)
    assert found[0].mean.requires_grad
    assert not found[1].mean.requires_grad


def test_only_long_gradients_are_shortened_document_by_document() -> None:
    slope = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    torch.testing.assert_close(
        clipped(slope, 1.0), torch.tensor([[0.6, 0.8], [0.3, 0.4], [0.0, 0.0]])
    )


def objective_value(one: Trainer, rule: SemiAmortised) -> Tensor:
    """The training loss of the first batch after refinement, with the same draws every time."""
    batch = one.batch(one.plan()[0])
    with seeded(4):
        q = rule.refine(lambda q: one.loss(batch, q) * len(batch.tokens), one.model.encode(batch))
        return one.loss(batch, q)


@pytest.mark.parametrize("clip", [28.0, 0.5])
def test_gradients_against_finite_differences(tmp_path: Path, clip: float) -> None:
    rule = replace(RULE, clip=clip)
    one = trainer(tmp_path, rule)
    one.model.double()
    names, parameters = zip(*one.model.named_parameters(), strict=True)
    found = torch.autograd.grad(objective_value(one, rule), parameters)
    generator = torch.Generator().manual_seed(0)
    for part in ("encoder", "posterior", "decoder"):
        mine = [n.startswith(part) for n in names]
        direction = [
            torch.randn(p.shape, generator=generator, dtype=p.dtype) * m
            for p, m in zip(parameters, mine, strict=True)
        ]
        expected = difference(one, rule, direction)
        slope = sum((g * d).sum() for g, d in zip(found, direction, strict=True))
        assert slope.item() == pytest.approx(expected, rel=1e-5)
        assert abs(expected) > 1e-3


@torch.no_grad()
def difference(one: Trainer, rule: SemiAmortised, direction: list[Tensor]) -> float:
    """The central difference of the loss along a direction in the space of all parameters."""
    step, values = 1e-5, []
    for sign in (1, -2):  # up, then from there down
        for parameter, along in zip(one.model.parameters(), direction, strict=True):
            parameter.add_(sign * step * along)
        with torch.enable_grad():
            values.append(objective_value(one, rule).item())
    for parameter, along in zip(one.model.parameters(), direction, strict=True):
        parameter.add_(step * along)
    return (values[0] - values[1]) / (2 * step)


def test_gradient_differs_from_the_one_that_stops_at_the_refined_posterior(tmp_path: Path) -> None:
    one = trainer(tmp_path)
    one.model.double()
    encoder = one.model.inference_parameters()
    through = torch.autograd.grad(objective_value(one, RULE), encoder)
    plain = torch.autograd.grad(objective_value(one, replace(RULE, steps=0)), encoder)
    gap = max((a - b).abs().max().item() for a, b in zip(through, plain, strict=True))
    assert gap > 1e-3


def test_refinement_raises_the_bound() -> None:
    model, corpus = tiny_model(spread=1.0), tiny_corpus()
    rule = SemiAmortised(steps=40, learning_rate=0.05)
    seeds = range(20)
    bound = {
        name: np.mean([encode_split(one, corpus.test, s).nll_bound.mean() for s in seeds])
        for name, one in (("encoder", model), ("refined", rule.evaluated(model)))
    }
    assert bound["refined"] < bound["encoder"] - 0.05


def test_what_is_evaluated_is_named() -> None:
    model = tiny_model()
    assert isinstance(RULE.evaluated(model), Refined)
    assert replace(RULE, evaluation="amortised").evaluated(model) is model
    q = RULE.evaluated(model).encode(trainer(Path()).batch(np.arange(4)))
    assert not q.mean.requires_grad
    assert q.batch_shape == (4, SIZES.latent)
    with pytest.raises(UnknownNameError, match="refined, amortised"):
        SemiAmortised(evaluation="both")


def test_another_posterior_is_refused() -> None:
    with pytest.raises(CollapseError, match="this posterior is a Gumbel"):
        RULE.refine(lambda q: torch.zeros(()), Gumbel(torch.zeros(2, 2), 1.0))


def test_run_resumes_to_the_same_bits_and_counts_its_steps(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole")
    history = whole.fit(evaluate, lambda line: None)
    trainer(tmp_path / "parts", epochs=1).fit(evaluate, lambda line: None)
    torch.rand(3)
    resumed = trainer(tmp_path / "parts")
    again = resumed.fit(evaluate, lambda line: None)
    assert [{**r, "seconds": 0} for r in again] == [{**r, "seconds": 0} for r in history]
    pairs = zip(whole.model.parameters(), resumed.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    steps = ("encoder_steps", "decoder_steps", "refinement_steps")
    assert [[r[k] for k in steps] for r in history] == [[3, 3, 9]] * 3
