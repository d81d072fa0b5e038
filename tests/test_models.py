"""Places 1, 2 and 4 and the model in which they meet."""

import itertools

import numpy as np
import pytest
import torch
from small import SIZES, batch_of, tiny_corpus, tiny_model
from torch.distributions import Normal, kl_divergence

from collapse.data import END, START, UNKNOWN, Batch
from collapse.decoders import LSTMDecoder, SkipDecoder
from collapse.parts import Part, Sizes
from collapse.pooling import LastState
from collapse.posteriors import DiagonalGaussian
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.vae import VAE, init_uniform_


def longer_padding(batch: Batch, more: int = 4) -> Batch:
    padding = torch.zeros(len(batch.tokens), more, dtype=torch.int64)
    return Batch(torch.cat([batch.tokens, padding], 1), batch.lengths, batch.indices)


PLAIN = [name for name, recipe in RECIPES.items() if recipe.model == "VAE"]


@pytest.mark.parametrize("name", PLAIN)
def test_padding_changes_nothing(name: str) -> None:
    model, batch = tiny_model(name), batch_of()
    z = torch.randn(7, model.latent, generator=torch.Generator().manual_seed(0))
    more = longer_padding(batch)
    torch.testing.assert_close(model.encode(batch).mean, model.encode(more).mean)
    torch.testing.assert_close(model.log_likelihood(batch, z), model.log_likelihood(more, z))


def by_hand(model: VAE, words: torch.Tensor, z: torch.Tensor) -> float:
    """log p(x|z) of one document, one token at a time, through an LSTM cell written out."""
    decoder = model.decoder
    assert isinstance(decoder, LSTMDecoder)
    lstm = decoder.lstm
    c = torch.zeros(SIZES.hidden) if decoder.initial is None else decoder.initial.weight @ z
    h, total = c.tanh(), 0.0
    for now, after in itertools.pairwise(words):
        x = torch.cat([decoder.embedding.weight[now], z])
        gates = lstm.weight_ih_l0 @ x + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ h + lstm.bias_hh_l0
        i, f, g, o = gates.chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        seen = torch.cat([h, z]) if isinstance(decoder, SkipDecoder) else h
        total += float((decoder.output.weight @ seen).log_softmax(0)[after])
    return total


@pytest.mark.parametrize("name", ["vae", "lm", "skip-vae"])
@torch.no_grad()
def test_decoder_against_an_lstm_written_out(name: str) -> None:
    model, batch = tiny_model(name), batch_of()
    z = torch.randn(7, model.latent, generator=torch.Generator().manual_seed(1))
    found = model.log_likelihood(batch, z)
    for row in range(7):
        words = batch.tokens[row, : batch.lengths[row]]
        assert found[row].item() == pytest.approx(by_hand(model, words, z[row]), abs=1e-5)


@torch.no_grad()
def test_probabilities_of_all_short_documents_sum_to_one() -> None:
    """Every document of one word, or any longer one: p(</s> or word, ...) is normalised."""
    model = tiny_model()
    words = torch.arange(SIZES.vocabulary)
    tokens = torch.stack([torch.full_like(words, 1), words], 1)
    batch = Batch(tokens, torch.full_like(words, 2), words)
    z = torch.randn(1, 2, generator=torch.Generator().manual_seed(2)).expand(len(words), -1)
    assert model.log_likelihood(batch, z).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_last_state_takes_the_state_of_the_last_real_token() -> None:
    states = torch.arange(24.0).reshape(2, 4, 3)
    taken = LastState(SIZES)(states, torch.tensor([2, 4]))
    assert taken.tolist() == [[3, 4, 5], [21, 22, 23]]


def test_posterior_against_torch_distributions_and_the_closed_form() -> None:
    posterior = DiagonalGaussian(Sizes(12, 5, 6, 3))
    features = torch.randn(8, 6, generator=torch.Generator().manual_seed(3))
    q = posterior(features)
    mean, log_var = (features @ posterior.linear.weight.T).chunk(2, -1)
    closed = 0.5 * (mean**2 + log_var.exp() - 1 - log_var)
    kl = kl_divergence(q, posterior.prior())
    torch.testing.assert_close(kl, closed, atol=1e-5, rtol=1e-5)
    assert kl.shape == (8, 3)
    own = Normal(mean, (0.5 * log_var).exp())
    torch.testing.assert_close(q.log_prob(mean + 0.3), own.log_prob(mean + 0.3))


def test_language_model_has_an_elbo_without_a_latent() -> None:
    model, batch = tiny_model("lm"), batch_of()
    q = model.encode(batch)
    assert q.batch_shape == (7, 0)
    assert kl_divergence(q, model.prior()).sum() == 0
    assert model.inference_parameters() == []


def test_word_dropout_hides_words_in_training_only_and_never_the_first() -> None:
    decoder = LSTMDecoder(SIZES, word_dropout=0.5)
    inputs = torch.full((200, 6), 7)
    torch.manual_seed(0)
    dropped = decoder.train().drop_words(inputs) == UNKNOWN
    assert not dropped[:, 0].any()
    assert abs(dropped[:, 1:].float().mean().item() - 0.5) < 0.05
    assert (decoder.eval().drop_words(inputs) == 7).all()


@pytest.mark.parametrize("name", ["vae", "skip-vae"])
def test_greedy_continuation_is_the_most_likely_next_word(name: str) -> None:
    model, corpus = tiny_model(name), tiny_corpus()
    z = torch.tensor([[3.0, -2.0]])
    word = model.decoder.generate(z, torch.tensor([1]), 1)
    scores = []
    for candidate in range(len(corpus.vocabulary)):
        tokens = torch.tensor([[1, candidate]])
        pair = Batch(tokens, torch.tensor([2]), torch.tensor([0]))
        scores.append(model.log_likelihood(pair, z).item())
    assert word.item() == int(np.argmax(scores))


def test_skip_carries_z_past_an_lstm_that_ignores_it() -> None:
    found = {}
    for name in ("vae", "skip-vae"):
        model, batch = tiny_model(name), batch_of()
        assert isinstance(model.decoder, LSTMDecoder)
        with torch.no_grad():
            for weight in model.decoder.lstm.parameters():
                weight.zero_()
            assert model.decoder.initial is not None
            model.decoder.initial.weight.zero_()
        z = torch.ones(7, 2, requires_grad=True)
        model.log_likelihood(batch, z).sum().backward()
        assert z.grad is not None
        found[name] = z.grad.abs().sum().item()
    assert found["vae"] == 0 < found["skip-vae"]


def test_draws_repeat_with_their_generator_and_differ_from_greedy() -> None:
    model, z = tiny_model(), torch.zeros(50, 2)
    first = torch.ones(50, dtype=torch.int64)

    def draw(seed: int) -> torch.Tensor:
        return model.decoder.generate(z, first, 5, torch.Generator().manual_seed(seed))

    assert (draw(0) == draw(0)).all()
    assert (draw(0) != draw(1)).any()
    assert (
        model.decoder.generate(z, first, 5) == model.decoder.generate(z[:1], first[:1], 5)
    ).all()


def test_writing_is_generating_up_to_the_end_marker() -> None:
    model, z = tiny_model(), torch.randn(40, 2, generator=torch.Generator().manual_seed(0))

    def draws() -> torch.Generator:
        return torch.Generator().manual_seed(3)

    for first, given in ((torch.full((40,), START), None), (torch.arange(40) % 3 + 4,) * 2):
        rows = model.decoder.generate(z, first, 9, draws()).tolist()
        expected = [row[: row.index(END)] if END in row else row for row in rows]
        written = model.decoder.write(z, 9, draws(), given)
        assert [row.tolist() for row in written] == expected
        assert {len(row) for row in expected} > {9}


def test_uniform_initialisation_has_the_bounds_it_is_given() -> None:
    model = RECIPES["vae"].build(Sizes(200, 50, 50, 4)).model
    init_uniform_(model, 0.01, 0.1)
    weights = model.decoder.get_parameter("output.weight")
    table = model.encoder.get_parameter("embedding.weight")
    assert 0.009 < weights.abs().max() <= 0.01
    assert 0.09 < table.abs().max() <= 0.1
    assert model.encoder.get_parameter("lstm.weight_ih_l0").abs().max() <= 0.01


def test_initialisation_off_the_origin_stays_between_its_ends() -> None:
    model = RECIPES["vae"].build(Sizes(200, 50, 50, 4)).model
    init_uniform_(model, (0.04, 0.06), (0.0, 0.2))
    weights = model.decoder.get_parameter("output.weight")
    table = model.encoder.get_parameter("embedding.weight")
    assert (weights.min() >= 0.04, weights.max() <= 0.06) == (True, True)
    assert weights.max() - weights.min() > 0.019
    assert (0.0 <= table.min() < 0.01, 0.19 < table.max() <= 0.2) == (True, True)


def test_parts_and_recipes_are_values() -> None:
    assert Part(LSTMDecoder, dropout=0.1) == Part(LSTMDecoder, dropout=0.1)
    assert Part(LSTMDecoder, dropout=0.1) != Part(LSTMDecoder)
    assert Recipe() == RECIPES["vae"]
    assert len({repr(recipe) for recipe in RECIPES.values()}) == len(RECIPES)
    assert repr(Part(LSTMDecoder, dropout=0.1)) == "Part(LSTMDecoder, dropout=0.1)"
