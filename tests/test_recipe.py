"""A recipe takes what belongs in its places, and says what does not, when it is made."""

import dataclasses
import inspect
import pydoc
import subprocess
import sys

import pytest
from small import SIZES
from torch import nn

from collapse.encoders import Encoder
from collapse.images.recipe import for_pictures_of
from collapse.objectives import Constant, FreeBits, MAERegulariser, Objective
from collapse.parts import Part, Sizes
from collapse.recipe import Recipe
from collapse.recipes import RECIPES

AROUND = """
import torch
from dataclasses import replace
from torch import nn
from torch.distributions import Normal, Uniform
from collapse import Part, Recipe, run
from collapse.base.errors import CollapseError
from collapse.encoders import Encoder, LSTMEncoder
from collapse.decoders import Decoder, LSTMDecoder
from collapse.objectives import Constant, FreeBits, Objective, Regulariser, Schedule
from collapse.objectives import WassersteinRegulariser
from collapse.parts import Sizes
from collapse.pooling import LastState, Pooling
from collapse.posteriors import BatchNormGaussian, DiagonalGaussian, Posterior
from collapse.recipe import ConditionalRecipe
from collapse.runs.settings import settings_for
from collapse.training import Joint, Strategy

class NoUpdate(Strategy): pass
class NoCall(Schedule): pass
class Asks(DiagonalGaussian):
    def __init__(self, sizes, *, gamma, beta, eps=0.1):
        super().__init__(sizes)
class Plain(nn.Module):
    def __init__(self, sizes): super().__init__()
    def forward(self, tokens, lengths): return tokens
class Silent(nn.Module):
    def __init__(self, sizes): super().__init__()
class NoLatent(Posterior):
    def __init__(self, sizes): super().__init__()
    def forward(self, features): return Normal(features, 1.0)
    def prior(self): return Normal(torch.zeros(2), torch.ones(2))
class NoPrior(Posterior):
    def forward(self, features): return Normal(features, 1.0)
class NoSizes(nn.Module):
    def __init__(self): super().__init__()
class NoSuper(Posterior):
    def __init__(self, sizes): self.latent = 2
    def forward(self, features): return Normal(features, 1.0)
    def prior(self): return Normal(torch.zeros(2), torch.ones(2))
class ByKeyword(DiagonalGaussian):
    def __init__(self, *, sizes): super().__init__(sizes)
class Early(DiagonalGaussian):
    def __init__(self, sizes):
        self.layer = nn.Linear(2, 2)
        super().__init__(sizes)
class BarePool(Pooling):
    def __init__(self, sizes): super().__init__()
    def forward(self, states, lengths): return states[:, 0]
class Given(Regulariser):
    def __init__(self, sizes): super().__init__(sizes)
    def forward(self, q, z, prior): return q.mean
class NoStart(Given):
    __init__ = nn.Module.__init__
class Sized(Objective):
    def __init__(self, sizes): super().__init__(sizes)
class Replaces(Objective):
    def __init__(self, sizes): super().__init__(regulariser=WassersteinRegulariser(sizes))
class Vector(Encoder):
    def __init__(self, sizes):
        super().__init__()
        self.width, self.table = 4, nn.Embedding(sizes.vocabulary, 4)
    def forward(self, tokens, lengths): return self.table(tokens).mean(1)
class Nothing(Vector):
    def forward(self, tokens, lengths): pass
class OneNumber(LastState):
    def forward(self, states, lengths): return states.mean((1, 2))
class Twice(LastState):
    def forward(self, states, lengths): return torch.cat([states[:, 0], states[:, 0]], -1)
class Heard(Objective):
    def __init__(self, sizes): super().__init__(kl_weight=Constant(0.3))
class Charges(Objective):
    def __init__(self, sizes): super().__init__()
    def forward(self, model, batch, q=None):
        terms = super().forward(model, batch, q)
        return {"sum": replace(terms, log_likelihood=terms.log_likelihood.sum()),
                "rate": replace(terms, rate=terms.rate.sum(-1)),
                "extra": replace(terms, extra=torch.ones(len(batch.tokens), 1)),
                "tensor": terms.rate}[self.kind]
class Summed(Charges): kind = "sum"
class Rated(Charges): kind = "rate"
class Added(Charges): kind = "extra"
class Number(Charges): kind = "tensor"
class Mean(Objective):
    def __init__(self, sizes): super().__init__()
    def loss(self, terms, weight): return super().loss(terms, weight).mean()
class Keeps(Joint):
    def update(self, steps, batch):
        loss = super().update(steps, batch)
        steps.memory["loss"] = loss
        return loss
class Moves(Joint):
    def update(self, steps, batch):
        steps.moves["t"] = torch.ones(2)
        return super().update(steps, batch)
class Begins(Joint):
    warmup_epochs = 1
    def begin(self, steps): steps.memory["t"] = torch.ones(2)
class Three(DiagonalGaussian):
    def prior(self): return 3
class Forgets(Joint):
    def update(self, steps, batch): super().update(steps, batch)
class Says(Joint):
    def end_epoch(self, steps, measured): return {"epoch": 9}
class Flat(DiagonalGaussian):
    def forward(self, features):
        wide = torch.ones_like(super().forward(features).mean)
        return Uniform(-wide, wide)
usual = settings_for("synthetic", "smoke")
WIDE = replace(usual, latent=3)
class Learns(Schedule):
    def __init__(self): self.now = 0.0
    def __call__(self, epoch):
        self.now += 0.01
        return self.now
class Wide(DiagonalGaussian):
    def __init__(self, sizes):
        super().__init__(replace(sizes, latent=5))
        self.latent = sizes.latent
class NoDistribution(DiagonalGaussian):
    def forward(self, features): return features
sizes = Sizes(vocabulary=10, embedding=3, hidden=4, latent=2)
def train(settings=None, **places):
    return run(Recipe(**places), scale="smoke", name="own", settings=settings)
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
    (
        "Recipe(encoder=Part(Silent))",
        "Silent in the place encoder must have a method forward of it",
    ),
    (
        "Recipe(posterior=Part(NoPrior))",
        "NoPrior in the place posterior must have a method prior o",
    ),
    (
        "Recipe(features=Part(Pooling))",
        "Pooling in the place features must have a method forward o",
    ),
    (
        "Recipe(decoder=Part(Decoder))",
        "Decoder in the place decoder must have a method log_likeliho",
    ),
    (
        "Recipe(regulariser=Part(Regulariser))",
        "Regulariser in the place regulariser must have a me",
    ),
    (
        "Part(NoSizes)",
        "NoSizes must take the sizes first, as def __init__(self, sizes, *, option=1);",
    ),
    (
        "Recipe(posterior=Part(NoSuper)).build(sizes)",
        "NoSuper.__init__ must call super().__init__()",
    ),
    (
        "Part(ByKeyword)",
        "ByKeyword must take the sizes first, as def __init__(self, sizes, *, opti",
    ),
    (
        "Part(Early).build(sizes)",
        "Early.__init__ must call super().__init__(sizes) before all else",
    ),
    (
        "Part(BarePool).build(sizes)",
        "BarePool cannot be made: Pooling.__init__() missing 1 require",
    ),
    (
        "Part(Given).build(sizes)",
        "Given cannot be made: Given.__init__() takes 1 positional argume",
    ),
    (
        "Part(NoStart).build(sizes)",
        "NoStart cannot be made: NoStart.__init__() takes 1 positional ",
    ),
    (
        "Recipe(objective=Part(Sized)).build(sizes)",
        "Sized is made with the sizes of the run, as every part, and Objectiv",
    ),
    ("ConditionalRecipe(objective=Part(Replaces)).build(sizes)", "A conditional recipe is charge"),
    (
        "train(encoder=Part(Vector))",
        "Vector must give a state for each token, in a tensor of shap",
    ),
    (
        "train(encoder=Part(Nothing))",
        "Nothing must give a state for each token, in a tensor of sha",
    ),
    (
        "train(features=Part(OneNumber))",
        "OneNumber must give one vector a document, in a tensor o",
    ),
    (
        "train(features=Part(Twice))",
        "Twice must give one vector a document, in a tensor of shape (",
    ),
    ("Recipe(kl_weight=lambda: 1.0)", "A schedule is called with one number, the epoch; <function"),
    (
        "Recipe(free_bits=FreeBits('x'))",
        "The argument target must be a finite number of 0 or more;",
    ),
    (
        "Part(BatchNormGaussian, gamma='x').build(sizes)",
        "Batch normalisation needs gamma >= 0, eps",
    ),
    (
        "Recipe(objective=Part(Heard), kl_weight=Constant(0.2)).build(sizes)",
        "Heard sets kl_weight to Constant(beta=0.3), and the recipe to Constant(beta=0.2). Leave",
    ),
    (
        "train(objective=Part(Summed))",
        "A log-likelihood must be one number a document, in a tenso",
    ),
    (
        "train(objective=Part(Rated))",
        "Rated must charge each document by factor, in a tensor of sha",
    ),
    (
        "train(objective=Part(Added))",
        "What is added must be one number a document, in a tenso",
    ),
    (
        "train(objective=Part(Number))",
        "Number must give Terms(log_likelihood, rate), from collapse.",
    ),
    (
        "train(objective=Part(Mean))",
        "A loss must be one number a document, in a tenso",
    ),
    ("train(strategy=Keeps())", "Keeps reports 'loss'; it must be a number, got 'a tensor of sh"),
    ("train(strategy=Moves())", "Moves reports 't'; it must be a number, got 'a tensor of shape"),
    ("train(strategy=Begins())", "Begins reports 't'; it must be a number, got 'a tensor of sha"),
    ("train(posterior=Part(Three))", "prior() of Three must give a distribution of torch, as N"),
    (
        "train(strategy=Forgets())",
        "Forgets.update must return the mean loss on its batch, a tensor ",
    ),
    (
        "train(kl_weight=Learns())",
        "The recipe of own has changed while it trained: it was Recipe(kl",
    ),
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


@pytest.mark.thorough
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
    recipe = for_pictures_of(RECIPES[name], 8, "tiny")
    assert sum(p.numel() for p in recipe.build(Sizes(20, 4, 6, 4)).parameters()) > 0


class Weighs(Objective):
    """Brings a schedule and free bits of its own."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(kl_weight=Constant(0.3), free_bits=FreeBits(4.0))


def test_what_an_objective_of_ones_own_sets_is_not_taken_from_it() -> None:
    objective = Recipe(objective=Part(Weighs)).build(SIZES).objective
    assert (objective.kl_weight, objective.free_bits) == (Constant(0.3), FreeBits(4.0))
    regulariser = Part(MAERegulariser, gamma=1.0, eta=1.0)
    both = Recipe(objective=Part(Weighs), regulariser=regulariser).build(SIZES).objective
    assert isinstance(both.regulariser, MAERegulariser)
    assert both.kl_weight == Constant(0.3)
    plain = Recipe(kl_weight=Constant(0.2), free_bits=FreeBits(1.0)).build(SIZES).objective
    assert (plain.kl_weight, plain.free_bits) == (Constant(0.2), FreeBits(1.0))


def test_an_error_in_a_class_of_ones_own_stays_what_it_is() -> None:
    class Broken(nn.Module):
        def __init__(self, sizes: Sizes) -> None:
            len(3)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="has no len"):
        Part(Broken).build(SIZES)


def test_help_says_what_an_encoder_takes_and_gives() -> None:
    """Where the sentence for an encoder without a forward sends its reader."""
    said = pydoc.render_doc(Encoder.forward)
    assert all(word in said for word in ("batch time hidden", "lengths: number of real tokens"))


def test_a_recipe_says_its_fields_in_its_signature() -> None:
    fields = [field.name for field in dataclasses.fields(Recipe)]
    assert list(inspect.signature(Recipe).parameters) == fields
