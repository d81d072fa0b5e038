"""What appendix 7a makes of its runs, beside the same from the functions that it calls."""

import pytest
import torch

from collapse import metrics, run
from collapse.chapters.keeping import written_study
from collapse.runs.run import Run


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return {name: run(name, "topics-25", "smoke", 0) for name in ("vae", "lm")}


def test_qualities_are_those_of_the_decodings(runs) -> None:
    model = runs["vae"].model()
    found = written_study.qualities(runs["vae"], runs["lm"], 4, [1, 2])
    for seed, each in zip((1, 2), found, strict=True):
        texts = metrics.decode(model, metrics.between_prior_draws(model, 4, seed=seed))
        direct = metrics.quality(texts, runs["vae"].corpus().train, runs["lm"].model())
        assert each["perplexity"] == pytest.approx(direct.perplexity)
        assert each["entropy"] == pytest.approx(direct.entropy)
        assert each["seen-2"] == direct.seen[2]
        assert each["dist-3"] == direct.distinct[3]


def test_a_line_has_five_sentences_and_is_the_same_again(runs) -> None:
    line = written_study.line_of(runs["vae"], 3)
    assert len(line) == 5
    assert line == written_study.line_of(runs["vae"], 3)
    assert line != written_study.line_of(runs["vae"], 4)


def test_codes_that_tell_the_topic_are_told_apart(runs, monkeypatch) -> None:
    shares = written_study.accuracies(runs["vae"], [8, 16], 3, 0)
    assert len(shares) == 2
    assert all(0 <= share <= 1 for share in shares)

    def told(model, documents):
        return torch.nn.functional.one_hot(torch.as_tensor(documents.labels)).float()

    monkeypatch.setattr(written_study.metrics, "frozen_features", told)
    assert written_study.accuracies(runs["vae"], [16], 3, 0)[0] > 0.9
