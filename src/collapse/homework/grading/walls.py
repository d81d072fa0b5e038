"""The walls of a fence: its limits, its namespaces, and the folder in which a hand-in lives."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

import collapse
from collapse.homework.grading.user import processes_of, python_for_others

INSIDE = Path(__file__).parent / "inside"


@dataclass(frozen=True)
class Limits:
    """What a hand-in may use.

    Attributes:
        seconds: for one cell, or one call of a function.
        start_seconds: until Python and torch are there.
        all_seconds: for a whole hand-in, starts included.
        megabytes: of memory, all processes together.
        processes: and threads, all together.
        file_megabytes: of one file, and of all files together.
    """

    seconds: float | int = 60.0
    start_seconds: float | int = 120.0
    all_seconds: float | int = 600.0
    megabytes: int = 3000
    processes: int = 64
    file_megabytes: int = 64


@cache
def has_namespaces() -> bool:
    """Whether this machine lets a process have namespaces of its own."""
    if not sys.platform.startswith("linux") or not shutil.which("setpriv"):
        return False
    try:
        words = [*unshare(), "mount", "-t", "tmpfs", "tmpfs", "/tmp"]
        return subprocess.run(words, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def unshare() -> list[str]:
    """The command that starts another one in namespaces of its own."""
    words = ["unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child"]
    return words if is_root() else [*words, "--user", "--map-root-user"]


def furnish(folder: Path, user: int) -> None:
    """Put into a folder: a home, and the package without the homework, and what runs a hand-in."""
    package = Path(collapse.__file__).parent

    def left_out(place: str, names: list[str]) -> list[str]:
        return names if Path(place) == package / "homework" else []

    (folder / "root").mkdir()
    (folder / "home").mkdir(mode=0o700)
    shutil.copytree(INSIDE, folder / "inside")
    shutil.copytree(package, folder / "package" / "collapse", ignore=left_out)
    for each in (*folder.glob("inside/**/*"), *folder.glob("package/**/*")):
        each.chmod(0o755)  # the grader's own files may be for nobody else
    for name in ("inside", "package"):
        (folder / name).chmod(0o755)
    if user:
        os.chown(folder / "home", user, user)
        folder.chmod(0o711)


def plan(
    folder: Path, limits: Limits, user: int, walled: bool, pipes: Sequence[int]
) -> dict[str, Any]:
    """What the process does before it is the hand-in's."""
    others = user and not walled
    python, packages = python_for_others() if others else (sys.executable, ())
    home, root, inside, package = (
        str(folder / name) for name in ("home", "root", "inside", "package")
    )
    installed = Path(collapse.__file__).parent
    return {
        "root": root if walled else "",
        "shown": [sys.prefix, sys.base_prefix, inside, package],
        # Where it is installed, its homework lies among the libraries that are shown.
        "hidden": [str(installed / "homework")] if is_among_libraries(installed) else [],
        "megabytes": limits.file_megabytes,
        "user": user,
        "limits": kernel_limits(limits, alone=bool(walled or user)),
        "python": [python, f"{inside}/student.py", *map(str, pipes)],
        "variables": {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": ":".join((package, *packages)),  # a hand-in may import the package
            "HOME": "/hand-in" if walled else home,
            "TMPDIR": "/hand-in" if walled else home,
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
            "PYTHONHASHSEED": "0",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    }


def kernel_limits(limits: Limits, alone: bool) -> dict[str, int]:
    """What the kernel watches, by the names of its limits."""
    megabyte = 1_000_000
    others = 0 if alone else threads_of_ours()
    return {
        "AS": 4 * limits.megabytes * megabyte,  # libraries reserve more than they use
        "FSIZE": limits.file_megabytes * megabyte,
        "NPROC": limits.processes + others,
        "NOFILE": 256,
        "CORE": 0,
    }


def is_root() -> bool:
    """Whether the grader may run a hand-in as another user."""
    return os.geteuid() == 0


def is_among_libraries(package: Path) -> bool:
    """Whether a package lies where this Python has what is installed."""
    return package.is_relative_to(sys.prefix) or package.is_relative_to(sys.base_prefix)


def threads_of_ours() -> int:
    """How many threads the grader's user has, which the kernel counts with those of a hand-in."""
    ours, total = os.getuid(), 0
    for process in processes_of(ours):
        with suppress(psutil.Error):
            total += process.num_threads()
    return total
