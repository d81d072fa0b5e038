"""Every pooling against plain loops over ragged documents; padding never matters."""

import math

import pytest
import torch
from small import SIZES, tiny_documents
from torch import Tensor, nn

from collapse.base.seeding import seeded
from collapse.data import make_batch
from collapse.pooling import AbsPool, AttentionPool, AveragePool, LastState, MaxPool

POOLS = [LastState, AveragePool, MaxPool, AbsPool, AttentionPool]
HIDDEN = SIZES.hidden


def pool_of(kind: type[nn.Module]) -> nn.Module:
    with seeded(5):
        return kind(SIZES)


def ragged(kind_of_states: str, seed: int = 0) -> list[Tensor]:
    """Documents of 1 to 7 states, as they are before anybody pads them."""
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 8, (40,), generator=draw).tolist()
    documents = [torch.randn(n, HIDDEN, generator=draw) for n in [1, 7, *lengths]]
    change = {
        "mixed": lambda h: h,
        "negative": lambda h: -h.abs() - 0.1,
        "tiny": lambda h: 1e-6 * h,
    }
    return [change[kind_of_states](h) for h in documents]


def padded(documents: list[Tensor], filling: float, more: int = 0) -> tuple[Tensor, Tensor]:
    """One block with ``filling`` wherever there is no state."""
    lengths = torch.tensor([len(h) for h in documents])
    shape = (len(documents), int(lengths.max()) + more, HIDDEN)
    block = torch.full(shape, filling, dtype=documents[0].dtype)
    for row, states in enumerate(documents):
        block[row, : len(states)] = states
    return block, lengths


def by_loops(pool: nn.Module, states: Tensor) -> list[float]:
    """The definition of Long et al. (2019), section 3.2, one number at a time."""
    rows = states.tolist()
    columns = [[row[k] for row in rows] for k in range(HIDDEN)]
    if isinstance(pool, LastState):
        return rows[-1]
    if isinstance(pool, AveragePool):
        return [math.fsum(column) / len(column) for column in columns]
    if isinstance(pool, MaxPool):
        return [max(column) for column in columns]
    if isinstance(pool, AbsPool):
        return [max(column, key=abs) for column in columns]
    return attention_by_loops(pool, rows)


def attention_by_loops(pool: AttentionPool, rows: list[list[float]]) -> list[float]:
    key, bias = pool.key.weight.tolist(), pool.key.bias.tolist()
    context = pool.context.weight[0].tolist()
    scores = []
    for row in rows:
        hidden = [
            math.tanh(b + math.fsum(w * h for w, h in zip(line, row, strict=True)))
            for line, b in zip(key, bias, strict=True)
        ]
        scores.append(math.exp(math.fsum(u * c for u, c in zip(hidden, context, strict=True))))
    total = math.fsum(scores)
    return [
        math.fsum(s / total * row[k] for s, row in zip(scores, rows, strict=True))
        for k in range(HIDDEN)
    ]


@pytest.mark.parametrize("states", ["mixed", "negative", "tiny"])
@pytest.mark.parametrize("filling", [0.0, 1e9, -1e9, math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("kind", POOLS)
def test_against_loops_over_ragged_documents(
    kind: type[nn.Module], filling: float, states: str
) -> None:
    pool, documents = pool_of(kind).double(), [h.double() for h in ragged(states)]
    found = pool(*padded(documents, filling))
    expected = torch.tensor([by_loops(pool, h) for h in documents], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-18)


@pytest.mark.parametrize("kind", POOLS)
def test_more_padding_changes_neither_features_nor_gradients(kind: type[nn.Module]) -> None:
    pool, documents = pool_of(kind), ragged("mixed", seed=1)
    weigh = torch.randn(len(documents), HIDDEN, generator=torch.Generator().manual_seed(2))
    gradients = []
    for more, filling in ((0, 0.0), (5, 3.0)):
        block, lengths = padded(documents, filling, more)
        block.requires_grad_()
        (pool(block, lengths) * weigh).sum().backward()
        assert block.grad is not None
        beyond = torch.arange(block.shape[1]) >= lengths[:, None]
        assert (block.grad[beyond] == 0).all()
        gradients.append(block.grad[:, :7])
    torch.testing.assert_close(gradients[0], gradients[1])
    assert all((g.flatten(1) != 0).any(1).all() for g in gradients)


@pytest.mark.parametrize("kind", POOLS)
def test_gradient_against_finite_differences(kind: type[nn.Module]) -> None:
    pool = pool_of(kind).double()
    block, lengths = padded(ragged("mixed", seed=3)[:6], 0.5)
    block = block.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda h: pool(h, lengths), (block,))


@pytest.mark.parametrize("kind", POOLS)
def test_documents_do_not_touch_one_another(kind: type[nn.Module]) -> None:
    pool, documents = pool_of(kind), ragged("mixed", seed=4)
    together = pool(*padded(documents, 0.0))
    alone = torch.cat([pool(h.unsqueeze(0), torch.tensor([len(h)])) for h in documents])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("kind", [AveragePool, MaxPool, AbsPool])
def test_order_of_the_states_does_not_matter(kind: type[nn.Module]) -> None:
    pool, states = pool_of(kind), ragged("mixed", seed=6)[1]
    length = torch.tensor([len(states)])
    turned = pool(states.flip(0).unsqueeze(0), length)
    torch.testing.assert_close(pool(states.unsqueeze(0), length), turned)


def test_signs_survive_absolute_pooling_only() -> None:
    states = torch.tensor([[[0.2, -0.9], [-0.7, 0.4], [9.0, -9.0]]])
    lengths = torch.tensor([2])
    assert AbsPool(SIZES)(states, lengths).tolist() == [pytest.approx([-0.7, -0.9])]
    assert MaxPool(SIZES)(states, lengths).tolist() == [pytest.approx([0.2, 0.4])]


def test_the_gradient_of_a_maximum_goes_to_the_first_winner() -> None:
    for kind in (MaxPool, AbsPool):
        states = torch.ones(1, 3, 1, requires_grad=True)
        kind(SIZES)(states, torch.tensor([3])).sum().backward()
        assert states.grad is not None
        assert states.grad.flatten().tolist() == [1.0, 0.0, 0.0]


def test_attention_is_the_average_at_a_zero_context_and_its_weights_are_probabilities() -> None:
    pool = pool_of(AttentionPool)
    block, lengths = padded(ragged("mixed", seed=7), 4.0)
    weights = pool.weights(block, lengths)
    torch.testing.assert_close(weights.sum(1), torch.ones(len(block), 1))
    assert (weights[torch.arange(block.shape[1]) >= lengths[:, None]] == 0).all()
    nn.init.zeros_(pool.context.weight)
    torch.testing.assert_close(pool(block, lengths), AveragePool(SIZES)(block, lengths))


def test_pooled_features_of_a_real_batch_have_one_row_a_document() -> None:
    batch = make_batch(tiny_documents(), range(9))
    states = torch.randn(*batch.tokens.shape, HIDDEN)
    for kind in POOLS:
        assert pool_of(kind)(states, batch.lengths).shape == (9, HIDDEN)
