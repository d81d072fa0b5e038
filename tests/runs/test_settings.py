"""The page on the full scale says what the settings are."""

from dataclasses import replace

import pytest

from collapse.base.errors import RunError, UnknownNameError
from collapse.data import CORPORA
from collapse.objectives import Linear
from collapse.recipes import RECIPES
from collapse.runs.cpu_advice import advice, operations_per_token
from collapse.runs.execute import load_corpus
from collapse.runs.request import corpus_identity, make_request
from collapse.runs.settings import PROTOCOLS, SCALES, SETTINGS, SIZED, base_scale, settings_for
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


def test_the_smaller_scales_follow_the_page() -> None:
    rows = {line.split("|")[1].strip(" `"): line for line in PAGE.splitlines() if "|" in line}
    for scale in ("light", "medium"):
        s, sizes = settings_for("yelp-sentiment", scale), CORPORA["yelp-sentiment"].scales[scale]
        assert f"{sizes[0]:,} sentences, {sizes[3]:,} words" in rows[scale]
        assert f"LSTM {s.hidden}, {s.latent} latent dimensions" in rows[scale]
        assert f"{s.training.epochs} epochs" in rows[scale]
    loop = settings_for("ptb", "medium").training
    assert f"rate {loop.learning_rate:g}, halved when an epoch is no better" in rows["medium"]
    assert f"not before epoch {loop.plateau.first_epoch}" in rows["medium"]
    assert f"after {loop.plateau.max_decays} decays" in rows["medium"]
    assert (loop.plateau.patience, loop.plateau.factor) == (1, 0.5)


def test_annealing_follows_the_page() -> None:
    assert RECIPES["vae-anneal"].kl_weight == Linear(start=0.1, epochs=10.0)
    assert "weight from 0.1 to 1 over 10 epochs" in PAGE


def test_every_corpus_has_every_scale() -> None:
    assert all(tuple(scales) == SIZED for scales in SETTINGS.values())
    assert SCALES[5:] == tuple(f"full-{paper}" for paper in PROTOCOLS)


@pytest.mark.parametrize("scale", SCALES[5:])
def test_variants_differ_from_full_only_in_what_the_page_says(scale: str) -> None:
    full, own = settings_for("yahoo", "full"), settings_for("yahoo", scale)
    row = next(line for line in PAGE.splitlines() if f"`{scale}`" in line)
    rule, loop = own.training.plateau, own.training
    assert f"decay after {rule.patience} epochs" in row
    assert ("rate 0.5" in row) == (loop.learning_rate == 0.5)
    assert ("at most 120 epochs" in row) == (loop.epochs == 120)
    back = replace(
        loop,
        learning_rate=full.training.learning_rate,
        epochs=full.training.epochs,
        plateau=replace(rule, patience=full.training.plateau.patience),
    )
    assert replace(own, training=back) == full


def test_a_variant_is_the_same_data_in_a_run_of_its_own() -> None:
    assert base_scale("full-zhu2020") == "full"
    full, own = make_request("vae", scale="full"), make_request("vae", scale="full-zhu2020")
    assert full.identity != own.identity
    assert corpus_identity("yahoo", "full-zhu2020") == corpus_identity("yahoo", "full")
    with pytest.raises(UnknownNameError, match="full-zhu2020"):
        settings_for("yahoo", "full-zhu2021")


def test_the_advice_counts_operations_and_says_what_to_do() -> None:
    # Six matrices of a token: four gates of two LSTMs from input and state, and the output layer.
    small = replace(settings_for("yahoo", "full"), embedding=2, hidden=3, latent=1)
    by_hand = 2 * (4 * 3 * (2 + 3) + 4 * 3 * (3 + 3) + 3 * 10)
    assert operations_per_token(small, 10) == by_hand
    corpus = load_corpus("synthetic", "light")
    said = advice(make_request("vae", settings=small, scale="full"), corpus)
    assert f"An epoch of {corpus.train.lengths.sum():,} tokens takes at least" in said
    assert "up to 100 epochs" in said


@pytest.mark.parametrize("corpus", ["topics-5", "toy-dialogue"])
def test_a_variant_of_another_protocol_is_refused(corpus: str) -> None:
    """It would be the scale full under another name, or a step that fits another optimiser."""
    with pytest.raises(
        RunError, match=r"trained by another one, with adam\. Take the scale 'full'"
    ):
        settings_for(corpus, "full-zhu2020")
