"""Shuffled input: what moves, what stays, and what the order can and cannot change."""

import numpy as np
import pytest
import torch
from small import tiny_corpus, tiny_documents, tiny_model

from collapse.base.seeding import seeded
from collapse.data import make_batch
from collapse.encoders import ShuffledWords
from collapse.metrics import encode_split, exact_nll, iw_nll, order_effect, with_shuffled_input


@pytest.mark.parametrize("bos_eos", [True, False])
def test_words_are_permuted_and_markers_and_padding_stay(bos_eos: bool) -> None:
    batch = make_batch(tiny_documents(400, longest=7, bos_eos=bos_eos), range(400))
    with seeded(0):
        mixed = ShuffledWords(tiny_model().encoder).permuted(batch.tokens, batch.lengths)
    moved = 0
    for before, after, length in zip(batch.tokens, mixed, batch.lengths.tolist(), strict=True):
        inside = slice(1, length - bos_eos)
        assert before[0] == after[0]
        assert (before[inside.stop :] == after[inside.stop :]).all()
        assert sorted(before[inside].tolist()) == sorted(after[inside].tolist())
        moved += int((before != after).any())
    assert moved > 200


def test_every_order_is_equally_likely() -> None:
    tokens = torch.tensor([[1, 4, 5, 6, 2]]).expand(12_000, -1)
    lengths = torch.full((12_000,), 5)
    with seeded(1):
        mixed = ShuffledWords(tiny_model().encoder).permuted(tokens, lengths)
    _, counts = torch.unique(mixed, dim=0, return_counts=True)
    assert len(counts) == 6
    assert (counts - 2000).abs().max() < 6 * 2000**0.5


def test_the_exact_likelihood_does_not_know_the_encoder() -> None:
    model, corpus = tiny_model(spread=1.5), tiny_corpus()
    shuffled = with_shuffled_input(model)
    mean, other = (encode_split(m, corpus.test).q.mean for m in (model, shuffled))
    assert (mean - other).abs().max() > 0.05
    exact = [exact_nll(m, corpus.test) for m in (model, shuffled)]
    torch.testing.assert_close(exact[0], exact[1], rtol=0, atol=0)


def test_the_effect_fades_as_samples_grow_and_is_a_difference_of_bounds() -> None:
    model, documents = tiny_model(spread=1.5), tiny_documents(60)
    exact = exact_nll(model, documents).mean().item()
    bound = order_effect(model, documents, samples=1)
    many = order_effect(model, documents, samples=3000)
    for one in (bound.in_order, bound.shuffled):
        assert one.mean().item() > exact + 0.2
    for one in (many.in_order, many.shuffled):
        assert one.mean().item() == pytest.approx(exact, abs=0.02)
    assert (bound.shuffled - bound.in_order).abs().mean() > 0.3
    assert bound.in_order.tolist() == encode_split(model, documents).nll_bound.tolist()
    assert many.in_order.tolist() == iw_nll(model, documents, 3000).tolist()
    differences = (bound.shuffled - bound.in_order).numpy()
    assert bound.standard_error == pytest.approx(np.std(differences, ddof=1) / 60**0.5, rel=1e-4)
