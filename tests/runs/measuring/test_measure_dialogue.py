"""A dialogue run through the ordinary machinery, and its summary against the metrics."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_dialogue import tiny_cvae, tiny_dialogue, tiny_dialogue_system
from torch.distributions import Normal, kl_divergence

from collapse.data import load
from collapse.metrics import encode_split, iw_nll
from collapse.metrics.dialogue import reply_scores
from collapse.metrics.dialogue.replies import encode_contexts
from collapse.recipes import RECIPES
from collapse.runs.measuring.measure_dialogue import measure, measure_epoch
from collapse.runs.request import make_request, modules_of
from collapse.runs.run import perform, run_in
from collapse.runs.settings import Settings, settings_for
from collapse.training import Training

SETTINGS = Settings(embedding=5, hidden=8, latent=2, iw_samples=7, likelihood_documents=4)


def short(name: str, seed: int = 0):
    training = Training(optimizer="adam", learning_rate=2e-3, batch_size=800, epochs=2)
    small = Settings(5, 8, 2, 0.1, 0.1, training, iw_samples=3, likelihood_documents=20)
    return make_request(name, "toy-dialogue", seed=seed, settings=small)


def test_a_summary_says_what_the_metrics_say() -> None:
    corpus, system = tiny_dialogue(), tiny_dialogue_system()
    model = system.model
    summary = measure(system, corpus, SETTINGS, 3)
    seen = encode_split(model, corpus.test, 3)
    prior = encode_contexts(model, corpus.test)
    assert summary["kl"] == pytest.approx(seen.kl.sum(-1).mean().item())
    tie = kl_divergence(prior, Normal(0.0, 1.0)).sum(-1).mean().item()
    assert summary["kl_prior"] == pytest.approx(tie, rel=1e-5)
    few = corpus.test.subset(range(4))
    assert summary["nll"] == pytest.approx(iw_nll(model, few, 7, 3).mean().item())
    tokens = (corpus.test.lengths + 1).sum()
    expected = np.exp(-seen.log_likelihood.sum().item() / tokens)
    assert summary["reconstruction_perplexity"] == pytest.approx(expected)
    assert summary["vectors"].startswith("learned")
    assert not {"covered", "excess_nll"} & summary.keys()  # nobody knows the truth here


def test_the_reconstruction_perplexity_is_not_that_of_the_model() -> None:
    corpus, system = tiny_dialogue(), tiny_dialogue_system(spread=1.0)
    summary = measure(system, corpus, replace(SETTINGS, likelihood_documents=None), 0)
    assert summary["kl"] > 0.1
    assert summary["elbo_nll"] == pytest.approx(summary["reconstruction"] + summary["kl"])


def test_an_epoch_reports_the_bound_of_the_conditional_likelihood() -> None:
    corpus, system = tiny_dialogue(), tiny_dialogue_system("bn-cvae")
    found = measure_epoch(system, corpus, SETTINGS, 0)
    assert found["loss"] == pytest.approx(found["reconstruction"] + found["kl"])
    assert found["kl_prior"] > 0


def test_a_dialogue_run_is_a_run_like_any_other(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))
    request = short("bn-cvae")
    run = perform(request, lambda line: None)
    assert json.loads((run.folder / "config.json").read_text())["name"] == "bn-cvae"
    assert len(run.history) == 2
    batch = tiny_batch(run.corpus())
    model = run.model()
    assert model.prior(batch).mean.shape == (2, 2)
    again = tmp_path / "again"
    monkeypatch.setenv("COLLAPSE_RUNS", str(again))
    other = perform(request, lambda line: None)
    assert other.summary["nll"] == run.summary["nll"]
    assert 0 <= run.summary["covered"] <= 1
    assert run.summary["excess_nll"] > 1
    for one, two in zip(run.history, other.history, strict=True):
        assert {k: v for k, v in one.items() if k != "seconds"} == {
            k: v for k, v in two.items() if k != "seconds"
        }


def tiny_batch(corpus):
    from collapse.data import make_batch

    return make_batch(corpus.test, [0, 1])


def test_a_run_can_be_opened_by_its_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))
    settings = settings_for("toy-dialogue", "light")
    request = short("cvae-bow")
    run = perform(request, lambda line: None)
    with pytest.raises(ValueError, match="another settings"):
        run_in(run.folder)
    assert request.settings != settings


def test_only_dialogue_runs_depend_on_the_code_for_dialogue() -> None:
    own, other = (
        modules_of(RECIPES[n], c) for n, c in (("cvae", "toy-dialogue"), ("vae", "synthetic"))
    )
    assert "collapse.runs.measuring.measure_dialogue" in own
    assert not any("dialogue" in name for name in other)
    assert "collapse.runs.measuring.measure" in other


def test_right_replies_are_all_that_are_valid_where_that_is_known() -> None:
    corpus = load("toy-dialogue")
    model_says = reply_scores.Sampled([["x"]], [[["a"], ["b"]]], [[["a"]]])
    assert reply_scores.variety(model_says)["different"] == 1
    index = int(corpus.test.same_context()[0][0])
    assert len(reply_scores.right_replies(corpus, corpus.test, index)) == 4
    tiny = tiny_dialogue()
    (only,) = reply_scores.right_replies(tiny, tiny.test, 3)
    assert only.tolist() == tiny.test[3].tolist()


def test_scores_of_perfect_and_of_poor_replies() -> None:
    corpus = load("toy-dialogue")
    vectors = reply_scores.vectors_for(corpus)
    right = [
        [line.split() for line in ("we walked in the hills again", "i stayed home with a book")]
    ]
    perfect = reply_scores.score(reply_scores.Sampled([["x"]], right, right), vectors)
    assert perfect["a_bow_precision"] == pytest.approx(1.0)
    assert perfect["e_bow_recall"] == pytest.approx(1.0)
    monotonous = reply_scores.Sampled([["x"]], [[right[0][0]] * 2], right)
    poor = reply_scores.score(monotonous, vectors)
    assert poor["a_bow_precision"] == pytest.approx(1.0)
    assert poor["a_bow_recall"] < 0.9
    assert poor["different"] == 0.5
    assert poor["distinct_1"] == 0.5


def test_samples_come_with_their_contexts() -> None:
    corpus, model = tiny_dialogue(), tiny_cvae(spread=1.0)
    found = reply_scores.sample(model, corpus, contexts=3, samples=4)
    assert [len(some) for some in found.samples] == [4, 4, 4]
    assert all(context for context in found.contexts)
    torch.manual_seed(0)
    assert found.samples == reply_scores.sample(model, corpus, contexts=3, samples=4).samples
