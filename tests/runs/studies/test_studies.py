"""Studies of finished runs: made once, entered with the run, refused where they make no sense."""

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from collapse.base.errors import RunError, UnknownNameError
from collapse.data import Corpus, Documents, Vocabulary
from collapse.ledger.entries import add, read_ledger
from collapse.metrics import (
    between_prior_draws,
    decode,
    iw_nll,
    posterior_means,
    quality,
    with_shuffled_input,
)
from collapse.runs.execute import load_corpus
from collapse.runs.request import Request, make_request
from collapse.runs.run import Run, perform
from collapse.runs.settings import SETTINGS, settings_for
from collapse.runs.studies import STUDIES, classifiers, is_studied, path_of, studies_of, study
from collapse.runs.studies.classifiers import labels, labels_abroad, labels_few, read_with
from collapse.runs.studies.likelihoods import again, order
from collapse.runs.studies.writing import LONGEST_WRITTEN, POINTS_A_PAIR, WRITTEN_PAIRS, writing
from collapse.sweeps.engines import local
from collapse.sweeps.sweep import Sweep, load_sweep, run_sweep
from collapse.training import Training

SHORT = replace(
    settings_for("toy-reviews", "light"),
    embedding=8,
    hidden=8,
    training=Training(epochs=1, batch_size=500),
    iw_samples=5,
    likelihood_documents=20,
)


@cache
def some_of(name: str, scale: str) -> Corpus:
    """As many documents of a corpus as a classifier needs to learn what their labels are."""
    corpus = load_corpus(name, scale)
    sizes = {"train": 3000, "valid": 300, "test": 500}
    return replace(corpus, **{name: getattr(corpus, name).first(n) for name, n in sizes.items()})


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A run of a few steps on labelled reviews."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLLAPSE_RUNS", str(tmp_path_factory.mktemp("runs")))
        for place in ("execute", "run", "studies.classifiers"):
            patch.setattr(f"collapse.runs.{place}.load_corpus", some_of)
        patch.setitem(SETTINGS["toy-reviews"], "light", SHORT)
        yield perform(make_request("beta-vae-0.2", "toy-reviews")).request


def test_the_order_study_has_the_rise_of_the_likelihood(labelled: Request) -> None:
    run = Run(labelled, labelled.folder)
    model, corpus = run.model(), run.corpus()
    few = corpus.test.subset(range(20))
    values = [iw_nll(one, few, 5, seed=0) for one in (model, with_shuffled_input(model))]
    found = order(run)
    assert found["order_iw"] == pytest.approx((values[1] - values[0]).mean().item(), abs=1e-6)
    assert found["order_bound_se"] > 0


def test_a_study_is_made_once_and_entered_with_its_run(
    labelled: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study(labelled, None, ["order"])
    assert is_studied(labelled, ["order"])
    assert not is_studied(labelled, ["order", "labels"])
    monkeypatch.setitem(STUDIES, "order", order)
    before = path_of(labelled.folder, "order").stat().st_mtime_ns
    study(labelled, None, ["order"])
    assert path_of(labelled.folder, "order").stat().st_mtime_ns == before
    add(labelled.folder, tmp_path / "ledger")
    ledger = read_ledger(tmp_path / "ledger")
    assert ledger.problems == ()
    metrics = ledger.entries[0].metrics
    assert {k: metrics[k] for k in studies_of(labelled.folder)} == studies_of(labelled.folder)
    assert "order_iw" in metrics


def test_half_a_study_is_no_entry(labelled: Request, tmp_path: Path) -> None:
    study(labelled, None, ["order"])
    path = path_of(labelled.folder, "order")
    whole = path.read_text()
    path.write_text(json.dumps({"order_iw": 0.1}))
    with pytest.raises(RunError, match="key 'order_bound' is missing"):
        add(labelled.folder, tmp_path / "ledger")
    path.write_text(whole)


def test_a_sweep_makes_the_studies_that_it_names(labelled: Request) -> None:
    for path in labelled.folder.glob("study-*"):
        path.unlink()
    sweep = Sweep(
        recipes=("beta-vae-0.2",),
        corpora=("toy-reviews",),
        seeds=(0,),
        studies=("order", "labels"),
    )
    said: list[str] = []
    assert not run_sweep(sweep, local(1), dry_run=True, log=said.append)
    assert "Studies (order, labels): to be made of 1 finished runs." in said
    assert not is_studied(labelled, ["order"])
    assert run_sweep(sweep, local(1), log=said.append)
    assert is_studied(labelled, ["order", "labels"])


def test_the_label_study_lies_between_nothing_and_everything(labelled: Request) -> None:
    study(labelled, None, ["labels"])  # as a rule the sweep above has made it
    found = json.loads(path_of(labelled.folder, "labels").read_text())
    assert set(found) == {"label_mlp", "label_draw", "label_supervised", "label_common"}
    assert all(0 < share <= 1 for share in found.values())
    assert found["label_supervised"] > found["label_common"]


def test_what_cannot_be_studied_is_said(labelled: Request, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not finished"):
        study(replace(labelled, seed=7), None, ["order"])
    with pytest.raises(UnknownNameError, match="Did you mean 'order'"):
        is_studied(labelled, ["ordre"])
    path = tmp_path / "sweep.yaml"
    path.write_text("recipes: [vae]\ncorpora: [synthetic]\nseeds: [0]\nstudies: [ordre]\n")
    with pytest.raises(RunError, match="no study called 'ordre'"):
        load_sweep(path)
    path.write_text("recipes: [vae]\ncorpora: [synthetic]\nseeds: [0]\nstudies: order\n")
    with pytest.raises(RunError, match="'studies' is 'order'; it must be a list of one or more"):
        load_sweep(path)


# --- studies for single tables ---------------------------------------------------------------


def test_ten_evaluations_differ_by_their_draws_only(labelled: Request) -> None:
    run = Run(labelled, labelled.folder)
    found = again(run)
    few_documents = run.corpus().test.first(20)
    values = [iw_nll(run.model(), few_documents, 5, seed).mean().item() for seed in range(10)]
    assert found["again_nll"] == pytest.approx(np.mean(values))
    assert found["again_nll_sd"] == pytest.approx(np.std(values, ddof=1), rel=1e-4)
    assert found["again_kl"] == pytest.approx(run.summary["kl"])
    assert found["again_kl_sd"] == 0 < found["again_elbo_nll_sd"]


def test_few_labels_are_those_of_the_training_split(labelled: Request) -> None:
    run = Run(labelled, labelled.folder)
    train, test = run.corpus().train, run.corpus().test
    found = labels_few(run)
    assert set(found) == {f"few_{n}" for n in (100, 500, 1000, 2000, 10_000) if n <= len(train)}
    rows = [np.random.default_rng([0, 100, n]).permutation(len(train))[:100] for n in range(10)]
    means, test_means = (posterior_means(run.model(), each) for each in (train, test))
    scores = []
    for drawn in rows:
        probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        probe.fit(means[drawn].double().numpy(), train.labels[drawn])
        scores.append(probe.score(test_means.double().numpy(), test.labels))
    assert found["few_100"] == pytest.approx(np.mean(scores))


def test_words_of_another_corpus_are_read_by_what_they_are() -> None:
    def corpus(*words: str) -> Corpus:
        none = Documents.from_arrays([])
        return Corpus("mine", "light", Vocabulary(words), none, none, none, "made up", "none")

    home, other = corpus("a", "b"), corpus("c", "b", "a")
    numbers = other.vocabulary.encode(["a", "b", "c"])
    (read,) = read_with(home, other, Documents.from_arrays([numbers]))
    assert home.vocabulary.decode(read) == "a b <unk>"


@pytest.mark.thorough
def test_codes_abroad_are_classified_as_at_home(labelled: Request, monkeypatch) -> None:
    """With the same corpus for the other one nothing changes."""
    run = Run(labelled, labelled.folder)
    with pytest.raises(RunError, match="tried on no other corpus; those of yahoo and ptb are"):
        labels_abroad(run)
    monkeypatch.setitem(classifiers.ABROAD, "toy-reviews", "toy-reviews")
    found, at_home = labels_abroad(run), labels(run)
    common = at_home["label_common"]
    assert found == {
        "abroad_mlp": at_home["label_mlp"],
        "abroad_common": common,
        "abroad_unknown": 0.0,
    }


@pytest.mark.thorough
def test_what_is_written_is_judged_by_the_language_model_of_the_seed(labelled: Request) -> None:
    run = Run(labelled, labelled.folder)
    with pytest.raises(RunError, match="collapse run lm --corpus toy-reviews --scale light --seed"):
        writing(run)
    judge = perform(make_request("lm", "toy-reviews"))
    found = writing(run)
    written = decode(
        run.model(),
        between_prior_draws(run.model(), WRITTEN_PAIRS, POINTS_A_PAIR, 0),
        LONGEST_WRITTEN,
    )
    expected = quality(written, run.corpus().train, judge.model())
    assert found["written_ppl"] == expected.perplexity
    assert found["written_entropy"] == expected.entropy
    assert found["written_distinct_1"] == expected.distinct[1]
    assert ("written_gram_2" in found) == math.isfinite(expected.seen[2])


@pytest.mark.thorough
def test_every_study_can_be_entered(labelled: Request, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(classifiers.ABROAD, "toy-reviews", "toy-reviews")
    perform(make_request("lm", "toy-reviews"))
    study(labelled, None, STUDIES)
    add(labelled.folder, tmp_path / "ledger")
    ledger = read_ledger(tmp_path / "ledger")
    assert ledger.problems == ()
    assert studies_of(labelled.folder).items() <= ledger.entries[0].metrics.items()
