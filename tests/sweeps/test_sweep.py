"""Sweeps: what a file may say, and that a killed process costs its own run no more than a retry."""

import json
import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import psutil
import pytest
from distributed import LocalCluster
from filelock import FileLock

from collapse.base.errors import CollapseError, RunError, UnknownNameError
from collapse.cli import main
from collapse.ledger import papers
from collapse.objectives import Constant
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.runs.request import Request, make_request
from collapse.runs.run import is_finished, perform
from collapse.runs.settings import PROTOCOLS, SETTINGS, settings_for
from collapse.sweeps import engines
from collapse.sweeps.engines import JobOutcome, local, on_dask
from collapse.sweeps.sweep import Sweep, load_sweep, perform_missing, report, run_sweep
from collapse.training import Plateau, Training

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "experiments").glob("*.yaml"))
LIGHT = settings_for("synthetic", "light")
SHORT = replace(
    LIGHT,
    embedding=8,
    hidden=8,
    latent=3,  # with one or two, the likelihood is found by quadrature, which takes longer
    training=Training(epochs=1, batch_size=200),
    iw_samples=5,
    likelihood_documents=20,
)
LONGER = replace(SHORT, training=replace(SHORT.training, epochs=6))
BROKEN = Recipe(kl_weight=Constant(1e300))  # beyond the numbers of a loss
GOOD = "recipes: [vae]\ncorpora: [synthetic]\nseeds: [0, 1]\n"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setitem(SETTINGS["synthetic"], "light", SHORT)


def written(folder: Path, text: str) -> Path:
    path = folder / "sweep.yaml"
    path.write_text(text, encoding="utf-8")
    return path


# What a file may say


@cache
def load_papers(path: Path) -> pd.DataFrame:
    """What the papers print, read once for all files."""
    return papers.load_papers(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_that_ship_are_valid_and_name_their_table(path: Path) -> None:
    sweep = load_sweep(path)
    requests = sweep.requests()
    assert len(requests) == len(sweep.recipes) * len(sweep.corpora) * len(sweep.seeds)
    if not sweep.paper:
        named = path.stem.startswith(("stand-ins", "quarter-hour"))
        assert named or sweep.scale == path.stem.split("-")[0] or sweep.scale == "light"
        return
    assert path.stem.removesuffix("-omniglot") == f"{sweep.paper}-table{sweep.table}"
    own_loop = sweep.paper in PROTOCOLS and RECIPES[sweep.recipes[0]].model == "VAE"
    assert sweep.scale == (f"full-{sweep.paper}" if own_loop else "full")
    printed = load_papers(ROOT / "book" / "results" / "papers.csv")
    here = printed[(printed["paper"] == sweep.paper) & (printed["table"] == str(sweep.table))]
    assert set(sweep.corpora) <= set(here["dataset"])


def test_every_table_of_the_papers_has_a_file_or_a_reason() -> None:
    printed = load_papers(ROOT / "book" / "results" / "papers.csv")
    tables = {f"{row.paper}-table{row.table}" for row in printed.itertuples()}
    assert tables - {path.stem for path in FILES} == {"zhu2020-table5"}
    reasons = (ROOT / "book" / "protocol.md").read_text(encoding="utf-8")
    assert "Table 5 of Zhu et al. (2020)" in reasons.partition("## What has no sweep")[2]


def test_there_is_a_file_for_the_smoke_test_and_for_every_paper() -> None:
    names = {"he2019", "long2019", "zhu2020", "song2024", "light", "medium", "full", "quarter"}
    assert {path.stem.split("-")[0] for path in FILES} == {*names, "stand"}


def test_every_problem_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "recipes: [vea, vae, vae]\ncorpora: [yahoos]\nseeds: [-1, 1.5, yes, 2, 2]\n"
        "scale: huge\nseed: 3\npaper: he2018\ntable: first\nmissing: SA-VAE\n",
    )
    with pytest.raises(RunError) as error:
        load_sweep(path)
    said = str(error.value)
    for sentence in (
        "There is no key called 'seed'. Did you mean 'seeds'? Valid: recipes, corpora",
        "There is no recipe called 'vea'. Did you mean 'vae'? Valid: lm, vae",
        "'vae' is there twice in 'recipes'.",
        "There is no corpus called 'yahoos'. Did you mean 'yahoo'? Valid: synthetic",
        "Entry 1 of 'seeds' is -1; it must be greater than or equal to 0.",
        "Entry 2 of 'seeds' is 1.5; it must be a valid integer.",
        "Entry 3 of 'seeds' is True; it must be a valid integer.",
        "2 is there twice in 'seeds'.",
        "There is no scale called 'huge'. Valid: smoke, light, medium, colab, full, full-zhu2020, "
        "full-song2024.",
        "There is no paper called 'he2018'. Did you mean 'he2019'?",
        "'table' is 'first'; it must be the number of a table.",
        "'missing' is 'SA-VAE'; it must be a list of texts.",
    ):
        assert f"\n  - {sentence}" in said
    assert said.count("\n  - ") == 12


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "None must be a mapping with the keys recipes, corpora, seeds"),
        ("[1, 2]", "[1, 2] must be a mapping with the keys recipes, corpora, seeds"),
        ("recipes: [vae", "cannot be read: while parsing"),
        (
            "recipes: [vae]\n",
            "'corpora' is missing: it must be a list of one or more corpora, such as [yahoo",
        ),
        (
            GOOD.replace("[0, 1]", "[]"),
            "'seeds' is []; it must be a list of one or more seeds, such as [0",
        ),
        (GOOD.replace("[0, 1]", "3"), "'seeds' is 3; it must be a list of one or more seeds"),
        (GOOD + "recipes: [lm]\n", "The key 'recipes' is there twice"),
        (GOOD + "table: 1\n", "'paper' and 'table' belong together"),
        (
            GOOD + "paper: he2019\ntable: yes\n",
            "'table' is True; it must be the number of a table.",
        ),
        (GOOD + "about: 3\n", "'about' is 3; it must be a valid string."),
        (GOOD.replace("[vae]", "[[vae]]"), "no recipe called"),
    ],
)
def test_a_wrong_file_is_answered_with_a_sentence(tmp_path, capsys, text, sentence) -> None:
    assert main(["sweep", str(written(tmp_path, text))]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.startswith("collapse: The sweep file ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CollapseError, match=r"cannot be read: .*No such file"):
        load_sweep(tmp_path / "none.yaml")


def test_another_scale_may_be_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert {one.scale for one in load_sweep(path, "full").requests()} == {"full"}
    with pytest.raises(UnknownNameError, match=r"no scale called 'fill'\. Did you mean 'full'"):
        load_sweep(path, "fill")


def test_the_first_seed_is_done_for_all_before_the_second() -> None:
    requests = Sweep(recipes=("lm", "vae"), corpora=("synthetic", "ptb"), seeds=(0, 5)).requests()
    assert [(one.seed, one.corpus, one.name) for one in requests][:5] == [
        (0, "synthetic", "lm"),
        (0, "synthetic", "vae"),
        (0, "ptb", "lm"),
        (0, "ptb", "vae"),
        (5, "synthetic", "lm"),
    ]


# What is done, failed, running, waiting


def test_dry_run_does_nothing_but_report(tmp_path, capsys) -> None:
    path = written(tmp_path, GOOD.replace("[0, 1]", "[0, 1, 2]") + "missing: [SA-VAE, Ours]\n")
    perform(make_request("vae", seed=0), lambda line: None)
    busy = make_request("vae", seed=1)
    busy.folder.mkdir()
    with FileLock(busy.folder / ".lock"):
        assert main(["sweep", str(path), "--dry-run"]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "running  vae, synthetic, light, seed 1",
        "waiting  vae, synthetic, light, seed 2",
        "3 runs: 1 done, 0 failed, 1 running, 1 waiting.",
        "In the table, but not in this package: SA-VAE; Ours.",
    ]
    assert [is_finished(make_request("vae", seed=seed)) for seed in range(3)] == [
        True,
        False,
        False,
    ]


def test_a_run_that_cannot_succeed_is_reported_and_the_others_finish(
    tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.setitem(RECIPES, "broken", BROKEN)
    path = written(tmp_path, GOOD.replace("[vae]", "[broken, vae]").replace("[0, 1]", "[0]"))
    tried = count_tries(monkeypatch)
    assert main(["sweep", str(path), "--jobs", "2"]) == 1
    said = capsys.readouterr().out
    assert "failed   broken, synthetic, light, seed 0: The loss became inf in step 0" in said
    assert said.endswith("2 runs: 1 done, 1 failed, 0 running, 0 waiting.\n")
    assert sorted(tried) == [("broken", 0), ("vae", 0)]  # once each: the loss would be inf again
    (done,) = [line for line in said.splitlines() if line.startswith("[") and "vae" in line]
    assert "NLL" in done

    monkeypatch.setitem(RECIPES, "broken", RECIPES["lm"])
    assert main(["sweep", str(path), "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "1 of 2 runs are done; doing 1." in said
    assert said.endswith("2 runs: 2 done, 0 failed, 0 running, 0 waiting.\n")
    assert sorted(tried) == [("broken", 0), ("broken", 0), ("vae", 0)]


def test_what_may_pass_is_tried_again_but_not_for_ever(monkeypatch) -> None:
    request = make_request("vae")
    tries: list[Request] = []

    def fails(times: int):
        def pretend(one: Request, until: float) -> JobOutcome:
            tries.append(one)
            if len(tries) <= times:
                raise OSError("the disk\nis full")
            return JobOutcome(one)

        return pretend

    monkeypatch.setattr(engines, "in_own_process", fails(2))
    assert engines.with_retries(request, math.inf) == JobOutcome(request)
    assert len(tries) == 3
    tries.clear()
    monkeypatch.setattr(engines, "in_own_process", fails(99))
    (said,) = perform_missing([request], local(1), lambda line: None).values()
    assert len(tries) == engines.TRIES == 3
    assert "OSError: the disk is full" in said
    assert next(report([request], {"vae, synthetic, light, seed 0": said})).startswith("failed")


def test_a_sweep_ends_in_time_keeps_checkpoints_and_says_what_waits(tmp_path, monkeypatch) -> None:
    """The first run would take minutes, the second does not begin; neither counts as failed."""
    endless = replace(
        SHORT,
        training=replace(SHORT.training, epochs=10**5, plateau=Plateau(first_epoch=10**6)),
    )
    monkeypatch.setitem(SETTINGS["synthetic"], "light", endless)
    folders = [make_request("vae", seed=seed).folder for seed in (0, 1)]
    for seconds in (12, 60, 240):  # long enough for the first epoch, on a busy machine too
        started, said = time.time(), []
        engine = local(1, until=started + seconds)
        assert not run_sweep(load_sweep(written(tmp_path, GOOD)), engine, log=said.append)
        assert time.time() - started < seconds + 60
        if (folders[0] / "checkpoint.safetensors").is_file():
            break
    text = "\n".join(said)
    assert text.count(engines.TIME_IS_UP) == 2
    assert "2 runs: 0 done, 0 failed, 0 running, 2 waiting." in text
    assert [(each / "checkpoint.safetensors").is_file() for each in folders] == [True, False]
    assert len((folders[0] / "metrics.jsonl").read_text().splitlines()) >= 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--minutes", "0"], "--minutes is a time above 0; got 0"),
        (["--minutes", "nan"], "--minutes is a time above 0; got nan"),
        (["--minutes", "5", "--dask", "tcp://a:1"], "a cluster's jobs have a walltime"),
    ],
)
def test_minutes_that_cannot_be_are_refused(tmp_path, capsys, options, sentence) -> None:
    assert main(["sweep", str(written(tmp_path, GOOD)), *options]) == 2
    assert sentence in capsys.readouterr().err


def test_a_run_that_is_finished_out_of_sight_is_not_called_done() -> None:
    request = make_request("vae")
    failures = perform_missing(
        [request], lambda missing: iter([JobOutcome(request)]), lambda line: None
    )
    assert "no summary in" in failures["vae, synthetic, light, seed 0"]


# Processes that are killed


def count_tries(monkeypatch) -> list[tuple[str, int]]:
    """The runs that get a process of their own, in the order of that."""
    tried: list[tuple[str, int]] = []
    own = engines.in_own_process

    def counting(one: Request, until: float) -> JobOutcome:
        tried.append((one.name, one.seed))
        return own(one, until)

    monkeypatch.setattr(engines, "in_own_process", counting)
    return tried


def holders(lock: Path) -> list[psutil.Process]:
    """The processes under this one that have the lock file open."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if any(file.path == str(lock) for file in process.open_files()):
                found.append(process)
        except psutil.Error:  # it has just ended
            continue
    return found


class Killer(threading.Thread):
    """Kills the process of a run, or another, as soon as the run has finished two epochs."""

    def __init__(self, victim: Request, instead: psutil.Process | None = None) -> None:
        super().__init__(daemon=True)
        self.victim, self.instead = victim, instead
        self.children: list[psutil.Process] = []
        self.history: list[str] = []
        self.killed: list[int] = []
        self.start()

    def run(self) -> None:
        metrics = self.victim.folder / "metrics.jsonl"
        until = time.monotonic() + 40
        while time.monotonic() < until and len(self.history) < 2:
            self.history = metrics.read_text().splitlines() if metrics.exists() else []
            time.sleep(0.005)
        found = holders(self.victim.folder / ".lock")
        if self.instead is not None:
            found, self.children = [self.instead], self.instead.children(recursive=True)
        for process in found:
            os.kill(process.pid, signal.SIGKILL)
            self.killed.append(process.pid)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A Dask cluster of two worker processes, each of which may be killed."""
    for name in ("distributed.scheduler", "distributed.nanny", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they say that a worker has died
    made = LocalCluster(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None)
    with made:
        yield made


MEASURED = ("nll", "elbo_nll", "kl", "mi", "reconstruction", "epochs")


def numbers(request: Request) -> dict[str, float]:
    summary = perform(request, lambda line: None).summary
    return {name: summary[name] for name in MEASURED}


def check_the_killed_run(killer: Killer, others: list[Request], monkeypatch) -> None:
    """That it went on where it was, and that all numbers are those of undisturbed runs."""
    victim = killer.victim
    assert len(killer.killed) == 1, "nothing was killed, so nothing was shown"
    lines = (victim.folder / "metrics.jsonl").read_text().splitlines()
    # The records hold the seconds of their epochs: an epoch done again would have others.
    assert lines[: len(killer.history)] == killer.history
    assert len(lines) == LONGER.training.epochs > len(killer.history)
    found = [numbers(one) for one in [victim, *others]]
    monkeypatch.setenv("COLLAPSE_RUNS", str(victim.folder.parent.parent / "undisturbed"))
    assert found == [numbers(one) for one in [victim, *others]]


def three_runs() -> list[Request]:
    return [make_request("vae", seed=seed, settings=LONGER) for seed in range(3)]


@pytest.mark.thorough
def test_a_killed_process_costs_its_own_run_a_retry(monkeypatch) -> None:
    request, lines = three_runs(), []
    tried = count_tries(monkeypatch)
    killer = Killer(request[0])
    assert perform_missing(request, local(2), lines.append) == {}
    killer.join()
    assert sorted(tried) == [("vae", 0), ("vae", 0), ("vae", 1), ("vae", 2)]
    assert len(lines) == 4  # one that says what there is to do, one a run
    check_the_killed_run(killer, request[1:], monkeypatch)


@pytest.mark.thorough
def test_a_killed_sweep_leaves_no_process_behind() -> None:
    code = "import test_sweep as t; t.perform_missing(t.three_runs()[:1], t.local(2), print)"
    sweep = psutil.Popen([sys.executable, "-c", code], cwd=Path(__file__).parent)
    killer = Killer(three_runs()[0], sweep)
    killer.join()
    assert killer.killed == [sweep.pid]
    assert sweep.wait() == -signal.SIGKILL
    assert psutil.wait_procs(killer.children, timeout=20)[1] == []


@pytest.mark.thorough
def test_a_killed_dask_worker_costs_its_own_run_a_retry(cluster, monkeypatch) -> None:
    request = three_runs()
    killer = Killer(request[0])
    engine = on_dask(cluster.scheduler_address)
    assert perform_missing(request, engine, lambda line: None) == {}
    killer.join()
    check_the_killed_run(killer, request[1:], monkeypatch)


@pytest.mark.thorough
def test_what_dask_gives_up_and_what_cannot_succeed_leave_the_others_alone(
    cluster, monkeypatch
) -> None:
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)  # the cluster's own setting
    broken = make_request(BROKEN, name="broken", settings=SHORT)
    requests = [*three_runs()[:2], broken]
    killer = Killer(requests[0])
    failures = perform_missing(requests, on_dask(cluster.scheduler_address), lambda line: None)
    killer.join()
    assert "KilledWorker" in failures.pop("vae, synthetic, light, seed 0")
    assert failures.pop("broken, synthetic, light, seed 0").startswith("The loss became inf")
    assert [is_finished(one) for one in requests] == [False, True, False]
    assert failures == {}


# Clusters that are not there


def test_an_address_where_nothing_answers_is_a_sentence(tmp_path, capsys) -> None:
    where = ["sweep", str(written(tmp_path, GOOD)), "--dask"]
    assert main([*where, "no-scheme://x"]) == 2
    assert "No Dask scheduler answers at no-scheme://x" in capsys.readouterr().err
    assert main([*where, "tcp://127.0.0.1:9", "--jobs", "2"]) == 2
    assert "a cluster does one run a worker" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "option", "sentence"),
    [
        ("distributed", ["--dask", "tcp://127.0.0.1:9"], "dask[distributed] is not installed"),
        ("dask_jobqueue", ["--slurm"], "dask-jobqueue is not installed"),
    ],
)
def test_what_is_not_installed_is_a_sentence(
    tmp_path, capsys, monkeypatch, module, option, sentence
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["sweep", str(written(tmp_path, GOOD)), *option]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "pip install 'posterior-collapse[cluster]'" in said


def test_options_that_make_no_sense_are_refused(tmp_path, capsys) -> None:
    assert main(["sweep", str(written(tmp_path, GOOD)), "--jobs", "0"]) == 2
    assert "The number of jobs is 1 or more; got 0." in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["sweep", "x.yaml", "--slurm", "--dask", "tcp://127.0.0.1:9"])
    assert "not allowed with" in capsys.readouterr().err


def test_help_of_sweeps_teaches(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["sweep", "--help"])
    shown = capsys.readouterr().out
    assert "A finished run is never repeated" in shown
    assert "recipes: [lm, vae]" in shown
    assert "dask worker tcp://HOST:8786 --nthreads 1" in shown


def test_a_finished_sweep_asks_no_engine() -> None:
    sweep = Sweep(recipes=("vae",), corpora=("synthetic",), seeds=(0,))
    perform(make_request("vae"), lambda line: None)
    lines: list[str] = []
    assert run_sweep(sweep, on_dask("tcp://127.0.0.1:9"), log=lines.append)
    assert lines[-1] == "1 run: 1 done, 0 failed, 0 running, 0 waiting."
    assert json.loads((make_request("vae").folder / "summary.json").read_text())["epochs"] == 1
