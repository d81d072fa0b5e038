"""Statistics of the training set, taken anew with the final weights."""

import numpy as np
import pytest
import torch
from small import SIZES, tiny_corpus, tiny_model

from collapse.data import make_batch
from collapse.posteriors import BatchNormGaussian, ScaledGaussian
from collapse.training import Training
from collapse.training.checkpoint import copy_state
from collapse.training.settle import settle

WHOLE = Training(batch_size=1000)


def model_with(posterior: torch.nn.Module):
    made = tiny_model()
    made.posterior = posterior
    return made


def raw_means(model) -> torch.Tensor:
    """Means of the training split before normalisation or scaling."""
    corpus = tiny_corpus()
    batch = make_batch(corpus.train, np.arange(len(corpus.train)))
    with torch.no_grad():
        states = model.eval().encoder(batch.tokens, batch.lengths)
        return model.posterior.linear(model.features(states, batch.lengths)).chunk(2, -1)[0]


def test_batch_norm_gets_the_statistics_of_the_whole_training_split() -> None:
    model = model_with(BatchNormGaussian(SIZES, gamma=1.0))
    means = raw_means(model)
    assert settle(model, tiny_corpus(), WHOLE, seed=0)
    norm = model.posterior.norm
    torch.testing.assert_close(norm.running_mean, means.mean(0))
    torch.testing.assert_close(norm.running_var, means.var(0))
    assert norm.momentum == 0.1
    assert not any(module.training for module in model.modules())


def test_several_batches_count_alike_and_twice_is_once() -> None:
    model = model_with(BatchNormGaussian(SIZES, gamma=1.0))
    means = raw_means(model)
    settle(model, tiny_corpus(), Training(batch_size=8), seed=0)
    torch.testing.assert_close(model.posterior.norm.running_mean, means.mean(0))
    first = copy_state(model)
    settle(model, tiny_corpus(), Training(batch_size=8), seed=0)
    assert all((first[name] == value).all() for name, value in model.state_dict().items())


def test_scaled_means_get_the_factor_of_the_final_weights() -> None:
    model = model_with(ScaledGaussian(SIZES, des_std=0.9))
    means = raw_means(model)
    assert settle(model, tiny_corpus(), WHOLE, seed=0)
    torch.testing.assert_close(model.posterior.factor, 0.9 / means.std(0))


@pytest.mark.parametrize("name", ["lm", "vae"])
def test_other_models_stay_as_they_are(name: str) -> None:
    model = tiny_model(name)
    before = copy_state(model)
    assert not settle(model, tiny_corpus(), WHOLE, seed=0)
    assert all((before[key] == value).all() for key, value in model.state_dict().items())
