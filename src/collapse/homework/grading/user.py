"""A user that nobody is, for a hand-in without walls: what it starts can be found and ended."""

import os
import random
import shutil
import subprocess
import sys
import sysconfig
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock

import psutil

from collapse.base.errors import RunError

NUMBERS = range(30_000, 60_000, 2)  # between users of a machine and those that systemd makes
PUBLIC = ("/tmp", "/var/tmp", "/dev/shm")  # where everybody may write

# Sent with the rights of the user, one signal reaches all of its processes at once, however fast
# they start others. The other number is the sender's own, so that they cannot end it before.
KILL = """\
import os, sys
user = int(sys.argv[1])
os.setgroups([])
os.setresgid(user, user, user)
os.setresuid(user + 1, user, user + 1)
os.kill(-1, 9)
"""

taken: set[int] = set()
lock = Lock()


def free_user() -> int:
    """The number of a user that nobody is and that has no process."""
    import pwd  # not there on Windows, where nothing is graded

    with lock:
        busy = {number for p in psutil.process_iter(["uids"]) for number in p.info["uids"] or ()}
        known = {each.pw_uid for each in pwd.getpwall()} | busy | taken
        free = [n for n in NUMBERS if n not in known and n + 1 not in known]
        chosen = random.SystemRandom().choice(free)
        taken.add(chosen)
    return chosen


def processes_of(user: int) -> list[psutil.Process]:
    """All processes of a user."""
    return [p for p in psutil.process_iter(["uids"]) if user in (p.info["uids"] or ())]


def end_all_of(user: int) -> None:
    """End all processes of a user at once."""
    subprocess.run([sys.executable, "-I", "-S", "-c", KILL, str(user)], capture_output=True)


def forget(user: int) -> None:
    """End a user's processes and remove what it has left where everybody may write."""
    end_all_of(user)
    for folder in PUBLIC:
        with suppress(OSError):
            for each in os.scandir(folder):
                with suppress(OSError):
                    if each.stat(follow_symlinks=False).st_uid == user:
                        remove(each)
    for segment in segments_of(user):
        subprocess.run(["ipcrm", "-m", segment["shmid"]], capture_output=True)


def release(user: int) -> None:
    """Let the number be given to another hand-in."""
    with lock:
        taken.discard(user)


def remove(entry: os.DirEntry[str]) -> None:
    """Remove a file, a link or a folder."""
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path, ignore_errors=True)
    else:
        os.unlink(entry.path)


def segments_of(user: int) -> list[dict[str, str]]:
    """The shared memory (System V) of a user, as the kernel lists it; it outlives processes."""
    try:
        head, *rows = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    every = (dict(zip(head.split(), row.split(), strict=True)) for row in rows)
    return [each for each in every if int(each["uid"]) == user]


def unmapped_megabytes(user: int) -> float:
    """Shared memory of a user that no process maps."""
    return sum(int(s["rss"]) for s in segments_of(user) if s["nattch"] == "0") / 1e6


@cache
def python_for_others() -> tuple[str, tuple[str, ...]]:
    """A Python that any user may run, and where it finds this one's packages.

    This Python itself, or the system's of the same version where this one lies in a private home.

    Raises:
        RunError: when there is none.
    """
    same = shutil.which(f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/bin")
    packages = tuple(dict.fromkeys(sysconfig.get_paths()[k] for k in ("purelib", "platlib")))
    user = free_user()
    try:
        for python, paths in ((sys.executable, ()), (same, packages)):
            if python and runs(python, paths, user):
                return python, paths
    finally:
        forget(user)
        release(user)
    raise RunError(
        f"A hand-in must run as another user, who may not read {sys.base_prefix} and the packages "
        "of this Python. Install Python and the book's package where everybody may read them, or "
        "grade as another user than root."
    )


def runs(python: str, paths: tuple[str, ...], user: int) -> bool:
    """Whether a user may run a Python, and finds torch with it."""
    words = [python, "-c", "import torch, IPython"]
    variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(paths), "HOME": "/nowhere"}
    try:
        done = subprocess.run(
            words, env=variables, cwd="/", capture_output=True, user=user, group=user,
            extra_groups=[],
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0
