"""Classes from outside the package: their fingerprints, in files and in a real notebook."""

import subprocess
import sys
import textwrap
import warnings
from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from interpreters import SUPPORTED, find_python
from nbclient import NotebookClient

from collapse.base.errors import RunError
from collapse.base.fingerprints.outside import outside_hash
from collapse.base.fingerprints.own_source import class_source
from collapse.base.fingerprints.provenance import SOURCE


class Mine:
    """Stands for a class of a reader."""

    def value(self) -> int:
        return 1


class Fixed(Mine):
    size = 3


@dataclass(frozen=True)
class Fields:
    width: int = 2


def own(folder: Path, text: str, **names: object) -> str:
    """The fingerprint of a class ``Own`` that stands in a file of its own, as a cell does."""
    around: dict = {"Mine": Mine, "__name__": "__main__", **names}
    path = folder / f"{len(list(folder.iterdir()))}.py"
    path.write_text(textwrap.dedent(text))
    exec(compile(path.read_text(), str(path), "exec"), around)
    return outside_hash(around["Own"])


def test_a_class_from_outside_counts_by_its_source(tmp_path: Path) -> None:
    cell = "class Own(Mine):\n    def more(self):\n        return {}\n"
    one, two = own(tmp_path, cell.format(1)), own(tmp_path, cell.format(2))
    assert one != two
    assert one == own(tmp_path, "# a comment\n" + cell.format("(1)"))
    names: dict = {"__name__": "__main__"}
    exec("class Typed:\n    def f(self): return 1\n", names)
    with pytest.raises(RunError, match=r"source of Typed cannot be found.*cell of a notebook"):
        class_source(names["Typed"])
    with pytest.raises(RunError, match=r"source of Pair cannot be found.*a namedtuple .* no text"):
        class_source(namedtuple("Pair", "one two"))


def test_a_class_of_attributes_or_fields_in_a_file_has_a_source() -> None:
    assert class_source(Fixed).strip().endswith("size = 3")
    assert "width: int = 2" in class_source(Fields)
    assert outside_hash(Fixed) != outside_hash(Fields)


READS = """
    SCALE = {}
    def helper(x):
        return x * {}
    def twice(x):
        return 2 * helper(x)
    unused = {}
    class Own(Mine):
        def more(self, x):
            local = unrelated = 1
            return [SCALE * twice(y) for y in x], local
"""


def test_what_a_class_reads_from_around_it_counts_and_nothing_else(tmp_path: Path) -> None:
    first = own(tmp_path, READS.format(1, 2, 3))
    assert own(tmp_path, READS.format(1, 2, 4)) == first  # nobody reads it
    assert own(tmp_path, READS.format(1, 2, 3), local=5) == first  # hidden by a local name
    assert own(tmp_path, READS.format("1.0", 2, 3)) != first
    assert own(tmp_path, READS.format(1, 5, 3)) != first  # two functions away


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[1, {'a': 2}]", "[1, {'a': 3}]"),
        ("np.arange(3)", "np.arange(4)"),
        ("torch.ones(2)", "torch.zeros(2)"),
        ("Constant(0.5)", "Constant(0.25)"),
        ("Part(LastState)", "Part(LSTMEncoder)"),
        ("torch.relu", "torch.tanh"),
        ("torch.float32", "torch.float64"),
        ("np.tanh", "np.exp"),
        ("partial(min, 1)", "partial(min, 2)"),
        ("(lambda x: x + 1)", "(lambda x: x + 2)"),
        ("Made(1)", "Made(2)"),
    ],
)
def test_values_of_many_kinds_count(one: str, other: str, tmp_path: Path) -> None:
    text = """
        import numpy as np, torch
        from functools import partial
        from collapse.encoders import LSTMEncoder
        from collapse.objectives import Constant
        from collapse.parts import Part
        from collapse.pooling import LastState
        class Made:
            def __init__(self, x): self.x = x
        held = {}
        class Own:
            inner = held
            def more(self, x=held): return held
    """
    first = own(tmp_path, text.format(one))
    assert own(tmp_path, text.format(one)) == first != own(tmp_path, text.format(other))


@pytest.mark.parametrize("place", ["size = WIDTH", "def f(self, x=WIDTH): return x"])
def test_a_value_that_a_class_took_when_it_was_made_counts(place: str, tmp_path: Path) -> None:
    one, other = (own(tmp_path, f"class Own:\n    {place}\n    def g(self): pass\n", WIDTH=width)
                  for width in (1, 2))  # fmt: skip
    assert one != other


def test_closures_static_methods_and_properties_count(tmp_path: Path) -> None:
    text = """
        A = B = C = 1
        def make(inside):
            class Own:
                def f(self): return inside
                @staticmethod
                def g(): return A
                @property
                def h(self): return B
                @classmethod
                def i(cls): return C
            return Own
        {}
        Own = make({})
    """
    found = [own(tmp_path, text.format(*more))
             for more in [("", 1), ("", 2), ("A = 2", 1), ("B = 2", 1), ("C = 2", 1)]]  # fmt: skip
    assert len(set(found)) == 5


def test_an_object_that_cannot_be_compared_is_warned_of(tmp_path: Path) -> None:
    text = "import threading\nlock = threading.Lock()\nclass Own:\n    def f(self): return lock\n"
    with pytest.warns(UserWarning, match=r"Own reads an object of the kind _thread.*new run"):
        own(tmp_path, text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own(tmp_path, text.replace("threading.Lock()", "print"))


def executed(folder: Path, *cells: str) -> list[str]:
    """What each cell of a notebook prints, from a kernel as readers have it."""
    set_up = f"""
        import os
        os.environ["COLLAPSE_RUNS"] = {str(folder / "runs")!r}
        from dataclasses import dataclass, replace
        import torch
        from collapse import run_all
        from collapse.runs.measuring.recording import Probe, Recorder, record_all
        from collapse.runs.request import make_request
        from collapse.objectives import Constant
        from collapse.parts import Part
        from collapse.pooling import LastState
        from collapse.posteriors import DiagonalGaussian
        from collapse.recipe import Recipe
        from collapse.training import Joint
    """
    code = [textwrap.dedent(cell) for cell in (set_up, *cells)]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in code])
    NotebookClient(book, timeout=300, kernel_name="python3").execute()
    streams = [
        [o["text"] for o in cell.outputs if o.get("name") == "stdout"] for cell in book.cells
    ]
    return ["".join(texts) for texts in streams[1:]]


def test_missing_runs_of_a_class_from_a_cell_are_done_side_by_side(tmp_path: Path) -> None:
    pooling = """
        SCALE = {}
        class Pool(LastState):
            def forward(self, *given):
                return SCALE * super().forward(*given)
    """
    ask = """
        run_all({"mine": Recipe(features=Part(Pool))}, "synthetic", "smoke", (0, 1))
        print(make_request(Recipe(features=Part(Pool)), name="mine").identity)
    """
    said = executed(tmp_path, pooling.format(1), ask, ask, "SCALE = 2", ask, pooling.format(1), ask)
    first, again, changed, back = (said[i].splitlines() for i in (1, 2, 4, 6))
    assert first[0].startswith("2 runs: 0 loaded, 2 computed")
    assert again == ["2 runs: 2 loaded.", first[1]]
    assert changed[0].startswith("2 runs: 0 loaded, 2 computed")
    assert changed[1] != first[1]
    assert back == again


def test_classes_of_attributes_and_probes_from_cells(tmp_path: Path) -> None:
    classes = """
        class Plain(DiagonalGaussian):
            shared = {0}
        @dataclass(frozen=True)
        class Weight(Constant):
            more: float = {0}
    """
    ask = """
        own = Recipe(posterior=Part(Plain), kl_weight=Weight(0.5))
        print(make_request(own, name="mine", scale="smoke").identity)
    """
    probe = """
        @dataclass(frozen=True)
        class First(Probe):
            power: int = 1
            def __call__(self, model, corpus):
                return {"first": next(model.parameters()).detach().flatten()[:2] ** self.power}
        requests = [make_request(own, name="mine", scale="smoke", seed=seed) for seed in (0, 1)]
        found = record_all(requests, {"it": Recorder(First(), (0, 1))})
        print([len(one["it"]) for one in found])
    """
    said = executed(tmp_path, classes.format(1), ask, classes.format(2), ask, ask, probe, probe)
    assert said[1] != said[3] == said[4]
    assert said[5].splitlines()[-1] == said[6].splitlines()[-1] == "[2, 2]"
    assert "2 computed" in said[5]
    assert said[6].startswith("2 runs: 2 loaded.")


# Kinds of classes to which each version of Python adds something of its own.
KINDS = """
import sys
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

class Colour(Enum):
    RED = 1
    BLUE = "b"

class Pair(NamedTuple):
    a: int = 1
    b: float = 2.0

class Steps(Protocol):
    def step(self) -> int: ...

@dataclass(frozen=True)
class Own:
    width: int = 2
    names: frozenset = frozenset({("a", Pair), ("b", Pair), ("c", Colour)})
    def value(self):
        return self.width, Colour.RED, Pair(), Steps, weights

weights = [lambda é, k=3: 1.0 if k else 2.0, lambda é: (  # one line, two weights
    é * 0.5), lambda: [lambda x: x, 5], lambda: (lambda x: x)]

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from collapse.base.fingerprints.outside import outside_hash
    import kinds
    print(outside_hash(kinds.Own), *map(outside_hash, kinds.weights))
"""


def test_the_fingerprint_of_own_classes_is_the_same_under_every_python(tmp_path: Path) -> None:
    script = tmp_path / "kinds.py"
    script.write_text(KINDS)
    pythons = [sys.executable, *filter(None, map(find_python, SUPPORTED))]
    said = [
        subprocess.check_output([python, script, SOURCE], text=True, cwd=tmp_path)
        for python in pythons
        for _ in range(2)
    ]
    assert len(set(said)) == 1, dict(zip(pythons, said[::2], strict=True))
    assert len(set(said[0].split())) == 5  # the class, and each lambda by itself


AROUND = {
    "a decorator": """
        import functools
        def scaled(function):
            @functools.wraps(function)
            def wrapper(self):
                return {} * function(self)
            return wrapper
        class Own(Mine):
            @scaled
            def value(self):
                return 1
        """,
    "a decorator of torch around a function": """
        import torch
        @torch.no_grad()
        def helper():
            return {}
        class Own(Mine):
            def value(self):
                return helper()
        """,
    "a dictionary's default": """
        from collections import defaultdict
        def made():
            return {}
        table = defaultdict(made)
        class Own(Mine):
            def value(self):
                return table["x"]
        """,
    "a function with a memory": """
        from functools import lru_cache
        @lru_cache
        def helper():
            return {}
        class Own(Mine):
            def value(self):
                return helper()
        """,
    "a metaclass": """
        class Meta(type):
            @property
            def scale(cls):
                return {}
        class Own(metaclass=Meta):
            def value(self):
                return type(self).scale
        """,
    "a function for each type": """
        from functools import singledispatch
        @singledispatch
        def helper(x):
            return 0
        @helper.register
        def _(x: int):
            return {}
        class Own(Mine):
            def value(self):
                return helper(3)
        """,
    "a module of torch": """
        import torch
        table = torch.nn.Linear(1, 1)
        torch.nn.init.constant_(table.weight, {})
        torch.nn.init.zeros_(table.bias)
        class Own(Mine):
            def value(self):
                return table.weight
        """,
}


@pytest.mark.parametrize("text", AROUND.values(), ids=AROUND)
def test_what_stands_around_a_method_counts(tmp_path: Path, text: str) -> None:
    one, again, other = (own(tmp_path, text.replace("{}", each)) for each in ("1", "1", "900"))
    assert one == again != other


USES = {  # the import, where, and what it gives
    "an import within a method": ("pass", "from ours import g", "g"),
    "a module that imports another": ("import ours_user", "pass", "ours_user.g"),
    "a package that re-exports": ("from ours_package import g", "pass", "g"),
    "a submodule": ("import ours_package.inner", "pass", "ours_package.inner.g"),
    "a submodule of a silent package": ("import silent.inner", "pass", "silent.inner.g"),
    "a file that hides one of Python's": ("import colorsys", "pass", "colorsys.g"),
}


@pytest.mark.parametrize(("above", "within", "function"), USES.values(), ids=USES)
def test_modules_of_ones_own_count_with_what_they_import(
    tmp_path: Path, above: str, within: str, function: str
) -> None:
    method = f"    def f(self):\n        {within}\n        return {function}()\n"
    found = []
    for number in (1, 1, 900):
        folder = tmp_path / str(len(found))
        package, silent = folder / "ours_package", folder / "silent"
        package.mkdir(parents=True)
        silent.mkdir()
        (silent / "__init__.py").write_text("")
        (folder / "ours.py").write_text(f"def g():\n    return {number}\n")
        (folder / "ours_user.py").write_text("import ours\ndef g():\n    return ours.g()\n")
        (package / "__init__.py").write_text("from .inner import g\n")
        for file in (package / "inner.py", silent / "inner.py", folder / "colorsys.py"):
            file.write_text(f"def g():\n    return {number}\n")
        script = folder / "script.py"
        script.write_text(
            "from collapse.base.fingerprints.outside import outside_hash\n"
            f"{above}\nclass Own:\n{method}print(outside_hash(Own))\n"
        )
        run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
        found.append(run.stdout)
    assert found[0] == found[1] != found[2]
