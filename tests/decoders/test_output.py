"""The quicker modules of the decoders: the same map as PyTorch's, and the same law of dropout."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from collapse.base.seeding import seeded
from collapse.decoders.dropout import Dropout
from collapse.decoders.output import BLOCK, LARGE, WIDE, Output, by_onednn

WORDS = LARGE // WIDE
needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this PyTorch was built without oneDNN"
)


def wide(bias: bool = True, words: int = WORDS) -> Output:
    with seeded(3):
        return Output(WIDE, words, bias=bias)


def states(*shape: int) -> torch.Tensor:
    with seeded(4):
        return torch.randn(*shape, WIDE, requires_grad=True)


@needs_onednn
@pytest.mark.parametrize("shape", [(7,), (2, 3), ()])
@pytest.mark.parametrize("bias", [False, True])
def test_logits_and_gradients_are_those_of_the_plain_map(shape, bias: bool) -> None:
    layer, x = wide(bias), states(*shape)
    assert by_onednn(x, layer.weight)
    exact, y = layer.weight.double(), x.double()
    expected = F.linear(y, exact, layer.bias.double() if bias else None)
    torch.testing.assert_close(layer(x).double(), expected, atol=1e-5, rtol=1e-5)
    inputs = [x, *layer.parameters()]
    found = torch.autograd.grad(layer(x).sin().sum(), inputs)
    for one, other in zip(found, torch.autograd.grad(expected.sin().sum(), inputs), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


@needs_onednn
def test_second_gradients_are_those_of_the_plain_map() -> None:
    layer, x = wide(), states(5)

    def curvature(logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
        (slope,) = torch.autograd.grad(logits.sin().sum(), x, create_graph=True)
        return torch.autograd.grad(slope.pow(2).sum(), [x, layer.weight])

    plain = F.linear(x.double(), layer.weight.double(), layer.bias.double())
    for one, other in zip(curvature(layer(x)), curvature(plain), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


@needs_onednn
def test_more_rows_than_a_block_are_cut_and_put_together() -> None:
    layer, rows = wide(bias=False), BLOCK // WORDS + 3
    with torch.no_grad():
        torch.testing.assert_close(
            layer(states(rows)), F.linear(states(rows), layer.weight), atol=1e-4, rtol=1e-4
        )


def test_what_onednn_does_not_take_or_not_gain_by_goes_the_plain_way() -> None:
    x = states(2)
    assert not by_onednn(x.double(), wide().weight.double())
    assert not by_onednn(x, wide(words=10).weight)
    assert wide()(states(0)).shape == (0, WORDS)
    with torch.autocast("cpu", torch.bfloat16):
        assert not by_onednn(x, wide().weight)


@pytest.mark.parametrize("p", [0.5, 0.1, 1 / 3])
def test_dropout_drops_its_share_and_scales_the_rest(p: float) -> None:
    n = 200_001
    with seeded(1):
        out = Dropout(p)(torch.ones(n))
    dropped, spread = (out == 0).sum().item(), math.sqrt(n * p * (1 - p))
    assert abs(dropped - n * p) < 4 * spread
    torch.testing.assert_close(
        out[out > 0].unique(), torch.tensor([1 / (1 - p)]), atol=0, rtol=1e-4
    )


def test_elements_are_dropped_independently_of_their_neighbours() -> None:
    with seeded(2):
        kept = (Dropout(0.5)(torch.ones(50_000, 8)) > 0).double()
    correlation = torch.corrcoef(kept.T) - torch.eye(8)
    assert correlation.abs().max() < 5 / math.sqrt(len(kept))


def test_dropout_repeats_with_the_seed_and_passes_its_mask_to_the_gradient() -> None:
    x, layer = torch.ones(3, 5, requires_grad=True), Dropout(0.5)
    with seeded(6):
        out = layer(x)
    with seeded(6):
        assert torch.equal(layer(x), out)
    (slope,) = torch.autograd.grad(out.sum(), x)
    assert torch.equal(slope, out)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_dropout_of_nothing_or_everything_is_that_of_pytorch(p: float) -> None:
    x = torch.arange(6.0)
    assert torch.equal(Dropout(p)(x), nn.Dropout(p)(x))
    assert torch.equal(Dropout(0.5).eval()(x), x)
