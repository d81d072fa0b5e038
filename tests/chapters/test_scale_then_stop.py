"""Scaled at first, then the plain VAE: against both, in the means and in whole runs."""

from pathlib import Path

import pytest
import torch
from small import SIZES, tiny_corpus
from torch.distributions import kl_divergence

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.chapters.scale_then_stop import ScaledAtFirst, scale_then_stop
from collapse.objectives import Constant, UnscaledKL
from collapse.parts import Part
from collapse.posteriors import DiagonalGaussian, ScaledGaussian
from collapse.recipe import Recipe
from collapse.runs.measuring.measure import measure_epoch
from collapse.runs.settings import Settings
from collapse.training import Joint, Trainer, Training
from collapse.training.settle import settle
from collapse.vae import VAE, init_uniform_

SMALL = Settings(embedding=5, hidden=6, latent=2, iw_samples=5, likelihood_documents=4)
TRAINING = Training(learning_rate=0.5, batch_size=8, epochs=4, keep="last")


def made(kind: type, **options: object):
    with seeded(0):
        module = kind(SIZES, **options)
        init_uniform_(module, 0.5, 0.5)
    return module


def features(seed: int = 0) -> torch.Tensor:
    return torch.randn(9, SIZES.hidden, generator=torch.Generator().manual_seed(seed))


def an_epoch(module: ScaledGaussian, epoch: int) -> list:
    module.begin_epoch(epoch)
    found = [module(features(seed)) for seed in range(3)]
    module.end_epoch()
    return found


def test_scaled_as_scale_vae_in_the_first_epochs_and_plain_after_them() -> None:
    module, scaled = (
        made(ScaledAtFirst, des_std=1.1, f_epo=2),
        made(ScaledGaussian, des_std=1.1, f_epo=2),
    )
    plain, charge = made(DiagonalGaussian), UnscaledKL(SIZES)
    for epoch in range(4):
        for seed, (q, r) in enumerate(
            zip(an_epoch(module, epoch), an_epoch(scaled, epoch), strict=True)
        ):
            expected = r if epoch < 2 else plain(features(seed))
            assert torch.equal(q.mean, expected.mean)
            assert torch.equal(q.stddev, expected.stddev)
            if epoch >= 2:
                prior = plain.prior()
                paid = charge(q, q.mean, module.prior())
                torch.testing.assert_close(paid, kl_divergence(expected, prior))
                assert torch.equal(module.prior().stddev, prior.stddev)
        assert torch.equal(module.factor, scaled.factor if epoch < 2 else torch.ones(2))


def test_what_has_stopped_does_not_begin_again() -> None:
    """Also not where the statistics of the training set are taken before a measurement."""
    module = made(ScaledAtFirst, des_std=1.1, f_epo=1)
    an_epoch(module, 1)
    an_epoch(module, 0)
    assert torch.equal(module.factor, torch.ones(2))
    other = made(ScaledAtFirst, des_std=1.1, f_epo=1)
    other.load_state_dict(module.state_dict())
    an_epoch(other, 0)
    assert torch.equal(other.factor, torch.ones(2)), "a checkpoint knows"


def fit(folder: Path, recipe: Recipe) -> tuple[VAE, list[dict]]:
    with seeded(0):
        system = recipe.build(SIZES)
        init_uniform_(system, 0.5, 0.5)
    folder.mkdir(exist_ok=True)
    trainer = Trainer(system, tiny_corpus(), TRAINING, Joint(), folder, seed=0)
    history = trainer.fit(lambda m: measure_epoch(m, tiny_corpus(), SMALL, 0), lambda line: None)
    return system.model, history


def test_without_an_epoch_of_scaling_a_run_is_that_of_the_plain_vae(tmp_path: Path) -> None:
    _, control = fit(tmp_path / "a", scale_then_stop(1.1, 0, Constant(1.0)))
    _, plain = fit(tmp_path / "b", Recipe())
    for one, other in zip(control, plain, strict=True):
        assert one["kl"] == pytest.approx(other["kl"], rel=1e-4)
        assert one["reconstruction"] == pytest.approx(other["reconstruction"], rel=1e-5)


def test_a_run_is_scale_vae_first_and_measured_as_a_plain_vae_at_the_end(tmp_path: Path) -> None:
    model, control = fit(tmp_path / "a", scale_then_stop(1.1, 2, Constant(1.0)))
    recipe = Recipe(
        posterior=Part(ScaledGaussian, des_std=1.1, f_epo=2), regulariser=Part(UnscaledKL)
    )
    _, scaled = fit(tmp_path / "b", recipe)
    kls = [[row["kl"] for row in history] for history in (control, scaled)]
    assert kls[0][:2] == kls[1][:2]
    assert kls[0][2] != kls[1][2]
    assert settle(model, tiny_corpus(), TRAINING, 0)
    assert torch.equal(model.posterior.factor, torch.ones(2))


def test_a_spread_that_cannot_be() -> None:
    with pytest.raises(CollapseError, match="des_std > 0"):
        made(ScaledAtFirst, des_std=0.0)
