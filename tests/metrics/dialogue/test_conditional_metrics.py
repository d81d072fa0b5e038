"""Samples of a conditional model, and its likelihood with the learned prior."""

import math
from itertools import chain

import numpy as np
import pytest
import torch
from small_dialogue import tiny_cvae, tiny_exchanges

from collapse.data import END, START, make_batch
from collapse.data.generated.toy_dialogue import DialogueGenerator
from collapse.metrics import encode_split, iw_nll
from collapse.metrics.dialogue import replies as reply_metrics
from collapse.metrics.dialogue.replies import encode_contexts, reply_coverage, sample_replies


def test_contexts_are_encoded_in_the_order_of_the_split(monkeypatch) -> None:
    model, replies = tiny_cvae(), tiny_exchanges()
    whole = encode_contexts(model, replies)
    monkeypatch.setattr(reply_metrics, "BATCH", 7)
    parts = encode_contexts(model, replies)
    torch.testing.assert_close(whole.mean, parts.mean)
    alone = model.prior(make_batch(replies, [20]))
    torch.testing.assert_close(whole.stddev[20:21], alone.stddev)


def test_importance_weights_use_the_learned_prior() -> None:
    """Against an even grid that lies where p(z|x) is."""
    model, replies = tiny_cvae(spread=0.3), tiny_exchanges().subset([0, 1, 2])
    with torch.no_grad():  # a prior far from N(0, 1)
        model.posterior.prior_net[2].bias.copy_(torch.tensor([2.0, -2.0, -1.0, -1.0]))
        model.posterior.recognition.bias.copy_(torch.tensor([2.0, -2.0, -0.5, -0.5]))
    found = iw_nll(model, replies, samples=20000)
    axis = torch.arange(-7, 7.01, 0.25)
    for index in range(3):
        batch = model.read(make_batch(replies, [index]))
        prior = model.prior(batch)
        points = prior.mean + prior.stddev * torch.cartesian_prod(axis, axis)
        with torch.no_grad():
            log_likelihood = model.log_likelihood(batch.repeat(len(points)), points)
        area = math.log(0.25**2 * prior.stddev.prod().item())
        joint = log_likelihood + prior.log_prob(points).sum(-1) + area
        assert found[index].item() == pytest.approx(-joint.logsumexp(0).item(), abs=0.01)
        wrong = log_likelihood + model.posterior.prior().log_prob(points).sum(-1) + area
        assert abs(found[index].item() + wrong.logsumexp(0).item()) > 0.015


def test_the_kl_of_a_split_is_to_the_prior_of_each_context() -> None:
    model, replies = tiny_cvae(), tiny_exchanges()
    seen, prior = encode_split(model, replies), encode_contexts(model, replies)
    expected = torch.distributions.kl_divergence(seen.q, prior)
    torch.testing.assert_close(seen.kl, expected)


def test_samples_end_at_the_end_marker_and_repeat_with_the_seed() -> None:
    model, replies = tiny_cvae(spread=2.0), tiny_exchanges()
    chosen = np.array([4, 0, 9])
    found = sample_replies(model, replies, chosen, 6, longest=5, seed=3)
    again = sample_replies(model, replies, chosen, 6, longest=5, seed=3)
    assert [len(some) for some in found] == [6, 6, 6]
    for one, other in zip(chain(*found), chain(*again), strict=True):
        assert one.tolist() == other.tolist()
        assert 2 not in one
        assert len(one) <= 5


def test_samples_belong_to_their_context() -> None:
    """With z at 0 and greedy words a context has one reply: that of decoding it alone."""
    model, replies = tiny_cvae(spread=2.0), tiny_exchanges()
    with torch.no_grad():
        model.posterior.prior_net[2].weight.zero_()
        model.posterior.prior_net[2].bias.copy_(torch.tensor([0.0, 0.0, -40.0, -40.0]))
    found = sample_replies(model, replies, np.arange(5), 2, longest=4)
    for index in range(5):
        batch = make_batch(replies, [index])
        code = model.code(batch, torch.zeros(1, 2))
        words = model.decoder.generate(code, torch.tensor([START]), 4)[0].tolist()
        alone = words[: words.index(END)] if END in words else words
        for sample in found[index]:
            assert sample.tolist() == alone


def test_words_can_be_drawn_too() -> None:
    model, replies = tiny_cvae(spread=0.3), tiny_exchanges()
    drawn = sample_replies(model, replies, np.array([0]), 30, longest=6, greedy=False)
    assert len({tuple(one) for one in drawn[0]}) > 10


def test_coverage_counts_the_valid_replies(monkeypatch) -> None:
    generator = DialogueGenerator()
    replies = generator.sample(200, seed=0)

    def told(model, split, indices, samples, **_):
        contexts = split.labels[indices] // 4
        right = [generator.templates[c] for c in contexts]
        return [[some[0], some[1], some[0], some[0][:3]] for some in right]

    monkeypatch.setattr(reply_metrics, "sample_replies", told)
    found = reply_coverage(tiny_cvae(), replies, generator, samples=4)
    assert (found.covered, found.valid) == (0.5, 0.75)
