"""Which code a result depends on: the files behind a module, and a fingerprint of them.

Nothing is imported or executed here; files are parsed only. That keeps the fingerprint cheap and
lets it be taken of code that does not run.
"""

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from collapse.base.fingerprints.canonical import PACKAGE, canonical_code

SOURCE = Path(__file__).parents[3]


@cache  # where a module is does not change while a process runs; what is in it is read again
def module_file(module: str, source: Path = SOURCE) -> Path | None:
    """The file of a dotted module name under ``source``, or None when there is no such module."""
    base = source.joinpath(*module.split("."))
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def imported_modules(code: str, inside: str = "", source: Path = SOURCE) -> set[str]:
    """The modules of the package that a piece of Python code imports, at any depth of nesting.

    Args:
        code: Python source.
        inside: the dotted name of the package that holds the code, for relative imports; empty
            for a script or a notebook.
        source: the folder that holds the ``collapse`` package.
    """
    modules: set[str] = set()
    for node in _import_statements(code):
        for name in _imported_names(node, inside, source):
            modules.update(_modules_behind(name, source))
    return modules


def module_closure(
    modules: Iterable[str], source: Path = SOURCE, apart: Collection[str] = ()
) -> list[tuple[str, Path]]:
    """Name and file of ``modules`` and of all that they import in the package, sorted by name.

    A package counts with its ``__init__.py``, and so does every package above a module, because
    Python runs them on import. An ``__init__.py`` that only lists what its submodules define
    computes nothing: a name imported through it counts as the submodule that defines it.
    Cycles are allowed. Modules outside the package are left out, and so are those that stand
    ``apart``, which are not followed either.

    Raises:
        ModuleNotFoundError: when one of ``modules`` is not in the package.
    """
    waiting, files = list(modules), dict[str, Path]()
    for module in waiting:
        if module_file(module, source) is None:
            raise ModuleNotFoundError(f"There is no module {module!r} under {source}.")
    while waiting:
        for module in _modules_behind(waiting.pop(), source):
            if module not in files and module not in apart:
                path = module_file(module, source)
                assert path is not None, module
                files[module] = path
                inside = module if path.name == "__init__.py" else module.rpartition(".")[0]
                code = path.read_text(encoding="utf-8")
                waiting += imported_modules(code, inside, source)
    return sorted(files.items())


def code_hash(modules: Iterable[str], source: Path = SOURCE, *, apart: Collection[str] = ()) -> str:
    """A fingerprint (16 hexadecimal digits) of what ``modules`` and their imports compute.

    It is the same under every supported Python. It changes with the code, and when an imported
    name begins to mean something else. It does not change with comments, docstrings, the
    annotations of functions, layout, the order or spelling of imports, ``__all__``,
    ``__version__``, the name of a module or the place where the package is installed.

    Args:
        modules: dotted names.
        source: the folder that holds the package.
        apart: modules that are neither hashed nor followed, for example a table of which the
            caller uses one line and accounts for that line itself.
    """
    files = module_closure(modules, source, apart)
    bodies = {name: canonical_code(path.read_text(encoding="utf-8")) for name, path in files}
    parts = ((bodies[name], *_bound_names(name, path, source, bodies)) for name, path in files)
    return _digest(*sorted({_digest(*part) for part in parts if any(part)}))[:16]


def text_hash(modules: Iterable[str], source: Path = SOURCE) -> str:
    """As :func:`code_hash`, but of the whole text: a page that shows source shows its comments."""
    digest = hashlib.sha256()
    for name, path in module_closure(modules, source):
        digest.update(f"# {name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@cache  # of the text: a recipe's classes share most of the files behind them
def _import_statements(code: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    nodes = ast.walk(ast.parse(code))
    return tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def _imported_names(node: ast.Import | ast.ImportFrom, inside: str, source: Path) -> Iterator[str]:
    """Every dotted name that an import statement may load; some name objects, not modules."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    else:
        module = _module_of(node, inside)
        yield from (_origin(module, alias.name, source) for alias in node.names)


def _module_of(node: ast.ImportFrom, inside: str) -> str:
    """The absolute name of the module that a ``from`` import names."""
    parents = inside.split(".")[: len(inside.split(".")) - node.level + 1]
    start = ".".join(parents) if node.level else ""
    return ".".join(part for part in (start, node.module) if part)


def _origin(module: str, name: str, source: Path) -> str:
    """Where ``from module import name`` finds the name: followed through listings."""
    full = f"{module}.{name}"
    if module.split(".")[0] != PACKAGE or module_file(full, source):
        return full
    listed = _listing(module, source) or {}
    return _origin(listed[name], name, source) if name in listed else full


@cache
def _listing(module: str, source: Path) -> dict[str, str] | None:
    """By name, the module it comes from, if ``module`` is a package that lists and does no more."""
    path = module_file(module, source)
    if path is None or path.name != "__init__.py":
        return None
    lazy = path.with_suffix(".pyi")  # the names of a package that imports them when they are used
    return _listed((lazy if lazy.exists() else path).read_text(encoding="utf-8"), module)


@cache
def _listed(code: str, module: str) -> dict[str, str] | None:
    origins: dict[str, str] = {}
    for node in ast.parse(code).body:
        source = _module_of(node, module) if isinstance(node, ast.ImportFrom) else ""
        if isinstance(node, ast.ImportFrom) and source.startswith(f"{module}."):
            origins |= {alias.asname or alias.name: source for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and source == module:
            continue  # its own submodules
        elif not isinstance(
            node, ast.Expr | ast.Assign | ast.AnnAssign
        ):  # the docstring and __all__
            return None
    return origins or None


@cache
def _modules_behind(name: str, source: Path) -> tuple[str, ...]:
    """The modules that importing ``name`` loads: itself, if it is one, and the packages above."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return ()
    above = [".".join(parts[: i + 1]) for i in range(len(parts))]
    modules = [module for module in above if module_file(module, source)]
    return tuple(m for m in modules if m == modules[-1] or _listing(m, source) is None)


def _bound_names(module: str, path: Path, source: Path, bodies: Mapping[str, str]) -> Iterator[str]:
    """What each name that a module imports from the package stands for: "local name: body"."""
    inside = module if path.name == "__init__.py" else module.rpartition(".")[0]
    bound = set()
    for node in _import_statements(path.read_text(encoding="utf-8")):
        for alias, full in zip(node.names, _imported_names(node, inside, source), strict=True):
            home = next((m for m in reversed(_modules_behind(full, source)) if m in bodies), None)
            if home is not None:
                original = "" if module_file(full, source) else full.rpartition(".")[2]
                local = alias.asname or alias.name
                bound.add(f"{local}: {original} of {_digest(bodies[home])}")
    yield from sorted(bound)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
