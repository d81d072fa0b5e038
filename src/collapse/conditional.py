"""The recipe of a conditional VAE: the same places, filled for dialogue."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from collapse.base.errors import CollapseError
from collapse.cvae import CVAE
from collapse.decoders import Decoder, GRUDecoder
from collapse.encoders import DialogueEncoder
from collapse.objectives import Objective
from collapse.parts import Part, Sizes
from collapse.pooling import BothEnds
from collapse.posteriors import ConditionalGaussian
from collapse.recipe import Recipe
from collapse.system import System


@dataclass(frozen=True)
class ConditionalRecipe(Recipe):
    """One training step of a conditional VAE, with its five places filled.

    context x, reply y -> 1 encoder, features -> 2 q(z|x,y) -> z -> 4 decoder <- x
                    x  -> 1 encoder, features -> 2 p(z|x)                |
                                     KL(q || p) [+ KL(p || r)] -> 3 objective <- log p(y|x,z)
                                                                     |
                                                                5 strategy
    """

    encoder: Part[Any] = Part(DialogueEncoder)  # place 1
    features: Part = Part(BothEnds)  # place 1
    posterior: Part[Any] = Part(ConditionalGaussian)  # place 2
    tied: bool = False  # place 3: KL(p(z|x) || r), Zhu et al. (2020), Eq. 11
    bag: Part | None = None  # place 3: Part(BagOfWords)
    decoder: Part[Decoder] = Part(GRUDecoder)  # place 4

    model: ClassVar[str] = "CVAE"

    def __post_init__(self) -> None:
        if self.divergence:
            raise CollapseError(
                f"A conditional recipe is charged the KL to its learned prior; {self.divergence} "
                "has no place in it."
            )

    def build(self, sizes: Sizes) -> System:
        """The model and its objective, with the initial weights that PyTorch gives them."""
        encoder = self.encoder.build(sizes)
        widths = {"context": encoder.width, "reply": encoder.utterance_width}
        posterior = Part(self.posterior.kind, **self.posterior.options, **widths).build(sizes)
        code = replace(sizes, latent=posterior.latent + encoder.width)
        features, decoder = self.features.build(sizes), self.decoder.build(code)
        bow = self.bag.build(code) if self.bag else None
        objective = Objective(self.kl_weight, self.free_bits, prior_kl=self.tied, bow=bow)
        return System(CVAE(encoder, features, posterior, decoder), objective)
