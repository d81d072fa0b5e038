"""A warning of our code is an error in the tests; what libraries say of one another is not."""

import importlib
import warnings
from pathlib import Path

import pytest

from collapse.base.fingerprints.provenance import SOURCE

ROOT = SOURCE.parent
FOLDERS = [SOURCE, ROOT / "book" / "tools", ROOT / "benchmarks"]
FILES = [(folder, path) for folder in FOLDERS for path in folder.rglob("*.py")]
# Test files are modules without their folders: pytest puts the folder of each on the path.
FILES += [(path.parent, path) for path in (ROOT / "tests").rglob("*.py")]
OURS = {".".join(path.relative_to(folder).with_suffix("").parts) for folder, path in FILES}

LIBRARY = """
import warnings

def deprecated(stacklevel):
    warnings.warn("old", DeprecationWarning, stacklevel=stacklevel)
"""


def is_error(module: str, category: type[Warning] = DeprecationWarning) -> bool:
    """Whether a warning in the name of a module stops what warns."""
    with warnings.catch_warnings(record=True):
        try:
            warnings.warn_explicit("old", category, "a file", 1, module=module)
        except category:
            return True
    return False


def test_a_warning_of_any_of_our_modules_is_an_error() -> None:
    assert {"collapse.metrics.likelihood", "test_sweep", "notebook_lint", "conftest"} <= OURS
    assert [module for module in sorted(OURS) if not is_error(module)] == []


@pytest.mark.parametrize("module", ["matplotlib.cm", "collapsed", "addresses.x", "my.collapse"])
def test_a_warning_of_a_library_is_none(module: str) -> None:
    assert not is_error(module)


@pytest.mark.parametrize("category", [RuntimeWarning, pytest.PytestUnraisableExceptionWarning])
def test_wrong_numbers_and_what_pytest_finds_are_errors_everywhere(category: type[Warning]) -> None:
    assert is_error("numpy.core", category)


def test_what_we_call_wrongly_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_library.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path)
    library = importlib.import_module("some_library")
    with warnings.catch_warnings(record=True) as seen:
        library.deprecated(stacklevel=1)
    assert [str(one.message) for one in seen] == ["old"]
    with pytest.raises(DeprecationWarning, match="old"):
        library.deprecated(stacklevel=2)
