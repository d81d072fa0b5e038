import numpy as np
import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from collapse.base.errors import DataError, UnknownNameError
from collapse.data import Documents, load
from collapse.data.generated.synthetic import CENTRES, SIZES, LstmGenerator


@pytest.fixture(scope="module")
def small():
    return LstmGenerator(symbols=20, seed=5)


def torch_lstm(generator):
    """The same network as ``torch.nn.LSTM``: another implementation of the same formulas."""
    lstm = torch.nn.LSTM(102, 100, batch_first=True)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(torch.cat([generator.from_word, generator.from_z], dim=1))
        lstm.weight_hh_l0.copy_(generator.from_hidden)
        lstm.bias_ih_l0.copy_(generator.bias)
        lstm.bias_hh_l0.zero_()
    return lstm


@torch.no_grad()
def log_p_given_z(generator, words, z):
    """log p(x_2 ... | x_1, z) of one document for many z, by ``torch.nn.LSTM``."""
    words = words.expand(len(z), -1)
    cell = z @ generator.to_cell.T
    inputs = generator.embeddings[words[:, :-1]]
    inputs = torch.cat([inputs, z[:, None].expand(-1, inputs.shape[1], -1)], dim=2)
    out, _ = torch_lstm(generator)(inputs, (torch.tanh(cell)[None], cell[None]))
    logits = out @ generator.output_h.T + (z @ generator.output_z.T)[:, None]
    probs = logits.log_softmax(2).gather(2, words[:, 1:, None])
    return probs.sum(dim=(1, 2)).double()


def test_log_likelihood_is_a_sum_over_a_grid_by_torch_lstm(small):
    documents = small.sample(6, seed=1)
    words = torch.from_numpy(documents.tokens.astype(np.int64) - 4).view(6, 10)
    axis = torch.arange(-6.5, 6.6, 0.25)
    z = torch.cartesian_prod(axis, axis)
    four = Categorical(torch.ones(4))
    prior = MixtureSameFamily(four, Independent(Normal(CENTRES, 1.0), 1)).log_prob(z).double()
    sums = [torch.logsumexp(log_p_given_z(small, one, z) + prior, 0) for one in words]
    theirs = torch.stack(sums).numpy() + 2 * np.log(0.25)
    np.testing.assert_allclose(small.log_likelihood(documents), theirs, atol=1e-4, rtol=1e-5)


def test_log_likelihood_against_monte_carlo(small):
    documents = small.sample(2, seed=2)
    exact = small.log_likelihood(documents)
    random = torch.Generator().manual_seed(3)
    z = CENTRES[torch.randint(4, (20_000,), generator=random)]
    z = z + torch.randn(20_000, 2, generator=random)
    for index in range(2):
        words = torch.from_numpy(documents[index].astype(np.int64) - 4)[None]
        values = log_p_given_z(small, words, z)
        mean = torch.logsumexp(values, 0) - np.log(len(z))
        weights = (values - mean).exp()
        error = float(weights.std()) / np.sqrt(len(z))
        assert error < 0.2
        assert abs(exact[index] - float(mean)) < 4 * error + 0.02


def test_probabilities_of_all_short_documents_sum_to_one():
    tiny = LstmGenerator(symbols=3, seed=0)
    rows = [[4, 4 + second, 4 + third] for second in range(3) for third in range(3)]
    documents = Documents.from_arrays(rows)
    assert np.exp(tiny.log_likelihood(documents)).sum() == pytest.approx(1.0, abs=1e-3)


def test_finer_grid_and_other_chunks_change_little(small):
    documents = small.sample(6, seed=7)
    default = small.log_likelihood(documents)
    in_chunks = small.log_likelihood(documents, documents_at_once=4)
    np.testing.assert_allclose(default, in_chunks, atol=1e-5)
    finer = small.log_likelihood(documents.first(2), step=0.125)
    assert abs((finer - default[:2]).mean()) < 0.02


def test_paper_sizes_and_weights():
    corpus = load("synthetic", "light")
    assert [len(s) for s in (corpus.train, corpus.valid, corpus.test)] == [3200, 400, 400]
    assert len(corpus.vocabulary) == 204
    assert corpus.vocabulary.words[4] == "w0"
    assert not corpus.bos_eos
    generator = LstmGenerator(symbols=1000, seed=0)
    assert generator.output_z.abs().max() == pytest.approx(5.0, abs=0.02)
    assert generator.output_h.abs().max() == pytest.approx(1.0, abs=0.01)
    assert set(corpus.test.lengths.tolist()) == {10}


def test_full_scale_is_the_papers():
    assert SIZES["full"] == (1000, 16_000, 2_000, 2_000)


def test_first_symbol_is_uniform_and_z_has_four_modes(small):
    documents = small.sample(8000, seed=0)
    first = np.bincount(documents.tokens[::10] - 4, minlength=20)
    assert ((first - 400) ** 2 / 400).sum() < 45  # chi-squared with 19 degrees of freedom
    modes = np.bincount(documents.labels, minlength=4)
    assert ((modes - 2000) ** 2 / 2000).sum() < 17  # 3 degrees of freedom


def test_seed_decides_and_the_global_state_stays():
    before = torch.get_rng_state()
    one, two, other = (load("synthetic", "light", seed=seed) for seed in (3, 3, 4))
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(one.train.tokens, two.train.tokens)
    assert not np.array_equal(one.train.tokens, other.train.tokens)


def test_documents_of_another_corpus_are_refused(small):
    with pytest.raises(DataError, match="20 symbols"):
        small.log_likelihood(LstmGenerator(50, 0).sample(30, 0))
    with pytest.raises(DataError, match="one length"):
        small.log_likelihood(Documents.from_arrays([[5, 6], [7]]))
    with pytest.raises(UnknownNameError, match="light, medium, colab, full"):
        load("synthetic", "lite")
