"""BN-VAE's posterior: Eq. 5 written out, the floor where it holds and where it does not."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small import SIZES, tiny_corpus, tiny_documents
from torch.distributions import kl_divergence

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import make_batch
from collapse.encoders import LSTMEncoder
from collapse.metrics import encode_split, few_labels, frozen_features
from collapse.parts import Part, Sizes
from collapse.posteriors import BatchNorm, BatchNormGaussian
from collapse.recipe import Recipe
from collapse.system import System
from collapse.theory import kl_floor, normalised_variance
from collapse.training import Joint, Trainer, Training, checkpoint
from collapse.vae import VAE, init_uniform_


def draws(n: int, width: int = 3, spread: float = 1.0, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 5.0 + spread * torch.randn(n, width, generator=generator)


def by_hand(values: torch.Tensor, gamma: float, beta: float, eps: float) -> torch.Tensor:
    """Eq. 5 in double precision, the variance biased."""
    values = values.double()
    centred = values - values.sum(0) / len(values)
    variance = centred.square().sum(0) / len(values)
    return gamma * centred / (variance + eps).sqrt() + beta


@pytest.mark.parametrize(("gamma", "beta"), [(0.6, 0.0), (1.5, -0.3), (0.0, 0.7)])
def test_equation_five(gamma: float, beta: float) -> None:
    norm = BatchNorm(3, gamma=gamma, beta=beta, eps=1e-3)
    for n in (2, 7):
        found = norm(draws(n)).double()
        torch.testing.assert_close(
            found, by_hand(draws(n), gamma, beta, 1e-3), atol=1e-5, rtol=1e-5
        )


def test_running_statistics_are_used_in_evaluation_mode() -> None:
    """A document is then encoded as if alone, with moving averages computed here by hand."""
    norm = BatchNorm(3, gamma=0.6, momentum=0.25)
    mean, variance = torch.zeros(3), torch.ones(3)
    for seed in range(5):
        values = draws(8, seed=seed)
        norm(values)
        mean = 0.75 * mean + 0.25 * values.mean(0)
        variance = 0.75 * variance + 0.25 * values.var(0)
    found = norm.eval()(draws(4, seed=9))
    expected = 0.6 * (draws(4, seed=9) - mean) / (variance + 1e-5).sqrt()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(norm(draws(4, seed=9)[2:3]), found[2:3])


def test_a_batch_of_one_is_treated_as_in_evaluation_and_leaves_the_averages() -> None:
    norm = BatchNorm(3, gamma=0.6)
    norm(draws(8))
    before = checkpoint.copy_state(norm)
    values = draws(1, seed=3).requires_grad_()
    alone = norm(values)
    alone.sum().backward()
    assert values.grad is not None
    assert (values.grad > 0).all(), "the document is not skipped: it moves the encoder"
    assert all((norm.state_dict()[k] == v).all() for k, v in before.items())
    torch.testing.assert_close(alone, norm.eval()(values))


def posterior(sizes: Sizes = SIZES, spread: float = 1.0, **options: float) -> BatchNormGaussian:
    with seeded(0):
        module = BatchNormGaussian(sizes, **options)
        init_uniform_(module, spread, spread)
    return module


def mean_kl(module: BatchNormGaussian, features: torch.Tensor) -> float:
    return kl_divergence(module(features), module.prior()).sum(-1).mean().item()


@pytest.mark.parametrize("gamma", [0.3, 0.7, 1.5])
@pytest.mark.parametrize("beta", [0.0, 0.5])
@pytest.mark.parametrize("latent", [1, 32])
def test_the_floor_holds_on_any_batch_whatever_the_weights(
    gamma: float, beta: float, latent: int
) -> None:
    sizes = replace(SIZES, latent=latent)
    for seed in range(5):
        module = posterior(sizes, gamma=gamma, beta=beta)
        found = mean_kl(module, draws(16, SIZES.hidden, seed=seed))
        assert found >= kl_floor(gamma, beta, latent) * (1 - 1e-4)


def test_the_floor_is_reached_when_the_widths_are_those_of_the_prior() -> None:
    """It cannot be raised: with σ = 1 the mean KL is the floor."""
    module = posterior(gamma=0.8, beta=0.2)
    with torch.no_grad():
        module.linear.weight[SIZES.latent :] = 0.0
    found = mean_kl(module, draws(16, SIZES.hidden))
    assert found == pytest.approx(kl_floor(0.8, 0.2, 2), rel=1e-3)


@pytest.mark.parametrize(("eps", "least", "most"), [(1e-5, 0.0, 0.001), (1e-12, 0.98, 1.0)])
def test_the_floor_fails_where_the_means_vary_less_than_eps(
    eps: float, least: float, most: float
) -> None:
    """A small initialisation: means with a standard deviation near 1e-5."""
    module = posterior(spread=1e-5, gamma=1.0, eps=eps)
    features = draws(64, SIZES.hidden)
    before = module.linear(features)[:, : SIZES.latent].detach().double()
    after = module(features).mean.detach().double()
    for dimension in range(SIZES.latent):
        variance = before[:, dimension].var(correction=0).item()
        expected = normalised_variance(1.0, variance, eps)
        assert after[:, dimension].var(correction=0).item() == pytest.approx(expected, rel=1e-3)
    share = mean_kl(module, features) / kl_floor(1.0, 0.0, SIZES.latent)
    assert least <= share < most


def test_gamma_zero_pays_for_a_shift_and_knows_nothing() -> None:
    module = posterior(replace(SIZES, latent=32), gamma=0.0, beta=0.7, learn_beta=False)
    with torch.no_grad():
        module.linear.weight[32:] = 0.0
    q = module(draws(16, SIZES.hidden))
    assert kl_divergence(q, module.prior()).sum(-1).mean().item() == pytest.approx(7.84, abs=1e-4)
    assert (q.mean == q.mean[0]).all()


@pytest.mark.parametrize(
    ("options", "trained"),
    [
        ({}, {"linear.weight", "norm.beta"}),
        ({"learn_gamma": True}, {"linear.weight", "norm.beta", "norm.gamma"}),
        ({"learn_beta": False}, {"linear.weight"}),
    ],
)
def test_what_is_trained_and_what_it_starts_from(options: dict, trained: set[str]) -> None:
    """The protocol's random start leaves scale and shift alone, learned or not."""
    module = posterior(gamma=0.6, beta=0.1, **options)
    assert {name for name, _ in module.named_parameters()} == trained
    assert (module.norm.gamma == 0.6).all()
    assert (module.norm.beta == 0.1).all()
    assert module.linear.weight.abs().max() > 0.5  # drawn from U(-1, 1)


def test_a_learned_scale_falls_without_a_reason_to_keep_it() -> None:
    """Only the KL acts: γ goes to 0 and with it the floor; the fixed one stays."""
    ends = {}
    for learned in (True, False):
        module = posterior(gamma=1.0, learn_gamma=learned)
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
        for step in range(100):
            q = module(draws(32, SIZES.hidden, seed=step) - 5.0)
            optimizer.zero_grad()
            kl_divergence(q, module.prior()).sum(-1).mean().backward()
            optimizer.step()
        ends[learned] = mean_kl(module, draws(32, SIZES.hidden) - 5.0)
    assert ends[True] < 0.01
    assert ends[False] > kl_floor(1.0, 0.0, SIZES.latent) * 0.999


@pytest.mark.parametrize(
    "options",
    [
        {"gamma": -0.1},
        {"gamma": math.nan},
        {"eps": 0.0},
        {"eps": math.nan},
        {"momentum": 0.0},
        {"momentum": 2.0},
        {"beta": math.inf},
    ],
)
def test_options_that_cannot_be(options: dict) -> None:
    """With a momentum of 2 the running variance falls below 0, and nothing says so."""
    with pytest.raises(CollapseError, match=r"gamma >= 0|beta must be a finite"):
        BatchNormGaussian(SIZES, **{"gamma": 0.6, **options})


def test_keep_init_keeps_what_pytorch_draws() -> None:
    recipe = Recipe(
        encoder=Part(LSTMEncoder, keep_init=True),
        posterior=Part(BatchNormGaussian, gamma=0.6, keep_init=True),
    )
    with seeded(0):
        model = recipe.build(SIZES).model
        before = checkpoint.copy_state(model)
        init_uniform_(model, 0.01, 0.1)
    for name, value in model.named_parameters():
        kept = name.startswith(("encoder.", "posterior."))
        assert bool((value == before[name]).all()) == kept, name


# --- in a model, in training --------------------------------------------------------------------


def system_of(**options: float) -> System:
    with seeded(0):
        system = Recipe(posterior=Part(BatchNormGaussian, **options)).build(SIZES)
        init_uniform_(system, 0.5, 0.5)
    return system


def model_of(**options: float) -> VAE:
    return system_of(**options).model


def evaluate(system: System) -> dict[str, int | float]:
    corpus = tiny_corpus()
    return {"loss": encode_split(system.model, corpus.valid).nll_bound.mean().item()}


def fit(folder: Path, epochs: int, batch_size: int = 8, **options: float) -> VAE:
    training = Training(learning_rate=0.5, batch_size=batch_size, epochs=epochs)
    folder.mkdir(exist_ok=True)
    parts = (training, Joint(), folder)
    trainer = Trainer(system_of(gamma=0.6, **options), tiny_corpus(), *parts, seed=0)
    trainer.fit(evaluate, lambda line: None)
    return trainer.model


@pytest.mark.parametrize("learn_gamma", [False, True])
def test_resumed_run_is_identical_to_the_bit_running_statistics_too(
    tmp_path: Path, learn_gamma: bool
) -> None:
    whole = fit(tmp_path / "whole", 4, learn_gamma=learn_gamma).state_dict()
    fit(tmp_path / "parts", 2, learn_gamma=learn_gamma)
    resumed = fit(tmp_path / "parts", 4, learn_gamma=learn_gamma).state_dict()
    for name in ("posterior.norm.running_mean", "posterior.norm.running_var"):
        assert not torch.equal(whole[name], model_of(gamma=0.6).state_dict()[name])
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_the_best_weights_come_with_their_running_statistics(tmp_path: Path) -> None:
    model = fit(tmp_path, 3)
    again = system_of(gamma=0.6)
    checkpoint.load_best(tmp_path / "checkpoint.safetensors", again)
    assert all(torch.equal(v, again.model.state_dict()[k]) for k, v in model.state_dict().items())


def test_training_goes_through_batches_of_one(tmp_path: Path) -> None:
    """24 documents in batches of 23: the last one is alone, in every epoch."""
    model = fit(tmp_path, 2, batch_size=23)
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())


def bits(model: VAE) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("training", [True, False])
def test_the_frozen_encoder_is_frozen_bit_by_bit(training: bool) -> None:
    """Features and probes leave every weight and batch statistic, in whichever mode it comes."""
    model, documents = model_of(gamma=0.6).train(training), tiny_documents(60)
    labels = np.arange(60) % 2
    before = bits(model)
    features = frozen_features(model, documents)
    few_labels(features, labels, features, labels, sizes=(20, 40), draws=3)
    assert bits(model) == before
    torch.testing.assert_close(features, frozen_features(model, documents))


def test_an_encoder_left_in_training_mode_is_not_frozen() -> None:
    """What the paper's code does when it fits its classifier: the module as a whole is put into
    training mode, the averages drift on the labelled sample, and a code depends on its batch."""
    model, documents = model_of(gamma=0.6).train(), tiny_documents(60)
    before = bits(model)
    with torch.no_grad():
        first = model.encode(make_batch(documents, range(10))).mean[0]
        second = model.encode(make_batch(documents, range(20))).mean[0]
    changed = {name for name, value in bits(model).items() if value != before[name]}
    assert changed == {"posterior.norm.running_mean", "posterior.norm.running_var"}
    assert not torch.allclose(first, second)


def test_batches_of_equal_length_hide_the_length_in_training_and_show_it_after() -> None:
    """The running variance is that within batches; between batches comes on top at test time."""
    norm = BatchNorm(1, gamma=1.0, momentum=1e-3)
    within = [draws(50, 1, seed=s) + shift for s, shift in enumerate(np.tile([-2.0, 2.0], 2000))]
    trained = torch.cat([norm(values) for values in within[-2:]])
    for values in within[:-2]:
        norm(values)
    tested = norm.eval()(torch.cat(within[-2:]))
    assert trained.var(correction=0).item() == pytest.approx(1.0, abs=0.01)
    assert tested.var(correction=0).item() == pytest.approx(5.0, rel=0.3)
