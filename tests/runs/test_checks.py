"""What may not be asked for is answered with a sentence, also where no annotation is executed."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

import collapse
from collapse.base.errors import RunError
from collapse.runs.checks import check_name
from collapse.runs.request import make_request

NOWHERE = Path("/nowhere/vae-synthetic")
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
    ("diagnose(gone)", f"The folder {NOWHERE} holds no finished run: its summary.json is absent"),
    ("gone.summary", f"The folder {NOWHERE} holds no finished run: its summary.json is absent or"),
    ("Recipe(postrior=3)", "There is no field of Recipe called 'postrior'. Did you mean 'posteri"),
    ("ConditionalRecipe(bw=3)", "There is no field of ConditionalRecipe called 'bw'. Did you mean"),
    ("Settings(latent=2)", "Settings needs embedding and hidden, too. To change a few fields of o"),
    ("Settings(1, 1, lat=2)", "There is no field of Settings called 'lat'. Did you mean 'latent'?"),
    ("Training(rate=1)", "There is no field of Training called 'rate'."),
    ("Plateau(pacience=1)", "There is no field of Plateau called 'pacience'. Did you mean 'patien"),
    ("Plateau(patience='a')", "patience is a whole number, 1 or more; got 'a'."),
    ("Plateau(factor=2)", "factor is above 0 and at most 1: a decay; got 2."),
    ("run_all(['vae'], jobs='x')", "jobs is a whole number of processes, 1 or more, or None for"),
    ("run_all(['vae'], jobs=2.5)", "jobs is a whole number of processes, 1 or more, or None for"),
    ("load(3)", "A corpus is a name in collapse.CORPORA, a path to texts, or a Corpus, as"),
    ("settings_for(3, 'light')", "A corpus is a name in collapse.CORPORA, a path to texts, or a C"),
    (
        "Corpus.from_folder(3)",
        "from_folder takes the path of a folder or a file, 'my/texts.csv'; g",
    ),
    ("Corpus.from_texts(3)", "train is a list of texts, one a document; got 3."),
    ("changes('vae')", "changes reads a recipe, as changes(collapse.RECIPES['vae']); got 'vae'."),
    ("CORPORA.__setitem__('x', load)", "CORPORA holds what makes a corpus: CORPORA['mine'] = Gen"),
    (
        "Generated('x', lambda: 3)",
        "What makes a corpus is called with a scale and a seed, as def ma",
    ),
    (
        "over_seeds({}, ['nll'])",
        "The columns are keys of the summaries by heading, as {'NLL': 'nll'",
    ),
    (
        "over_seeds({'vae': gone}, {})",
        "The runs are lists by name, one run a seed, as run_all give",
    ),
    (
        "over_seeds({'vae': [3]}, {})",
        "The runs are lists by name, one run a seed, as run_all gives",
    ),
    ("over_seeds({'vae': []}, {})", "The runs are lists by name, one run a seed, as run_all gives"),
    ("diagnose(Linear(1, 1))", "diagnose reads a finished run: diagnose(collapse.run('vae')); got"),
]


def test_what_is_no_recipe_corpus_seed_name_or_run_is_answered_with_a_sentence() -> None:
    code = f"""
from torch.nn import Linear
from pathlib import Path
from collapse import (CORPORA, ConditionalRecipe, Corpus, Recipe, Run, Settings, changes, diagnose,
                      load, run, run_all, settings_for)
from collapse.base.errors import CollapseError
from collapse.data import Generated
from collapse.runs.request import make_request
from collapse.runs.table import over_seeds
from collapse.training import Plateau, Training
gone = Run(make_request("vae", scale="smoke"), Path({str(NOWHERE)!r}))
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
