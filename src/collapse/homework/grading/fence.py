"""A hand-in's process, and the limits within which it lives.

On Linux it has namespaces of its own (``unshare`` of util-linux): another root with an empty home,
no network, no sight of other processes, no rights; the kernel's limits come on top. The memory of
all its processes together is watched from here. What this cannot promise: a hole in the kernel is a
hole in the fence. A container or a virtual machine round the grader is one wall more.

With an open gate, where there are no namespaces, the grader of root runs it as a user that nobody
is; any other grader can only run it as itself.
"""

import json
import os
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import psutil

from collapse.base.errors import RunError
from collapse.homework.grading.inside import wire
from collapse.homework.grading.memory import megabytes_of
from collapse.homework.grading.user import (
    end_all_of,
    forget,
    free_user,
    processes_of,
    release,
    unmapped_megabytes,
)
from collapse.homework.grading.walls import (
    INSIDE,
    Limits,
    furnish,
    has_namespaces,
    is_root,
    plan,
    unshare,
)

PRINTED = 20_000  # characters that are kept of what is printed
EVERY = 0.2  # seconds between two looks at the memory
ROUNDS = 20  # looks for what was begun while others were ended
WAITING = 2  # lines that nobody has asked for; they lie in the grader's own memory


class HandInDiedError(RuntimeError):
    """The process of a hand-in has ended, or was ended: why, in words."""


def kill(processes: Iterable[psutil.Process]) -> None:
    """End each that is still there."""
    for each in processes:
        with suppress(psutil.Error):
            each.kill()


class Fence:
    """A hand-in's process, from start to end.

    Args:
        limits: what it may use.
        open_gate: run with the kernel's limits alone, where there are no namespaces.

    Raises:
        RunError: when there are none and the gate is not open.
    """

    def __init__(self, limits: Limits, open_gate: bool = False) -> None:
        if not has_namespaces() and not open_gate:
            raise RunError(
                "This machine offers no namespaces (unshare of util-linux): a hand-in could read "
                "and delete files. Grade in a container (docker run --network none --read-only "
                "--tmpfs /tmp ...), or pass --open-gate if you trust what is handed in."
            )
        self.limits, self.walled = limits, has_namespaces()
        # Processes of a user that nobody is are counted, and ended, alone.
        self.user = free_user() if is_root() and sys.platform.startswith("linux") else 0
        self.folder = Path(tempfile.mkdtemp(prefix="hand-in-"))
        self.lines: queue.Queue[str | None] = queue.Queue(maxsize=WAITING)
        self.printed, self.why = "", ""
        self.hurried = False  # whether a limit of time or memory ended it
        try:
            self.start()
        except BaseException:
            self.remove()
            raise

    @property
    def unpromised(self) -> str:
        """What this fence does not promise, in a sentence; nothing where it has walls."""
        if self.walled:
            return ""
        if self.user:
            return (
                "The gate was open: the hand-in ran as a user of its own, who could reach the "
                "network, read what everybody may read and fill the disk."
            )
        return (
            "The gate was open: the hand-in ran with the grader's own rights, and could reach the "
            "network, read, write and delete the grader's files and end its processes."
        )

    def start(self) -> None:
        """Start the process and the threads that read from it and watch it."""
        furnish(self.folder, self.user)
        theirs_in, self.told = os.pipe()
        self.said, theirs_out = os.pipe()
        command = [*(unshare() if self.walled else []), sys.executable, "-I", "-S"]
        pipes = theirs_in, theirs_out
        planned = plan(self.folder, self.limits, self.user, self.walled, pipes)
        self.process = subprocess.Popen(
            [*command, str(INSIDE / "enter.py"), json.dumps(planned)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=pipes,
            cwd=self.folder / "home",
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        works = (self.listen, self.keep_printed, self.watch)
        self.threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in self.threads:
            thread.start()

    # --- threads -----------------------------------------------------------------------------

    def listen(self) -> None:
        """Put what it says into the queue, line by line."""
        with open(self.said, encoding="utf-8", errors="replace") as said:
            while line := said.readline(wire.LONGEST):
                if self.lines.full():
                    self.end("it flooded the grader")
                    self.forget_lines()
                    break
                self.lines.put(line)
        self.lines.put(None)

    def forget_lines(self) -> None:
        """Take out what waits, so that there is room for the end."""
        with suppress(queue.Empty):
            while True:
                self.lines.get_nowait()

    def keep_printed(self) -> None:
        """Keep the beginning of what it prints; read the rest away."""
        printed: IO[bytes] = self.process.stdout  # type: ignore[assignment]
        with printed:
            while piece := printed.read1(65536):  # type: ignore[attr-defined]
                if len(self.printed) < PRINTED:
                    self.printed = (self.printed + piece.decode(errors="replace"))[:PRINTED]

    def watch(self) -> None:
        """End it when its processes use more memory together than they may."""
        while self.process.poll() is None:
            if self.megabytes() > self.limits.megabytes:
                self.hurried = True
                self.end(f"more than {self.limits.megabytes:,} MB of memory")
            time.sleep(EVERY)

    def megabytes(self) -> float:
        """The memory of all its processes."""
        held = megabytes_of(self.processes(), self.limits.megabytes)
        return held if self.walled or not self.user else held + unmapped_megabytes(self.user)

    def processes(self) -> list[psutil.Process]:
        """All that run: those of its user, or those that it has started."""
        if self.user and not self.walled:
            return processes_of(self.user)
        with suppress(psutil.Error):
            top = psutil.Process(self.process.pid)
            return [top, *top.children(recursive=True)]
        return []

    # --- asking ------------------------------------------------------------------------------

    def ask(self, seconds: float | int, **order: Any) -> dict[str, Any]:
        """Its reply to one order.

        Raises:
            HandInDiedError: when it ends, says something else than a reply, or takes too long.
        """
        try:
            until = time.monotonic() + seconds
            self.tell((json.dumps(order) + "\n").encode(), until)
            line = self.lines.get(timeout=max(0.0, until - time.monotonic()))
        except (queue.Empty, TimeoutError):
            self.hurried = True
            self.end(f"more than {seconds:g} seconds")
            line = None
        except OSError:
            line = None
        if line is None:
            raise HandInDiedError(self.reason())
        return reply_in(line)

    def tell(self, words: bytes, until: float) -> None:
        """Write to it, however much it leaves unread in the pipe.

        Raises:
            TimeoutError: when it does not read in time.
            OSError: when it is not there.
        """
        while words:
            _, ready, _ = select.select([], [self.told], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            words = words[os.write(self.told, words[:4096]) :]

    def reason(self) -> str:
        """Why it is not there any more."""
        if self.why:
            return self.why
        code = self.process.wait()
        return f"the process ended by itself (exit status {code})"

    def end(self, why: str) -> None:
        """Kill it and all that it has started."""
        self.why = self.why or why
        started = self.processes()
        self.process.kill()
        with suppress(OSError):
            os.killpg(self.process.pid, 9)
        if self.user and not self.walled:
            end_all_of(self.user)
        kill(started)
        for _ in range(ROUNDS):
            if not (left := self.strays()):
                break
            kill(left)

    def strays(self) -> list[psutil.Process]:
        """Processes that have left its tree, where they are of the grader's own user."""
        if self.walled or self.user:
            return []
        home, found = str(self.folder / "home"), []
        for process in processes_of(os.getuid()):
            with suppress(psutil.Error):
                if process.environ().get("HOME") == home:
                    found.append(process)
        return found

    def close(self) -> None:
        """End it, if it has not ended, and remove what it has written."""
        self.end("the end")
        self.process.wait()
        os.close(self.told)
        for thread in self.threads:  # with the last process their pipes end
            thread.join(timeout=5)
        self.remove()

    def remove(self) -> None:
        """Remove its folder, and whatever is left of its user."""
        if self.user and not self.walled:
            forget(self.user)
        shutil.rmtree(self.folder, ignore_errors=True)
        release(self.user)


def reply_in(line: str) -> dict[str, Any]:
    """A reply, whatever a hand-in may have written into its pipe.

    Raises:
        HandInDiedError: when it is none.
    """
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise HandInDiedError("it wrote something else than answers to the grader")
    return said
