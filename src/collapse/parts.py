"""A part: one class of one place with its options, before the sizes are known."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from torch import nn

Place = TypeVar("Place", bound=nn.Module)


@dataclass(frozen=True)
class Sizes:
    """The numbers that every place agrees on.

    Attributes:
        vocabulary: number of token types, markers included.
        embedding: width of a token embedding.
        hidden: width of the recurrent states.
        latent: dimensions of z; 0 for a model without a latent variable.
    """

    vocabulary: int
    embedding: int
    hidden: int
    latent: int


class Part(Generic[Place]):
    """``Part(BatchNormGaussian, gamma=0.6)``: what to build once the sizes are known.

    The class of a place takes the sizes first and its options by keyword. A part compares and
    prints by value, so that a recipe can be read, hashed into a run's identity, and stored.
    """

    def __init__(self, kind: type[Place], /, **options: object) -> None:
        self.kind = kind
        self.options = options

    def build(self, sizes: Sizes) -> Place:
        """Make the module."""
        return self.kind(sizes, **self.options)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"Part({self.kind.__name__}{options})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))
