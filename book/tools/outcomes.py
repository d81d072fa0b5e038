"""Which names of a page depend on what a model learned, and where the page asserts one of them.

It reads cells in the order of the text and follows names, not values: whatever is set from a run,
or from another such name, is an outcome of training until it is set anew.
"""

import ast
from collections.abc import Iterator

# Calls that train, or that read what was trained, by the name that stands last. `exact.fit` is not
# one: it solves for an optimum.
MAKERS = {"run", "run_all", "perform", "perform_all", "record", "entered", "train"}
MAKERS |= {"watch", "accuracy", "supervised_accuracy", "few_labels", "update_seconds"}
MAKERS |= {"read_ledger", "history", "model", "value"}
READ = {"summary", "history"}  # attributes of a finished run
MUTATORS = {"append", "extend", "insert", "add", "update", "setdefault"}


class Outcomes:
    """The names that are outcomes of training, as far as the cells have been read."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.makers = set(MAKERS)
        self.checkers: set[str] = set()  # functions that assert or raise
        self.branches: set[ast.AST] = set()  # what is done, or is not, because of an outcome

    def asserted(self, module: ast.Module) -> Iterator[str]:
        """The places of a cell that stop the page for an outcome, as text."""
        for node in in_order(module):
            if self.stops(node):
                yield ast.unparse(getattr(node, "test", node))[:60]
            self.branch(node)
            self.bind(node)

    def stops(self, node: ast.AST) -> bool:
        """Whether a statement asserts an outcome, or raises because of one."""
        if isinstance(node, ast.Assert):
            return (node in self.branches or self.of_runs(node.test)) and not is_fact(node)
        if isinstance(node, ast.Raise):
            return node in self.branches
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            checks = name.startswith("assert") or name in self.checkers
            return checks and any(map(self.of_runs, given))
        return False

    def of_runs(self, node: ast.AST) -> bool:
        """Whether an expression or a function mentions an outcome."""
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and each.id in self.names:
                return True
            if isinstance(each, ast.Attribute) and each.attr in READ:
                return True
            if isinstance(each, ast.Call) and last_name(each.func) in self.makers:
                return True
        return False

    def branch(self, node: ast.AST) -> None:
        """Remember what depends on a decision that an outcome makes."""
        decided = isinstance(node, ast.If | ast.While) and self.of_runs(node.test)
        if decided or (isinstance(node, ast.Match) and self.of_runs(node.subject)):
            self.branches |= set(ast.walk(node)) - {node}

    def bind(self, node: ast.AST) -> None:
        """Remember what a node does to names."""
        if isinstance(node, ast.FunctionDef):
            self.define(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.makers |= {a.asname for a in node.names if a.asname and a.name in self.makers}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in MUTATORS and any(map(self.of_runs, node.args)):
                self.names |= base_name(node.func.value)
        else:
            for target, source in bindings(node):
                outcome = node in self.branches or self.of_runs(source)
                self.set(target, outcome, anew=not isinstance(node, ast.AugAssign))

    def define(self, node: ast.FunctionDef) -> None:
        """A function is an outcome where it reads one, and a check where it may stop."""
        found = self.of_runs(node)
        self.names = self.names | {node.name} if found else self.names - {node.name}
        stops = any(
            isinstance(n, ast.Assert | ast.Raise) and not is_fact(n) for n in ast.walk(node)
        )
        self.checkers = self.checkers | {node.name} if stops else self.checkers - {node.name}

    def set(self, target: ast.AST, outcome: bool, anew: bool) -> None:
        """Names of a target become outcomes or, where they are set as a whole, free of them."""
        for each in ast.walk(target):
            if isinstance(each, ast.Subscript | ast.Attribute):
                self.names |= base_name(each) if outcome else set()
                return
            if isinstance(each, ast.Name) and outcome:
                self.names.add(each.id)
            elif isinstance(each, ast.Name) and anew:
                self.names.discard(each.id)


def bindings(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What a node sets, each with what it is set from."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value:
        yield node.target, node.value
    elif isinstance(node, ast.For | ast.comprehension):
        yield node.target, node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield node.optional_vars, node.context_expr


def in_order(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below a node, in the order of the text."""
    for child in ast.iter_child_nodes(node):
        yield child
        yield from in_order(child)


def last_name(node: ast.AST) -> str:
    """``fit`` of ``exact.fit``."""
    return getattr(node, "attr", getattr(node, "id", ""))


def base_name(node: ast.AST) -> set[str]:
    """``a`` of ``a.b[0]``, or nothing."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def is_fact(node: ast.AST) -> bool:
    """Whether an assertion says in its message why it holds whatever is learned."""
    message = getattr(node, "msg", None)
    if isinstance(message, ast.JoinedStr) and message.values:
        message = message.values[0]
    text = str(getattr(message, "value", ""))
    return text.startswith("Fact: ") and text.strip() != "Fact:"
