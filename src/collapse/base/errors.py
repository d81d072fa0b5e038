"""Errors as sentences: what was wrong, the value, and what to do."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, fields
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")

FEW = 12  # names that are read in a sentence
LISTED = dict.fromkeys(("recipe", "corpus"), "python -m collapse list shows them all")


class CollapseError(ValueError):
    """Base of every error that this package raises on purpose."""


class UnknownNameError(CollapseError):
    """A recipe, corpus, scale or parameter that does not exist."""


class DataError(CollapseError):
    """A corpus that is absent, damaged or unusable."""


class DataMissingError(DataError):
    """A corpus file that is neither in the local folder nor to be had from its source."""


class RunError(CollapseError):
    """A run that cannot be started, resumed or read."""


class NonFiniteLossError(CollapseError):
    """A training loss that became NaN or infinite."""


def choose(name: str, options: Mapping[str, T], what: str) -> T:
    """Return ``options[name]``, or raise an error that names the valid choices.

    Args:
        name: what the user asked for.
        options: the valid names and what they stand for.
        what: the kind of thing, for the message ("recipe", "corpus", ...).

    Raises:
        UnknownNameError: naming the closest valid choice and others, see :func:`unknown`.
    """
    check_name_in(options, name, what)
    return options[name]


def check_name_in(valid: Collection[str], name: str, what: str) -> None:
    """Refuse a name that is not one of the valid ones; arguments and errors as of :func:`choose`.

    Raises:
        UnknownNameError: naming the closest valid choice and others.
    """
    if name not in valid:
        raise UnknownNameError(unknown(name, valid, what))


def unknown(name: str, valid: Iterable[str], what: str) -> str:
    """The sentence for an unknown name: the name, a guess, and the valid ones.

    They are all there, but for the many that a command lists: of these a few, and one that begins
    in a way of its own ("bn-vae-0.3", "free-bits-4") before another that begins so.
    """
    names = list(valid)
    close = difflib.get_close_matches(str(name), names, n=1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    shown, rest = names, ""
    if what in LISTED and len(names) > FEW:
        firsts = {each.partition("-")[0]: each for each in reversed(names)}.values()
        shown = sorted(names, key=lambda each: each not in firsts)[:FEW]
        rest = f", and {len(names) - FEW} more: {LISTED[what]}"
    return f"There is no {what} called {name!r}.{guess} Valid: {', '.join(shown)}{rest}."


def checked_fields(cls: type[T]) -> type[T]:
    """Decorate a dataclass: what is no field of it, or is left out, is answered with a sentence.

    Made so, it raises an :class:`UnknownNameError` for a name that is no field, naming the closest
    one, and a :class:`CollapseError` that names the fields without a default which are not given.
    """
    init: Any = cls.__init__
    every = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    needed = [f.name for f in every.values() if f.default is f.default_factory is MISSING]

    @wraps(init)
    def checked(self: T, *values: object, **named: object) -> None:
        for name in named:
            check_name_in(every, name, f"field of {cls.__name__}")
        missing = [name for name in needed[len(values) :] if name not in named]
        if missing:
            raise CollapseError(
                f"{cls.__name__} needs {' and '.join(missing)}, too. To change a few fields of one "
                "that there is: dataclasses.replace(it, field=value)."
            )
        init(self, *values, **named)

    cls.__init__ = checked  # type: ignore[assignment, method-assign]
    return cls
