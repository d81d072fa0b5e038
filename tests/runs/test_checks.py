"""What may not be asked for is answered with a sentence, also where no annotation is executed."""

import dataclasses
import subprocess
import sys

import pytest

import collapse
from collapse.base.errors import RunError
from collapse.runs.checks import check_name
from collapse.runs.request import make_request

WRONG = [
    ("run(3, name='mine')", "A recipe is a name, as run('vae'), or a recipe of your own"),
    ("run(Recipe, name='mine')", "A recipe is a name, as run('vae'), or a recipe of your own"),
    ("run('vae', None)", "A corpus is a name in collapse.CORPORA, where you may add your own"),
    ("run('vae', ['a text'])", "A corpus is a name in collapse.CORPORA, where you may add your o"),
    ("run('vae', 'wrong')", "CORPORA['wrong'] makes a list. It must make a Corpus, for instance"),
    ("run('vae', load('synthetic', 'smoke'))", "This is the corpus 'synthetic' of the package at"),
    ("run('vae', settings={'latent': 2})", "Settings are those of a corpus and scale with change"),
    ("run(Recipe(), name='a/b')", "The name of a run is part of the name of its folder"),
    ("run(Recipe(), name='  ')", "The name of a run is part of the name of its folder"),
    ("run(Recipe(), name=3)", "The name of a run is part of the name of its folder"),
    ("run_all(['vae'], seeds=3)", "The seeds are a list of whole numbers, one run each"),
    ("run_all([Recipe()])", "run_all takes a list of names, as ['vae', 'lm'], or recipes of your"),
    ("run_all('vae')", "run_all takes a list of names, as ['vae', 'lm'], or recipes of your own"),
    ("run_all(Recipe())", "run_all takes a list of names, as ['vae', 'lm'], or recipes of your o"),
    ("diagnose('vae')", "diagnose reads a finished run: diagnose(collapse.run('vae')); got a str"),
    ("diagnose(Linear(1, 1))", "diagnose reads a finished run: diagnose(collapse.run('vae')); got"),
]


def test_what_is_no_recipe_corpus_seed_name_or_run_is_answered_with_a_sentence() -> None:
    code = f"""
from torch.nn import Linear
from collapse import CORPORA, Recipe, diagnose, load, run, run_all
from collapse.base.errors import CollapseError
from collapse.data import Generated
CORPORA["wrong"] = Generated("Mine.", lambda scale, seed: ["a text"])
for call, _ in {WRONG!r}:
    try:
        eval(call)
        print(call, "was accepted")
    except CollapseError as error:
        print(error)
"""
    said = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    for (call, sentence), line in zip(WRONG, said, strict=True):
        assert line.startswith(sentence), (call, line)


def test_the_hints_do_what_they_say() -> None:
    assert len(collapse.Corpus.from_texts(["a b"] * 6).train) == 2
    settings = dataclasses.replace(collapse.settings_for("synthetic", "light"), latent=8)
    assert make_request("vae", settings=settings).settings.latent == 8


@pytest.mark.parametrize("name", ["mine", "β-vae 0.5", "我的模型", "my_vae+2", "a.b-c", "x" * 100])
def test_names_that_a_folder_can_have(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["a\\b", "..", ".hidden", "-v", " mine", "mine ", "a\nb", "a:b", "x" * 101, "é" * 51]
)
def test_names_that_no_folder_can_have(name: str) -> None:
    with pytest.raises(RunError, match="The name of a run is part of the name of its folder"):
        check_name(name)


def test_a_recipe_by_name_may_have_another_name_for_its_run() -> None:
    plain, named = make_request("vae"), make_request("vae", name="mine")
    assert (named.name, named.identity) == ("mine", plain.identity)
    assert named.folder.name.startswith("mine-synthetic-light")
