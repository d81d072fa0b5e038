"""A recipe as the text that a run's identity is made of: it says every value that the recipe holds.

The text is the same in every process and under every Python. What ``repr`` would leave out, or
would say by an address, stands in it as a fingerprint: the code of a reader's own classes and
functions, the content of tensors and arrays.
"""

import copyreg
import hashlib
import inspect
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cached_property, partial
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NoReturn

import numpy as np
import torch

from collapse.base.errors import RunError
from collapse.base.fingerprints.outside import PLAIN_TYPES, outside_hash
from collapse.base.fingerprints.own_source import is_installed
from collapse.base.fingerprints.provenance import module_file
from collapse.parts import Part, default_of
from collapse.recipe import Recipe

_COPIED = ("__reduce_ex__", "__reduce__", "__getstate__")


class Spelling:
    """A recipe in words.

    Fields of dataclasses that have their default are left out: a field that is added later, with
    the default that does what was done before, leaves every earlier identity as it was.

    Attributes:
        text: what the recipe holds.
        modules: those of the package that define what its values are made of.

    Raises:
        RunError: for a value whose content cannot be read, naming it and what to do.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.modules: set[str] = set()
        self.open: list[object] = []  # what is being spelled, around the value at hand
        self.place = ""
        places = [f"{name}={self._of_place(value)}" for name, value in self._changed(recipe)]
        self.text = f"{type(recipe).__name__}({', '.join(places)})"

    def of(self, value: Any) -> str:
        """A text that changes with a value."""
        if type(value) in PLAIN_TYPES or isinstance(value, PurePath | np.generic):
            return repr(value)
        for number, around in enumerate(self.open):
            if around is value:
                return f"<around {number}>"
        self.open.append(value)
        text = self._of_object(value)
        self.open.pop()
        return text

    def _of_place(self, value: Any) -> str:
        """What fills a place; its class counts by itself, as part of the code of the run."""
        if isinstance(value, Part):
            return self._of_part(value, value.cls.__name__)
        if is_dataclass(value) and not isinstance(value, type):
            return self._with_state(value, type(value).__name__)
        return self.of(value)

    def _of_object(self, value: Any) -> str:
        if isinstance(value, Part):
            return self._of_part(value, self._name(value.cls))
        if isinstance(value, type | FunctionType | ModuleType):
            return self._of_code(value)
        if isinstance(value, BuiltinFunctionType | MethodType | partial | Enum):
            return self._of_callable(value)
        if isinstance(value, torch.Tensor | np.ndarray):
            return self._of_array(value)
        if type(value) in (tuple, list, dict, set, frozenset):
            return self._of_many(value)
        return self._with_state(value, self._name(type(value)))

    def _of_part(self, part: Part, name: str) -> str:
        options = [f", {key}={self.of(value)}" for key, value in part.options.items()]
        return f"Part({name}{''.join(options)})"

    def _of_many(self, values: Any) -> str:
        if isinstance(values, dict):
            pairs = [f"{self.of(key)}: {self.of(value)}" for key, value in values.items()]
            return f"{{{', '.join(pairs)}}}"
        if isinstance(values, set | frozenset):  # their order is another in every process
            return f"{type(values).__name__}({', '.join(sorted(map(self.of, values)))})"
        texts = ", ".join(map(self.of, values))
        if isinstance(values, list):
            return f"[{texts}]"
        return f"({texts},)" if len(values) == 1 else f"({texts})"

    def _of_array(self, value: Any) -> str:
        try:
            content = value.tolist()
        except (RuntimeError, TypeError, NotImplementedError):  # sparse, or on no device
            self._refuse(value)
        if value.dtype == object:
            content = self.of(content)
        digest = hashlib.sha256(repr(content).encode()).hexdigest()[:16]
        return f"{type(value).__name__}{tuple(value.shape)} {value.dtype} {digest}"

    def _of_callable(self, value: Any) -> str:
        """A name, and what it is bound to."""
        if isinstance(value, Enum):
            return f"{self._name(type(value))}.{value.name}"
        if isinstance(value, partial):
            return f"partial{self.of((value.func, value.args, value.keywords))}"
        owner = value.__self__
        if isinstance(value, MethodType):
            return f"{self.of(value.__func__)} of {self.of(owner)}"
        if owner is None or isinstance(owner, type | ModuleType):
            return f"<built-in {value.__module__}.{value.__qualname__}>"
        return f"<built-in {value.__name__}> of {self.of(owner)}"

    def _of_code(self, value: Any) -> str:
        """A class, function or module: by its name, and by its text if it is a reader's own."""
        if isinstance(value, type):
            own = self._is_own(value)
            return f"<class {self._name(value)}>" if own else repr(value)
        home = value.__name__ if isinstance(value, ModuleType) else value.__module__
        name = home if isinstance(value, ModuleType) else f"{home}.{value.__qualname__}"
        if self._is_own(value):
            return f"<{value.__name__} {outside_hash(value)}>"
        cells = getattr(value, "__closure__", None) or ()  # of what a library's function has made
        return f"<{' '.join([name, *(self.of(cell.cell_contents) for cell in cells)])}>"

    def _name(self, kind: type) -> str:
        """The name of a class, with the fingerprint of one of a reader's own."""
        return f"{kind.__name__} {outside_hash(kind)}" if self._is_own(kind) else kind.__name__

    def _is_own(self, value: Any) -> bool:
        """Whether code is not installed; what the package says of it is noted."""
        behind = value.__mro__ if isinstance(value, type) else (value,)
        homes = [getattr(v, "__module__", None) or getattr(v, "__name__", None) for v in behind]
        self.modules |= {home for home in homes if home and module_file(home) is not None}
        return not is_installed(homes[0])

    def _with_state(self, value: Any, name: str) -> str:
        """An object, by its fields or by what a copy of it would be made from."""
        if is_dataclass(value):
            pairs = [f"{key}={self.of(v)}" for key, v in self._changed(value)]
            if self._is_own(type(value)):  # what it holds beside, as one derived from a dataclass
                named = {field.name for field in fields(value)}
                held = {k: v for k, v in getattr(value, "__dict__", {}).items() if k not in named}
                pairs += self._attributes(type(value), held)
            return f"{name}({', '.join(pairs)})"
        return f"{name}({', '.join(self._state(value))})"

    def _changed(self, value: Any) -> Iterator[tuple[str, Any]]:
        """The fields of a dataclass that the text of its class and the defaults do not say."""
        own = self._is_own(type(value))
        for field in fields(value):
            held, default = getattr(value, field.name), default_of(field)
            if not self.open:
                self.place = field.name
            said = not own or not self._is_own(type(default))  # or what it holds may change
            if not said or not self._same(held, default):
                yield field.name, held

    def _same(self, held: Any, default: Any) -> bool:
        if default is MISSING:
            return False
        if type(default) in PLAIN_TYPES and (
            type(held) in PLAIN_TYPES or isinstance(held, np.generic)
        ):
            return held == default
        modules = set(self.modules)  # what a default is made of is not part of the recipe
        text = self.of(default)
        self.modules = modules
        return self.of(held) == text

    def _state(self, value: Any) -> Iterator[str]:
        """What a copy of an object would be made from."""
        kind = type(value)
        if self._is_own(kind) and any(getattr(kind, n) is not getattr(object, n) for n in _COPIED):
            yield from self._attributes(kind, getattr(value, "__dict__", {}))  # it may keep some
        reduce = copyreg.dispatch_table.get(kind)
        try:
            made = reduce(value) if reduce else value.__reduce_ex__(4)
        except Exception:  # every library has its own way to say that there is no copy
            self._refuse(value)
        if isinstance(made, str):  # the name of what there is only once
            yield self._named(value, made)
            return
        make, given, *more = made
        if make is not copyreg.__newobj__ or given != (kind,):  # type: ignore[attr-defined]
            maker = f"{make.__module__}.{make.__qualname__}"  # Cython's have a kind of their own
            yield maker if is_installed(make.__module__) else self.of(make)
            yield self.of(given)
        for state in more:
            if isinstance(state, dict):
                yield from self._attributes(kind, state)
            elif state is not None:
                yield self.of(list(state) if isinstance(state, Iterator) else state)

    def _attributes(self, kind: type, attributes: dict[str, Any]) -> Iterator[str]:
        for name, value in attributes.items():
            if not isinstance(inspect.getattr_static(kind, name, None), cached_property):
                yield f"{name}={self.of(value)}"

    def _named(self, value: Any, name: str) -> str:
        if hasattr(value, "__wrapped__"):  # as a function that remembers its results
            return self.of(value.__wrapped__)
        if not is_installed(getattr(value, "__module__", None) or type(value).__module__):
            self._refuse(value)
        return name

    def _refuse(self, value: object) -> NoReturn:
        inside = [type(around).__name__ for around in self.open if around is not value]
        raise RunError(
            f"The recipe's {self.place} holds an object of the kind {type(value).__qualname__}"
            f"{f' in {inside[-1]}' if inside else ''}, whose content cannot be read: a run would "
            "not notice that it has changed. Hand over what it is made from (numbers, texts, "
            "tensors, classes, functions), and make the object where it is used."
        )
