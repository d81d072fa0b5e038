"""Every remedy trains for two epochs, is measured, and resumes to the same bits."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small import tiny_corpus
from small_training import ADAM, same, without_time

from collapse.base.seeding import seeded
from collapse.parts import Sizes
from collapse.recipes import RECIPES
from collapse.runs.measuring.measure import measure, measure_epoch
from collapse.runs.settings import Settings
from collapse.system import System
from collapse.training import Trainer, Training
from collapse.training.checkpoint import Record

REMEDIES = [
    "delta-vae-0.1",
    "du-vae",
    "ivae",
    "ivae-mi",
    "pretrained-free-bits-4",
    "skip-vae",
    "vmf-vae-13",
    "wae-rnf",
]
EPOCHS = replace(ADAM, epochs=2)
SMALL = Settings(embedding=5, hidden=6, latent=3, iw_samples=5, likelihood_documents=4)


def trainer(folder: Path, name: str, latent: int, training: Training) -> Trainer:
    recipe = RECIPES[name]
    with seeded(0):
        system = recipe.build(Sizes(12, 5, 6, latent))
    return Trainer(system, tiny_corpus(), training, recipe.strategy, folder, 0)


def train(folder: Path, name: str, latent: int = 3, training: Training = EPOCHS):
    one = trainer(folder, name, latent, training)

    def evaluate(system: System) -> Record:
        return measure_epoch(system, tiny_corpus(), SMALL, 0)

    return one.system, one.fit(evaluate, lambda line: None)


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_trains_and_resumes_to_the_same_bits(name: str, tmp_path: Path) -> None:
    whole, history = train(tmp_path / "whole", name)
    train(tmp_path / "parts", name, training=replace(EPOCHS, epochs=1))
    torch.rand(7)
    resumed, again = train(tmp_path / "parts", name)
    assert same(whole, resumed)
    assert without_time(again) == without_time(history)
    summary = measure(whole, tiny_corpus(), SMALL, 0)
    assert summary["nll"] < summary["elbo_nll"] + 2
    assert summary["nll_method"] == "IW-5"


@pytest.mark.parametrize("name", REMEDIES)
def test_a_batch_of_one_moves_the_encoder(name: str, tmp_path: Path) -> None:
    one = trainer(tmp_path, name, 2, replace(EPOCHS, batch_size=1))
    one.model.train()
    before = [p.detach().clone() for p in one.model.inference_parameters()]
    one.strategy.update(one, one.batch(one.plan()[0]))
    after = one.model.inference_parameters()
    assert any((a != b).any() for a, b in zip(before, after, strict=True))
    assert all(p.isfinite().all() for p in one.model.parameters())
