"""Codes drawn again, a decoder that is told them, and what the code is worth."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import collapse
from collapse import data
from collapse.base.errors import DataError
from collapse.chapters import true_code
from collapse.data.generated.synthetic import CENTRES
from collapse.data.vocabulary import SPECIALS
from collapse.metrics import exact_nll
from collapse.recipes import RECIPES
from collapse.runs.settings import settings_for
from collapse.runs.train_alone import sizes_of, started, train_alone


@pytest.fixture(scope="module")
def corpus():
    return data.load("synthetic", "smoke")


@pytest.fixture(scope="module")
def settings():
    return settings_for("synthetic", "smoke")


@pytest.fixture(scope="module")
def told(corpus, settings):
    generator, codes = true_code.true_codes(corpus)
    return generator, codes, *true_code.train_told(corpus, codes, settings, 0)


def test_the_codes_are_those_of_the_documents(told, corpus) -> None:
    _, codes, *_ = told
    assert {name: len(part) for name, part in codes.items()} == {
        "train": len(corpus.train),
        "valid": len(corpus.valid),
        "test": len(corpus.test),
    }
    offset = codes["train"] - CENTRES[torch.from_numpy(corpus.train.labels)]
    assert offset.mean(0).abs().max() < 4 / len(offset) ** 0.5
    assert (offset.std(0) - 1).abs().max() < 0.2


def test_the_likelihood_given_a_code_is_that_of_an_lstm(told, corpus) -> None:
    generator, codes, *_ = told
    lstm = torch.nn.LSTM(102, 100, batch_first=True)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(torch.cat([generator.from_word, generator.from_z], 1))
        lstm.weight_hh_l0.copy_(generator.from_hidden)
        lstm.bias_ih_l0.copy_(generator.bias)
        lstm.bias_hh_l0.zero_()
        for number in (0, 3):
            z, words = codes["test"][number], torch.from_numpy(corpus.test[number]).long()
            words = words - len(SPECIALS)
            inputs = torch.cat([generator.embeddings[words[:-1]], z.expand(9, 2)], 1)
            cell = (generator.to_cell @ z)[None]
            states, _ = lstm(inputs, (cell.tanh(), cell))
            logits = states @ generator.output_h.T + generator.output_z @ z
            expected = logits.log_softmax(-1).gather(1, words[1:, None]).sum()
            found = generator.log_likelihood_given(
                corpus.test.subset([number]), codes["test"][[number]]
            )
            assert found.item() == pytest.approx(expected.item(), abs=1e-3)


def test_other_documents_are_refused(corpus) -> None:
    with pytest.raises(DataError, match="writes other documents"):
        true_code.true_codes(corpus, seed=1)
    with pytest.raises(DataError, match="needs 'synthetic'"):
        true_code.true_codes(data.load("topics-0", "smoke"))


def test_without_a_code_it_is_the_language_model(corpus, settings, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))
    model, told = true_code.train_language_model(corpus, settings, 0)
    run = collapse.run("lm", "synthetic", "smoke", 0)
    few = told.test.first(settings.likelihood_documents)
    assert exact_nll(model, few).mean().item() == run.summary["nll"]


def test_batches_carry_the_codes_of_their_documents(told) -> None:
    _, codes, model, corpus = told
    chosen = corpus.test.subset([5, 2])
    batch = data.make_batch(chosen, [1, 0, 1]).repeat(2).to("cpu")
    assert torch.equal(model.code(batch, torch.zeros(6, 0)), codes["test"][[2, 5, 2, 2, 5, 2]])


def test_the_marginal_is_a_sum_over_codes(told) -> None:
    _, _, model, corpus = told
    few = corpus.test.subset(range(3))
    with torch.no_grad():
        model.decoder.initial.weight.mul_(40)  # so that the code matters
    found = true_code.earnings(model, few)
    prior, total = true_code.true_prior(), torch.zeros(3)
    line = torch.arange(-6.5, 6.51, 0.5)
    for x in line:  # with each code of a line, side by side, all three documents
        z = torch.stack([x.expand_as(line), line], 1)
        many = few.subset([*range(3)] * len(z))
        here = replace(many, codes=z.repeat_interleave(3, 0))
        nll = exact_nll(model, here).view(len(z), 3)
        total += (prior.log_prob(z)[:, None] - nll).exp().sum(0) * 0.25
    torch.testing.assert_close(found.marginal, -total.log(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.given, exact_nll(model, few))
    with torch.no_grad():  # a decoder that reads no code
        model.decoder.initial.weight.zero_()
        model.decoder.lstm.weight_ih_l0[:, -2:] = 0
    deaf = true_code.earnings(model, few)
    torch.testing.assert_close(deaf.given, deaf.marginal, rtol=1e-4, atol=1e-3)


def test_training_alone_is_the_training_of_a_run(corpus, settings, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))
    run = collapse.run("vae", "synthetic", "smoke", 3)
    sizes = sizes_of(corpus, settings)
    system = started(lambda: RECIPES["vae"].build(sizes), settings, 3)
    history = train_alone(system, corpus, settings, 3)
    kept = ("loss", "kl", "train_loss")
    assert [{k: r[k] for k in kept} for r in history] == [
        {k: r[k] for k in kept} for r in run.history
    ]


def test_more_sequences_are_new_and_the_rest_stays(corpus) -> None:
    larger = true_code.with_more_sequences(corpus, 3, seed=100)
    assert len(larger.train) == 3 * len(corpus.train)
    assert np.array_equal(larger.test.tokens, corpus.test.tokens)
    once = {tuple(document) for document in corpus.train}
    new = [tuple(document) not in once for document in larger.train]
    assert np.mean(new) > 0.95
    with pytest.raises(DataError, match="no generator"):
        true_code.with_more_sequences(replace(corpus, generator=None), 3, seed=100)


def test_worth_and_larger_corpora_are_what_their_parts_give(told, corpus, settings) -> None:
    codes = told[1]
    model = true_code.train_told(corpus, codes, settings, 0)[0]  # the other may have been changed
    few = true_code.with_codes(corpus, codes).test.subset(range(4))
    (found,) = true_code.worth_of_codes("smoke", settings, [0], 4)
    direct = true_code.earnings(model, few)
    assert torch.equal(true_code.Earnings(**found).given, direct.given)
    assert torch.equal(true_code.Earnings(**found).marginal, direct.marginal)
    more = true_code.nll_of_more("smoke", 2, settings, 0, 4)
    larger = true_code.with_more_sequences(corpus, 2, seed=100)
    assert more["sequences"] == len(larger.train) == 2 * len(corpus.train)
    reader, sequences = true_code.train_language_model(larger, settings, 0)
    nll = exact_nll(reader, sequences.test.subset(range(4))).mean().item()
    assert more["nll"] == pytest.approx(nll)
