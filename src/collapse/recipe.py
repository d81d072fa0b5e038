"""The picture of the whole book: one training step, five places to intervene."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import nn

from collapse.base.errors import CollapseError, checked_fields
from collapse.cvae import CVAE
from collapse.decoders import Decoder, GRUDecoder, LSTMDecoder
from collapse.encoders import DialogueEncoder, Encoder, LSTMEncoder
from collapse.objectives import BagOfWords, Constant, FreeBits, Objective, Regulariser, Schedule
from collapse.parts import Part, Sizes
from collapse.pooling import BothEnds, LastState, Pooling
from collapse.posteriors import ConditionalGaussian, DiagonalGaussian, Posterior
from collapse.system import System
from collapse.training.strategies.strategy import Joint, Strategy
from collapse.vae import VAE


@checked_fields
@dataclass(frozen=True)
class Recipe:
    """One training step with its five places filled::

        tokens x -> 1 encoder, features -> 2 posterior q(z|x) -> z -> 4 decoder
                                               |                         |
                                        KL(q || prior) -> 3 objective <- log p(x|z)
                                                               |
                                                          5 strategy

    A place is filled by a part, or by a value that stays the same whatever the sizes are.

    Raises:
        CollapseError: for what does not belong in its place.
    """

    encoder: Part[Encoder] = Part(LSTMEncoder)  # place 1
    features: Part = Part(LastState)  # place 1
    posterior: Part[Posterior] = Part(DiagonalGaussian)  # place 2
    kl_weight: Schedule | Callable[[float], float] = Constant(1.0)  # place 3
    free_bits: FreeBits | None = None  # place 3
    regulariser: Part[Regulariser] | None = None  # place 3: what is charged in place of the KL
    objective: Part[Objective] | None = None  # place 3, the whole of it: a class of one's own
    decoder: Part[Decoder] = Part(LSTMDecoder)  # place 4
    strategy: Strategy = Joint()  # place 5

    model: ClassVar[str] = "VAE"

    def __post_init__(self) -> None:
        for name, kind in MODULES.items():
            if hasattr(self, name):
                check_part(name, getattr(self, name), kind)
        check_values(self)

    def build(self, sizes: Sizes) -> System:
        """The model and its objective, with the initial weights that PyTorch gives them."""
        encoder = self.encoder.build(sizes)
        read = replace(sizes, hidden=size_of(encoder, "width"))
        features, posterior = self.features.build(read), self.posterior.build(read)
        code = replace(sizes, latent=size_of(posterior, "latent"))  # 0 without a z
        decoder = self.decoder.build(code)
        regulariser = self.regulariser.build(read) if self.regulariser else None
        objective = self.place_3(read, regulariser=regulariser)
        return System(VAE(encoder, features, posterior, decoder), objective)

    def place_3(self, sizes: Sizes, **more: object) -> Objective:
        """The objective: what its class has set, and the rest as the recipe says.

        Args:
            sizes: widths.
            more: what the recipe puts into it beside its weight and free bits.

        Raises:
            CollapseError: when the class and the recipe both say something, or the class has set a
                weight that is no schedule, or does not take the sizes itself.
        """
        objective = self.objective.build(sizes) if self.objective else Objective()
        if objective.kl_weight is sizes:
            raise CollapseError(
                f"{type(objective).__name__} is made with the sizes of the run, as every part, and "
                "Objective would take them for the weight of the KL. Give it a start of its own: "
                "def __init__(self, sizes): super().__init__()."
            )
        said = {"kl_weight": self.kl_weight, "free_bits": self.free_bits, **more}
        for name, value in said.items():
            plain, its = getattr(Objective(), name), getattr(objective, name)
            if plain not in (value, its):
                raise CollapseError(
                    f"{type(objective).__name__} sets {name} to {its!r}, and the recipe to "
                    f"{value!r}. Leave one of the two out."
                )
            setattr(objective, name, its if value == plain else value)
        check_schedule(objective.kl_weight)
        return objective


@checked_fields
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
        super().__post_init__()
        check_no_regulariser(self.regulariser)

    def build(self, sizes: Sizes) -> System:
        """The model and its objective, with the initial weights that PyTorch gives them."""
        encoder = self.encoder.build(sizes)
        context, reply = size_of(encoder, "width"), size_of(encoder, "utterance_width")
        posterior = self.posterior.build(replace(sizes, context=context, reply=reply))
        code = replace(sizes, latent=size_of(posterior, "latent") + context)
        features, decoder = self.features.build(sizes), self.decoder.build(code)
        bow = self.bow.build(code) if self.bow else None
        objective = self.place_3(sizes, prior_kl=self.prior_kl, bow=bow)
        check_no_regulariser(objective.regulariser)
        return System(CVAE(encoder, features, posterior, decoder), objective)


MODULES: dict[str, type[nn.Module]] = {
    "encoder": Encoder,
    "features": Pooling,
    "posterior": Posterior,
    "regulariser": Regulariser,
    "objective": Objective,
    "bow": BagOfWords,
    "decoder": Decoder,
}
"""By place, what its classes are derived from."""
TO_WRITE = {
    "encoder": ("forward",),
    "features": ("forward",),
    "posterior": ("forward", "prior"),
    "regulariser": ("forward",),
    "decoder": ("log_likelihood",),
}
"""By place, the methods that its class must have of its own."""
MAY_BE_EMPTY = ("regulariser", "objective", "bow")
ANY_MODULE = ("encoder", "features", "bow")  # only called; but a class of another place is refused


def check_part(name: str, part: object, kind: type[nn.Module]) -> None:
    """Refuse what is no part of a place.

    Raises:
        CollapseError: naming the place, the value and what belongs there.
    """
    if part is None and name in MAY_BE_EMPTY:
        return
    if not isinstance(part, Part):
        raise CollapseError(
            f"The place {name} holds a part, a class with its options, as {name}=Part("
            f"{kind.__name__}); got {part!r}."
        )
    others = tuple(other for place, other in MODULES.items() if place != name)
    own_module = name in ANY_MODULE and not issubclass(part.cls, others)
    if not issubclass(part.cls, kind) and not own_module:
        raise CollapseError(
            f"The place {name} holds a class derived from collapse's {kind.__name__}; "
            f"{part.cls.__name__} is none. Put it in its own place, or derive it from "
            f"{kind.__name__}."
        )
    for method in TO_WRITE.get(name, ()):
        if getattr(part.cls, method, None) in (getattr(kind, method, None), nn.Module.forward):
            raise CollapseError(
                f"{part.cls.__name__} in the place {name} must have a method {method} of its own; "
                f"what it takes and gives: help({kind.__module__}.{kind.__name__}.{method})."
            )
    part.check()


def check_no_regulariser(regulariser: object) -> None:
    """Refuse a regulariser in a conditional recipe.

    Raises:
        CollapseError: naming it.
    """
    if regulariser:
        raise CollapseError(
            f"A conditional recipe is charged the KL to its learned prior; {regulariser} has no "
            "place in it."
        )


def check_values(recipe: Recipe) -> None:
    """Refuse a schedule, free bits or a strategy that cannot do what training asks of them.

    Raises:
        CollapseError: naming the place, the value and what belongs there.
    """
    free, strategy = recipe.free_bits, recipe.strategy
    check_schedule(recipe.kl_weight)
    if free is not None and not is_called(free, None):
        raise CollapseError(
            f"The place free_bits holds free bits, as FreeBits(4.0), or None; got {free!r}."
        )
    if not isinstance(strategy, Strategy) or type(strategy).update is Strategy.update:
        raise CollapseError(
            "The place strategy holds an instance of a class derived from Strategy, with an "
            f"update(steps, batch) of its own, as Joint(); got {strategy!r}."
        )


def check_schedule(schedule: Any) -> None:
    """Refuse a weight of the KL that is no function of the epoch.

    Raises:
        CollapseError: naming the value and what belongs there.
    """
    if not is_called(schedule, Schedule):
        raise CollapseError(
            "The place kl_weight holds a schedule, from the epoch to the weight, as Constant(0.5) "
            f"or lambda epoch: 0.5; got {schedule!r}."
        )
    try:
        inspect.signature(schedule).bind(0.0)
    except TypeError as error:
        raise CollapseError(
            f"A schedule is called with one number, the epoch; {schedule!r} cannot be: {error}."
        ) from error
    except ValueError:  # built in, and does not say what it takes
        pass


def is_called(value: object, bare: type | None) -> bool:
    """Whether a value, which is no class, can be called, and not only as its bare base can."""
    if not callable(value) or isinstance(value, type):
        return False
    return bare is None or type(value).__call__ is not bare.__call__


def size_of(module: nn.Module, name: str) -> int:
    """A width that a module says of itself.

    Raises:
        CollapseError: when it says none.
    """
    size = getattr(module, name, None)
    if not isinstance(size, int) or size < 0:
        raise CollapseError(
            f"{type(module).__name__} must say its {name}, which others are built from: set "
            f"self.{name} to a whole number, 0 or more, in its __init__; got {size!r}."
        )
    return size


def changes(recipe: Recipe) -> str:
    """Which places a recipe fills differently from the plain one of its kind, for a person.

    Raises:
        CollapseError: for what is no recipe.
    """
    if not isinstance(recipe, Recipe):
        raise CollapseError(
            f"changes reads a recipe, as changes(collapse.RECIPES['vae']); got {recipe!r}."
        )
    plain = vars(type(recipe)())
    changed = ", ".join(f"{k}={v}" for k, v in vars(recipe).items() if v != plain[k])
    return changed or f"the plain {recipe.model}"
