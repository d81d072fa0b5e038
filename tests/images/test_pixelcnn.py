"""The PixelCNN: what a pixel sees, and that its probabilities are some."""

from itertools import product

import numpy as np
import pytest
import torch

from collapse.base.errors import CollapseError
from collapse.data import make_batch
from collapse.data.images.pixels import as_documents
from collapse.images.pixelcnn import PAPER_KERNELS, PixelCNN
from collapse.images.sizes import ImageSizes
from collapse.parts import Sizes

ENTRANCES = ("input", "layers")


def decoder(side=6, latent=3, hidden=4, **options):
    torch.manual_seed(0)
    sizes = ImageSizes(vocabulary=6, embedding=8, hidden=hidden, latent=latent, side=side)
    return PixelCNN(sizes, **options).double().eval()


def seen_from(model, row, column):
    """Which pixels the logit at a pixel depends on, by its gradient."""
    torch.manual_seed(1)
    pixels = torch.rand(4, model.side, model.side, dtype=torch.double, requires_grad=True)
    z = torch.randn(4, 3, dtype=torch.double)
    model(pixels, z)[:, row, column].sum().backward()
    return pixels.grad.abs().amax(0) > 0


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("kernels", [(3,), (5, 3), (7, 5, 3, 3)])
def test_no_pixel_sees_itself_or_its_successors(kernels, entrance):
    model = decoder(kernels=kernels, entrance=entrance)
    for row, column in product(range(model.side), repeat=2):
        seen = seen_from(model, row, column).flatten()
        assert not seen[row * model.side + column :].any(), (row, column)


@pytest.mark.parametrize("kernels", [(3,), (3, 3), (5, 3), (7,), (5, 5, 3)])
def test_a_pixel_sees_all_of_its_field_and_nothing_else(kernels):
    model = decoder(side=17, kernels=kernels)
    above, aside = model.field
    row, column = 12, 8
    expected = torch.zeros(17, 17, dtype=torch.bool)
    expected[row - above : row, column - aside : column + aside + 1] = True
    expected[row, column - aside - 1 : column] = True
    assert torch.equal(seen_from(model, row, column), expected)


def test_the_papers_thirteen_layers_see_all_of_28_rows_and_columns():
    assert len(PAPER_KERNELS) == 13
    assert decoder(side=8, kernels=PAPER_KERNELS).field == (28, 27)


@pytest.mark.parametrize("latent", [0, 3])
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_the_probabilities_of_all_pictures_add_up_to_one(latent, entrance):
    model = decoder(side=3, latent=latent, kernels=(3, 3), entrance=entrance)
    pictures = np.array(list(product([False, True], repeat=9))).reshape(-1, 3, 3)
    batch = make_batch(as_documents(pictures), range(len(pictures)))
    z = torch.randn(1, latent, dtype=torch.double).expand(len(pictures), -1)
    with torch.no_grad():
        total = model.log_likelihood(batch, z).logsumexp(0)
    assert total.item() == pytest.approx(0.0, abs=1e-10)


def test_pictures_are_drawn_with_the_probabilities_that_they_are_given():
    model = decoder(side=2, kernels=(3,))
    pictures = np.array(list(product([False, True], repeat=4))).reshape(-1, 2, 2)
    batch = make_batch(as_documents(pictures), range(16))
    z = torch.randn(1, 3, dtype=torch.double)
    with torch.no_grad():
        expected = model.log_likelihood(batch, z.expand(16, -1)).exp()
    n = 20_000
    start = torch.full((n,), 1)
    drawn = model.generate(z.expand(n, -1), start, 4, torch.Generator().manual_seed(0))
    numbers = ((drawn == 5).long() * torch.tensor([8, 4, 2, 1])).sum(1)
    shares = torch.bincount(numbers, minlength=16) / n
    errors = (expected * (1 - expected) / n).sqrt()
    assert ((shares - expected).abs() < 5 * errors).all()


def test_greedy_writing_takes_the_likelier_tone_of_each_pixel():
    model = decoder(side=4, kernels=(3, 3))
    z = torch.randn(2, 3, dtype=torch.double)
    tokens = model.generate(z, torch.full((2,), 1), 16)
    pixels = (tokens == 5).double().view(2, 4, 4)
    with torch.no_grad():
        assert torch.equal(model(pixels, z) > 0, pixels.bool())
    assert model.generate(z, torch.full((2,), 1), 5).tolist() == tokens[:, :5].tolist()


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_z_reaches_every_pixel(entrance):
    model = decoder(side=5, kernels=(3,), entrance=entrance)
    z = torch.randn(1, 3, dtype=torch.double, requires_grad=True)
    pixels = torch.zeros(1, 5, 5, dtype=torch.double)
    for row, column in product(range(5), repeat=2):
        (gradient,) = torch.autograd.grad(model(pixels, z)[0, row, column], z)
        assert gradient.abs().min() > 0


def test_bad_sizes_and_kernels_are_sentences():
    with pytest.raises(CollapseError, match="odd whole numbers of at least 3"):
        decoder(kernels=(4,))
    with pytest.raises(CollapseError, match="at least 3"):
        decoder(kernels=())
    with pytest.raises(CollapseError, match="entrance"):
        decoder(entrance="door")
    with pytest.raises(CollapseError, match="ImageRecipe"):
        PixelCNN(Sizes(vocabulary=6, embedding=8, hidden=4, latent=3))
    with pytest.raises(CollapseError, match="6 pixels a side; got 5"):
        decoder()(torch.zeros(1, 5, 5, dtype=torch.double), torch.zeros(1, 3, dtype=torch.double))


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_with_and_without_z_differ_by_z_alone(entrance):
    with_z = decoder(kernels=(3, 3), entrance=entrance)
    without = decoder(kernels=(3, 3), entrance=entrance, latent=0)
    weights = with_z.state_dict()
    del weights["spread.weight"]
    without.load_state_dict(weights)
    pixels = torch.rand(2, 6, 6, dtype=torch.double)
    nothing = with_z(pixels, torch.zeros(2, 3, dtype=torch.double))
    assert torch.equal(without(pixels, torch.zeros(2, 0, dtype=torch.double)), nothing)
