"""Image models in the machinery of all runs: recipes, sides, training, the patient strategy."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import collapse
from collapse.base.errors import CollapseError
from collapse.data import Corpus, make_batch
from collapse.data.images.pixels import TONES, as_documents
from collapse.images.patient import PatientAggressive
from collapse.images.pixelcnn import PixelCNN
from collapse.images.recipe import ImageRecipe
from collapse.images.resnet import ResNetEncoder
from collapse.images.sizes import ImageSizes
from collapse.parts import Part, Sizes
from collapse.recipes import IMAGES, RECIPES
from collapse.runs.execute import load_corpus, new_system
from collapse.runs.request import make_request
from collapse.runs.settings import settings_for

QUICK = (  # one of each kind; the others differ in a number
    "pixelcnn-sees-1",
    "image-vae-sees-2",
    "image-beta-vae-0.2",
    "image-vlae",
    "image-vamp-50",
    "image-agg-vae-short",
    "image-sa-vae-sees-2",
)


@pytest.mark.parametrize("name", QUICK)
def test_every_kind_of_system_runs_from_end_to_end(name, tmp_path, monkeypatch):
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))
    run = collapse.run(name, "bars", scale="smoke")
    for number in ("nll", "elbo_nll", "kl"):
        assert np.isfinite(run.summary[number])
    assert run.summary["nll"] > 0
    assert ("mi" in run.summary) == (not name.startswith("pixelcnn"))
    model = run.model()
    rows = model.decoder.write(torch.zeros(1, model.latent), 196)
    assert len(rows[0]) == 196


def test_the_side_is_filled_in_from_the_corpus():
    assert make_request("image-vae", "bars").recipe.side == 14
    assert make_request("image-vae", "omniglot", "full").recipe.side == 28
    assert RECIPES["image-vae"].side is None
    assert make_request("vae", "synthetic").recipe is RECIPES["vae"]


def test_image_recipes_do_not_read_texts():
    with pytest.raises(CollapseError, match="'toy-reviews' has texts"):
        make_request("image-vae", "toy-reviews")
    wrong = replace(RECIPES["image-vae"], side=9)
    with pytest.raises(CollapseError, match=r"of side 9 .* pictures of 14 pixels"):
        make_request(wrong, "bars", name="wrong")
    with pytest.raises(CollapseError, match="replace\\(recipe, side=28\\)"):
        RECIPES["image-vae"].build(Sizes(6, 8, 4, 2))


def test_a_text_recipe_may_read_pictures_pixel_by_pixel():
    """The LSTM of the other chapters takes a picture for a text of two words."""
    assert make_request("vae", "bars").recipe is RECIPES["vae"]


def test_pictures_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))
    pictures = np.random.default_rng(0).random((60, 6, 6)) < 0.4
    splits = [as_documents(pictures[a:b]) for a, b in ((0, 40), (40, 50), (50, 60))]
    mine = Corpus("mine", "full", TONES, *splits, "drawn", "mine")
    run = collapse.run("image-vae-sees-1", mine, scale="smoke")
    assert run.request.recipe.side == 6
    assert settings_for(mine, "light").training.batch_size == 50


def test_every_image_recipe_builds_at_the_sizes_of_the_paper():
    for name, recipe in IMAGES.items():
        system = replace(recipe, side=28).build(Sizes(6, 8, 2, 3))
        assert isinstance(system.model.decoder, PixelCNN), name
    full = settings_for("omniglot", "full")
    assert (full.hidden, full.latent, full.training.batch_size) == (64, 32, 50)
    assert full.training.plateau.patience == 20


def test_the_weights_of_convolutions_keep_their_start():
    request = make_request("image-vae", "bars", "smoke")
    model = new_system(request, load_corpus("bars", "smoke")).model
    widest = model.decoder.layers[0].down.weight.abs().max().item()
    assert widest > 1.5 * request.settings.init_weights
    assert model.posterior.linear.weight.abs().max().item() <= request.settings.init_weights


def test_an_encoder_reads_every_pixel():
    torch.manual_seed(0)
    for side in (5, 14, 28):
        sizes = ImageSizes(vocabulary=6, embedding=8, hidden=4, latent=3, side=side)
        encoder = ResNetEncoder(sizes).double().eval()
        pixels = torch.rand(2, side, side, dtype=torch.double, requires_grad=True)
        features = encoder.read(pixels)
        assert features.shape == (2, 8)
        features.square().sum().backward()
        assert (pixels.grad.abs() > 0).all()


def test_tokens_and_pixels_are_read_alike():
    sizes = ImageSizes(vocabulary=6, embedding=8, hidden=4, latent=3, side=6)
    encoder = ResNetEncoder(sizes).eval()
    pictures = np.random.default_rng(1).random((3, 6, 6)) < 0.5
    batch = make_batch(as_documents(pictures), range(3))
    states = encoder(batch.tokens, batch.lengths)
    assert torch.allclose(states[:, 0], encoder.read(torch.from_numpy(pictures).float()))


def remembering():
    """What a strategy may see of a run; here its memory is all that is asked for."""

    def nothing(*_):
        raise AssertionError

    values = {"system": None, "optimizers": {}, "moves": Counter(), "seed": 0, "memory": {}}
    calls = dict.fromkeys(("weight", "loss", "step", "random_batch"), nothing)
    return SimpleNamespace(**values, **calls, first_weights={})


@pytest.mark.parametrize(
    ("information", "patience", "expected"),
    [
        ([1.0, 2.0, 1.5, 1.9, 1.8], 3, [1, 1, 1, 1, 1]),
        ([1.0, 2.0, 1.5, 1.9, 1.8, 3.0], 3, [1, 1, 1, 1, 1, 0]),
        ([1.0, 2.0, 1.5, 2.5, 2.0, 2.4], 2, [1, 1, 1, 1, 1, 0]),  # the gain forgives nothing
        ([2.0, 2.0, 2.0, 1.0, 3.0], 1, [1, 1, 1, 1, 0]),  # as much as the highest is no fall
        ([2.0, 1.0, 3.0], 1, [1, 1, 0]),
    ],
)
def test_patience_counts_all_epochs_that_are_below_the_highest(information, patience, expected):
    steps = remembering()
    strategy = PatientAggressive(patience=patience)
    found = [strategy.end_epoch(steps, {"mi_batch": mi})["aggressive"] for mi in information]
    assert found == expected


def test_the_cap_on_aggressive_epochs_holds_beside_patience():
    steps = remembering()
    strategy = PatientAggressive(max_epochs=2)
    found = [strategy.end_epoch(steps, {"mi_batch": float(n)})["aggressive"] for n in range(1, 5)]
    assert found == [1, 1, 0, 0]


def test_recipes_say_what_they_change():
    assert "prior" in collapse.changes(RECIPES["image-vlae"])
    assert ImageRecipe(decoder=Part(PixelCNN, kernels=(3,))) != RECIPES["image-vae"]
