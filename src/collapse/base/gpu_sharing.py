"""Several runs on one GPU.

A small model leaves most of a GPU idle: its recurrent steps wait for one another. Processes that
share a GPU take turns, unless NVIDIA's Multi-Process Service (MPS) lets their kernels run at the
same time. It is a program that comes with the driver and needs no rights; it is started here for a
sweep with several jobs and ended with it.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import torch

CONTROL = "nvidia-cuda-mps-control"
WAIT_SECONDS = 30


@contextmanager
def shared_gpu(jobs: int) -> Iterator[bool]:
    """Processes started inside the block may use one GPU at the same time.

    Nothing happens for one job, without a GPU, where the service is not installed or does not
    start, or where the environment names one that runs already: then processes take turns.

    Yields:
        Whether the service was started.
    """
    if jobs < 2 or not torch.cuda.is_available() or "CUDA_MPS_PIPE_DIRECTORY" in os.environ:
        yield False
        return
    with tempfile.TemporaryDirectory(prefix="mps-") as folder:
        variables = {"CUDA_MPS_PIPE_DIRECTORY": folder, "CUDA_MPS_LOG_DIRECTORY": folder}
        started = control("-d", variables)
        os.environ.update(variables if started else {})
        try:
            yield started
        finally:
            for name in variables:
                os.environ.pop(name, None)
            if started:
                control("", variables, "quit\n")


def control(option: str, variables: dict[str, str], order: str = "") -> bool:
    """Call the control program of the service; returns whether that went well."""
    if shutil.which(CONTROL) is None:
        return False
    command, environment = [CONTROL, *filter(None, [option])], {**os.environ, **variables}
    try:
        finished = subprocess.run(
            command,
            input=order,
            text=True,
            env=environment,
            timeout=WAIT_SECONDS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return finished.returncode == 0
