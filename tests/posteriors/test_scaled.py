"""Scale-VAE's posterior: Eq. 2 to 7 and Algorithm 1 by hand, and what was left open."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small import SIZES, tiny_corpus
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.base.seeding import seeded
from collapse.distributions import ScaledNormal, by_row
from collapse.objectives import GenerationKL, UnscaledKL
from collapse.parts import Part
from collapse.posteriors import ScaledGaussian
from collapse.recipe import Recipe
from collapse.runs.measuring.measure import measure_epoch
from collapse.runs.settings import Settings
from collapse.theory import charges
from collapse.training import Joint, Trainer, Training, checkpoint
from collapse.vae import VAE, init_uniform_

SMALL = Settings(embedding=5, hidden=6, latent=2, iw_samples=5, likelihood_documents=4)


def posterior(**options: object) -> ScaledGaussian:
    with seeded(0):
        module = ScaledGaussian(SIZES, **{"des_std": 1.1, **options})
        init_uniform_(module, 0.5, 0.5)
    return module


def features(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, SIZES.hidden, generator=torch.Generator().manual_seed(seed))


def means_of(module: ScaledGaussian, rows: torch.Tensor) -> torch.Tensor:
    return (rows @ module.linear.weight.T)[:, : SIZES.latent].detach()


def by_hand(means: torch.Tensor, des_std: float) -> torch.Tensor:
    """Eq. 3, with the sum written out."""
    centred = means - means.sum(0) / len(means)
    return des_std / (centred.square().sum(0) / (len(means) - 1)).sqrt()


@pytest.mark.parametrize("des_std", [0.3, 1.1])
def test_a_batch_is_scaled_by_its_own_factor_and_only_in_the_mean(des_std: float) -> None:
    module, rows = posterior(des_std=des_std), features(9)
    q, means = module(rows), means_of(module, rows)
    torch.testing.assert_close(q.factor, by_hand(means, des_std))
    torch.testing.assert_close(q.mean, by_hand(means, des_std) * means)
    torch.testing.assert_close(q.mean.std(0), torch.full((2,), des_std))
    log_var = (rows @ module.linear.weight.T)[:, SIZES.latent :]
    torch.testing.assert_close(q.stddev, (0.5 * log_var).exp())
    torch.testing.assert_close(q.unscaled.mean, means)


def test_algorithm_1_epoch_by_epoch() -> None:
    """Own factors for f_epo epochs, then the mean factor of the epoch before, held within one."""
    module, batches = posterior(f_epo=2), [features(6, s) for s in range(3)]
    expected = torch.ones(SIZES.latent)
    for epoch in range(5):
        module.begin_epoch(epoch)
        used = [module(rows).factor.detach() for rows in batches]
        own = [by_hand(means_of(module, rows), 1.1) for rows in batches]
        for found, mine in zip(used, own, strict=True):
            torch.testing.assert_close(found, mine if epoch < 2 else expected)
        module.end_epoch()
        expected = torch.stack(own).mean(0)
        torch.testing.assert_close(module.factor, expected)
        with torch.no_grad():  # the encoder moves between epochs
            module.linear.weight[: SIZES.latent] *= 0.8


def test_evaluation_uses_the_mean_factor_and_records_nothing() -> None:
    module = posterior()
    module.begin_epoch(0)
    first = [by_hand(means_of(module, features(6, s)), 1.1) for s in range(2)]
    for s in range(2):
        module(features(6, s))
    module.end_epoch()
    before = checkpoint.copy_state(module.eval())
    q = module(features(8, 5))
    torch.testing.assert_close(q.factor, torch.stack(first).mean(0))
    torch.testing.assert_close(module(features(8, 5)[2:3]).mean, q.mean[2:3])
    assert all((module.state_dict()[k] == v).all() for k, v in before.items())


def test_a_batch_of_one_takes_the_factor_before_and_is_not_in_the_mean() -> None:
    module = posterior()
    module.begin_epoch(0)
    assert (module(features(1)).factor == 1).all()
    module(features(6))
    module.end_epoch()
    torch.testing.assert_close(module.factor, by_hand(means_of(module, features(6)), 1.1))
    module.begin_epoch(1)
    module(features(1))
    module.end_epoch()  # nothing was recorded: the factor stays
    torch.testing.assert_close(module.factor, by_hand(means_of(module, features(6)), 1.1))


def gradient(through: bool, what: str) -> torch.Tensor:
    """Of some function of q, with respect to a factor on all means."""
    module = posterior(through=through)
    size = torch.ones((), requires_grad=True)
    weight = module.linear.weight.detach().clone()
    scaled = torch.cat([size * weight[: SIZES.latent], weight[SIZES.latent :]])
    q = torch.func.functional_call(module, {"linear.weight": scaled}, features(9))
    value = q.mean.square().sum() if what == "mean" else kl_divergence(q.unscaled, unit()).sum()
    return torch.autograd.grad(value, size)[0]


def unit() -> Normal:
    return Normal(torch.zeros(SIZES.latent), torch.ones(SIZES.latent))


def test_with_its_own_factor_the_size_of_the_means_is_free() -> None:
    """What the decoder reads does not feel a factor on μ; only the KL does, and shrinks μ."""
    assert gradient(True, "mean").abs() < 1e-4
    assert gradient(False, "mean") > 1.0
    assert gradient(True, "kl") > 0.1


def test_every_kl_by_its_name() -> None:
    """The distribution's own KL is that of what the decoder reads; the paper's has to be named."""
    module = posterior(prior="standard")
    q = module(features(9))
    expected = charges(q.unscaled_mean, q.variance, q.factor)
    honest = Normal(q.factor * q.unscaled_mean, q.stddev)
    torch.testing.assert_close(kl_divergence(q, module.prior()), kl_divergence(honest, unit()))
    torch.testing.assert_close(kl_divergence(q, module.prior()), expected.standard)
    for charge, right in ((UnscaledKL, expected.unscaled), (GenerationKL, expected.generation)):
        torch.testing.assert_close(charge(SIZES)(q, q.rsample(), module.prior()), right)


def test_the_prior_is_that_of_the_generator() -> None:
    module = posterior()
    module.begin_epoch(0)
    module(features(6))
    module.end_epoch()
    torch.testing.assert_close(module.prior().stddev, module.factor)
    q = module.eval()(features(9))
    generation = charges(q.unscaled_mean, q.variance, q.factor).generation
    torch.testing.assert_close(kl_divergence(q, module.prior()), generation)


def test_scaling_the_means_up_is_scaling_the_noise_down() -> None:
    """KL(N(f μ, σ²) ‖ N(0, f²)) = KL(N(μ, σ²/f²) ‖ N(0, I))."""
    q = posterior()(features(9))
    over_z = Normal(q.unscaled_mean, q.stddev / q.factor)
    found = GenerationKL(SIZES)(q, q.rsample(), unit())
    torch.testing.assert_close(found, kl_divergence(over_z, unit()))


def test_rows_of_scaled_posteriors_keep_mean_and_factor() -> None:
    q = posterior()(features(9))
    few = by_row(lambda rows: rows[:4], q)
    assert isinstance(few, ScaledNormal)
    torch.testing.assert_close(few.unscaled.mean * few.factor, few.mean)


@pytest.mark.parametrize("options", [{"des_std": 0.0}, {"des_std": math.nan}, {"f_epo": -1}])
def test_options_that_cannot_be(options: dict) -> None:
    with pytest.raises(CollapseError, match="des_std > 0"):
        posterior(**options)


def test_a_prior_that_is_not_known() -> None:
    with pytest.raises(UnknownNameError, match="generation"):
        posterior(prior="none")


def test_a_charge_for_scaled_means_refuses_others() -> None:
    with pytest.raises(CollapseError, match="scaled means"):
        UnscaledKL(SIZES)(unit(), torch.zeros(1, SIZES.latent), unit())


# --- in training --------------------------------------------------------------------------------


def fit(folder: Path, epochs: int, batch_size: int = 8) -> tuple[VAE, list]:
    recipe = Recipe(
        posterior=Part(ScaledGaussian, des_std=1.0, f_epo=2), regulariser=Part(UnscaledKL)
    )
    with seeded(0):
        system = recipe.build(SIZES)
        init_uniform_(system, 0.5, 0.5)
    training = Training(learning_rate=0.5, batch_size=batch_size, epochs=epochs)
    folder.mkdir(exist_ok=True)
    parts = (training, Joint(), folder)
    trainer = Trainer(system, tiny_corpus(), *parts, seed=0)
    history = trainer.fit(lambda m: measure_epoch(m, tiny_corpus(), SMALL, 0), lambda line: None)
    return system.model, [{k: v for k, v in row.items() if k != "seconds"} for row in history]


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_resumed_run_is_identical_to_the_bit_factors_too(tmp_path: Path, stop: int) -> None:
    whole, history = fit(tmp_path / "whole", 5)
    fit(tmp_path / "parts", stop)
    resumed, again = fit(tmp_path / "parts", 5)
    assert again == history
    other = resumed.state_dict()
    assert all(torch.equal(value, other[name]) for name, value in whole.state_dict().items())
    assert not (whole.posterior.factor == 1).any()


def test_training_goes_through_batches_of_one(tmp_path: Path) -> None:
    model, history = fit(tmp_path, 2, batch_size=23)
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())
    assert history[0]["factor"] > 0


def test_the_best_epoch_is_judged_by_the_papers_objective(tmp_path: Path) -> None:
    _, history = fit(tmp_path, 2)
    for row in history:
        assert row["objective"] == pytest.approx(row["reconstruction"] + row["charge"])
        assert row["loss"] == pytest.approx(row["reconstruction"] + row["kl"], rel=1e-5)
        assert row["charge"] != pytest.approx(row["kl"], rel=1e-3)


def test_sizes_of_other_widths() -> None:
    module = ScaledGaussian(replace(SIZES, latent=5), des_std=0.7)
    assert module(features(3)).mean.shape == (3, 5)
