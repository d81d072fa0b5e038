"""The settings of a chapter's own runs."""

from dataclasses import replace

from collapse.chapters import chapter
from collapse.runs.settings import settings_for


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
