"""The source shown is the source."""

import ast
import inspect
import re
from importlib.metadata import metadata
from pathlib import Path

import pytest

from collapse import minimal, viz
from collapse.base import errors
from collapse.base.errors import CollapseError
from collapse.base.project import repository
from collapse.viz.show import _plain_markup, _without_lists

ROOT = Path(__file__).parents[2]


def shown(*objects):
    return viz.show(*objects).data


def code(markdown):
    return re.findall(r"```python\n(.*?)\n```", markdown, flags=re.DOTALL)


def test_a_function_is_shown_whole():
    (source,) = code(shown(viz.mean_std))
    (function,) = ast.parse(source).body
    assert function.name == "mean_std"
    whole = inspect.getsource(viz.mean_std)
    assert ast.get_docstring(function) == inspect.getdoc(viz.mean_std).split("\n\nArgs:")[0]
    assert [ast.dump(node) for node in function.body[1:]] == [
        ast.dump(node) for node in ast.parse(whole).body[0].body[1:]
    ]


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ('"""One.\n\n    Args:\n        x: a number.\n    """', '"""One."""'),
        (
            '"""One.\n\n    Two.\n\n    Raises:\n        E: always.\n    """',
            '"""One.\n\n    Two.\n    """',
        ),
        ('"""One: Args: none."""', '"""One: Args: none."""'),
    ],
)
def test_docstrings_end_before_their_lists(docstring, expected):
    made = _without_lists(f"def f(x):\n    {docstring}\n    return x  # Args:")
    assert made == f"def f(x):\n    {expected}\n    return x  # Args:"


def test_marks_of_sphinx_are_plain():
    source = '"""As :func:`~collapse.viz.show`, ``(batch,)`` and ```x```."""'
    assert _plain_markup(source) == '"""As `collapse.viz.show`, `(batch,)` and ```x```."""'


def test_a_folded_module_is_whole():
    text = viz.show(minimal, folded="All < of it")
    assert text.data.startswith("<details><summary>All &lt; of it</summary>\n\n[`src/")
    assert text.data.endswith("```\n\n</details>")
    (source,) = code(text.data)
    assert source == (ROOT / "src/collapse/minimal.py").read_text().rstrip()


def test_a_method_is_dedented_and_a_decorated_class_keeps_its_decorator():
    method, cls = code(shown(viz.Style.plot, viz.Style))
    assert method.startswith("def plot(self)")
    assert cls.startswith("@dataclass(frozen=True)\nclass Style:")


def test_a_module_can_be_shown():
    (source,) = code(shown(errors))
    assert source.startswith('"""Errors as sentences')


def test_the_link_points_to_the_lines():
    path, line, first, last = re.search(
        r"\[`(.*?)`, line (\d+)\]\(.*?/blob/main/src/collapse/base/errors\.py#L(\d+)-L(\d+)\)",
        shown(errors.choose),
    ).groups()
    lines = (ROOT / path).read_text().splitlines()[int(first) - 1 : int(last)]
    assert line == first
    source = code(shown(errors.choose))[0].splitlines()
    assert (lines[0], lines[-1]) == (source[0], source[-1])
    assert len({*source} - {*lines}) <= 1  # where the docstring ends


def test_the_address_is_the_one_in_the_metadata():
    address = repository()
    assert f"Repository, {address}" in metadata("posterior-collapse").get_all("Project-URL")
    assert f"({address}/blob/main/src/" in shown(errors.choose)


def test_a_fence_inside_the_source_does_not_end_the_block(monkeypatch):
    monkeypatch.setattr(inspect, "getsourcelines", lambda thing: (['"""```x```"""\n'], 1))
    assert shown(errors.choose).endswith('````python\n"""```x```"""\n````')


@pytest.mark.parametrize("thing", [len, 3, Path, viz.STYLE, "choose"])
def test_what_is_not_of_the_package_is_refused(thing):
    with pytest.raises(CollapseError, match="functions, classes and modules of the package"):
        viz.show(thing)


def test_nothing_to_show_is_refused():
    with pytest.raises(CollapseError, match="got no object"):
        viz.show()
