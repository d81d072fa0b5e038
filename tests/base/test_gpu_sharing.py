"""Several runs on one GPU: the service is started, told to the children, and ended."""

import os
import stat
from pathlib import Path

import pytest
import torch

from collapse.base.gpu_sharing import CONTROL, shared_gpu

PIPES = "CUDA_MPS_PIPE_DIRECTORY"


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A control program that writes down what it is told, and a GPU that is said to be there."""
    log, program = tmp_path / "told", tmp_path / CONTROL
    program.write_text(f'#!/bin/sh\necho "$1 $(cat) $CUDA_MPS_PIPE_DIRECTORY" >> {log}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.delenv(PIPES, raising=False)
    return log


def test_the_service_lives_as_long_as_the_block(stand_in: Path) -> None:
    with shared_gpu(8) as started:
        folder = os.environ[PIPES]
        assert started
        assert Path(folder).is_dir()
        assert stand_in.read_text() == f"-d  {folder}\n"
    assert PIPES not in os.environ
    assert stand_in.read_text() == f"-d  {folder}\n quit {folder}\n"


def test_it_ends_after_an_error_too(stand_in: Path) -> None:
    with pytest.raises(KeyboardInterrupt), shared_gpu(2):
        raise KeyboardInterrupt
    assert "quit" in stand_in.read_text()
    assert PIPES not in os.environ


def test_one_job_or_a_service_that_runs_already_needs_none(stand_in: Path, monkeypatch) -> None:
    with shared_gpu(1) as started:
        assert not started
    monkeypatch.setenv(PIPES, "/somewhere")
    with shared_gpu(8) as started:
        assert not started
    assert os.environ[PIPES] == "/somewhere"
    assert not stand_in.exists()


@pytest.mark.parametrize("script", ["exit 1", None])
def test_without_the_service_the_processes_take_turns(stand_in: Path, script, monkeypatch) -> None:
    program = stand_in.parent / CONTROL
    if script is None:
        program.unlink()
        monkeypatch.setenv("PATH", str(stand_in.parent))
    else:
        program.write_text(f"#!/bin/sh\n{script}\n")
    with shared_gpu(8) as started:
        assert not started
        assert PIPES not in os.environ
