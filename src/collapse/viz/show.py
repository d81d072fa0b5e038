"""The source of the package's own objects, shown on a page."""

import ast
import inspect
import re
from html import escape
from pathlib import Path
from textwrap import dedent
from typing import Any

from IPython.display import Markdown

import collapse
from collapse.base.errors import CollapseError
from collapse.base.project import repository

# What a page leaves out of a docstring; the link leads to all of it.
SECTION = re.compile(r"\s*(Args|Returns|Raises|Yields|Attributes):\s*$")
LITERAL = re.compile(r"(?<!`)``(?!`)")
ROLE = re.compile(r":(?:func|class|meth|mod|data|attr):`~?([^`]+)`")


def show(*objects: Any, folded: str = "") -> Markdown:
    """The source of functions, classes or modules of this package, highlighted.

    Args:
        objects: what to show, in this order.
        folded: the line that unfolds it; without it the source is open.

    Returns:
        Markdown to be displayed as the last expression of a cell: for each object a link to its
        lines in the repository and its source. Docstrings of functions and classes go as far as
        their lists of arguments and errors; a module is shown whole.

    Raises:
        CollapseError: if there is nothing to show, or an object is not from this package.
    """
    if not objects:
        raise CollapseError("show() got no object: pass a function or a class of this package.")
    text = "\n\n".join(_section(inspect.unwrap(thing)) for thing in objects)
    head = f"<details><summary>{escape(folded)}</summary>"
    return Markdown(f"{head}\n\n{text}\n\n</details>" if folded else text)


def _section(thing: Any) -> str:
    path = _path(thing)
    lines, first = inspect.getsourcelines(thing)
    first = max(first, 1)  # a module begins at line 0 for inspect
    source = dedent("".join(lines)).rstrip()
    if not inspect.ismodule(thing):
        source = _plain_markup(_without_lists(source))
    fence = "````" if "```" in source else "```"
    address = f"{repository()}/blob/main/{path}#L{first}-L{first + len(lines) - 1}"
    return f"[`{path}`, line {first}]({address})\n\n{fence}python\n{source}\n{fence}"


def _plain_markup(source: str) -> str:
    """The source with the marks of Sphinx, which a reader of the page has no use for, in plain."""
    return LITERAL.sub("`", ROLE.sub(r"`\1`", source))


def _without_lists(source: str) -> str:
    """The source, its docstrings cut before their first list of arguments, results or errors."""
    lines = source.split("\n")
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    for node in sorted(found, key=lambda node: -node.lineno):
        text = node.body[0]
        if ast.get_docstring(node) is None or text.end_lineno is None:
            continue
        words = lines[text.lineno - 1 : text.end_lineno]
        cut = next((n for n, line in enumerate(words) if SECTION.match(line)), None)
        if cut is not None:
            kept = "\n".join(words[:cut]).rstrip()
            end = '"""' if "\n" not in kept else "\n" + " " * text.col_offset + '"""'
            lines[text.lineno - 1 : text.end_lineno] = [kept + end]
    return "\n".join(lines)


def _path(thing: Any) -> str:
    """The file that defines ``thing``, as the repository names it."""
    try:
        file = Path(inspect.getsourcefile(thing) or "").resolve()
        inside = file.relative_to(Path(str(collapse.__file__)).resolve().parent)
    except (TypeError, ValueError):
        raise CollapseError(
            f"show() cannot show {thing!r}: it takes functions, classes and modules "
            "of the package collapse."
        ) from None
    return (Path("src/collapse") / inside).as_posix()
