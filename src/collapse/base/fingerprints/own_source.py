"""The text of what is not part of the package: of a reader's classes, lambdas and modules."""

import ast
import inspect
import linecache
import sys
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from importlib.util import find_spec, resolve_name
from pathlib import Path
from sysconfig import get_path
from types import FunctionType
from typing import Any

from collapse.base.errors import RunError
from collapse.base.fingerprints.canonical import PACKAGE

_LIBRARIES = {"site-packages", "dist-packages"}
_PYTHON = [get_path(name) for name in ("stdlib", "platstdlib")]


def class_source(kind: type) -> str:
    """The text of a class, also of one that was defined in a cell of a notebook.

    Raises:
        RunError: when it cannot be found.
    """
    source = _from_methods(kind) or _from_cells(kind) or _from_file(kind)
    if source is None:
        raise RunError(
            f"The source of {kind.__qualname__} cannot be found; a run needs it for its identity. "
            "Define the class in a file or in a cell of a notebook (a cell without %%), by a class "
            "statement: a namedtuple or a class that type() or make_dataclass makes has no text. "
            "If you have changed its cell, run it again, and those after it."
        )
    return source


def is_installed(module: str | None) -> bool:
    """Whether a module is of the package, of Python or of an installed library, by its name."""
    if module is None or module == "__main__":  # where the classes of a notebook live
        return module is None
    root = module.split(".")[0]
    file = file_of(root) or file_of(module)
    if root == PACKAGE or file is None:
        return root == PACKAGE or root in sys.stdlib_module_names
    of_python = any(file.is_relative_to(path) for path in _PYTHON)  # a file may hide one of its
    return of_python or not _LIBRARIES.isdisjoint(file.parts)


def _from_methods(kind: type) -> str | None:
    """From the file or cell in which a method of the class stands."""
    for function in map(called, vars(kind).values()):
        if is_method(function, kind):
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


def lambda_source(function: FunctionType) -> str | None:
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
    bodies = {
        n: (
            (n.body.lineno, n.body.col_offset),
            (n.body.end_lineno or 0, n.body.end_col_offset or 0),
        )
        for n in nodes
    }
    around = [
        n for n, (start, end) in bodies.items() if all(start <= a and b <= end for a, b in spans)
    ]
    if not spans or not around:
        return None
    return ast.get_source_segment(text, max(around, key=lambda node: bodies[node][0]))


def called(value: Any) -> Any:
    """The function behind an attribute of a class: a method, a static one, a property."""
    return layers(value)[-1]


def layers(value: Any) -> list[Any]:
    """What decorators have made of the function behind an attribute, then that function."""
    for kind, name in ((property, "fget"), (cached_property, "func")):
        value = getattr(value, name) if isinstance(value, kind) else value
    around = [getattr(value, "__func__", value)]
    while (inner := getattr(around[-1], "__wrapped__", None)) is not None:
        around.append(inner)
    return around


def is_method(function: Any, kind: type) -> bool:
    """Whether this is a function that stands in the text of the class itself."""
    if not isinstance(function, FunctionType):
        return False
    return function.__code__.co_qualname == f"{kind.__qualname__}.{function.__code__.co_name}"


def file_of(name: str) -> Path | None:
    """The file of a module, imported or not; None where there is none."""
    with suppress(ImportError, ValueError, AttributeError):
        spec = getattr(sys.modules.get(name), "__spec__", None) or find_spec(name)
        if spec and spec.has_location and spec.origin:
            return Path(spec.origin)
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file) if file else None


def imports_of(text: str, package: str | None) -> Iterator[str]:
    """The modules that a text imports, wherever in it, and what may be one: the names from them.

    Args:
        text: of a module.
        package: to which its relative imports are.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            with suppress(ImportError):  # from beyond the top
                home = resolve_name("." * node.level + (node.module or ""), package or None)
                yield home
                yield from (f"{home}.{alias.name}" for alias in node.names)
