"""The helpers of chapter 4, on runs that take a second."""

from dataclasses import replace

import pytest
import torch

from collapse.chapters.keeping.asked import requests_for
from collapse.chapters.pooling import pooling_study as study
from collapse.data import load
from collapse.data.generated.topics import WORDS_BY_TOPIC
from collapse.decoders import LSTMDecoder
from collapse.encoders import LSTMEncoder
from collapse.metrics import (
    OrderEffect,
    classification_accuracy,
    encode_split,
    mean_cosine,
    order_effect,
)
from collapse.parts import Part
from collapse.recipes import RECIPES
from collapse.runs import request as asking
from collapse.runs import studies
from collapse.runs.many import run_all
from collapse.runs.measuring.probes import Features
from collapse.runs.measuring.recording import Snapshot
from collapse.runs.settings import settings_for


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Runs of two epochs on a tenth of a second's data, kept in a folder of the test."""
    full = settings_for("topics-5", "light")
    short = replace(full, likelihood_documents=2, training=replace(full.training, epochs=1))
    monkeypatch.setattr(asking, "settings_for", lambda corpus, scale: short)
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))


def test_recipes_for_topics_keep_their_own_place() -> None:
    made = study.on_topics("pool-max-anneal", hidden=0.25, width=3)
    plain = RECIPES["pool-max-anneal"]
    assert (made.features, made.kl_weight) == (plain.features, plain.kl_weight)
    assert made.encoder == Part(LSTMEncoder, width=3)
    assert made.decoder == Part(LSTMDecoder, dropout=0.0, word_dropout=0.25)
    assert study.on_topics("vae").encoder == Part(LSTMEncoder)


def test_in_the_middle_are_the_documents_of_the_chapter() -> None:
    """The middle of 30 words: as many words before and behind, up to one."""
    moved, plain = study.topics_in_the_middle("smoke"), load("topics-25", "smoke")
    for number in range(20):
        words = moved.vocabulary.decode(moved.test[number]).split()
        topical = [word in sum(WORDS_BY_TOPIC.values(), ()) for word in words]
        assert topical == [False] * 13 + [True] * 4 + [False] * 13
        assert sorted(words) == sorted(plain.vocabulary.decode(plain.test[number]).split())


def test_watching_makes_the_runs_that_are_then_loaded(quick, capsys) -> None:
    recipes = {name: study.on_topics(name) for name in ("vae", "pool-max")}
    frames = study.watch(recipes, "topics-5", "light", (0, 1), (0, 10, 49))
    assert [[f.iteration for f in group] for group in frames["vae"]] == [[0, 10, 49]] * 2
    runs = run_all(recipes, "topics-5", "light", (0, 1))
    assert "4 runs: 4 loaded." in capsys.readouterr().out
    first = frames["pool-max"][1][0].values["features"]
    again = Features()(
        study.new_system(runs["pool-max"][1].request, runs["vae"][0].corpus()).eval().model,
        runs["vae"][0].corpus(),
    )["features"]
    assert torch.equal(first, again)
    check_views(runs["pool-max"][0])


def check_views(run) -> None:
    seen = studies.views(run, run.corpus().test)
    corpus = run.corpus()
    q = encode_split(run.model(), corpus.test).q
    torch.testing.assert_close(seen["mean"], q.mean)
    torch.testing.assert_close(seen["mean and variance"], torch.cat([q.mean, q.variance], 1))
    offset = (seen["draw"] - q.mean) / q.stddev
    assert abs(offset.mean()) < 0.15
    assert abs(offset.std() - 1) < 0.1
    train = studies.views(run, run.corpus().train)["features"]
    expected = classification_accuracy(
        train, corpus.train.labels, seen["features"], corpus.test.labels
    )
    assert studies.accuracy(run, "features") == expected
    assert expected > 0.9


def test_rows_of_dispersion() -> None:
    points = torch.randn(9, 4, generator=torch.Generator().manual_seed(0)).double()
    (row,) = study.dispersion_rows([Snapshot(7, "iteration", {"features": points})])
    assert row["step"] == 7
    assert row["cosine"] == mean_cosine(points)
    assert row["std"] == pytest.approx(float(points.numpy().var(0, ddof=1).mean() ** 0.5))
    assert 1 < row["rank"] < 4


def test_reach_is_a_mean_over_seeds() -> None:
    recipes = {"vae": study.on_topics("vae"), "pool-avg": study.on_topics("pool-avg")}
    one, two, both = (
        study.reach_at_the_start(recipes, "topics-5", "light", seeds, 30)
        for seeds in ((0,), (1,), (0, 1))
    )
    for name in recipes:
        assert len(both[name]) == 10
        means = [(a + b) / 2 for a, b in zip(one[name], two[name], strict=True)]
        assert both[name] == pytest.approx(means, rel=1e-5)
    assert both["vae"][0] < 0.02 * both["vae"][-1]
    assert both["pool-avg"][0] > both["pool-avg"][-1]


def test_what_is_kept_of_runs_is_what_the_page_would_compute(quick) -> None:
    recipes = {"vae": study.on_topics("vae")}
    asked = requests_for(recipes, "topics-5", "light", (0, 1))
    found = study.dispersions(asked, (0, 10))
    frames = study.watch(recipes, "topics-5", "light", (0, 1), (0, 10))
    assert found["vae"] == [study.dispersion_rows(each) for each in frames["vae"]]
    runs = run_all(recipes, "topics-5", "light", (0, 1))["vae"]
    shares = [studies.accuracy(run, "mean", learn="valid") for run in runs]
    assert study.topic_shares(runs, "mean") == shares
    one, _ = study.order_effects(runs[0], 5, (1, 2))
    effect = order_effect(runs[0].model(), runs[0].corpus().test.first(5), samples=1)
    assert OrderEffect(**one).rise == pytest.approx(effect.rise)
