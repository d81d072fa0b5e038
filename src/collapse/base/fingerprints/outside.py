"""Fingerprints of classes that are not part of the package: a reader's, from a file or a notebook.

Such a class counts by its text and by what it reads from around it: the values of its attributes
and of its methods' defaults, and the globals that its methods name.
"""

import dis
import hashlib
import inspect
import sys
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from collapse.base.errors import RunError
from collapse.base.fingerprints.canonical import PACKAGE, canonical_code
from collapse.base.fingerprints.own_source import (
    class_source,
    file_of,
    imports_of,
    is_installed,
    is_method,
    lambda_source,
    layers,
)

PLAIN_TYPES = (type(None), bool, int, float, complex, str, bytes, range, slice, type(...), PurePath)


def outside_hash(kind: type | FunctionType | ModuleType) -> str:
    """A fingerprint (16 hexadecimal digits) of a class that is not part of the package.

    A function or a module counts in the same way.

    What counts: its own text and that of the classes it is derived from, down to installed
    libraries, of its metaclass and its decorators; their attributes and the defaults of their
    methods; and the globals that these methods name, as they are now. Plain values, arrays and
    dataclasses count by value, functions and classes from outside the package by their text and
    their globals in turn, modules by their text and that of those they import. Of what is
    installed, the package included, the name counts.

    Raises:
        RunError: when the text of a class or function cannot be found, as for one that was typed
            at a prompt.

    Warns:
        UserWarning: for an object of another kind: a change in it is not seen.
    """
    described: list[Any] = [kind]
    if isinstance(kind, type):
        described = [cls for cls in kind.__mro__ if not is_installed(cls.__module__)]
    text = "\n".join(map(_Description(kind).of, described))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_made(name: str, value: Any, kind: type) -> bool:
    """Whether Python adds this to a class by itself, each version in its own way."""
    if isinstance(value, FunctionType):
        dunder = name.startswith("__") and is_installed(value.__module__)
        made = dunder or value.__code__.co_filename == "<string>"
    else:  # a slot stands in the text of the class
        made = name.startswith(("__", "_abc_")) or isinstance(value, MemberDescriptorType)
    named = getattr(kind, "_fields", ()) if issubclass(kind, tuple) else ()
    return made or bool(named and (name.startswith("_") or name in named))


def _globals_named(code: CodeType) -> set[str]:
    """The globals that some code reads, or the functions within it."""
    names = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    inner = (_globals_named(const) for const in code.co_consts if isinstance(const, CodeType))
    return names.union(*inner)


def _attributes(code: CodeType) -> set[str]:
    """The names that some code, or a function within it, looks up anywhere."""
    inner = (_attributes(const) for const in code.co_consts if isinstance(const, CodeType))
    return set(code.co_names).union(*inner)


def _below(module: ModuleType, names: set[str]) -> Iterator[ModuleType]:
    """The modules of a package that are reached by attributes of these names."""
    for name in sorted(names):
        inner, loaded = vars(module).get(name), sys.modules.get(f"{module.__name__}.{name}")
        if isinstance(inner, ModuleType) and loaded is inner:
            yield inner
            yield from _below(inner, names)


class _Description:
    """Texts that change with what a class computes: of a thing once, then its number.

    Args:
        kind: the class, function or module that is described, for the warning.
    """

    def __init__(self, kind: type | FunctionType | ModuleType) -> None:
        self.name = getattr(kind, "__qualname__", kind.__name__)
        self.kind = kind
        self.described: list[object] = []
        self.read: set[str] = set()  # names of modules

    def of(self, value: Any) -> str:
        """A text that changes with a value."""
        if isinstance(value, PLAIN_TYPES):
            return f"{type(value).__name__} {value!r}"
        if isinstance(value, tuple | frozenset):
            return self._of_many(value)
        for number, described in enumerate(self.described):
            if described is value:
                return f"told {number}"  # identities are made of this text: it stays as it is
        self.described.append(value)
        if isinstance(value, type | FunctionType | ModuleType):
            return self._of_code(value)
        if isinstance(value, list | set | Mapping):
            return self._of_many(value)
        return self._of_object(value)

    def _of_many(self, values: Any) -> str:
        if isinstance(values, Mapping):
            texts = [f"{self.of(key)}: {self.of(value)}" for key, value in values.items()]
            if (made := getattr(values, "default_factory", None)) is not None:
                texts.append(f"else {self.of(made)}")
        elif isinstance(values, set | frozenset):  # in no order, so no element counts on another
            texts = sorted(_Description(self.kind).of(value) for value in values)
        else:
            texts = [self.of(value) for value in values]
        return f"{type(values).__name__} [{', '.join(texts)}]"

    def _of_code(self, value: Any) -> str:
        """A class, function or module: by its text, or by its name if it is installed."""
        if isinstance(value, ModuleType):
            return self._of_module(value.__name__)
        if is_installed(value.__module__):
            return f"{value.__module__}.{value.__qualname__}"
        return self._of_class(value) if isinstance(value, type) else self._of_function(value)

    def _of_module(self, name: str) -> str:
        """Its text and those of the modules that it imports in turn; of each once."""
        file = None if is_installed(name) or name in self.read else file_of(name)
        self.read.add(name)
        if file is None or file.suffix != ".py":
            return name
        text, home = file.read_text("utf-8"), name.rpartition(".")[0]
        inner = self._of_imports(text, name if file.name == "__init__.py" else home)
        return f"{canonical_code(text)}\n{inner}"

    def _of_imports(self, text: str, package: str | None) -> str:
        return "\n".join(map(self._of_module, sorted(set(imports_of(text, package)))))

    def _of_class(self, kind: type) -> str:
        source = class_source(kind)
        package = getattr(sys.modules.get(kind.__module__), "__package__", None)
        texts = [canonical_code(source), self._of_imports(source, package)]
        texts += map(self.of, (*kind.__bases__, type(kind)))
        if issubclass(kind, Enum):
            return "\n".join([*texts, self.of({n: m.value for n, m in kind.__members__.items()})])
        for name, value in sorted(vars(kind).items()):
            *decorated, function = layers(value)
            own = is_method(function, kind)
            if own or not _is_made(name, function, kind):
                texts += map(self.of, decorated)
                texts.append(f"{name}: {self._around(function) if own else self.of(function)}")
        return "\n".join(texts)

    def _of_function(self, function: FunctionType) -> str:
        if is_installed(function.__globals__.get("__name__")):  # a library's decorator
            parts = (getattr(function, name, None) for name in ("__wrapped__", "registry"))
            return f"{function.__code__.co_qualname} {self.of(tuple(parts))}"
        try:
            text = textwrap.dedent(inspect.getsource(function.__code__))
        except (OSError, TypeError) as error:
            raise RunError(
                f"The source of {function.__qualname__} cannot be found; {self.name} "
                "reads it, so a run needs it for its identity. Define it in a file or in a cell."
            ) from error
        if function.__name__ == "<lambda>":
            text = lambda_source(function) or text
        imports = ""
        with suppress(SyntaxError):  # a lambda in the middle of an expression stays as it is
            imports = self._of_imports(text, function.__globals__.get("__package__"))
            text = canonical_code(text)
        return f"{text}\n{imports}\n{self._around(function)}"

    def _around(self, function: FunctionType) -> str:
        """What a function reads beside its arguments: defaults, globals, names around it."""
        known = function.__globals__
        read: dict[str, Any] = {
            n: known[n] for n in _globals_named(function.__code__) & known.keys()
        }
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            with suppress(ValueError):  # not filled yet
                read[name] = cell.cell_contents
        used = _attributes(function.__code__)
        for value in [each for each in read.values() if isinstance(each, ModuleType)]:
            read |= {each.__name__: each for each in _below(value, used)}
        texts = [f"{name}: {self.of(read[name])}" for name in sorted(read) if name != "__class__"]
        defaults = self.of((function.__defaults__, function.__kwdefaults__))
        return "\n".join([defaults, *texts])

    def _of_object(self, value: Any) -> str:
        kind = type(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if isinstance(value, Enum):
            return f"{self.of(kind)} {value.name}"
        if isinstance(value, partial):
            return self.of((value.func, value.args, value.keywords))
        if isinstance(value, MethodType):
            return self.of((value.__func__, value.__self__))
        if hasattr(value, "__wrapped__"):  # as of a function with a memory
            return f"{name} {self.of(value.__wrapped__)}"
        if hasattr(value, "tolist"):  # a tensor, an array, or a number of one
            return f"{name} {getattr(value, 'dtype', '')} {value.tolist()!r}"
        if is_dataclass(value):
            values = {f.name: getattr(value, f.name) for f in fields(value)}
            return f"{self.of(kind)} {self.of(values)}"
        ours = kind.__module__.split(".")[0] == PACKAGE
        if hasattr(value, "__dict__") and (ours or not is_installed(kind.__module__)):
            return f"{self.of(kind)} {self.of(vars(value))}"
        if hasattr(value, "state_dict"):  # a module of torch
            return f"{name} {value!r} {self.of(dict(value.state_dict()))}"
        if kind.__module__ in {"types", "typing", "torch", "numpy"} or isinstance(
            value, BuiltinFunctionType
        ):
            return f"{name} {getattr(value, '__qualname__', repr(value))}"
        self._warn(name)
        return name

    def _warn(self, name: str) -> None:
        warnings.warn(
            f"{self.name} reads an object of the kind {name}. What changes in it "
            "makes no new run: hand it over as an option of the class, or use a plain value.",
            stacklevel=2,
        )
