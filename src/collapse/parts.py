"""A part: one class of one place with its options, before the sizes are known."""

import inspect
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar

from torch import nn

from collapse.base.errors import CollapseError, check_name_in

_ANY_NUMBER = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

Place = TypeVar("Place", bound=nn.Module)


@dataclass(frozen=True)
class Sizes:
    """The numbers that every place agrees on.

    Attributes:
        vocabulary: number of token types, markers included.
        embedding: width of a token embedding.
        hidden: width of the recurrent states.
        latent: dimensions of z; 0 for a model without a latent variable.
        context: width of the features of a dialogue's context; 0 where there is none.
        reply: width of those of the reply.
    """

    vocabulary: int
    embedding: int
    hidden: int
    latent: int
    context: int = 0
    reply: int = 0


class Part(Generic[Place]):
    """``Part(BatchNormGaussian, gamma=0.6)``: what to build once the sizes are known.

    The class of a place takes the sizes first and its options by keyword. A part compares and
    prints by value, so that a recipe can be read, hashed into a run's identity, and stored.

    Raises:
        CollapseError: for what is no class of a module, a class that takes no sizes, or an option
            that the class does not have.
    """

    def __init__(self, cls: type[Place], /, **options: object) -> None:
        if not isinstance(cls, type) or not issubclass(cls, nn.Module):
            raise CollapseError(
                "A part is a class derived from torch.nn.Module, with its options by keyword, as "
                f"Part(LSTMEncoder, width=3); got {cls!r}."
            )
        self.cls = cls
        self.options = options
        allowed = inspect.signature(cls).parameters
        first = next(iter(allowed.values()), None)
        if first is None or first.kind is first.KEYWORD_ONLY:
            takes = "nothing" if first is None else f"{first.name} by keyword alone"
            raise CollapseError(
                f"{cls.__name__} must take the sizes first, as def __init__(self, sizes, *, "
                f"option=1); its __init__ takes {takes}."
            )
        if any(p.kind is p.VAR_KEYWORD for p in allowed.values()):
            return
        for name in options:
            check_name_in(list(allowed)[1:], name, f"option of {cls.__name__}")

    def check(self) -> None:
        """Refuse a part that cannot be built.

        Raises:
            CollapseError: naming the options that the class asks for and the part has not.
        """
        _, *parameters = inspect.signature(self.cls).parameters.values()
        asked = [p.name for p in parameters if p.default is p.empty and p.kind not in _ANY_NUMBER]
        missing = [name for name in asked if name not in self.options]
        if missing:
            raise CollapseError(
                f"{self.cls.__name__} needs {' and '.join(missing)}: Part({self.cls.__name__}, "
                f"{', '.join(f'{name}=...' for name in missing)}); got {self}."
            )

    def build(self, sizes: Sizes) -> Place:
        """Make the module.

        Raises:
            CollapseError: for a part without an option that its class asks for, or a class that
                does not set itself up as a module, or not as its base asks.
        """
        self.check()
        try:
            built = self.cls(sizes, **self.options)
        except (AttributeError, TypeError) as error:
            if advice := start_advice(self.cls, error):
                raise CollapseError(advice) from error
            raise
        if "_modules" not in vars(built):
            raise CollapseError(first_of_all(self.cls))
        return built

    def __repr__(self) -> str:
        options = "".join(f", {name}={brief(value)}" for name, value in self.options.items())
        return f"Part({self.cls.__name__}{options})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and (self.cls, self.options) == (other.cls, other.options)

    def __hash__(self) -> int:
        return hash(repr(self))


def first_of_all(cls: type) -> str:
    """The sentence for a class that begins without its base."""
    return (
        f"{cls.__name__}.__init__ must call {call_of_base(cls)} before all else: PyTorch keeps a "
        "module's parameters there."
    )


def start_advice(cls: type, error: Exception) -> str | None:
    """The sentence for an ``__init__`` that does not call that of its base, or not as it asks.

    Args:
        cls: the class that was to be made.
        error: what Python said; None comes back where it speaks of something else.
    """
    if "before Module.__init__() call" in str(error):
        return first_of_all(cls)
    called = str(error).partition(".__init__()")[0].rpartition(".")[2]
    if called not in {base.__name__ for base in cls.__mro__}:
        return None
    return (
        f"{cls.__name__} cannot be made: {error}. It must take the sizes first and begin with what "
        f"its base asks for: def __init__(self, sizes): {call_of_base(cls)}."
    )


def call_of_base(cls: type) -> str:
    """How the ``__init__`` of a class calls that of its base."""
    (base, *_) = (kind for kind in cls.__mro__[1:] if "__init__" in vars(kind))
    return f"super().__init__({'sizes' if 'sizes' in inspect.signature(base).parameters else ''})"


def brief(value: object) -> str:
    """As ``repr``, but a dataclass leaves out the fields that have their default.

    A run's identity is made of such texts: a field that is added later, with the default that
    does what was done before, leaves every earlier identity as it was.
    """
    if not is_dataclass(value) or isinstance(value, type):
        return repr(value)
    pairs = ((f, getattr(value, f.name)) for f in fields(value))
    changed = ", ".join(f"{f.name}={brief(v)}" for f, v in pairs if v != default_of(f))
    return f"{type(value).__name__}({changed})"


def default_of(field: Field) -> Any:
    """What a field of a dataclass holds unless told otherwise; ``MISSING`` if it must be told."""
    return field.default if field.default_factory is MISSING else field.default_factory()
