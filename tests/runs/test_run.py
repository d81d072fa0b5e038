"""Runs: computed once, resumed, shared, and named by what they depend on."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from collapse.base import machine
from collapse.base.errors import RunError, UnknownNameError
from collapse.data import CORPORA, load
from collapse.objectives import Constant
from collapse.parts import Part, brief
from collapse.posteriors import DiagonalGaussian
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.runs import many
from collapse.runs import request as request_module
from collapse.runs.execute import device_for, speed
from collapse.runs.many import run_all
from collapse.runs.measuring import measure
from collapse.runs.request import make_request
from collapse.runs.run import Run, is_finished, perform, run_in
from collapse.runs.settings import SETTINGS, settings_for
from collapse.theory import kl_floor
from collapse.training import Training
from collapse.training.settle import settle

LIGHT = settings_for("synthetic", "light")
SHORT = replace(LIGHT, embedding=8, hidden=8, training=Training(epochs=1, batch_size=200))
LONGER = replace(SHORT, training=replace(SHORT.training, epochs=3))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))


def short(name: str = "vae", seed: int = 0, settings=SHORT):
    return make_request(name, seed=seed, settings=settings)


def test_a_finished_run_is_loaded_not_repeated() -> None:
    lines: list[str] = []
    first = perform(short(), lines.append)
    again = perform(short(), lines.append)
    assert len(lines) == 1 == len(first.history)
    assert first.summary == again.summary
    assert sorted(p.name for p in first.folder.iterdir()) == [
        ".lock",
        "checkpoint.safetensors",
        "config.json",
        "metrics.jsonl",
        "summary.json",
    ]


def test_summary_says_what_was_measured_on_what() -> None:
    summary = perform(short(), lambda line: None).summary
    assert {"nll", "nll_se", "nll_method", "kl", "mi", "mi_se", "mi_cap", "mi_batch_cap", "au",
            "perplexity", "hardware", "torch", "python", "wall_seconds", "peak_memory_mb",
            "tokens_per_second", "commit", "unknown_share"} <= summary.keys()  # fmt: skip
    assert summary["mi_cap"] == pytest.approx(torch.tensor(400.0).log().item())
    assert summary["nll"] <= summary["elbo_nll"] + 3 * summary["elbo_nll_se"]
    assert summary["mi"] <= summary["mi_cap"]
    config = json.loads((perform(short()).folder / "config.json").read_text())
    assert config["recipe"] == brief(RECIPES["vae"])
    assert config["settings"]["hidden"] == 8


def test_updates_are_counted_for_either_network() -> None:
    """Long et al. (2019), Table 2: one of the decoder costs aggressive training many more."""
    history = [{"seconds": 1.0, "encoder_steps": 7, "decoder_steps": 2}, {"seconds": 1.0}]
    told = speed(history, load("synthetic", "smoke"))
    assert (told["encoder_updates"], told["decoder_updates"]) == (7, 2)
    run = perform(short())
    steps = run.history[-1]["step"]
    assert run.summary["encoder_updates"] == run.summary["decoder_updates"] == steps


class Hasty(DiagonalGaussian):
    """Reports a number by a name that the run itself has."""

    def report(self, q, log_likelihood):
        return {"train_seconds": 0.0}


def test_what_a_part_reports_cannot_replace_what_is_told_of_the_run() -> None:
    request = make_request(Recipe(posterior=Part(Hasty)), name="hasty", settings=SHORT)
    with pytest.raises(RunError, match=r"Two parts report \['train_seconds'\]"):
        perform(request, lambda line: None)


def test_identity_changes_with_everything_that_can_change_the_numbers(monkeypatch) -> None:
    requests = [
        short(),
        short("lm"),
        short(seed=1),
        short(settings=LONGER),
        make_request("vae", "toy-reviews", settings=SHORT),
        make_request(Recipe(kl_weight=Constant(0.5)), name="vae", settings=SHORT),
    ]
    identities = {one.identity for one in requests}
    monkeypatch.setattr(request_module, "running_code", lambda modules: "other code")
    assert len(identities | {short().identity}) == 7


def test_identity_does_not_change_with_code_that_the_run_does_not_execute(monkeypatch) -> None:
    before = short(), make_request("vae", "toy-reviews", settings=SHORT)
    hashed = request_module.modules_of(RECIPES["lm"], "synthetic")
    assert {"collapse.posteriors.gaussian", "collapse.data.generated.synthetic"} <= hashed
    assert "collapse.data.generated.toy_reviews" not in hashed
    identities = [one.identity for one in before]
    monkeypatch.setitem(RECIPES, "another", Recipe(kl_weight=Constant(0.1)))
    monkeypatch.setitem(CORPORA, "another", CORPORA["synthetic"])
    assert [replace(one).identity for one in before] == identities


def test_interrupted_run_goes_on_to_the_same_numbers(monkeypatch) -> None:
    class InterruptedError(Exception):
        pass

    def stop_after_two(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            raise InterruptedError

    lines: list[str] = []
    request = short(settings=LONGER)
    with pytest.raises(InterruptedError):
        perform(request, stop_after_two)
    assert not is_finished(request)
    resumed = perform(request, lines.append)
    assert len(lines) == 3
    monkeypatch.setenv("COLLAPSE_RUNS", str(request.folder.parent.parent / "others"))
    whole = perform(request, lambda line: None)
    measured = ("nll", "elbo_nll", "kl", "mi", "reconstruction", "epochs")
    assert {k: resumed.summary[k] for k in measured} == {k: whole.summary[k] for k in measured}


def test_model_comes_back_with_its_best_weights() -> None:
    done = perform(short(settings=LONGER), lambda line: None)
    corpus = done.corpus()
    losses = [record["loss"] for record in done.history]
    again = measure.measure_epoch(done.system(), corpus, SHORT, 0)["loss"]
    # The samples of z differ from those of the epoch, which came after its training.
    assert again == pytest.approx(min(losses), abs=0.3)


def test_a_model_that_is_loaded_has_the_statistics_it_was_measured_with() -> None:
    done = perform(short("bn-vae-0.7-eps-1e-12"), lambda line: None)
    corpus = done.corpus()
    again = measure.measure(done.system(), corpus, SHORT, 0)
    assert again["kl"] == done.summary["kl"]
    system = done.system()
    settle(system.model, corpus, SHORT.training, 0)
    assert measure.measure(system, corpus, SHORT, 0)["kl"] == done.summary["kl"]
    assert done.summary["kl"] > 0.9 * kl_floor(0.7)  # the floor is that of the training split


@pytest.mark.thorough
def test_two_processes_that_ask_for_one_run_share_it(tmp_path: Path) -> None:
    code = (
        "import test_run; from collapse.runs.run import perform;"
        "print(perform(test_run.short(settings=test_run.LONGER)).summary['nll'])"
    )
    child = [sys.executable, "-c", code]
    both = [
        subprocess.Popen(child, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(len(lines) for lines in said) == [1, 4]  # three epochs in one of the two only
    assert said[0][-1] == said[1][-1]


def test_many_runs_side_by_side_are_those_done_one_by_one(monkeypatch, capsys) -> None:
    monkeypatch.setitem(SETTINGS["synthetic"], "light", SHORT)
    alone = {seed: perform(make_request("vae", seed=seed)).summary["nll"] for seed in (0, 1)}
    capsys.readouterr()
    monkeypatch.setenv("COLLAPSE_RUNS", str(request_module.runs_folder() / "more"))
    found = run_all(["vae"], seeds=(0, 1), jobs=1)
    assert [one.summary["nll"] for one in found["vae"]] == [alone[0], alone[1]]
    run_all(["vae"], seeds=(0, 1))
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("2 runs: 0 loaded, 2 computed in ")
    assert said[1] == "2 runs: 2 loaded."


def test_a_truncated_summary_is_measured_again() -> None:
    done = perform(short(), lambda line: None)
    nll = done.summary["nll"]
    (done.folder / "summary.json").write_text('{"nll": 3')
    (done.folder / ".summary.json.99999.part").write_text("{")
    assert not is_finished(done.request)
    lines: list[str] = []
    assert perform(short(), lines.append).summary["nll"] == nll
    assert lines == []  # nothing was trained
    assert not list(done.folder.glob(".*.part"))


@pytest.mark.parametrize("text", ["{}", "[]", '{"nll": 3}'])
def test_a_summary_that_says_nothing_is_measured_again(text: str) -> None:
    done = perform(short(), lambda line: None)
    (done.folder / "summary.json").write_text(text)
    with pytest.raises(RunError, match=r"no finished run: its summary\.json is absent or damaged"):
        run_in(done.folder)
    assert not is_finished(short())


@pytest.mark.parametrize(
    ("key", "value"), [("settings", None), ("seed", "x"), ("recipe", 3), ("name", None)]
)
def test_a_damaged_config_is_answered_with_a_sentence(key: str, value: object) -> None:
    done = perform(make_request("vae", scale="smoke"), lambda line: None)
    assert run_in(done.folder).summary == done.summary
    path = done.folder / "config.json"
    config = json.loads(path.read_text())
    for text in (json.dumps({**config, key: value}), "{}", "[]", "null"):
        path.write_text(text)
        with pytest.raises(RunError, match=r"no finished run: config\.json says nothing usable"):
            run_in(done.folder)


@pytest.mark.parametrize("text", [None, "", '{"epoch": 0', "1\n2\n3\n", "short"])
def test_the_history_comes_from_the_checkpoint_where_its_file_is_damaged(text: str | None) -> None:
    done = perform(short(settings=LONGER), lambda line: None)
    history = done.history
    assert len(history) == 3
    path = done.folder / "metrics.jsonl"
    whole = path.read_text().splitlines()
    path.unlink()
    if text is not None:
        path.write_text("\n".join(whole[:2]) if text == "short" else text)
    assert Run(done.request, done.folder).history == history
    (done.folder / "checkpoint.safetensors").unlink()
    with pytest.raises(RunError, match=r"neither from the metrics\.jsonl nor from .*Delete the"):
        _ = Run(done.request, done.folder).history


def test_what_a_killed_process_left_in_a_finished_run_goes_after_a_day(monkeypatch) -> None:
    monkeypatch.setitem(SETTINGS["synthetic"], "light", SHORT)
    folder = run_all(["vae"], seeds=(0,))["vae"][0].folder
    old, new = folder / ".a.1.part", folder / ".b.2.part"
    for part in (old, new):
        part.write_text("")
    os.utime(old, (0, 0))
    run_all(["vae"], seeds=(0,))
    assert not old.exists()
    assert new.exists()


def test_damage_to_a_checkpoint_is_answered_with_a_sentence() -> None:
    done = perform(short(), lambda line: None)
    path = done.folder / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(RunError, match=r"summary.json.* not affected.*delete the folder"):
        done.model()
    (done.folder / "summary.json").unlink()
    with pytest.raises(RunError, match=r"checkpoint\.safetensors cannot be used.*Delete it"):
        perform(short(), lambda line: None)


def test_a_folder_that_cannot_hold_runs_is_answered_with_a_sentence(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file \(is a file, not a folder\).*set COLLAPSE_RUNS"):
        perform(short())
    for number, reason in ((28, "No space left on device"), (30, "Read-only file system")):

        def refuse(*_: object, error=(number, reason), **__: object) -> None:
            raise OSError(*error)

        with monkeypatch.context() as patch:
            patch.setenv("COLLAPSE_RUNS", str(tmp_path / "new"))
            patch.setattr(Path, "mkdir", refuse)
            with pytest.raises(RunError, match=rf"new \({reason}\)\. Make room.*COLLAPSE_RUNS"):
                perform(short())


def test_an_empty_name_of_the_folder_of_runs_counts_as_none(monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", "")
    assert request_module.runs_folder() == Path("runs").absolute()


def test_the_device_is_no_part_of_the_identity(monkeypatch) -> None:
    request = make_request("vae", settings=SHORT, device="cpu")
    assert request.identity == short().identity
    assert request.describe() == short().describe()
    assert perform(request, lambda line: None).summary["device"] == "cpu"
    with pytest.raises(UnknownNameError, match=r"no device called 'gpu'.*Valid: cpu, cuda, mps"):
        make_request("vae", device="gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_for(make_request("vae", scale="full")) == "cuda"
    assert device_for(make_request("vae", scale="full", device="cpu")) == "cpu"
    assert device_for(make_request("vae")) == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RunError, match=r"device 'cuda', but PyTorch finds none.*There is: cpu"):
        perform(make_request("vae", settings=LONGER, device="cuda"))


def test_a_larger_scale_on_a_cpu_says_first_how_long_it_takes(monkeypatch, capsys) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    perform(make_request("vae", scale="colab", settings=SHORT))
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Expected time: at least ")
    assert "because PyTorch sees no GPU" in said[0]
    assert "epoch   1" in said[1]


WHOLE = {"embedding": 1, "hidden": 1, "latent": 0, "iw_samples": 1}
WRONG = [
    *[(name, f"{name} is a whole number, {least} or more; got {{}}.", value)
      for name, least in WHOLE.items()
      for value in (str(least - 1), "1.5", "nan", "'8'", "None", "True")],
    *[("likelihood_documents", "likelihood_documents is a whole number, 2 or more, or None", value)
      for value in ("1", "2.5", "nan", "'8'", "False")],
    *[(name, f"{name} is a number, 0 or more", value)
      for name in ("init_weights", "init_embeddings")
      for value in ("-1", "nan", "inf", "'0.1'", "None", "(0.2, 0.1)", "(0.1,)", "(0.0, nan)")],
    *[(f"training.{name}", f"{name} is a whole number, {least} or more; got {{}}.", value)
      for name, least, values in (("epochs", 1, ("0",)), ("epochs", 0, ("1.5", "inf", "True")),
                                  ("batch_size", 1, ("0", "0.5", "1.5", "inf", "True")))
      for value in values],
    *[("seed", "A seed is a whole number, 0 or more; got {}.", value)
      for value in ("1.5", "'0'", "None", "True", "-1", "nan")],
]  # fmt: skip


def test_what_is_no_setting_or_seed_is_refused_where_no_annotation_is_executed() -> None:
    code = f"""
from dataclasses import replace
from math import inf, nan
from collapse.base.errors import RunError
from collapse.runs.request import make_request
from collapse.runs.settings import settings_for
for name, _, value in {WRONG!r}:
    given = {{name.removeprefix("training."): eval(value)}}
    light = settings_for("synthetic", "light")
    try:
        if name == "seed":
            make_request("vae", **given)
        elif name.startswith("training."):
            training = replace(light.training, **given)
            make_request("vae", settings=replace(light, training=training))
        else:
            make_request("vae", settings=replace(light, **given))
        print(name, value, "was accepted")
    except RunError as error:
        print(error)
"""
    said = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    for (_, told, value), line in zip(WRONG, said, strict=True):
        assert line.startswith(told.format(value)), (line, value)


def test_numbers_of_numpy_are_numbers_where_no_annotation_is_executed() -> None:
    code = """
import json
from dataclasses import replace
from math import inf
import numpy as np
from collapse.base.errors import RunError
from collapse.runs.request import make_request
from collapse.runs.settings import settings_for
from collapse.training import Plateau
light = settings_for("synthetic", "light")
def asked(whole, real):
    loop = replace(light.training, epochs=whole(7), plateau=Plateau(whole(2)))
    own = replace(light, latent=whole(3), init_weights=real(0.5), training=loop)
    return make_request("vae", seed=whole(1), settings=own)
for one in (asked(int, float), asked(np.int64, np.float64)):
    print(one.identity, json.dumps(one.describe()))
for wrong in ({"seed": np.int64(-1)}, {"settings": replace(light, hidden=np.int64(-1))}):
    try:
        make_request("vae", **wrong)
    except RunError as error:
        print(error)
"""
    said = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    assert said[0] == said[1]
    assert '"latent": 3' in said[0]
    assert said[2:] == [
        "A seed is a whole number, 0 or more; got -1.",
        "hidden is a whole number, 1 or more; got -1.",
    ]


def test_what_cannot_be_measured_or_read_is_refused_before_training() -> None:
    with pytest.raises(RunError, match=r"the corpus 'synthetic' has no contexts.*toy-dialogue"):
        perform(short("cvae"))


@pytest.mark.thorough
def test_the_package_needs_no_module_that_only_unix_has() -> None:
    code = (  # psutil has modules of its own for each system; on Windows it needs none of Unix
        "import sys, psutil; sys.modules['resource'] = None;"
        "import collapse.cli; from collapse.base import machine;"
        "assert machine.peak_memory() == 0; print('imported')"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "imported\n"
    assert machine.peak_memory() > 0


def test_unknown_names_are_answered_with_the_valid_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"no recipe called 'vea'\. Did you mean 'vae'"):
        make_request("vea")
    with pytest.raises(UnknownNameError, match=r"no corpus called 'yelp-sentimnt'\. Did you mean"):
        make_request("vae", "yelp-sentimnt")
    with pytest.raises(
        UnknownNameError, match=r"no scale called 'huge'.* light, medium, colab, full"
    ):
        make_request("vae", scale="huge")
    with pytest.raises(RunError, match="needs a name"):
        make_request(Recipe())


def test_every_corpus_has_settings() -> None:
    from collapse.data import CORPORA

    assert set(SETTINGS) == set(CORPORA)


def test_the_cores_can_be_shared_among_notebooks(monkeypatch) -> None:
    light, full = make_request("vae"), make_request("vae", scale="full")
    monkeypatch.setenv("COLLAPSE_JOBS", "3")
    assert many.default_jobs([light, light]) == 3
    assert many.default_jobs([light, full]) == 1
    monkeypatch.delenv("COLLAPSE_JOBS")
    assert many.default_jobs([light]) == os.cpu_count()
    for wrong in ("0", "two", ""):
        monkeypatch.setenv("COLLAPSE_JOBS", wrong)
        with pytest.raises(RunError, match=f"1 or more; got '{wrong}'"):
            many.default_jobs([light])
