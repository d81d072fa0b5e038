"""Every system of the book, one line each: which of the five places it changes, and how."""

from dataclasses import dataclass, replace

from collapse.decoders import Decoder, LSTMDecoder
from collapse.encoders import LSTMEncoder, NoEncoder
from collapse.objectives import Constant, Cyclical, FreeBits, Linear, Schedule
from collapse.parts import Part, Sizes
from collapse.pooling import LastState
from collapse.posteriors import DiagonalGaussian, NoLatent, Posterior
from collapse.training.strategies import Joint, Strategy
from collapse.vae import VAE


@dataclass(frozen=True)
class Recipe:
    """One training step with its five places filled.

    tokens x -> 1 encoder, features -> 2 posterior q(z|x) -> z -> 4 decoder
                                           |                         |
                                    KL(q || prior) -> 3 objective <- log p(x|z)
                                                           |
                                                      5 strategy
    """

    encoder: Part = Part(LSTMEncoder)  # place 1
    features: Part = Part(LastState)  # place 1
    posterior: Part[Posterior] = Part(DiagonalGaussian)  # place 2
    kl_weight: Schedule = Constant(1.0)  # place 3
    free_bits: FreeBits | None = None  # place 3
    decoder: Part[Decoder] = Part(LSTMDecoder)  # place 4
    strategy: Strategy = Joint()  # place 5

    def build(self, sizes: Sizes) -> VAE:
        """The model, with the initial weights that PyTorch gives it."""
        posterior = self.posterior.build(sizes)
        seen = replace(sizes, latent=posterior.latent)  # a language model has no z to see
        encoder, features = self.encoder.build(sizes), self.features.build(sizes)
        return VAE(encoder, features, posterior, self.decoder.build(seen))


def changes(recipe: Recipe) -> str:
    """Which places a recipe fills differently from the plain VAE, for a person to read."""
    plain, own = vars(Recipe()), vars(recipe)
    return ", ".join(f"{k}={v}" for k, v in own.items() if v != plain[k]) or "the plain VAE"


RECIPES: dict[str, Recipe] = {
    "lm": Recipe(encoder=Part(NoEncoder), posterior=Part(NoLatent)),
    "vae": Recipe(),
    "vae-anneal": Recipe(kl_weight=Linear(start=0.1, epochs=10.0)),
    "vae-cyclical": Recipe(kl_weight=Cyclical(period=5.0)),
    "beta-vae-0.4": Recipe(kl_weight=Constant(0.4)),
    "beta-vae-0.2": Recipe(kl_weight=Constant(0.2)),
    "free-bits-0.5": Recipe(free_bits=FreeBits(target=0.5)),
    "free-bits-4": Recipe(free_bits=FreeBits(target=4.0)),
    "word-dropout": Recipe(decoder=Part(LSTMDecoder, word_dropout=0.5)),
}
