"""The command line as a person meets it."""

import sys
from dataclasses import replace
from importlib import metadata

import pytest

from collapse import cli
from collapse.cli import main, parser
from collapse.objectives import Constant
from collapse.parts import Part
from collapse.posteriors import NoLatent
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.runs import many
from collapse.runs.request import make_request
from collapse.runs.run import perform
from collapse.runs.settings import SETTINGS, settings_for
from collapse.training import Training

LIGHT = settings_for("toy-reviews", "light")
SHORT = replace(
    LIGHT,
    embedding=8,
    hidden=8,
    latent=3,
    training=Training(epochs=1, batch_size=500),
    iw_samples=5,
    likelihood_documents=20,
)


@pytest.fixture(autouse=True)
def _quick(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setitem(SETTINGS["toy-reviews"], "light", SHORT)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(arguments) == status
    output = capsys.readouterr()
    return output.err if status else output.out


def test_list_names_everything(capsys) -> None:
    listed = said(capsys, "list")
    assert all(name in listed for name in [*RECIPES, *SETTINGS, "light, medium, colab, full"])
    assert "kl_weight=Constant(beta=0.2)" in listed


def test_what_is_in_a_corpus(capsys) -> None:
    shown = said(capsys, "data", "toy-reviews", "--scale", "smoke")
    assert shown.splitlines()[2].split() == ["documents", "600", "64", "256"]
    assert "no corpus called 'toy'" in said(capsys, "data", "toy", status=2)
    assert "path to texts of your own" in said(capsys, "list")


def test_a_run_and_everything_one_can_do_with_it(capsys) -> None:
    which = ("vae", "--corpus", "toy-reviews")
    first = said(capsys, "run", *which)
    assert "epoch   1" in first
    assert "NLL" in first
    assert "(cap 6.91)" in first
    assert "epoch" not in said(capsys, "run", *which)
    assert '"mi_batch_cap": 6.2' in said(capsys, "evaluate", *which)
    drawn = said(capsys, "sample", *which, "--count", "3")
    assert len(drawn.splitlines()) == 3
    assert drawn == said(capsys, "sample", *which, "--count", "3")
    assert drawn != said(capsys, "sample", *which, "--count", "3", "--greedy")
    assert said(capsys, "reconstruct", *which, "--count", "2").count("\n> ") == 2
    assert len(said(capsys, "interpolate", *which, "--count", "4").splitlines()) == 4


def test_a_run_by_its_folder(capsys, tmp_path) -> None:
    which = ("vae", "--corpus", "toy-reviews")
    said(capsys, "run", *which)
    (folder,) = (tmp_path / "runs").iterdir()
    moved = folder.rename(tmp_path / "from elsewhere")
    assert '"nll_method": "IW-5"' in said(capsys, "evaluate", str(moved))
    assert len(said(capsys, "sample", str(moved), "--count", "2").splitlines()) == 2
    config = (moved / "config.json").read_text()
    (moved / "config.json").write_text(config.replace('"hidden": 8', '"hidden": 9'))
    assert "had another settings than 'vae' has now" in said(capsys, "sample", str(moved), status=2)
    (moved / "summary.json").unlink()
    assert "holds no finished run" in said(capsys, "evaluate", str(moved), status=2)


def test_a_run_of_ones_own_by_its_folder(capsys) -> None:
    own = Recipe(kl_weight=Constant(0.123))
    folder = str(perform(make_request(own, "toy-reviews", "smoke", name="n")).folder)
    assert '"nll_method": "IW-' in said(capsys, "evaluate", folder)
    for command in ("sample", "reconstruct", "interpolate"):
        answer = said(capsys, command, folder, status=2)
        assert "made with a recipe of your own, 'n': Recipe(kl_weight=Constant(beta=0" in answer
        assert "Load its model where its classes are defined" in answer
    renamed = str(perform(make_request("vae", "toy-reviews", "smoke", name="m")).folder)
    capsys.readouterr()
    assert len(said(capsys, "sample", renamed, "--count", "2").splitlines()) == 2


def test_a_table_puts_runs_of_ones_own_beside_those_by_name(capsys) -> None:
    which = ("--corpus", "toy-reviews", "--scale", "smoke")
    named = perform(make_request("vae", "toy-reviews", "smoke"))
    own = perform(make_request(Recipe(kl_weight=Constant(0.1)), "toy-reviews", "smoke", name="n"))
    capsys.readouterr()
    shown = said(capsys, "table", "vae", str(own.folder), *which)
    assert "toy-reviews, smoke scale, seeds 0; nats a document" in shown
    rows = {line.split()[0]: line.replace("*", "").split()[1:] for line in shown.splitlines()}
    for start, run in (("VAE", named), (str(own.folder), own)):
        assert rows[start][:2] == [f"{run.summary[key]:.2f}" for key in ("nll", "elbo_nll")]
    alone = said(capsys, "table", str(own.folder))
    assert "seeds" not in alone
    assert f"<unk>: {own.summary['unknown_share']:.1%} of the test words." in alone


@pytest.mark.parametrize("command", ["evaluate", "sample", "table"])
def test_a_path_without_a_run_says_so(capsys, tmp_path, command) -> None:
    error = said(capsys, command, "/nope/x", status=2)
    assert "There is no folder /nope/x: give the folder of a run, or a recipe." in error
    error = said(capsys, command, str(tmp_path), status=2)
    assert "holds no finished run" in error
    assert "Ask for the same run again" not in error


def test_a_table_of_everything_there_leaves_out_what_is_no_run(capsys, tmp_path) -> None:
    run = perform(make_request("vae", "toy-reviews", "smoke"))
    begun = tmp_path / "begun"
    for folder in (begun, tmp_path / "corpora"):
        folder.mkdir()
    (begun / "config.json").write_text("{}")
    shown = main(["table", str(begun), str(run.folder), str(tmp_path / "corpora")])
    table, line = capsys.readouterr()
    assert shown == 0
    assert f"{run.summary['nll']:.2f}" in table
    assert line == f"collapse: No finished run, left out: {begun}, {tmp_path / 'corpora'}.\n"
    error = said(capsys, "table", str(begun), str(tmp_path / "corpora"), status=2)
    assert f"{begun} holds no finished run: its summary.json is absent or damaged. Ask for" in error


def test_synthetic_documents_keep_the_word_they_are_given(capsys, monkeypatch) -> None:
    light = settings_for("synthetic", "light")
    monkeypatch.setitem(SETTINGS["synthetic"], "light", replace(light, training=SHORT.training))
    said(capsys, "run", "vae")
    lines = said(capsys, "reconstruct", "vae", "--count", "2").splitlines()
    for original, again in zip(lines[::2], lines[1::2], strict=True):
        assert original.split()[0] == again.split()[1]
        assert len(again.split()) == 11
    assert len(said(capsys, "sample", "vae").splitlines()) == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "vea"), "There is no recipe called 'vea'. Did you mean 'vae'? Valid: lm, vae"),
        (("run", "vae", "--corpus", "yahoos"), "no corpus called 'yahoos'. Did you mean 'yahoo'"),
        (("run", "vae", "--scale", "lite"), "no scale called 'lite'"),
        (("run", "vae", "--seed", "-3"), "A seed is a whole number, 0 or more; got -3."),
        (
            ("run", "vae", "--device", "cuda"),
            "device 'cuda', but PyTorch finds none here. There is",
        ),
        (("sample", "lm"), "Do it with: python -m collapse run lm --corpus synthetic"),
    ],
)
def test_errors_are_sentences(capsys, arguments, sentence) -> None:
    error = said(capsys, *arguments, status=2)
    assert sentence in error
    assert error.startswith("collapse: ")
    assert "Traceback" not in error


def test_too_small_counts_are_refused(capsys) -> None:
    said(capsys, "run", "vae", "--corpus", "toy-reviews")
    error = said(capsys, "interpolate", "vae", "--corpus", "toy-reviews", "--count", "1", status=2)
    assert "2 or more steps; got 2 and 1" in error


@pytest.mark.parametrize("count", ["0", "-2"])
@pytest.mark.parametrize("command", ["sample", "reconstruct", "interpolate"])
def test_no_texts_are_refused(capsys, command, count) -> None:
    said(capsys, "run", "vae", "--corpus", "toy-reviews")
    which = ("vae", "--corpus", "toy-reviews", "--count", count)
    assert (
        f"or more{' steps; got 2 and' if command == 'interpolate' else '; got'} {count}."
        in said(capsys, command, *which, status=2)
    )


def test_a_model_without_z_neither_reconstructs_nor_interpolates(capsys) -> None:
    which = ("lm", "--corpus", "toy-reviews")
    said(capsys, "run", *which)
    for command in ("reconstruct", "interpolate"):
        error = said(capsys, command, *which, status=2)
        assert f"without a latent variable, such as lm, {command}s nothing" in error
    assert len(said(capsys, "sample", *which, "--count", "2").splitlines()) == 2


def test_how_texts_of_ones_own_are_read_is_an_option(capsys, tmp_path) -> None:
    table = tmp_path / "zh.csv"
    rows = [f"{'好坏'[n % 2]},我喜欢{chr(0x4E00 + n)},{n % 2}" for n in range(30)]
    table.write_text("\n".join(["mark,comment,stars", *rows]), encoding="utf-8")
    options = ("--tokens", "characters", "--text-column", "comment", "--label-column", "mark")
    assert "no column called text" in said(capsys, "data", str(table), status=2)
    shown = said(capsys, "data", str(table), *options)
    assert "The tokens are characters" in shown
    assert ["label", "好"] in [line.split()[:2] for line in shown.splitlines()]
    short = said(capsys, "data", str(table), *options, "--vocabulary-size", "5", "--longest", "2")
    assert "5 tokens in the vocabulary" in short
    assert "To keep all whole: longest: 4 in zh.csv.yaml beside the texts, --longest 4, or" in short
    assert short.count("30 documents were cut after 2 tokens; the longest had 4.") == 1
    which = ("--corpus", str(table), *options, "--scale", "smoke")
    missing = said(capsys, "table", "vae", *which, status=2)
    assert f"run vae --corpus {table} {' '.join(options)} --scale smoke" in missing
    assert "NLL" in said(capsys, "run", "vae", *which)
    assert '"nll"' in said(capsys, "evaluate", "vae", *which)
    error = said(capsys, "run", "vae", "--corpus", "synthetic", *options[:2], status=2)
    assert "tokens: this says how a folder or a file of your own is read" in error


def test_a_scale_that_there_is_not_is_refused_for_a_path_too(capsys, tmp_path) -> None:
    (tmp_path / "my.txt").write_text("\n".join(["good food", "bad food"] * 5))
    error = said(capsys, "data", str(tmp_path / "my.txt"), "--scale", "foo", status=2)
    assert "no scale called 'foo'" in error


def test_help_speaks_of_the_command_that_was_typed(capsys, monkeypatch) -> None:
    for typed, shown in (("/usr/bin/collapse", "collapse"), ("__main__.py", "python -m collapse")):
        monkeypatch.setattr(sys, "argv", [typed])
        assert f"\n  {shown} run vae  " in parser().format_help()
        assert parser().format_usage().startswith(f"usage: {shown} [-h]")


def test_a_run_is_shown_in_a_line(capsys) -> None:
    run = many.run("vae", "toy-reviews", "light")
    which = "'vae' on toy-reviews, scale 'light', seed 0"
    assert repr(run) == f"<Run of {which}, in {run.folder}>"


def test_the_version(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"collapse {metadata.version('posterior-collapse')}\n"


def test_help_teaches(capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert "asking after an interruption goes on" in shown
    assert "python -m collapse run vae" in shown


def kinds(recipe: Recipe) -> tuple:
    """The classes that fill the places and the names of their options, without the values.

    A schedule of the KL weight is a number to all the others and has tests of its own.
    """
    return tuple(
        (each.cls, *each.options) if isinstance(each, Part) else type(each)
        for place, each in vars(recipe).items()
        if place != "kl_weight"
    )


@pytest.mark.thorough
def test_every_kind_of_recipe_can_be_trained(monkeypatch) -> None:
    steps = replace(SHORT, training=Training(epochs=1, batch_size=200))
    monkeypatch.setitem(SETTINGS["toy-reviews"], "light", steps)
    plain = {kinds(r): name for name, r in reversed(RECIPES.items()) if r.model == "VAE"}
    assert {"lm", "vae", "agg-vae", "sa-vae", "ivae"} <= set(plain.values())
    done = many.run_all(list(plain.values()), "toy-reviews", "smoke", seeds=(0,), jobs=1)
    for name, (one,) in done.items():
        assert one.summary["nll"] > 0, name
        assert ("mi" in one.summary) == (RECIPES[name].posterior.cls is not NoLatent), name
    assert cli.headline(done["lm"][0].summary)[3] == "–"
