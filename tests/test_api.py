"""``import collapse``: every name is there, costs nothing until it is used, and is documented."""

import ast
import doctest
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import collapse
from collapse.runs.settings import SETTINGS, settings_for

SOURCE = Path(str(collapse.__file__)).parent
ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "book/library"
NAMES = [name for name in dir(collapse) if not name.startswith("_")]


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; bare = set(sys.modules); import collapse; print(set(sys.modules) - bare)"
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    new = {name.split(".")[0] for name in ast.literal_eval(said)}
    assert "collapse" in new
    assert new - {"collapse"} <= sys.stdlib_module_names


def test_a_star_imports_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from collapse import *", names)
    assert names.keys() - {"__builtins__"} == set(NAMES) == set(collapse.__all__)
    assert names["run"] is collapse.run


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(collapse, name)
    assert isinstance(found, ModuleType | dict | tuple) or inspect.getdoc(found)


def test_every_room_of_the_house_is_a_name() -> None:
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")} - {"base"}
    assert len(rooms) > 10
    assert rooms <= set(NAMES)


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no name in collapse called 'Recip'.*'Recipe'"):
        collapse.Recip  # noqa: B018


def test_the_names_are_those_of_their_modules() -> None:
    stub = ast.parse((SOURCE / "__init__.pyi").read_text(encoding="utf-8"))
    for node in stub.body:
        for alias in node.names if isinstance(node, ast.ImportFrom) and node.module else []:
            home = import_module(f"collapse.{node.module}")
            assert getattr(collapse, alias.name) is getattr(home, alias.name)


PAGES = [
    *("encoders", "pooling", "posteriors", "objectives", "decoders", "images", "training"),
    "metrics",
]


@pytest.mark.parametrize("place", [*PAGES, "theory", "distributions", "data"])
def test_what_fills_a_place_is_on_a_page_of_the_site(place: str) -> None:
    pages = {page.stem: page.read_text(encoding="utf-8") for page in LIBRARY.glob("*.md")}
    (home,) = (name for name, text in pages.items() if f"automodule:: collapse.{place}\n" in text)
    assert f"file: book/library/{home}\n" in (ROOT / "_toc.yml").read_text(encoding="utf-8")
    module = import_module(f"collapse.{place}")
    described = {name for name in module.__all__ if inspect.getdoc(getattr(module, name))}
    assert described == set(module.__all__)


@pytest.mark.parametrize("name", ["theory", "distributions", "data"])
def test_a_page_by_subject_has_every_name(name: str) -> None:
    page = (LIBRARY / f"{name}.md").read_text(encoding="utf-8")
    described = re.findall(r"auto(?:function|class):: (\w+)", page)
    assert len(described) == len(set(described))
    mentioned = {*described, *re.findall(r"`(\w+)`", page)}
    assert set(import_module(f"collapse.{name}").__all__) <= mentioned


def test_every_exact_model_is_on_the_page_of_the_exact_ones() -> None:
    page = (LIBRARY / "exact.md").read_text(encoding="utf-8")
    models = {f"collapse.exact.{path.stem}" for path in SOURCE.glob("exact/[a-z]*.py")}
    assert set(re.findall(r"automodule:: (collapse\.exact\.\w+)\n", page)) == models


@pytest.mark.parametrize("page", sorted(LIBRARY.glob("*.md")), ids=lambda page: page.stem)
def test_the_examples_of_the_pages_run(page: Path, monkeypatch, tmp_path: Path) -> None:
    """An example trains as on the page, but for one epoch and small: its code is what is tried."""
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path))
    for corpus in SETTINGS:
        monkeypatch.setitem(SETTINGS[corpus], "light", settings_for(corpus, "smoke"))
    for code in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        exec(code, {})


@pytest.mark.parametrize("module", ["collapse", "collapse.clinic", "collapse.runs.many"])
def test_the_examples_are_true(module: str) -> None:
    done = doctest.testmod(import_module(module), optionflags=doctest.ELLIPSIS)
    assert done.attempted > 0
    assert done.failed == 0
