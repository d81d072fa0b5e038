"""The memory of processes together, each page counted once.

What the kernel keeps for a process and maps nowhere (pipes, sockets, files that travel in one) is
not counted; the container's limit is what counts that.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

IN_MEMORY = ("/memfd:", "/dev/shm/")  # files that lie there, as /proc names them
MEGABYTE = 1_000_000


def megabytes_of(processes: Iterable[psutil.Process], enough: float | int = 0.0) -> float:
    """Megabytes that they hold, files in memory that nobody maps included.

    Resident pages are asked for first, which is quick and counts a page once for each process that
    shares it; each process's part of its pages (PSS) only where that says more than is enough.
    Where the kernel does not tell it, the resident pages count.

    Args:
        processes: those that have just ended hold none.
        enough: megabytes below which the first number will do.
    """
    every = list(processes)
    resident = {process.pid: resident_bytes(process) for process in every}
    files = sum(held_files(process.pid for process in every).values())
    if sum(resident.values()) + files <= enough * MEGABYTE:
        return (sum(resident.values()) + files) / MEGABYTE
    own, shared = 0, 0
    for pid, at_most in resident.items():
        part, of_it_shared = proportional_bytes(pid, at_most)
        own, shared = own + part - of_it_shared, shared + of_it_shared
    # A file that is mapped is among the shared pages: the larger of both holds it once.
    return (own + max(shared, files)) / MEGABYTE


def resident_bytes(process: psutil.Process) -> int:
    """Its resident pages, shared ones included; none when it has ended."""
    with suppress(psutil.Error):
        return process.memory_info().rss
    return 0


def proportional_bytes(pid: int, otherwise: int) -> tuple[int, int]:
    """Its part of the pages that it maps, and how much of that is shared memory.

    Args:
        pid: of the process.
        otherwise: the first number, where the kernel does not tell.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except ProcessLookupError:  # it has just ended
        return 0, 0
    except OSError:
        return otherwise, 0
    sizes = dict(line.split(":") for line in text.splitlines()[1:])
    read = {name: 1024 * int(size.split()[0]) for name, size in sizes.items()}
    return read.get("Pss", otherwise), read.get("Pss_Shmem", 0)


def held_files(pids: Iterable[int]) -> dict[tuple[int, int], int]:
    """Bytes of the files in memory that processes hold open, each once."""
    found = {}
    for pid in pids:
        with suppress(OSError):
            for each in os.scandir(f"/proc/{pid}/fd"):
                with suppress(OSError):
                    if os.readlink(each.path).startswith(IN_MEMORY):
                        seen = os.stat(each.path)
                        found[seen.st_dev, seen.st_ino] = 512 * seen.st_blocks
    return found
