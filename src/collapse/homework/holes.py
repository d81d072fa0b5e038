"""Holes in the code of a cell, where its solutions stand.

A hole leaves code that runs: a function gives None, and a name that the solution sets is ``...``,
so that the cells behind it need not break.
"""

import ast
import re
from collections.abc import Iterator

from collapse.base.errors import CollapseError

BEGIN, END = (
    re.compile(rf"[ \t]*#+[ \t]*{word}[ \t]+SOLUTION[ \t]*", re.IGNORECASE)
    for word in ("BEGIN", "END")
)
SET = re.compile(r"#+[ \t]*SOLUTION[ \t]*$", re.IGNORECASE)
LEFT = re.compile(r"(BEGIN|END)[ \t]+SOLUTION\b|#[# \t]*SOLUTION\b", re.IGNORECASE)
Function = ast.FunctionDef | ast.AsyncFunctionDef
INNER = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.comprehension
BODY, ANSWER = "  # your code", "  # your answer"


def code_with_holes(source: str) -> str:
    """The code with a hole for each marker.

    Raises:
        CollapseError: for a marker that is not closed or stands where it cannot be understood, and
            for code with markers that is no Python.
    """
    if not LEFT.search(source):
        return source
    tree, lines = parsed(source), source.split("\n")
    for first, last in reversed(blocks(lines)):
        lines[first - 1 : last] = stubs(tree, first, last, lines)
    made = "\n".join(lines)
    while marked := next((n for n, li in enumerate(made.split("\n"), 1) if SET.search(li)), None):
        made = with_a_hole(made, marked)
    if wrong := LEFT.search(made):
        raise misunderstood(made, made[: wrong.start()].count("\n") + 1)
    parsed(made)
    return made


def misunderstood(source: str, line: int) -> CollapseError:
    """The error for a marker in a line."""
    return CollapseError(f"A marker of a solution is not understood, in line {line} of:\n{source}")


def parsed(source: str) -> ast.Module:
    """The code as a tree; lines for the shell and the notebook count as nothing.

    Raises:
        CollapseError: for what is no Python.
    """
    try:
        return ast.parse(re.sub(r"^([ \t]*)[!%].*$", r"\1pass", source, flags=re.M))
    except SyntaxError as error:
        raise CollapseError(
            f"A cell with markers of solutions is no Python ({error.msg}, line {error.lineno}):\n"
            f"{source}"
        ) from error


def blocks(lines: list[str]) -> list[tuple[int, int]]:
    """The numbers of the first and the last line of each marked block.

    Raises:
        CollapseError: when one is not closed, or closed twice.
    """
    found, begun = [], None
    for number, line in enumerate(lines, 1):
        begins, ends = BEGIN.fullmatch(line), END.fullmatch(line)
        if (begins and begun is not None) or (ends and begun is None):
            raise misunderstood("\n".join(lines), number)
        if begins:
            begun = number
        elif ends and begun is not None:
            found.append((begun, number))
            begun = None
    if begun is not None:
        raise misunderstood("\n".join(lines), begun)
    return found


def stubs(tree: ast.Module, first: int, last: int, lines: list[str]) -> list[str]:
    """The lines that stand for a block and keep the rest of the notebook running."""
    inside, in_function = statements(tree, first, last)
    if in_function:
        made = [f"return None{BODY}"]
    else:
        made = [line for each in inside for line in stub(each)] or [f"...{BODY}"]
    indent = re.match(r"[ \t]*", lines[first - 1])[0]  # type: ignore[index]
    return [indent + line for line in made]


def statements(tree: ast.AST, first: int, last: int) -> tuple[list[ast.stmt], bool]:
    """The outermost statements between two lines, and whether they stand in a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt | ast.excepthandler) and node.lineno < first <= end(node):
            inside, deeper = statements(node, first, last)
            return inside, deeper or isinstance(node, Function)
    body = (n for n in ast.walk(tree) if isinstance(n, ast.stmt) and first < n.lineno < last)
    outermost: list[ast.stmt] = []
    for each in sorted(body, key=lambda n: n.lineno):
        if not outermost or each.lineno > end(outermost[-1]):
            outermost.append(each)
    return outermost, False


def end(node: ast.stmt | ast.excepthandler) -> int:
    """The number of the last line."""
    return node.end_lineno or node.lineno


def stub(node: ast.stmt) -> list[str]:
    """A function with its head and no body, names without their values."""
    if isinstance(node, Function):
        given = ast.copy_location(ast.Return(ast.Constant(None)), node)
        head = type(node)(**{**vars(node), "body": [given]})
        return (ast.unparse(head) + BODY).split("\n")
    if isinstance(node, ast.ClassDef):
        named = ast.ClassDef(**{**vars(node), "body": [ast.Pass()]})
        body = [f"    {line}" for each in node.body for line in stub(each)]
        return [*ast.unparse(named).split("\n")[:-1], *(body or [f"    ...{BODY}"])]
    return [f"{name} = ...{ANSWER}" for name in dict.fromkeys(names_set_by(node))]


def names_set_by(node: ast.AST) -> Iterator[str]:
    """The names that a statement sets outside of functions, classes and comprehensions in it."""
    if isinstance(node, ast.AugAssign):  # the name was there before
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, INNER):
            yield from names_set_by(child)


def with_a_hole(source: str, line: int) -> str:
    """The code with a hole for the value of the statement that ends with a mark.

    Raises:
        CollapseError: when no statement that sets something stands there by itself.
    """
    sets = [
        node
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno <= line <= end(node)
    ]
    lines = source.split("\n")
    if len(sets) != 1:
        raise misunderstood(source, line)
    (node,) = sets
    rest = lines[end(node) - 1].encode()[node.end_col_offset :].decode()
    before = lines[node.lineno - 1].encode()[: node.col_offset].decode()
    if before.strip() or not re.fullmatch(r"[ \t]*(#.*)?", rest):
        raise misunderstood(source, line)
    lines[node.lineno - 1 : end(node)] = [before + ast.unparse(emptied(node)) + ANSWER]
    return "\n".join(lines)


def emptied(node: ast.Assign | ast.AnnAssign) -> ast.stmt:
    """The same statement without its value."""
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return type(node)(**{**vars(node), "value": dots(target)})


def dots(target: ast.expr) -> ast.expr:
    """As many dots as there are names for them."""
    if isinstance(target, ast.Tuple | ast.List):
        return ast.Tuple([dots(each) for each in target.elts], ast.Load())
    return ast.Constant(...)
