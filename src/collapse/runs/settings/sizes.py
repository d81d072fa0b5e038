"""What a recipe leaves open, and the table of it: sizes and protocol by corpus and scale."""

from dataclasses import dataclass, field, replace

from collapse.base.errors import checked_fields
from collapse.data.generated.topics import FILLERS
from collapse.training import Plateau, Training
from collapse.vae import Range

SIZED = ("light", "medium", "colab", "full")  # the scales whose settings are in the table


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
