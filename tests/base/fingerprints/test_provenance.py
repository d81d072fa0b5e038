"""The fingerprint follows imports, ignores what does not compute, and imports nothing itself."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from interpreters import SUPPORTED, find_python

from collapse.base.fingerprints.canonical import canonical_code
from collapse.base.fingerprints.provenance import (
    SOURCE,
    code_hash,
    imported_modules,
    module_closure,
    text_hash,
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A package with a chain, a cycle, a relative import and a module that nobody imports."""
    files = {
        "__init__.py": "",
        "chain.py": "import numpy\nfrom collapse import link\n",
        "link.py": "from collapse.deep.end import value\n",
        "deep/__init__.py": "from . import inner\n",
        "deep/inner.py": "from ..base import ZERO\n",
        "deep/end.py": "value = 1\n",
        "base.py": "ZERO = 0\n",
        "ring_a.py": "from collapse import ring_b\n",
        "ring_b.py": "def late():\n    import collapse.ring_a\n",
        "alone.py": "raise RuntimeError('this file must never be executed')\n",
    }
    for name, text in files.items():
        path = tmp_path / "collapse" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def names(files: list[tuple[str, Path]], source: Path) -> list[str]:
    return [str(path.relative_to(source / "collapse")) for _, path in files]


def test_closure_follows_chains_packages_and_relative_imports(source: Path) -> None:
    assert sorted(names(module_closure(["collapse.chain"], source), source)) == [
        "__init__.py",
        "base.py",
        "chain.py",
        "deep/__init__.py",
        "deep/end.py",
        "deep/inner.py",
        "link.py",
    ]


@pytest.mark.parametrize("start", ["collapse.ring_a", "collapse.ring_b"])
def test_closure_of_a_cycle_ends_and_holds_both(source: Path, start: str) -> None:
    found = names(module_closure([start], source), source)
    assert found == ["__init__.py", "ring_a.py", "ring_b.py"]


def test_a_name_that_is_imported_when_it_is_used_counts_as_the_module_that_defines_it(
    source: Path,
) -> None:
    package = source / "collapse"
    (package / "__init__.pyi").write_text(
        "from . import link\nfrom .chain import link as chained\n"
    )
    (package / "__init__.py").write_text("def __getattr__(name): ...\n")
    assert imported_modules("from collapse import chained", source=source) == {"collapse.chain"}
    assert imported_modules("from collapse import link", source=source) == {"collapse.link"}
    before = code_hash(["collapse.chain"], source)
    (package / "__init__.pyi").write_text("from .alone import other as other\n")
    assert code_hash(["collapse.chain"], elsewhere(source)) == before


def elsewhere(source: Path) -> Path:
    """A copy: what lists and what is where are looked up once a process."""
    return Path(shutil.copytree(source, source.with_name(f"{source.name}-elsewhere")))


def test_a_name_from_a_listing_counts_as_the_module_that_defines_it(source: Path) -> None:
    package = source / "collapse" / "listed"
    package.mkdir()
    listing = '"""What there is."""\nfrom collapse.listed.one import A\nfrom .two import B\n'
    (package / "__init__.py").write_text(listing + '__all__ = ["A", "B"]\n')
    (package / "one.py").write_text("A = 1\n")
    (package / "two.py").write_text("B = 1\n")

    def behind(code: str) -> set[str]:
        return imported_modules(code, source=source) - {"collapse"}

    assert behind("from collapse.listed import A") == {"collapse.listed.one"}
    assert behind("from collapse.listed.two import B") == {"collapse.listed.two"}
    assert behind("from collapse import listed") == {"collapse.listed"}
    whole = names(module_closure(["collapse.listed"], source), source)
    assert whole == ["__init__.py", "listed/__init__.py", "listed/one.py", "listed/two.py"]
    (package / "__init__.py").write_text(listing + "A += 1\n")  # it computes: no listing any more
    found = imported_modules("from collapse.listed import A", source=elsewhere(source))
    assert "collapse.listed" in found


def test_what_stands_apart_is_neither_hashed_nor_followed(source: Path) -> None:
    def of(*apart: str) -> str:
        return code_hash(["collapse.chain"], source, apart=apart)

    before = of(), of("collapse.link")
    (source / "collapse" / "deep" / "end.py").write_text("value = 7\n")
    assert of() != before[0]
    assert of("collapse.link") == before[1] != before[0]


def test_an_unknown_start_is_an_error_and_an_unknown_import_is_not(source: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"collapse\.nowhere"):
        module_closure(["collapse.nowhere"], source)
    assert imported_modules("import collapse.nowhere", source=source) == {"collapse"}
    assert imported_modules("import torch.nn as nn", source=source) == set()


def test_from_import_of_an_object_counts_as_its_module(source: Path) -> None:
    code = "def f():\n    from collapse.base import ZERO\n    return ZERO\n"
    assert imported_modules(code, source=source) == {"collapse", "collapse.base"}


@pytest.mark.parametrize(
    ("text", "code_changes"),
    [
        ("value = 2\n", True),
        ("value = 1\nother = 1\n", True),
        ('"""A docstring."""\n\nvalue    =  1  # a comment\n', False),
    ],
)
def test_code_hash_sees_code_and_not_words(source: Path, text: str, code_changes: bool) -> None:
    before = code_hash(["collapse.chain"], source), text_hash(["collapse.chain"], source)
    (source / "collapse/deep/end.py").write_text(text)
    assert (code_hash(["collapse.chain"], source) != before[0]) is code_changes
    assert text_hash(["collapse.chain"], source) != before[1]


def test_code_hash_leaves_out_what_is_not_imported(source: Path) -> None:
    before = code_hash(["collapse.chain"], source)
    (source / "collapse/alone.py").write_text("value = 2\n")
    assert code_hash(["collapse.chain"], source) == before


def test_code_hash_does_not_depend_on_the_folder_or_the_order(source: Path) -> None:
    elsewhere = source / "elsewhere"
    elsewhere.mkdir()
    (source / "collapse").rename(elsewhere / "collapse")
    first = code_hash(["collapse.chain", "collapse.ring_a"], elsewhere)
    (elsewhere / "collapse").rename(source / "collapse")
    assert code_hash(["collapse.ring_a", "collapse.chain"], source) == first


def test_docstring_of_a_function_that_has_nothing_else(source: Path) -> None:
    (source / "collapse/base.py").write_text('def f():\n    """Only words."""\n')
    first = code_hash(["collapse.base"], source)
    (source / "collapse/base.py").write_text('class C:\n    def f(self):\n        """Words."""\n')
    assert code_hash(["collapse.base"], source) != first


def test_hashing_imports_no_library() -> None:
    code = (
        "import sys; from collapse.base.fingerprints.provenance import code_hash;"
        "code_hash(['collapse.base.fingerprints.provenance']);"
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Spelt so that every Python from 3.11 on could print it in its own way: quotes inside f-strings,
# parentheses that are optional, type annotations, patterns, a docstring.
TRICKY = '''
"""Words."""
from __future__ import annotations
import numpy, math
from math import log as ln
from collapse.base import ZERO
from dataclasses import dataclass
__all__ = ["Point", "told"]
@dataclass(frozen=True)
class Point:
    """More words."""
    x: float = 1e-3
    def far(self, other: "Point", *, p: int = 2) -> float:
        distance: float = abs(self.x - other.x) ** p
        return distance
def told(point, width=4):
    parts = [f"{point.x!r:>{width}} and {'a' 'b'}{point.x=}" f"{{}}", b"\\x00", ...]
    match point:
        case Point(x=0 | 1) if (n := len(parts)) > 2:
            return {**{"a": n}, "b": (1, *parts)}, ln(2), numpy.pi
    for a, b in zip(parts, parts[1:]):
        with open(a) as one, open(b) as two: print(one, two, sep="", end=f"{ZERO:.{width}f}")
    return lambda *args, key=None, **rest: (yield)
'''
GOLDEN = "3017c75c1a754d13"


def test_the_fingerprint_is_the_same_under_every_python(source: Path) -> None:
    (source / "collapse/tricky.py").write_text(TRICKY)
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); from pathlib import Path\n"
        "from collapse.base.fingerprints.provenance import code_hash\n"
        f"print(code_hash(['collapse.tricky'], Path({str(source)!r})))"
    )
    pythons = [sys.executable, *filter(None, map(find_python, SUPPORTED))]
    said = {python: subprocess.check_output([python, "-c", code], text=True) for python in pythons}
    assert said == dict.fromkeys(pythons, f"{GOLDEN}\n")


def test_a_move_keeps_the_fingerprint(source: Path) -> None:
    before = code_hash(["collapse.chain"], source)
    package = source / "collapse"
    (package / "deep/end.py").rename(package / "deep/place.py")
    (package / "link.py").write_text("from collapse.deep.place import value\n")
    assert code_hash(["collapse.chain"], source) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("__version__ = '0.1'\nx = 1\n", "__version__ = '0.2'\nx = 1\n"),
        ("__all__ = ['x']\nx = 1\n", "x = 1\n"),
        ("import numpy\nimport math\n", "import math\nimport numpy\n"),
        ("import math, numpy\n", "import math\nimport numpy as numpy\n"),
        ("def f(a: int) -> int:\n    b: int = a\n", "def f(a):\n    b = a\n"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n",
         "from typing import TYPE_CHECKING\n"),
        ("if TYPE_CHECKING:\n    import numpy\nelse:\n    x = 1\n", "x = 1\n"),
        ('x = 1\n"""What x is."""\n', "x = 1\n"),
        ('class C:\n    x: int = 1\n    """What x is."""\n', "class C:\n    x: int = 1\n"),
        ("x = f'{y}' 'a' f'b'\n", 'x = f"{y}ab"\n'),
        ("x = (1, 2)\n", "x = 1, 2  # a comment\n"),
    ],
)  # fmt: skip
def test_what_computes_nothing_does_not_count(before: str, after: str) -> None:
    assert canonical_code(before) == canonical_code(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = 1.0\n"),
        ("x = None\n", "x = []\n"),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    x = 1\n", "if TYPE_CHECKING:\n    pass\n"),
        ("x = ''\n", "x = b''\n"),
        ("def f(a=1): pass\n", "def f(a=2): pass\n"),
        ("from math import log\n", "from numpy import log\n"),
        ("class C:\n    x: int = 1\n", "class C:\n    x = 1\n"),  # a field of a dataclass, or none
        ("x = f'{y!r}'\n", "x = f'{y!s}'\n"),
        ("x = f'{y}'\n", "x = f'{y:.1f}'\n"),
        ("def f():\n    return 1\n", "async def f():\n    return 1\n"),
    ],
)
def test_what_computes_something_counts(before: str, after: str) -> None:
    assert canonical_code(before) != canonical_code(after)


def test_a_name_that_is_imported_from_elsewhere_counts(source: Path) -> None:
    package = source / "collapse"
    (package / "two.py").write_text("value = 2\n")
    (package / "chain.py").write_text(
        "from collapse.two import value as a\nfrom collapse.deep.end import value as b\n"
    )
    before = code_hash(["collapse.chain"], source)
    (package / "chain.py").write_text(
        "from collapse.two import value as b\nfrom collapse.deep.end import value as a\n"
    )
    assert code_hash(["collapse.chain"], source) != before


def test_a_name_more_in_a_listing_changes_nothing_for_who_takes_another(source: Path) -> None:
    package = source / "collapse" / "listed"
    package.mkdir()
    (package / "__init__.py").write_text("from .one import A\n")
    (package / "one.py").write_text("A = 1\n")
    (package / "two.py").write_text("B = 1\n")
    (source / "collapse/chain.py").write_text("from collapse.listed import A\n")
    before = code_hash(["collapse.chain"], source)
    (package / "__init__.py").write_text("from .one import A\nfrom .two import B\n")
    assert code_hash(["collapse.chain"], source) == before
