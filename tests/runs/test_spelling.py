"""What a run's identity says of the values that a recipe holds."""

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from collapse.base.errors import RunError
from collapse.parts import brief
from collapse.recipes import RECIPES
from collapse.runs.request import make_request
from collapse.runs.spelling import Spelling

AROUND = """
import threading, torch, numpy as np
from dataclasses import dataclass, field
from functools import lru_cache, partial
from random import Random
from typing import Any, Callable
from collapse.objectives import Constant, Cyclical, FreeBits, Linear, Schedule
from collapse.parts import Part
from collapse.pooling import LastState, MaxPool
from collapse.posteriors import DiagonalGaussian
from collapse.recipe import ConditionalRecipe, Recipe
from collapse.training.strategies.strategy import Joint, Strategy

class Opt(DiagonalGaussian):
    def __init__(self, sizes, *, option=None, other=None):
        super().__init__(sizes)
class Net:
    def value(self): return {0}
class Pool(LastState):
    def forward(self, *given): return {0} * super().forward(*given)
class Slow:
    '''Not a dataclass.'''
    def __init__(self, value): self.value = value
class Kept(Slow):
    def __getstate__(self): return {{}}
class Slotted:
    __slots__ = ("value",)
    def __init__(self, value): self.value = value
class Weight(Schedule):
    def __init__(self, value): self.value = value
    def __call__(self, epoch): return self.value
class Own(Joint):
    def __init__(self, value): self.value = value
@dataclass(frozen=True)
class Base:
    value: Any = 1.0
    def __call__(self, epoch): return {0} * self.value
@dataclass(frozen=True)
class Twice(Schedule):
    base: Any = field(default_factory=Base)
    other: Any = field(default=0, compare=False)
    def __call__(self, epoch): return 2 * self.base(epoch)
def plain(epoch): return {0}
@lru_cache
def cached(epoch): return {0}
def made(k): return lambda epoch: k
big = torch.arange(2000.0) + {0}
recipe = {1}
"""


def recipe(folder: Path, expression: str, edited: int = 1) -> Any:
    """The recipe of an expression, in a script of its own where a number can be edited."""
    path = folder / f"{len(list(folder.iterdir()))}.py"
    path.write_text(AROUND.format(edited, expression))
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return names["recipe"]


def identity(folder: Path, expression: str, edited: int = 1) -> str:
    """The identity of a run of it."""
    filled = recipe(folder, expression, edited)
    return make_request(filled, scale="smoke", name="own").identity


def of_option(value: str) -> str:
    """A recipe whose posterior has this option."""
    return f"Recipe(posterior=Part(Opt, option={value}))"


@pytest.mark.parametrize(
    "expression",
    [
        of_option("Net"),
        of_option("Net()"),
        of_option("[(Net,)]"),
        of_option("{'net': {Net}}"),
        of_option("Part(Pool)"),
        of_option("plain"),
        of_option("cached"),
        of_option("partial(plain, 1)"),
        of_option("Base().__call__"),
        of_option("big"),
        of_option("big.numpy()"),
        of_option("np.array([Net()], dtype=object)"),
        of_option("torch.nn.Parameter(big)"),
        of_option("torch.distributions.Normal(big, 1.0)"),
        "Recipe(kl_weight=Twice(Base()))",
        "Recipe(kl_weight=Twice())",
        "Recipe(kl_weight=Weight(Base()))",
        "Recipe(kl_weight=Twice(plain))",
        "Recipe(kl_weight=plain)",
        "Recipe(kl_weight=Base())",
        "Recipe(kl_weight=made(Base()))",
        "Recipe(kl_weight=Weight(made(big)))",
        "Recipe(strategy=Own(Base()))",
    ],
)
def test_what_is_edited_in_a_value_makes_another_run(expression: str, tmp_path: Path) -> None:
    first = identity(tmp_path, expression)
    assert first == identity(tmp_path, expression) != identity(tmp_path, expression, 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Recipe(kl_weight=Twice(lambda e: 1.0))", "Recipe(kl_weight=Twice(lambda e: 0.0))"),
        ("Recipe(kl_weight=Twice(made(1.0)))", "Recipe(kl_weight=Twice(made(0.0)))"),
        ("Recipe(kl_weight=lambda e: 1.0)", "Recipe(kl_weight=lambda e: 0.0)"),
        ("Recipe(kl_weight=Weight(1.0))", "Recipe(kl_weight=Weight(0.5))"),
        ("Recipe(kl_weight=Twice(other=1))", "Recipe(kl_weight=Twice(other=2))"),
        ("Recipe(kl_weight=Twice(Linear()))", "Recipe(kl_weight=Twice(Cyclical()))"),
        ("Recipe(strategy=Own(1))", "Recipe(strategy=Own(2))"),
        *(
            (of_option(one), of_option(other))
            for one, other in [
                ("lambda x: x", "lambda x: x * 100"),
                ("Slow(1)", "Slow(2)"),
                ("Kept(1)", "Kept(2)"),
                ("Slotted(1)", "Slotted(2)"),
                ("Random(1)", "Random(2)"),
                ("np.random.default_rng(1)", "np.random.default_rng(2)"),
                ("torch.Generator().manual_seed(1)", "torch.Generator().manual_seed(2)"),
                ("torch.relu", "torch.tanh"),
                ("np.tanh", "np.exp"),
                ("torch.float32", "torch.float64"),
                ("torch.ones(2)", "torch.ones(2, dtype=torch.float64)"),
                ("torch.ones(2, 0)", "torch.ones(3, 0)"),
                ("{'a': 1}", "{'a': 2}"),
                ("1", "True"),
                ("[lambda x: 1, lambda x: 2][0]", "[lambda x: 1, lambda x: 2][1]"),
                ("Net, other=Slow", "Slow, other=Net"),
            ]
        ),
    ],
)
def test_other_values_make_another_run(one: str, other: str, tmp_path: Path) -> None:
    first = identity(tmp_path, one)
    assert first == identity(tmp_path, one) != identity(tmp_path, other)


def test_two_lambdas_on_one_line_are_two_values(tmp_path: Path) -> None:
    both = "[Recipe(kl_weight=f) for f in (lambda e: 1.0, lambda e: 0.0)]"
    one, other = (Spelling(r).text for r in recipe(tmp_path, both))
    assert one != other


@pytest.mark.parametrize(
    "value", ["threading.Lock()", "Slow([threading.Lock()])", "(x for x in ())"]
)
def test_what_cannot_be_read_is_refused(value: str, tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=r"recipe's posterior holds an object of the kind (lock|gen)"
    ):
        identity(tmp_path, of_option(value))


def test_a_value_that_holds_itself_is_described(tmp_path: Path) -> None:
    around = recipe(tmp_path, of_option("[]"))
    around.posterior.options["option"].append(around.posterior.options["option"])
    assert "<around " in Spelling(around).text


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_of_the_package_is_spelled_as_it_prints(name: str) -> None:
    assert Spelling(RECIPES[name]).text == brief(RECIPES[name])


def test_the_code_of_a_package_class_inside_a_value_counts(tmp_path: Path) -> None:
    inside = Spelling(recipe(tmp_path, of_option("MaxPool")))
    assert "collapse.pooling" in inside.modules
    assert (
        "collapse.objectives.schedules"
        in Spelling(recipe(tmp_path, "Recipe(kl_weight=Twice(Cyclical()))")).modules
    )


def test_the_identity_is_the_same_in_every_process(tmp_path: Path) -> None:
    values = "(Net, plain, lambda x: x, big, Slow({'b', 'a', 'c'}), {Net, Slow, 'x'}, Base(big))"
    script = AROUND.format(1, of_option(values)) + textwrap.dedent("""
        from collapse.runs.request import make_request
        print(make_request(recipe, scale="smoke", name="own").identity)
    """)
    path = tmp_path / "script.py"
    path.write_text(script)
    said = {subprocess.check_output([sys.executable, path], text=True) for _ in range(2)}
    assert len(said) == 1
