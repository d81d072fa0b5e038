"""Scales: the sizes and the protocol of a run, by corpus.

``smoke`` is for tests: one epoch of tiny models, so that a page runs from top to bottom and nothing
is learned; its numbers are no results. ``light`` is for a CPU and seconds; ``medium`` trains on
real text until validation stops improving, ten minutes of a CPU; ``colab`` is for a small GPU and
minutes; ``full`` is the papers' protocol, that of He et al. (2019) with the refinements of
its released code. Where a later paper differs, ``full-`` with its name is the same data under that
paper's protocol.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from collapse.base.errors import RunError, check_name_in, checked_fields, choose
from collapse.data import AnyCorpus, OwnCorpus, documents_for
from collapse.data.corpora import side_of_pictures
from collapse.data.generated.topics import FILLERS
from collapse.training import Plateau, Training
from collapse.vae import Range


@checked_fields
@dataclass(frozen=True)
class Settings:
    """What a recipe leaves open.

    Attributes:
        embedding: width of word embeddings.
        hidden: width of the LSTMs.
        latent: dimensions of z.
        init_weights: weights start from U(-this, this), or from U(low, high) of a pair.
        init_embeddings: likewise for embeddings.
        training: the loop.
        iw_samples: importance samples for the likelihood where z has more than two dimensions.
        likelihood_documents: the first so many test documents carry the likelihood; None is all.
    """

    embedding: int
    hidden: int
    latent: int
    init_weights: Range = 0.01
    init_embeddings: Range = 0.1
    training: Training = field(default_factory=Training)
    iw_samples: int = 500
    likelihood_documents: int | None = None


SCALES = ("smoke", "light", "medium", "colab", "full", "full-zhu2020", "full-song2024")
ON_CPU = ("smoke", "light", "medium")  # where runs repeat to the bit
SIZED = ("light", "medium", "colab", "full")  # those whose settings are in the table below

# He et al. (2019), Appendix B.1, at every scale: only the data set differs.
SYNTHETIC = Settings(embedding=50, hidden=50, latent=1)

# Text. The papers' protocol, Appendix B.2 of He et al. (2019) and its released code: batches of
# one length, no decay before epoch 15. The light one is ours, small and short, its batches cut the
# same way: with SGD at this length the encoder learns nothing at all, even when the KL costs
# nothing, so it uses Adam, and U(-0.1, 0.1) for all weights as in the code of Kim et al. (2018).
PAPER = Settings(
    embedding=512,
    hidden=1024,
    latent=32,
    training=Training(
        batching="bucket",
        epochs=100,
        plateau=Plateau(patience=2, first_epoch=15),
        precision="tf32",
    ),
)
SHORT = replace(PAPER, embedding=128, hidden=512)  # Li et al. (2019), for short Yelp sentences
COLAB = replace(
    PAPER, embedding=128, hidden=256, latent=16, iw_samples=100, likelihood_documents=1000
)
LIGHT = Settings(
    embedding=64,
    hidden=64,
    latent=8,
    init_weights=0.1,
    training=Training(optimizer="adam", learning_rate=5e-3, batching="bucket", epochs=4),
    iw_samples=50,
    likelihood_documents=200,
)
# Ours, too: as far as ten minutes on one core reach. The rate is not halved while the usual
# annealing over ten epochs is under way.
MEDIUM = replace(
    LIGHT,
    hidden=128,
    latent=16,
    training=replace(
        LIGHT.training,
        learning_rate=2e-3,
        epochs=20,
        plateau=Plateau(patience=1, first_epoch=11, max_decays=3),
    ),
    iw_samples=100,
    likelihood_documents=500,
)

# The topics and their noise, ours: small and without dropout (the recipes of chapter 4 say so). The
# weights of the last epoch are kept and the rate is never halved. Validation hides no words, so it
# would choose an epoch before the code is used: there the topic is worth no more than its price.
TOPICS_SETTINGS = Settings(
    embedding=32,
    hidden=32,
    latent=2,
    init_weights=0.1,
    likelihood_documents=8,
    training=Training(
        optimizer="adam",
        learning_rate=3e-3,
        batch_size=64,
        epochs=20,
        plateau=Plateau(first_epoch=1000),
        keep="last",
    ),
)

# The generated exchanges, ours: small, and the rate falls once, when the second half has begun.
TOY_DIALOGUE = Settings(
    embedding=30,
    hidden=50,
    latent=2,
    init_weights=0.1,
    iw_samples=200,
    training=Training(
        optimizer="adam",
        learning_rate=2e-3,
        epochs=20,
        plateau=Plateau(patience=1, first_epoch=12, factor=0.3),
    ),
)

# Telephone talk. Full is the protocol of Zhao et al. (2017), with our plateau rule in place of
# their patience; the others are ours.
SWITCHBOARD = Settings(
    embedding=200,
    hidden=400,
    latent=200,
    init_weights=0.08,
    init_embeddings=0.08,
    iw_samples=100,
    likelihood_documents=1000,
    training=Training(
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=30,
        epochs=60,
        plateau=Plateau(patience=2, max_decays=3),
        precision="tf32",
    ),
)
SWITCHBOARD_COLAB = replace(
    SWITCHBOARD,
    embedding=100,
    hidden=200,
    latent=50,
    training=replace(SWITCHBOARD.training, epochs=10),
)
SWITCHBOARD_LIGHT = replace(
    SWITCHBOARD,
    embedding=32,
    hidden=48,
    latent=8,
    iw_samples=20,
    likelihood_documents=200,
    training=Training(optimizer="adam", learning_rate=3e-3, epochs=4),
)
SWITCHBOARD_MEDIUM = replace(
    SWITCHBOARD_LIGHT,
    embedding=64,
    hidden=96,
    latent=16,
    iw_samples=50,
    likelihood_documents=500,
    training=replace(SWITCHBOARD_LIGHT.training, epochs=10, learning_rate=2e-3),
)
TELEPHONE = {
    "light": SWITCHBOARD_LIGHT,
    "medium": SWITCHBOARD_MEDIUM,
    "colab": SWITCHBOARD_COLAB,
    "full": SWITCHBOARD,
}

# Pictures. Full is the protocol of He et al. (2019), Appendix B.3, and of its code for OMNIGLOT:
# `hidden` is the number of feature maps, `embedding` the width of what the encoder makes of a
# picture. Convolutions start as PyTorch has them, and so does the map to q(z|x).
OMNIGLOT = Settings(
    embedding=512,
    hidden=64,
    latent=32,
    init_weights=0.044,
    training=Training(
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=50,
        epochs=500,
        plateau=Plateau(patience=20),
        precision="tf32",
    ),
)
# Ours, for a CPU: fewer maps, fewer epochs, a higher rate.
PICTURES_LIGHT = replace(
    OMNIGLOT,
    embedding=64,
    hidden=8,
    latent=8,
    init_weights=0.125,
    iw_samples=50,
    likelihood_documents=200,
    training=Training(optimizer="adam", learning_rate=3e-3, batch_size=50, epochs=10),
)
PICTURES_MEDIUM = replace(
    PICTURES_LIGHT,
    embedding=128,
    hidden=16,
    latent=16,
    init_weights=0.088,
    iw_samples=100,
    training=replace(
        PICTURES_LIGHT.training, learning_rate=2e-3, epochs=30, plateau=Plateau(max_decays=3)
    ),
)
PICTURES = {
    "light": PICTURES_LIGHT,
    "medium": PICTURES_MEDIUM,
    "colab": replace(
        OMNIGLOT,
        hidden=32,
        iw_samples=100,
        likelihood_documents=1000,
        training=replace(OMNIGLOT.training, epochs=30, plateau=Plateau(patience=5)),
    ),
    "full": OMNIGLOT,
}

# Of a corpus of one's own:
BRIEF = 15  # tokens of a document: up to here documents are short
FEW_TOKENS = 500_000  # of the training split: with fewer the corpus is small
LONG = 400  # tokens of a document: longer ones are not padded to one another
ALIKE = 8  # documents of a length: as many are worth a batch of their own

TEXT = {"light": LIGHT, "medium": MEDIUM, "colab": COLAB, "full": PAPER}
SHORT_TEXT = {**TEXT, "full": SHORT}

SETTINGS: dict[str, dict[str, Settings]] = {
    "synthetic": {
        "light": SYNTHETIC,
        "medium": SYNTHETIC,
        "colab": SYNTHETIC,
        "full": replace(SYNTHETIC, training=Training(epochs=30)),
    },
    **{f"topics-{filler}": dict.fromkeys(SIZED, TOPICS_SETTINGS) for filler in FILLERS},
    "toy-dialogue": dict.fromkeys(SIZED, TOY_DIALOGUE),
    "switchboard": TELEPHONE,
    "switchboard-zhao": TELEPHONE,
    "toy-reviews": SHORT_TEXT,
    "yelp-sentiment": SHORT_TEXT,
    "ptb": TEXT,
    "yahoo": TEXT,
    "yelp": TEXT,
    "imdb": TEXT,
    "bars": PICTURES,
    **dict.fromkeys(("omniglot", "omniglot-raw"), PICTURES),
}


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
