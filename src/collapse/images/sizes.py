"""The numbers that every place of an image model agrees on."""

from dataclasses import dataclass

from collapse.base.errors import CollapseError
from collapse.parts import Sizes


@dataclass(frozen=True)
class ImageSizes(Sizes):
    """Sizes of a model of pictures.

    ``hidden`` is the number of feature maps of its convolutions, ``embedding`` the width of the
    one vector that the encoder makes of a picture.

    Attributes:
        side: of the pictures, in pixels.
    """

    side: int = 0


def side_in(sizes: Sizes, module: str) -> int:
    """The side of the pictures that a module is made for.

    Raises:
        CollapseError: for sizes of text.
    """
    side = getattr(sizes, "side", 0)
    if side < 2:
        raise CollapseError(
            f"{module} is a part of an ImageRecipe, which knows the side of the pictures: at least "
            f"2 pixels; got {sizes}."
        )
    return side
