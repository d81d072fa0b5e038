"""The picture of the whole book: one training step, five places to intervene."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from collapse.base.errors import CollapseError
from collapse.cvae import CVAE
from collapse.decoders import Decoder, GRUDecoder, LSTMDecoder
from collapse.encoders import DialogueEncoder, Encoder, LSTMEncoder
from collapse.objectives import Constant, FreeBits, Objective, Regulariser, Schedule
from collapse.parts import Part, Sizes
from collapse.pooling import BothEnds, LastState
from collapse.posteriors import ConditionalGaussian, DiagonalGaussian, Posterior
from collapse.system import System
from collapse.training.strategies import Joint, Strategy
from collapse.vae import VAE


@dataclass(frozen=True)
class Recipe:
    """One training step with its five places filled::

        tokens x -> 1 encoder, features -> 2 posterior q(z|x) -> z -> 4 decoder
                                               |                         |
                                        KL(q || prior) -> 3 objective <- log p(x|z)
                                                               |
                                                          5 strategy

    A place is filled by a part, or by a value that stays the same whatever the sizes are.
    """

    encoder: Part[Encoder] = Part(LSTMEncoder)  # place 1
    features: Part = Part(LastState)  # place 1
    posterior: Part[Posterior] = Part(DiagonalGaussian)  # place 2
    kl_weight: Schedule = Constant(1.0)  # place 3
    free_bits: FreeBits | None = None  # place 3
    regulariser: Part[Regulariser] | None = None  # place 3: what is charged in place of the KL
    decoder: Part[Decoder] = Part(LSTMDecoder)  # place 4
    strategy: Strategy = Joint()  # place 5

    model: ClassVar[str] = "VAE"

    def build(self, sizes: Sizes) -> System:
        """The model and its objective, with the initial weights that PyTorch gives them."""
        encoder = self.encoder.build(sizes)
        read = replace(sizes, hidden=encoder.width)
        features, posterior = self.features.build(read), self.posterior.build(read)
        decoder = self.decoder.build(replace(sizes, latent=posterior.latent))  # 0 without a z
        regulariser = self.regulariser.build(read) if self.regulariser else None
        objective = Objective(self.kl_weight, self.free_bits, regulariser)
        return System(VAE(encoder, features, posterior, decoder), objective)


@dataclass(frozen=True)
class ConditionalRecipe(Recipe):
    """One training step of a conditional VAE, with its five places filled::

        context x, reply y -> 1 encoder, features -> 2 q(z|x,y) -> z -> 4 decoder <- x
                        x  -> 1 encoder, features -> 2 p(z|x)                |
                                         KL(q || p) [+ KL(p || r)] -> 3 objective <- log p(y|x,z)
                                                                         |
                                                                    5 strategy

    The reply takes the place of the document.
    """

    encoder: Part[Any] = Part(DialogueEncoder)  # place 1
    features: Part = Part(BothEnds)  # place 1
    posterior: Part[Any] = Part(ConditionalGaussian)  # place 2
    prior_kl: bool = False  # place 3: KL(p(z|x) || r), Zhu et al. (2020), Eq. 11
    bow: Part | None = None  # place 3: Part(BagOfWords)
    decoder: Part[Decoder] = Part(GRUDecoder)  # place 4

    model: ClassVar[str] = "CVAE"

    def __post_init__(self) -> None:
        if self.regulariser:
            raise CollapseError(
                f"A conditional recipe is charged the KL to its learned prior; {self.regulariser} "
                "has no place in it."
            )

    def build(self, sizes: Sizes) -> System:
        """The model and its objective, with the initial weights that PyTorch gives them."""
        encoder = self.encoder.build(sizes)
        widths = {"context": encoder.width, "reply": encoder.utterance_width}
        posterior = Part(self.posterior.cls, **self.posterior.options, **widths).build(sizes)
        code = replace(sizes, latent=posterior.latent + encoder.width)
        features, decoder = self.features.build(sizes), self.decoder.build(code)
        bow = self.bow.build(code) if self.bow else None
        objective = Objective(self.kl_weight, self.free_bits, prior_kl=self.prior_kl, bow=bow)
        return System(CVAE(encoder, features, posterior, decoder), objective)


def changes(recipe: Recipe) -> str:
    """Which places a recipe fills differently from the plain one of its kind, for a person."""
    plain = vars(type(recipe)())
    changed = ", ".join(f"{k}={v}" for k, v in vars(recipe).items() if v != plain[k])
    return changed or f"the plain {recipe.model}"
