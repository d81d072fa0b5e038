"""Which settings a corpus has at a scale."""

from dataclasses import replace
from typing import Any

from collapse.base.errors import RunError, check_name_in, choose
from collapse.data import AnyCorpus, OwnCorpus, documents_for
from collapse.data.corpora import side_of_pictures
from collapse.runs.settings.sizes import (
    LIGHT,
    PAPER,
    PICTURES,
    SETTINGS,
    SHORT_TEXT,
    TEXT,
    Settings,
)

SCALES = ("smoke", "light", "medium", "colab", "full", "full-zhu2020", "full-song2024")
ON_CPU = ("smoke", "light", "medium")  # where runs repeat to the bit

# Of a corpus of one's own:
BRIEF = 15  # tokens of a document: up to here documents are short
FEW_TOKENS = 500_000  # of the training split: with fewer the corpus is small
LONG = 400  # tokens of a document: longer ones are not padded to one another
ALIKE = 8  # documents of a length: as many are worth a batch of their own

# What later papers change in the protocol of He et al. (2019), beside a patience of 5 epochs.
LATER_DECAY = 5
PROTOCOLS: dict[str, dict[str, Any]] = {
    "zhu2020": {"learning_rate": 0.5},  # the released code of BN-VAE and of Li et al. (2019)
    "song2024": {"epochs": 120},  # Scale-VAE; its text names no other difference
}
PAPER_SCALES = {f"full-{paper}": changes for paper, changes in PROTOCOLS.items()}


def smoke(light: Settings, colab: Settings) -> Settings:
    """The light settings made so small that a run takes a second and learns nothing.

    The code has the size that it has at the scale ``colab``: a page that has typed the size of the
    light scale where it must ask for it stops in the tests.
    """
    return replace(
        light,
        embedding=8,
        hidden=8,
        latent=colab.latent,
        training=replace(light.training, epochs=1),
        iw_samples=2,
        likelihood_documents=8,
    )


def own_settings(own: OwnCorpus) -> dict[str, Settings]:
    """By scale, the settings of a corpus of one's own: those of the package's corpora of its size.

    At full scale they are those of ``yelp-sentiment`` where documents are short (``BRIEF``) or few
    (``FEW_TOKENS``), else those of ``ptb``. At light scale a corpus that is smaller than what the
    scale takes is gone through more often, up to ten times. Batches hold documents of one length
    where there are ``ALIKE`` or more of a length on average, else random documents; but documents
    longer than ``LONG`` are never padded to one another.
    """
    small = own.counts.median <= BRIEF or own.counts.tokens < FEW_TOKENS
    often = min(max(own.most("light")[0] // own.sizes("light")[0], 1), 10)
    light = replace(LIGHT, training=replace(LIGHT.training, epochs=often * LIGHT.training.epochs))
    by_scale = {**(SHORT_TEXT if small else TEXT), "light": light}
    return {
        scale: replace(given, training=replace(given.training, batching=own_batching(own, scale)))
        for scale, given in by_scale.items()
    }


def own_batching(own: OwnCorpus, scale: str) -> str:
    """How batches of a corpus of one's own are cut."""
    alike = own.sizes(scale)[0] / own.counts.lengths
    return "bucket" if alike >= ALIKE or own.counts.longest > LONG else "random"


def settings_for(corpus: AnyCorpus, scale: str) -> Settings:
    """The settings of a corpus at a scale; for one of your own those that its size suggests.

    Args:
        corpus: a name, a path to texts of your own, or a corpus.
        scale: a name from ``SCALES``.

    Raises:
        UnknownNameError: naming the valid corpora or scales.
        DataError: for a path that cannot be read.
        RunError: for a paper's variant of a protocol that the corpus does not have.
    """
    check_name_in(SCALES, scale, "scale")
    corpus = documents_for(corpus, base_scale(scale))
    if isinstance(corpus, OwnCorpus):
        by_scale = PICTURES if side_of_pictures(corpus) else own_settings(corpus)
    else:
        by_scale = choose(corpus, SETTINGS, "corpus")
    if scale == "smoke":
        return smoke(by_scale["light"], by_scale["colab"])
    settings = by_scale[base_scale(scale)]
    if scale not in PAPER_SCALES:
        return settings
    if settings.training.optimizer != PAPER.training.optimizer:
        raise RunError(
            f"The scale {scale!r} changes the protocol of He et al. (2019) as that paper does; "
            f"{corpus} is trained by another one, with {settings.training.optimizer}. Take the "
            "scale 'full'."
        )
    plateau = replace(settings.training.plateau, patience=LATER_DECAY)
    return replace(
        settings, training=replace(settings.training, plateau=plateau, **PAPER_SCALES[scale])
    )


def base_scale(scale: str) -> str:
    """The scale that decides sizes and data: "full" for every variant of it."""
    return "full" if scale in PAPER_SCALES else scale
