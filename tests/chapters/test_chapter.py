"""The settings of a chapter's own runs."""

from dataclasses import replace

from collapse.chapters import chapter
from collapse.objectives import Constant
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


def test_the_model_that_reads_back_is_charged_little_and_keeps_its_last_epoch() -> None:
    recipes, found = chapter.reads_back("yelp-sentiment", "full")
    assert recipes["reads-back"].kl_weight == Constant(0.02)
    assert (found.training.keep, found.training.epochs, found.latent) == ("last", 3, 64)
    assert chapter.reads_back("yelp-sentiment", "smoke")[1].training.epochs == 1
