"""Posterior Collapse, by Experiment: one training step, five places to intervene.

The names of the library stand in ``__init__.pyi``. Each is imported when it is first used, so that
``import collapse`` costs nothing and needs nothing that is not in Python itself.

>>> import collapse
>>> run = collapse.run("vae", scale="smoke")
1 run: ...
>>> run.summary["nll"] > 0
True
"""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.1.0"


@cache
def _homes() -> dict[str, str]:
    """By public name, the module that defines it; empty where the name is a module itself."""
    stub = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    imports = (node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom))
    return {alias.name: node.module or "" for node in imports for alias in node.names}


__all__ = sorted(_homes())


def __getattr__(name: str) -> Any:
    """Import a public name."""
    homes = _homes()
    if name not in homes:
        from collapse.base.errors import unknown

        raise AttributeError(unknown(name, homes, "name in collapse"))
    home = homes[name]
    if home:
        value = getattr(import_module(f"collapse.{home}"), name)
    else:
        value = import_module(f"collapse.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for whoever completes them."""
    return [*__all__, "__version__"]
