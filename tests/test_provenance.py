"""The fingerprint follows imports, ignores what does not compute, and imports nothing itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from collapse.provenance import code_hash, imported_modules, module_closure, text_hash


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


def names(paths: list[Path], source: Path) -> list[str]:
    return [str(path.relative_to(source / "collapse")) for path in paths]


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
    assert behind("from collapse.listed import A") == {"collapse.listed"}


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
        "import sys; from collapse.provenance import code_hash; code_hash(['collapse.provenance']);"
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
