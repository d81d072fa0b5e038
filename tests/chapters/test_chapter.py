"""What a chapter asks for: recipes with settings of their own."""

from dataclasses import replace

import pytest

from collapse.chapters import chapter
from collapse.recipes import RECIPES
from collapse.runs.request import Request
from collapse.runs.settings import settings_for


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What would have been computed."""
    seen: list[Request] = []
    monkeypatch.setattr(chapter, "perform_all", seen.extend)
    return seen


def test_only_the_named_fields_of_training_change() -> None:
    usual = settings_for("toy-reviews", "light")
    found = chapter.training_with("toy-reviews", "light", epochs=7, batching="bucket")
    assert (found.training.epochs, found.training.batching) == (7, "bucket")
    assert found.training.learning_rate == usual.training.learning_rate
    assert found.latent == usual.latent
    few = chapter.training_with("synthetic", "light", likelihood_documents=12)
    assert few == replace(settings_for("synthetic", "light"), likelihood_documents=12)


def test_nothing_that_is_asked_for_makes_the_smoke_scale_long() -> None:
    found = chapter.training_with("synthetic", "smoke", likelihood_documents=200, epochs=9)
    assert (found.training.epochs, found.likelihood_documents) == (1, 2)


def test_variants_have_their_own_settings_or_the_common_ones(asked: list[Request]) -> None:
    short = chapter.training_with("synthetic", "light", epochs=3)
    large = chapter.training_with("synthetic", "light", epochs=3, batch_size=128)
    variants = {"mine": RECIPES["vae"], "large": (RECIPES["vae"], large)}
    runs = chapter.run_own(variants, "synthetic", "light", (0, 4), short)
    assert [(one.name, one.seed) for one in asked] == [
        ("mine", 0),
        ("mine", 4),
        ("large", 0),
        ("large", 4),
    ]
    assert [one.settings for one in asked] == [short, short, large, large]
    assert [run.request for run in runs["large"]] == asked[2:]
    assert len({one.identity for one in asked}) == 4
