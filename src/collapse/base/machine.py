"""On what a number was obtained."""

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import torch


def describe_system(device: torch.device) -> dict[str, object]:
    """Hardware, versions and, in a checkout, the commit."""
    return {
        "device": str(device),
        "hardware": hardware(device),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "package": version("posterior-collapse"),
        "commit": commit(),
    }


def hardware(device: torch.device) -> str:
    """The name of the processor with its cores, or of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{processor()}, {os.cpu_count()} cores"


def processor() -> str:
    """The processor's name as Linux tells it, or the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def commit() -> str | None:
    """The commit of the checkout that the package runs from; None for an installed package."""
    folder = Path(__file__).parent
    if "site-packages" in folder.parts:
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return finished.stdout.strip()


def peak_gpu_memory() -> int:
    """The most memory that this process has held on a GPU so far, in megabytes; 0 without one."""
    return torch.cuda.max_memory_allocated() // 2**20 if torch.cuda.is_available() else 0


def peak_memory() -> int:
    """The most memory that this process has held so far, in megabytes.

    It is 0 on a system whose Python has no module ``resource`` (Windows), where nothing in the
    standard library tells; the results ledger takes no run from there, because it wants a cost.
    """
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 2**20
