"""Code in one canonical spelling: what it computes, the same under every Python.

Nothing is imported or executed here; texts are parsed only.
"""

import ast
from functools import cache
from typing import Any

PACKAGE = "collapse"
_SILENT = ("ctx", "kind", "type_comment", "type_ignores")  # fields of a syntax tree


@cache
@cache
def canonical_code(code: str) -> str:
    """The code in one canonical spelling, the same under every Python that can read it.

    Left out: comments, docstrings and every other string that stands alone, imports of the package,
    ``__all__``, ``__version__``, what is under ``if TYPE_CHECKING`` (not its ``else``), annotations
    of functions and of variables outside of classes.
    Imports of other libraries stand in front, sorted.

    Raises:
        SyntaxError: when it is not Python.
    """
    tree = _Bare().visit(ast.parse(code))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    statements = [node for node in tree.body if node not in imports]
    lines: set[str] = set()
    for node in imports:
        start = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
        lines |= {f"{start}import {a.name} as {a.asname or a.name}" for a in node.names}
    return "\n".join([*sorted(lines), *map(_spelled, statements)])


class _Bare(ast.NodeTransformer):
    """Removes what computes nothing."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        alone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if alone else self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        # The annotations of a class are its fields; those of its methods are not.
        fields = {n for n in node.body if isinstance(n, ast.AnnAssign)}
        node.body = [m for n in node.body for m in ([n] if n in fields else self.kept(n))]
        return node

    def kept(self, node: ast.AST) -> list[Any]:
        """What is left of a statement: nothing, one, or several."""
        bare = self.visit(node)
        return bare if isinstance(bare, list) else [bare] if bare is not None else []

    def visit_FunctionDef(self, node: Any) -> Any:
        node.returns = None
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.Assign([node.target], self.visit(node.value))

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        targets = {t.id for t in node.targets if isinstance(t, ast.Name)}
        return None if targets & {"__all__", "__version__"} else self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        node.names = [n for n in node.names if n.name.split(".")[0] != PACKAGE]
        return node if node.names else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        inside = node.level or (node.module or "").split(".")[0] == PACKAGE
        return None if inside or node.module == "__future__" else node

    def visit_If(self, node: ast.If) -> Any:
        name = (
            node.test.attr if isinstance(node.test, ast.Attribute) else getattr(node.test, "id", "")
        )
        if name != "TYPE_CHECKING":
            return self.generic_visit(node)
        return [bare for statement in node.orelse for bare in self.kept(statement)]


def _spelled(node: object) -> str:
    """A syntax tree as text, without what differs between Pythons: positions, empty fields."""
    if isinstance(node, list):
        return f"[{' '.join(map(_spelled, node))}]"
    if isinstance(node, ast.JoinedStr):
        return f"JoinedStr({_spelled(_joined(node.values))})"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{name}={_spelled(value)}"
        for name, value in ast.iter_fields(node)
        if name not in _SILENT and (value not in (None, []) or isinstance(node, ast.Constant))
    )
    return f"{type(node).__name__}({' '.join(fields)})"


def _joined(values: list[ast.expr]) -> list[ast.expr]:
    """The pieces of an f-string with neighbouring texts as one, and without empty ones."""
    merged: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.Constant) and merged and isinstance(merged[-1], ast.Constant):
            merged[-1] = ast.Constant(str(merged[-1].value) + str(value.value))
        elif not (isinstance(value, ast.Constant) and value.value == ""):
            merged.append(value)
    return merged
