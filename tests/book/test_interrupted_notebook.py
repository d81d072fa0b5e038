"""A chapter under papermill that is killed goes on from the last epoch at the next call."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from collapse.runs.settings import SETTINGS

PARAMETERS = 'corpus = "synthetic"\nscale = "light"\nseed = 0'
# The light setting, smaller and with ten epochs; the log as a chapter at full scale has it.
CELL = """
from dataclasses import replace

import collapse
from collapse.chapters import chapter
from collapse.runs.settings import SETTINGS, settings_for

chapter.check_parameters(corpus=corpus, scale=scale, seed=seed)
light = settings_for(corpus, "light")
training = replace(light.training, epochs=10, batch_size=50)
small = {"embedding": 8, "hidden": 8, "latent": 3, "iw_samples": 5, "likelihood_documents": 20}
SETTINGS[corpus][scale] = replace(light, training=training, **small)
done = collapse.run_all(["vae"], corpus, scale, (seed,))["vae"][0]
"""


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """What a chapter does, in two cells."""
    parameters = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path, cells = tmp_path / "chapter.ipynb", [parameters, new_code_cell(CELL)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def start(notebook: Path, runs: Path) -> subprocess.Popen:
    """papermill as ``make full`` calls it, in a process group of its own."""
    runs.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "papermill", str(notebook), str(runs / "out.ipynb")]
    return subprocess.Popen(
        [*command, "--log-output", "-p", "scale", "colab", "-p", "seed", "3"],
        env={**os.environ, "COLLAPSE_RUNS": str(runs), "COLLAPSE_LIVE": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def epochs_kept(runs: Path) -> int:
    """How many epochs the only run in a folder has written down."""
    found = list(runs.glob("vae-*/metrics.jsonl"))
    return len(found[0].read_text().splitlines()) if found else 0


def numbers(runs: Path) -> dict:
    """What the run in a folder measured, without the clock."""
    summary = json.loads(next(runs.glob("vae-*/summary.json")).read_text())
    return {key: summary[key] for key in ("nll", "elbo_nll", "kl", "mi", "epochs")}


@pytest.mark.thorough
def test_kill_nine_and_call_again(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(notebook, tmp_path / "runs")
    while epochs_kept(tmp_path / "runs") < 2 and first.poll() is None:
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGKILL)  # papermill and its kernel, as a disconnect takes both
    first.communicate()
    kept = epochs_kept(tmp_path / "runs")
    assert 2 <= kept < 10, "the run was to be killed in the middle"

    again = start(notebook, tmp_path / "runs")
    log, _ = again.communicate(timeout=120)
    assert again.returncode == 0, log
    lines = [line for line in log.splitlines() if "vae, seed 3: epoch" in line]
    assert len(lines) == 10 - kept  # one line for every epoch that was left, and no bar
    assert "\r" not in log.replace("\r\n", "")

    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "whole"))
    monkeypatch.setitem(SETTINGS["synthetic"], "colab", None)  # put back after the test
    exec(CELL, {"corpus": "synthetic", "scale": "colab", "seed": 3})
    assert numbers(tmp_path / "runs") == numbers(tmp_path / "whole")
