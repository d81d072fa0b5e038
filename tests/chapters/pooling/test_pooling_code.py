"""The functions that are written out are those of the package."""

import pytest
import torch
from small import tiny_documents, tiny_model

from collapse import pooling
from collapse.base.seeding import seeded
from collapse.chapters.pooling import pooling_code
from collapse.data import make_batch
from collapse.metrics import gradient_reach
from collapse.parts import Sizes


@pytest.mark.parametrize("padding", [0.0, 7.0, float("nan")])
def test_the_maximum_is_that_of_max_pooling(padding: float) -> None:
    states = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(0)) - 1
    lengths = torch.tensor([4, 2, 1])
    for row, length in enumerate(lengths.tolist()):
        states[row, length:] = padding
    found = pooling_code.maximum(states, lengths)
    loops = [states[row, :length].amax(0) for row, length in enumerate(lengths.tolist())]
    assert torch.equal(found, torch.stack(loops))
    assert torch.equal(found, pooling.MaxPool(Sizes(9, 1, 2, 1))(states, lengths))


@pytest.mark.parametrize("name", ["vae", "pool-max"])
def test_the_reach_is_that_of_the_metrics(name: str) -> None:
    model, batch = tiny_model(name), make_batch(tiny_documents(), range(5))
    with seeded(3):
        found = pooling_code.reach(model, batch)
    with seeded(3):
        wanted = gradient_reach(model, batch)
    torch.testing.assert_close(found, wanted)
