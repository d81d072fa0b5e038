"""The page on the full scale says what the settings are."""

import pytest

from collapse.experiments.scales import SCALES, SETTINGS, settings_for
from collapse.objectives import Linear
from collapse.recipes import RECIPES
from notebooks import ROOT

PAGE = (ROOT / "book" / "protocol.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("corpus", ["yahoo", "yelp", "ptb", "imdb"])
def test_long_documents_follow_the_page(corpus: str) -> None:
    full = settings_for(corpus, "full")
    loop, rule = full.training, full.training.plateau
    for said in (
        f"{full.embedding} and {full.hidden} wide",
        f"{full.latent} dimensions",
        f"$U(-{full.init_weights}, {full.init_weights})$",
        f"embeddings $U(-{full.init_embeddings}, {full.init_embeddings})$",
        f"{loop.optimizer.upper()}, rate {loop.learning_rate}, no momentum",
        f"clipped at {loop.clip:g}",
        f"{loop.batch_size} documents of exactly one length",
        f"not improved for {rule.patience} epochs",
        f"not before epoch {rule.first_epoch}",
        f"after {rule.max_decays} decays, or {loop.epochs} epochs",
        f"{full.iw_samples} importance samples",
    ):
        assert said in PAGE, said
    assert loop.batching == "bucket"
    assert full.likelihood_documents is None


def test_short_sentences_and_symbols_follow_the_page() -> None:
    short, symbols = settings_for("yelp-sentiment", "full"), settings_for("synthetic", "full")
    assert f"embedding {short.embedding}, LSTM {short.hidden}" in PAGE
    assert symbols.embedding == symbols.hidden == 50
    assert symbols.latent == 1
    assert "embedding, LSTM 50; one latent dimension" in PAGE


def test_annealing_follows_the_page() -> None:
    assert RECIPES["vae-anneal"].kl_weight == Linear(start=0.1, epochs=10.0)
    assert "weight from 0.1 to 1 over 10 epochs" in PAGE


def test_every_corpus_has_every_scale() -> None:
    assert all(tuple(scales) == SCALES for scales in SETTINGS.values())
