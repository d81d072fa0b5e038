"""A recipe takes what belongs in its places, and says what does not, when it is made."""

import subprocess
import sys

import pytest

from collapse.parts import Part, Sizes
from collapse.recipe import ConditionalRecipe, Recipe
from collapse.recipes import RECIPES

AROUND = """
import torch
from dataclasses import replace
from torch import nn
from torch.distributions import Normal
from collapse import Part, Recipe, run
from collapse.base.errors import CollapseError
from collapse.encoders import LSTMEncoder
from collapse.decoders import LSTMDecoder
from collapse.objectives import FreeBits, Schedule
from collapse.parts import Sizes
from collapse.pooling import LastState
from collapse.posteriors import DiagonalGaussian, Posterior
from collapse.recipe import ConditionalRecipe
from collapse.training import Joint, Strategy

class NoUpdate(Strategy): pass
class NoCall(Schedule): pass
class Asks(DiagonalGaussian):
    def __init__(self, sizes, *, gamma, beta, eps=0.1):
        super().__init__(sizes)
class Plain(nn.Module):
    def __init__(self, sizes): super().__init__()
class NoLatent(Posterior):
    def __init__(self, sizes): super().__init__()
class Wide(DiagonalGaussian):
    def __init__(self, sizes):
        super().__init__(replace(sizes, latent=5))
        self.latent = sizes.latent
class NoDistribution(DiagonalGaussian):
    def forward(self, features): return features
sizes = Sizes(vocabulary=10, embedding=3, hidden=4, latent=2)
def train(**places): return run(Recipe(**places), scale="smoke", name="own")
"""
WRONG = [
    ("Recipe(kl_weight=0.5)", "The place kl_weight holds a schedule, from the epoch to the weight"),
    ("Recipe(kl_weight=NoCall)", "The place kl_weight holds a schedule, from the epoch to the wei"),
    ("Recipe(kl_weight=NoCall())", "The place kl_weight holds a schedule, from the epoch to the w"),
    (
        "Recipe(free_bits=4.0)",
        "The place free_bits holds free bits, as FreeBits(4.0), or None; got",
    ),
    ("Recipe(free_bits=FreeBits)", "The place free_bits holds free bits, as FreeBits(4.0), or Non"),
    ("Recipe(strategy=Strategy)", "The place strategy holds an instance of a class derived from S"),
    ("Recipe(strategy=NoUpdate())", "The place strategy holds an instance of a class derived from"),
    ("Recipe(strategy=None)", "The place strategy holds an instance of a class derived from Strat"),
    ("Recipe(posterior=DiagonalGaussian)", "The place posterior holds a part, a class with its op"),
    ("Recipe(posterior=None)", "The place posterior holds a part, a class with its options, as"),
    ("Recipe(posterior=Part(LSTMDecoder))", "The place posterior holds a class derived from colla"),
    (
        "Recipe(posterior=Part(Plain))",
        "The place posterior holds a class derived from collapse's P",
    ),
    (
        "Recipe(encoder=Part(LastState))",
        "The place encoder holds a class derived from collapse's E",
    ),
    ("Recipe(features=Part(LSTMEncoder))", "The place features holds a class derived from collaps"),
    ("Recipe(decoder=Part(LSTMEncoder))", "The place decoder holds a class derived from collapse'"),
    ("Recipe(regulariser=Part(LSTMEncoder))", "The place regulariser holds a class derived from c"),
    ("ConditionalRecipe(bow=LSTMEncoder)", "The place bow holds a part, a class with its options,"),
    ("Recipe(posterior=Part(Asks, beta=1))", "Asks needs gamma: Part(Asks, gamma=...); got Part(A"),
    ("Part(Asks).build(sizes)", "Asks needs gamma and beta: Part(Asks, gamma=..., beta=...); got"),
    (
        "Part('X')",
        "A part is a class derived from torch.nn.Module, with its options by keyword, as",
    ),
    (
        "Part(Joint())",
        "A part is a class derived from torch.nn.Module, with its options by keyword",
    ),
    ("Part(lambda sizes: None)", "A part is a class derived from torch.nn.Module, with its option"),
    ("Part(Joint)", "A part is a class derived from torch.nn.Module, with its options by keyword,"),
    ("Recipe(encoder=Part(Plain)).build(sizes)", "Plain must say its width, which others are buil"),
    ("Recipe(posterior=Part(NoLatent)).build(sizes)", "NoLatent must say its latent, which others"),
    ("ConditionalRecipe(encoder=Part(LSTMEncoder)).build(sizes)", "LSTMEncoder must say its utter"),
    (
        "train(posterior=Part(Wide))",
        "The posteriors of 32 documents in 1 dimensions of z must ha",
    ),
    ("train(posterior=Part(NoDistribution))", "A posterior gives a distribution of torch for its "),
    ("train(kl_weight=lambda epoch: -1.0)", "The weight of the KL is a finite number, 0 or more; "),
    ("train(kl_weight=lambda epoch: 'one')", "The weight of the KL is a finite number, 0 or more;"),
    ("train(kl_weight=lambda epoch: float('nan'))", "The weight of the KL is a finite number, 0 o"),
    ("train(kl_weight=lambda epoch: 1 - 2 * (epoch > 0.4))", "The weight of the KL is a finite nu"),
]


def test_what_does_not_belong_in_its_place_is_answered_with_a_sentence(
    tmp_path, monkeypatch
) -> None:
    """In a process in which no annotation is executed, as a reader has it."""
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    script = tmp_path / "script.py"
    calls = [f"lambda: {call}" for call, _ in WRONG]
    script.write_text(f"""{AROUND}
for call in [
    {", ".join(f"{call}{chr(10)}" for call in calls)}]:
    try:
        call()
        print("was accepted")
    except CollapseError as error:
        print(str(error).splitlines()[0])
""")
    said = subprocess.check_output([sys.executable, script], text=True).splitlines()
    for (call, sentence), line in zip(WRONG, said, strict=True):
        assert line.startswith(sentence), (call, line)


def test_a_function_is_a_schedule_and_its_run_is_found_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    script = tmp_path / "script.py"
    script.write_text(f"{AROUND}\ntrain(kl_weight=lambda epoch: 0.5)\n")
    first, again = (subprocess.check_output([sys.executable, script], text=True) for _ in range(2))
    assert "1 run: 0 loaded, 1 computed" in first
    assert again.strip() == "1 run: 1 loaded."
    script.write_text(f"{AROUND}\ntrain(kl_weight=lambda epoch: 0.25)\n")
    changed = subprocess.check_output([sys.executable, script], text=True)
    assert "1 run: 0 loaded, 1 computed" in changed


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_of_the_package_can_be_built(name: str) -> None:
    recipe = RECIPES[name]
    assert sum(p.numel() for p in recipe.build(Sizes(20, 4, 6, 4)).parameters()) > 0


def test_what_a_conditional_recipe_adds_need_not_be_given() -> None:
    posterior = ConditionalRecipe().posterior
    assert posterior == Part(posterior.cls)
    assert Recipe.adds == {}
