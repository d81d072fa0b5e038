"""Fingerprints of classes that are not part of the package: a reader's, from a file or a notebook.

Such a class counts by its text and by what it reads from around it: the values of its attributes
and of its methods' defaults, and the globals that its methods name.
"""

import ast
import dis
import hashlib
import inspect
import linecache
import sys
import textwrap
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cached_property, partial
from pathlib import Path, PurePath
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from collapse.base.canonical import PACKAGE, canonical_code
from collapse.base.errors import RunError

_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, slice, type(...), PurePath)
_LIBRARIES = {"site-packages", "dist-packages"}


def outside_hash(kind: type | FunctionType | ModuleType) -> str:
    """A fingerprint (16 hexadecimal digits) of a class that is not part of the package.

    A function or a module counts in the same way.

    What counts: its own text and that of the classes it is derived from, down to installed
    libraries; their attributes and the defaults of their methods; and the globals that these
    methods name, as they are now. Plain values, arrays and dataclasses count by value, functions
    and classes from outside the package by their text and their globals in turn. Of what is
    installed, the package included, the name counts.

    Raises:
        RunError: when the text of a class or function cannot be found, as for one that was typed
            at a prompt.

    Warns:
        UserWarning: for an object of another kind: a change in it is not seen.
    """
    described = "\n".join(map(_Description(kind).of, _not_installed(kind)))
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _not_installed(kind: type | FunctionType | ModuleType) -> list[Any]:
    if not isinstance(kind, type):
        return [kind]
    return [cls for cls in kind.__mro__ if not is_installed(cls.__module__)]


def class_source(kind: type) -> str:
    """The text of a class, also of one that was defined in a cell of a notebook.

    Raises:
        RunError: when it cannot be found.
    """
    source = _from_methods(kind) or _from_cells(kind) or _from_file(kind)
    if source is None:
        raise RunError(
            f"The source of {kind.__qualname__} cannot be found; a run needs it for its identity. "
            "Define the class in a file or in a cell of a notebook (a cell without %%); if you "
            "have changed that cell, run it again, and those after it."
        )
    return source


def is_installed(module: str | None) -> bool:
    """Whether a module is of the package, of Python or of an installed library, by its name."""
    if module is None or module == "__main__":  # where the classes of a notebook live
        return module is None
    if module.split(".")[0] in {PACKAGE, *sys.stdlib_module_names}:
        return True
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is not None and not _LIBRARIES.isdisjoint(Path(file).parts)


def _from_methods(kind: type) -> str | None:
    """From the file or cell in which a method of the class stands."""
    for function in map(_called, vars(kind).values()):
        if _is_method(function, kind):
            text = "".join(linecache.getlines(function.__code__.co_filename))
            if source := _definition(text, function.__code__.co_firstlineno, kind):
                return source
    return None


def _from_cells(kind: type) -> str | None:
    """From the cells that the shell has run, if the class is what the shell now has by its name."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or kind.__module__ != "__main__":
        return None
    value: Any = shell.user_module
    for name in kind.__qualname__.split("."):
        value = getattr(value, name, None)
    cells = reversed(shell.user_ns.get("In", [])) if value is kind else ()
    return next(filter(None, (_definition(cell, None, kind) for cell in cells)), None)


def _from_file(kind: type) -> str | None:
    try:
        return inspect.getsource(kind)
    except (TypeError, OSError):  # a module without a file, as that of a notebook's cells
        return None


def _definition(text: str, line: int | None, kind: type) -> str | None:
    """The class as a text defines it: around a line, or else the last of its name."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    named = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == kind.__name__]
    around = [n for n in named if line is None or n.lineno <= line <= (n.end_lineno or 0)]
    if not around:
        return None
    node = max(around, key=lambda node: node.lineno)
    first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
    return textwrap.dedent("".join(text.splitlines(keepends=True)[first - 1 : node.end_lineno]))


def _lambda_source(function: FunctionType) -> str | None:
    """A lambda by itself, without what stands around it and without others on its line."""
    text = "".join(linecache.getlines(function.__code__.co_filename))
    try:
        nodes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Lambda)]
    except SyntaxError:
        return None
    spans = [
        ((line, column or 0), (end, end_column))
        for line, end, column, end_column in function.__code__.co_positions()
        if line and end and end_column  # the first steps of a function stand nowhere
    ]
    bodies = {n: (_start(n.body), _end(n.body)) for n in nodes}
    around = [
        n for n, (start, end) in bodies.items() if all(start <= a and b <= end for a, b in spans)
    ]
    if not spans or not around:
        return None
    return ast.get_source_segment(text, max(around, key=lambda node: bodies[node][0]))


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def _called(value: Any) -> Any:
    """The function behind an attribute of a class: a method, a static one, a property."""
    for kind, name in ((property, "fget"), (cached_property, "func")):
        value = getattr(value, name) if isinstance(value, kind) else value
    return inspect.unwrap(getattr(value, "__func__", value))


def _is_method(function: Any, kind: type) -> bool:
    """Whether this is a function that stands in the text of the class itself."""
    if not isinstance(function, FunctionType):
        return False
    return function.__code__.co_qualname == f"{kind.__qualname__}.{function.__code__.co_name}"


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


class _Description:
    """Texts that change with what a class computes: of a thing once, then its number.

    Args:
        kind: the class, function or module that is described, for the warning.
    """

    def __init__(self, kind: type | FunctionType | ModuleType) -> None:
        self.name = getattr(kind, "__qualname__", kind.__name__)
        self.kind = kind
        self.described: list[object] = []

    def of(self, value: Any) -> str:
        """A text that changes with a value."""
        if isinstance(value, _PLAIN):
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
        elif isinstance(values, set | frozenset):  # in no order, so no element counts on another
            texts = sorted(_Description(self.kind).of(value) for value in values)
        else:
            texts = [self.of(value) for value in values]
        return f"{type(values).__name__} [{', '.join(texts)}]"

    def _of_code(self, value: Any) -> str:
        """A class, function or module: by its text, or by its name if it is installed."""
        is_module = isinstance(value, ModuleType)
        home = value.__name__ if is_module else value.__module__
        if is_installed(home):
            return home if is_module else f"{home}.{value.__qualname__}"
        if is_module:
            file = getattr(value, "__file__", None)
            return canonical_code(Path(file).read_text("utf-8")) if file else home
        return self._of_class(value) if isinstance(value, type) else self._of_function(value)

    def _of_class(self, kind: type) -> str:
        texts = [canonical_code(class_source(kind)), *map(self.of, kind.__bases__)]
        if issubclass(kind, Enum):
            return "\n".join([*texts, self.of({n: m.value for n, m in kind.__members__.items()})])
        for name, value in sorted(vars(kind).items()):
            function = _called(value)
            if _is_method(function, kind):
                texts.append(f"{name}: {self._around(function)}")
            elif not _is_made(name, function, kind):
                texts.append(f"{name}: {self.of(function)}")
        return "\n".join(texts)

    def _of_function(self, function: FunctionType) -> str:
        try:
            text = textwrap.dedent(inspect.getsource(function))
        except (OSError, TypeError) as error:
            raise RunError(
                f"The source of {function.__qualname__} cannot be found; {self.name} "
                "reads it, so a run needs it for its identity. Define it in a file or in a cell."
            ) from error
        if function.__name__ == "<lambda>":
            text = _lambda_source(function) or text
        with suppress(SyntaxError):  # a lambda in the middle of an expression stays as it is
            text = canonical_code(text)
        return f"{text}\n{self._around(function)}"

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
        if hasattr(value, "tolist"):  # a tensor, an array, or a number of one
            return f"{name} {getattr(value, 'dtype', '')} {value.tolist()!r}"
        if is_dataclass(value):
            values = {f.name: getattr(value, f.name) for f in fields(value)}
            return f"{self.of(kind)} {self.of(values)}"
        ours = kind.__module__.split(".")[0] == PACKAGE
        if hasattr(value, "__dict__") and (ours or not is_installed(kind.__module__)):
            return f"{self.of(kind)} {self.of(vars(value))}"
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
