"""Build the fence in namespaces of its own, step behind it, and become the hand-in's Python.

Started by ``unshare``, with one JSON argument. What is not bound below is not there: no file of the
grader, no other hand-in, no network. Where there are no namespaces it only becomes another user.
The standard library only: nothing of the package is imported.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

HOME = "hand-in"
NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS: no program with the rights of its owner
DEVICES = ("null", "zero", "full", "random", "urandom")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/ssl", "/etc/fonts")


def mount(*words: str) -> None:
    """Call mount(8)."""
    subprocess.run(["mount", *words], check=True, capture_output=True)


def show(path: str, root: Path) -> None:
    """Make a file or folder of the machine visible below the new root, for reading."""
    source, target = Path(path), root / path.lstrip("/")
    if source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(os.readlink(source))
        return
    if not source.exists():
        return
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount("--bind", path, str(target))
    if not path.startswith("/dev/"):
        mount("-o", "remount,bind,ro,nosuid,nodev", str(target))


def build(root: Path, shown: list[str], hidden: list[str], megabytes: int) -> None:
    """A root of its own: what is shown for reading, an empty home, and nothing else."""
    mount("-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(root))
    for path in (*SYSTEM, *shown, *(f"/dev/{name}" for name in DEVICES)):
        show(path, root)
    for path in hidden:
        mount("-t", "tmpfs", "-o", "size=4k,mode=755,ro", "tmpfs", str(root / path.lstrip("/")))
    for name, mode in (("proc", 0o755), ("tmp", 0o1777), (HOME, 0o700)):
        (root / name).mkdir(exist_ok=True)  # what is shown may lie in /tmp
        (root / name).chmod(mode)
    mount("-t", "proc", "proc", str(root / "proc"))
    with suppress(OSError):  # older kernels ask for rights of the machine
        pages = megabytes * 1_000_000 // resource.getpagesize()
        Path("/proc/sys/kernel/shmall").write_text(str(pages), encoding="ascii")


def limit(limits: dict[str, int]) -> None:
    """Set what the kernel watches: memory, processes, size of a file, seconds, open files."""
    for name, most in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def become(user: int) -> None:
    """Become a user, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    ctypes.CDLL(None).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def main() -> None:
    """Read the plan, follow it."""
    plan = json.loads(sys.argv[1])
    words = plan["python"]
    if plan["root"]:
        root = Path(plan["root"])
        build(root, plan["shown"], plan["hidden"], plan["megabytes"])
        if plan["user"]:
            os.chown(root / HOME, plan["user"], plan["user"])
        os.chroot(root)
        os.chdir(f"/{HOME}")
        drop = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        if plan["user"]:
            drop += [f"--reuid={plan['user']}", f"--regid={plan['user']}", "--clear-groups"]
        words = ["/usr/bin/setpriv", *drop, *words]
    elif plan["user"]:
        become(plan["user"])
    limit(plan["limits"])
    os.execve(words[0], words, plan["variables"])


if __name__ == "__main__":
    main()
