"""The VAE that is written out gives the library's numbers, from its loss to a trained model."""

import inspect
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from collapse import LatentVariableModel, metrics, minimal
from collapse.base.seeding import seeded
from collapse.data import UNKNOWN, Corpus, Documents, Vocabulary, make_batch
from collapse.parts import Part, Sizes
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.system import System
from collapse.training import Aggressive, Joint, Trainer, Training
from collapse.vae import init_uniform_
from notebooks import ROOT

WIDTHS = (12, 5, 6, 2)
SIZES = Sizes(*WIDTHS)
# By the name here, the name in the library.
NAMES = {
    "encoder_embedding": "encoder.embedding",
    "encoder": "encoder.lstm",
    "mean_and_log_var": "posterior.linear",
    "decoder_embedding": "decoder.embedding",
    "first_cell": "decoder.initial",
    "decoder": "decoder.lstm",
    "to_logits": "decoder.output",
}


@pytest.fixture
def corpus() -> Corpus:
    """Sixty sequences of seven tokens, without markers."""
    rng = np.random.default_rng(0)
    splits = [
        Documents.from_arrays(rng.integers(4, 12, (n, 7)), bos_eos=False) for n in (40, 10, 10)
    ]
    return Corpus("tiny", "light", Vocabulary([f"w{i}" for i in range(8)]), *splits, "made", "none")


def both() -> tuple[minimal.SequenceVAE, System]:
    """The same weights in both, without dropout, whose masks are drawn in another way."""
    recipe = Recipe(decoder=Part(Recipe().decoder.cls, dropout=0.0))
    with seeded(0):
        system = recipe.build(SIZES)
        init_uniform_(system, 0.5, 0.5)
    written = minimal.SequenceVAE(*WIDTHS, dropout=0.0)
    theirs = system.model.state_dict()
    written.load_state_dict(
        {
            f"{mine}.{rest}": theirs[f"{name}.{rest}"]
            for mine, name in NAMES.items()
            for rest in {key.rpartition(".")[2] for key in theirs if key.startswith(f"{name}.")}
        }
    )
    return written, system


def test_they_have_the_same_weights_and_no_others() -> None:
    written, system = both()
    count = [sum(p.numel() for p in model.parameters()) for model in (written, system.model)]
    assert count[0] == count[1]


@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_the_loss_is_that_of_the_library(corpus: Corpus, weight: float) -> None:
    written, system = both()
    batch = make_batch(corpus.train, range(9))
    with seeded(1):
        mine = minimal.loss(written, batch.tokens, weight)
    with seeded(1):
        theirs = system.objective.loss(system.objective(system.model, batch), weight)
    torch.testing.assert_close(mine, theirs)


def test_training_is_that_of_the_library(corpus: Corpus, tmp_path: Path) -> None:
    written, system = both()
    training = Training(learning_rate=0.5, batch_size=8)
    trainer = Trainer(system, corpus, training, Joint(), tmp_path, seed=0)
    optimizer = torch.optim.SGD(written.parameters(), lr=0.5)
    for number, indices in enumerate(trainer.plan() * 4):
        batch = make_batch(corpus.train, indices)
        with seeded(number):
            theirs = trainer.strategy.update(trainer, batch).item()
        with seeded(number):
            assert minimal.step(written, optimizer, batch.tokens) == pytest.approx(theirs, rel=1e-4)
    trained = system.model.state_dict()
    for mine, name in NAMES.items():
        for key, value in written.get_submodule(mine).state_dict().items():
            torch.testing.assert_close(value, trained[f"{name}.{key}"], atol=1e-4, rtol=1e-3)


def test_algorithm_1_is_that_of_the_library(corpus: Corpus, tmp_path: Path) -> None:
    """The same random batches and noise: as many inner steps, the same loss, the same weights."""
    written, system = both()
    training = Training(learning_rate=0.5, batch_size=8)
    trainer = Trainer(system, corpus, training, Aggressive(), tmp_path, seed=0)
    parts = trainer.system.model.inference_parameters(), trainer.system.generator_parameters()
    sizes = [sum(p.numel() for p in part) for part in parts]
    encoder = [*written.encoder_embedding.parameters(), *written.encoder.parameters()]
    encoder += written.mean_and_log_var.parameters()
    decoder = [p for p in written.parameters() if all(p is not each for each in encoder)]
    assert [sum(p.numel() for p in part) for part in (encoder, decoder)] == sizes
    optimizers = [torch.optim.SGD(part, lr=0.5) for part in (encoder, decoder)]
    drawn = [make_batch(corpus.train, range(i, i + 8)) for i in (0, 5, 11, 20)]
    theirs, mine = itertools.cycle(drawn), itertools.cycle(drawn)
    taken: list[int] = []

    def draw() -> torch.Tensor:
        taken.append(1)
        return next(mine).tokens

    trainer.random_batch = lambda: next(theirs)
    for number in range(3):
        with seeded(number):
            expected = trainer.strategy.update(trainer, drawn[number]).item()
        with seeded(number):
            found = minimal.aggressive_step(written, *optimizers, drawn[number].tokens, draw)
        assert found == pytest.approx(expected, rel=1e-4)
        theirs, mine = itertools.cycle(drawn), itertools.cycle(drawn)
    assert len(taken) >= 60
    assert len(taken) < 300  # some loop ended before its 100 steps
    trained = system.model.state_dict()
    for ours, name in NAMES.items():
        for key, value in written.get_submodule(ours).state_dict().items():
            torch.testing.assert_close(value, trained[f"{name}.{key}"], atol=1e-4, rtol=1e-3)


def lines_of_the_chapter() -> list[str]:
    """The changed lines as chapter 2 prints them, in its order."""
    text = (ROOT / "book/02_collapse.ipynb").read_text(encoding="utf-8")
    cells = ["".join(each["source"]) for each in json.loads(text)["cells"]]
    return [line for cell in cells for line in re.findall(r"```diff\n- .+\n\+ (.+)\n```", cell)]


def test_the_lines_that_are_changed_are_those_of_the_file() -> None:
    text = (ROOT / "book/02_collapse.ipynb").read_text(encoding="utf-8")
    cells = ["".join(each["source"]) for each in json.loads(text)["cells"]]
    before = [line for cell in cells for line in re.findall(r"```diff\n- (.+)\n", cell)]
    assert len(before) == len(lines_of_the_chapter()) == 5
    places = [minimal.train] * 3 + [minimal.loss, minimal.SequenceVAE.log_likelihood]
    for line, place in zip(before, places, strict=True):
        assert line in [each.strip() for each in inspect.getsource(place).splitlines()]


@pytest.mark.parametrize(
    ("number", "recipe"), [(0, "vae-anneal"), (1, "vae-cyclical"), (2, "beta-vae-0.2")]
)
def test_the_schedules_of_the_chapter_are_those_of_the_recipes(number: int, recipe: str) -> None:
    line = lines_of_the_chapter()[number].removeprefix("kl_weight: Weight = ").removesuffix(",")
    for epoch in range(30):
        assert eval(line)(epoch) == pytest.approx(RECIPES[recipe].kl_weight(float(epoch)))


def test_the_free_bits_of_the_chapter_are_those_of_the_recipe() -> None:
    line = lines_of_the_chapter()[3].removeprefix("kl = ")
    model, _ = both()
    q = torch.distributions.Normal(torch.randn(50, 2), torch.rand(50, 2) + 0.5)
    kl = torch.distributions.kl_divergence(q, model.prior())
    found = eval(line, {"kl_divergence": torch.distributions.kl_divergence, "q": q, "model": model})
    free_bits = RECIPES["free-bits-0.5"].free_bits
    assert free_bits is not None
    torch.testing.assert_close(found, free_bits(kl))
    assert not torch.allclose(found, kl.sum(-1))


def test_the_word_dropout_of_the_chapter_hides_half_of_the_words() -> None:
    line = lines_of_the_chapter()[4].removeprefix("inputs = ")
    x = torch.full((400, 101), 7)
    inputs = eval(line, {"torch": torch, "x": x, "unknown": UNKNOWN})
    assert inputs.shape == (400, 100)
    assert set(inputs.unique().tolist()) == {UNKNOWN, 7}
    share = (inputs == UNKNOWN).double().mean().item()
    assert share == pytest.approx(0.5, abs=4 * 0.5 / 200)  # four standard errors of 40,000 draws


def test_it_learns_and_is_measured_like_any_model(corpus: Corpus) -> None:
    torch.manual_seed(0)
    x = make_batch(corpus.train, range(40)).tokens
    model = minimal.SequenceVAE(*WIDTHS, dropout=0.0)
    losses = list(minimal.train(model, x, epochs=30, learning_rate=0.5, batch_size=8))
    assert len(losses) == 30
    assert losses[-1] < losses[0] - 1
    assert isinstance(model, LatentVariableModel)
    with torch.no_grad():
        seen = metrics.encode_split(model.eval(), [x])
        nll = metrics.iw_nll(model, [x], samples=200)
    assert nll.mean() < seen.nll_bound.mean() + 0.1


def test_annealing_is_a_weight_by_epoch(corpus: Corpus) -> None:
    seen: list[int] = []

    def weight(epoch: int) -> float:
        seen.append(epoch)
        return epoch / 2

    x = make_batch(corpus.train, range(40)).tokens
    list(minimal.train(both()[0], x, epochs=3, batch_size=20, kl_weight=weight))
    assert seen == [0, 0, 1, 1, 2, 2]
