"""What a decoder of pictures sees and what it loses by it, against enumeration and gradients."""

from itertools import product

import numpy as np
import pytest
import torch

from collapse.base.seeding import seeded
from collapse.chapters.image_field import (
    as_pictures,
    field_floor,
    nats_by_pixel,
    seen,
    tones,
    worth_of_far_sight,
)
from collapse.chapters.keeping.picture_study import best_threshold, written_again
from collapse.data import make_batch
from collapse.data.generated.bars import BarsGenerator
from collapse.data.images.pixels import as_documents
from collapse.images.pixelcnn import PixelCNN
from collapse.images.recipe import for_pictures_of
from collapse.images.sizes import ImageSizes
from collapse.metrics.likelihood import posterior_means
from collapse.parts import Sizes
from collapse.recipes import RECIPES

SMALL = BarsGenerator(bars=2, noise=0.2)  # 4 x 4 pixels
ALL = as_documents(np.array(list(product([False, True], repeat=16))).reshape(-1, 4, 4))
SOME = ALL.subset(range(0, len(ALL), 37))  # an odd step: every pixel is on and off


@pytest.mark.parametrize("kernels", [(3,), (3, 3), (5, 3)])
def test_the_field_is_that_of_the_gradients(kernels):
    torch.manual_seed(0)
    sizes = ImageSizes(vocabulary=6, embedding=1, hidden=4, latent=0, side=9)
    model = PixelCNN(sizes, kernels=kernels).double().eval()
    for row, column in ((0, 0), (0, 8), (4, 4), (8, 2), (5, 8)):
        pixels = torch.rand(3, 9, 9, dtype=torch.double, requires_grad=True)
        model(pixels, torch.zeros(3, 0).double())[:, row, column].sum().backward()
        found = (pixels.grad.abs().amax(0) > 0).numpy()
        assert np.array_equal(found, seen(kernels, 9, row, column))


def test_with_everything_in_sight_the_floor_is_the_likelihood():
    exact = -SMALL.log_likelihood(SOME)
    assert np.allclose(field_floor(SMALL, SOME, None).sum((1, 2)), exact)
    assert np.allclose(field_floor(SMALL, SOME, (3,) * 8).sum((1, 2)), exact)
    assert np.allclose(worth_of_far_sight(SMALL, SOME, (3,) * 8), 0)


def test_the_floor_is_the_conditional_probability_by_enumeration():
    p = np.exp(SMALL.log_likelihood(ALL))
    pictures = tones(ALL)
    nats = field_floor(SMALL, ALL, (3,))
    for row, column in ((0, 0), (1, 2), (3, 3), (2, 0)):
        sight = seen((3,), 4, row, column)
        for number in (0, 777, 40_000):
            same = (pictures[:, sight] == pictures[number][sight]).all(1)
            both = same & (pictures[:, row, column] == pictures[number, row, column])
            expected = -np.log(p[both].sum() / p[same].sum())
            assert nats[number, row, column] == pytest.approx(expected)


def test_a_wider_field_is_worth_no_less_and_never_more_than_everything():
    p = np.exp(SMALL.log_likelihood(ALL))
    worth = [p @ worth_of_far_sight(SMALL, ALL, (3,) * layers) for layers in (1, 2, 3)]
    assert worth == sorted(worth, reverse=True)
    assert worth[0] > 0.1
    assert worth[-1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", ["image-vae-sees-1", "pixelcnn-sees-1"])
def test_nats_of_the_pixels_add_up_to_those_of_the_picture(name):
    with seeded(0):
        recipe = for_pictures_of(RECIPES[name], 4, "small")
        model = recipe.build(Sizes(6, 5, 4, 3)).model.eval()
    documents = SMALL.sample(7, seed=1)
    batch = make_batch(documents, range(7))
    z = posterior_means(model, documents) if model.latent else torch.zeros(7, 0)
    with torch.no_grad():
        expected = -model.log_likelihood(batch, z)
    assert np.allclose(nats_by_pixel(model, documents).sum((1, 2)), expected, atol=1e-4)


def test_pictures_from_their_codes_are_what_the_decoder_writes():
    with seeded(0):
        recipe = for_pictures_of(RECIPES["image-vae-sees-1"], 4, "small")
        model = recipe.build(Sizes(6, 5, 4, 3)).model.eval()
    documents = SMALL.sample(3, seed=1)
    found, other = (written_again(model, documents, seed) for seed in (0, 1))
    z = posterior_means(model, documents)
    assert found["likeliest"] == [row.tolist() for row in model.decoder.write(z, 16)]
    assert found["likeliest"] == other["likeliest"]
    assert found["drawn"] != other["drawn"]
    assert [picture.shape for picture in as_pictures(found["drawn"])] == [(4, 4)] * 3


def test_rows_of_tokens_become_the_pictures_they_came_from():
    rows = ALL.tokens.reshape(len(ALL), -1)[:200, 1:17].tolist()  # without begin and end
    assert np.array_equal(as_pictures(rows), tones(ALL)[:200])


def test_the_best_threshold_is_that_of_trying_all():
    generator = torch.Generator().manual_seed(0)
    for n in (1, 2, 9, 30):
        values = torch.randn(n, generator=generator)
        labels = torch.rand(n, generator=generator) < 0.4
        cuts = [-torch.inf, *values.tolist()]
        tried = [((values > cut) == labels).double().mean().item() for cut in cuts]
        best = max(max(tried), 1 - min(tried))
        assert best_threshold(values, labels) == pytest.approx(best)
    assert best_threshold(torch.tensor([3.0, 1.0, 2.0]), torch.tensor([False, True, True])) == 1
