"""A training step on pictures, with its places filled."""

from dataclasses import dataclass, replace

from torch import nn
from torch.distributions import Distribution

from collapse.base.errors import CollapseError, checked_fields
from collapse.data.documents import Batch
from collapse.images.pixelcnn import PixelCNN
from collapse.images.priors import LearnedPrior
from collapse.images.resnet import ResNetEncoder, WholeImage
from collapse.images.sizes import ImageSizes
from collapse.parts import Part, Sizes
from collapse.recipe import Recipe
from collapse.system import System
from collapse.vae import VAE


@checked_fields
@dataclass(frozen=True)
class ImageRecipe(Recipe):
    """One training step on pictures of two tones, with its five places filled::

        pixels x -> 1 encoder -> 2 posterior q(z|x) -> z -> 4 decoder p(pixel | pixels before, z)
                                 |      prior p(z)               |
                                 KL(q || prior) -> 3 objective <- log p(x|z)
                                                       |
                                                  5 strategy

    Attributes:
        prior: place 2: a prior that is learned, in place of the posterior's own N(0, I).
        side: of the pictures, in pixels; None is filled in from the corpus when a run is asked for.
    """

    encoder: Part = Part(ResNetEncoder)
    features: Part = Part(WholeImage)
    decoder: Part = Part(PixelCNN)
    prior: Part[LearnedPrior] | None = None
    side: int | None = None

    model = "VAE of images"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.prior is not None:
            check_prior_part(self.prior)

    def build(self, sizes: Sizes) -> System:
        """The model and its objective, with the initial weights that PyTorch gives them.

        Raises:
            CollapseError: where nothing says how large the pictures are.
        """
        if self.side is None:
            raise CollapseError(
                "An image recipe is built for pictures of one size: replace(recipe, side=28). "
                "run() fills it in from the corpus."
            )
        system = super().build(ImageSizes(**vars(sizes), side=self.side))
        if self.prior is None:
            return system
        prior = self.prior.build(ImageSizes(**vars(sizes), side=self.side))
        return System(VAEWithPrior(system.model, prior), system.objective)


class VAEWithPrior(VAE):
    """A VAE whose prior is learned; it belongs to the generator.

    Args:
        model: the places 1, 2 and 4.
        learned_prior: what gives p(z).
    """

    def __init__(self, model: VAE, learned_prior: LearnedPrior) -> None:
        super().__init__(model.encoder, model.features, model.posterior, model.decoder)
        self.learned_prior = learned_prior

    def prior(self, batch: Batch | None = None) -> Distribution:
        """p(z); samples are ``(latent,)``. It is the same for every batch."""
        return self.learned_prior(self)

    def generator_parameters(self) -> list[nn.Parameter]:
        """The parameters of p(x|z) and of p(z) itself."""
        return [*super().generator_parameters(), *self.learned_prior.parameters()]


def check_prior_part(part: object) -> None:
    """Refuse what is no learned prior.

    Raises:
        CollapseError: naming the value and what belongs there.
    """
    if not isinstance(part, Part) or not issubclass(part.cls, LearnedPrior):
        raise CollapseError(
            "The place prior holds a part whose class is derived from LearnedPrior, as "
            f"prior=Part(VampPrior, components=50), or None; got {part!r}."
        )
    part.check()


def for_pictures_of(recipe: Recipe, side: int | None, corpus: object) -> Recipe:
    """The recipe with the side of a corpus's pictures filled in; one for text as it is.

    Args:
        recipe: of images or of text.
        side: of the corpus's pictures; None for texts.
        corpus: for the message.

    Raises:
        CollapseError: for an image recipe on texts, or on pictures of another size than it says.
    """
    if not isinstance(recipe, ImageRecipe):
        return recipe
    if side is None or recipe.side not in (None, side):
        held = "texts" if side is None else f"pictures of {side} pixels a side"
        raise CollapseError(
            f"An image recipe{f' of side {recipe.side}' if recipe.side else ''} reads pictures; "
            f"the corpus {str(corpus)!r} has {held}. Take 'bars' or 'omniglot', and leave the side "
            "out."
        )
    return replace(recipe, side=side)
