"""Inside the fence: run the cells of a hand-in, then hand out its answers and call its functions.

It is told what to do by lines of JSON and answers by lines of JSON, on two pipes that are not
those of what is printed. It knows nothing of what is right.
"""

import json
import os
import random
import sys
import types
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import torch
import wire  # type: ignore[import-not-found]
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

SHORT = 300  # characters of an error
MANY = 50  # lines left out of a cell that are told
# Magics that only run or time what is Python in them; all others are left out, and so are programs.
HARMLESS = {"matplotlib", "time", "timeit", "capture", "precision", "pprint"}


class Student:
    """One hand-in.

    Attributes:
        shell: in which its cells run.
        reply: says something to the grader.
    """

    def __init__(self, said: IO[str]) -> None:
        self.said, self.own = said, os.getpid()
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        self.shell = InteractiveShell.instance(config=config)
        # For %matplotlib inline, though nobody looks.
        setattr(self.shell, "enable_gui", lambda *_, **__: None)  # noqa: B010
        self.left_out: list[str] = []
        self.leave_out()

    def leave_out(self) -> None:
        """Put something that does nothing in the place of programs and of most magics."""
        line, cell = self.shell.run_line_magic, self.shell.run_cell_magic

        def run_line_magic(name: str, words: str, *more: Any, **others: Any) -> Any:
            if name in HARMLESS:
                # It asks in which frame it was called; there is one more than it thinks.
                return line(name, words, _stack_depth=others.get("_stack_depth", 1) + 1)
            return self.left_out.append(f"%{name} {words}".strip()[:SHORT])

        def run_cell_magic(name: str, words: str, body: str) -> Any:
            if name in HARMLESS:
                return cell(name, words, body)
            return self.left_out.append(f"%%{name} {words}".strip()[:SHORT])

        def system(words: str) -> None:
            self.left_out.append(f"!{words}"[:SHORT])

        def getoutput(words: str, *_: Any, **__: Any) -> list[str]:
            self.left_out.append(f"!{words}"[:SHORT])
            return []

        instead = (run_line_magic, run_cell_magic, system, getoutput)
        for function in instead:
            setattr(self.shell, function.__name__, function)

    def reply(self, **words: Any) -> None:
        """One line to the grader; a copy of the process that a cell has made ends instead."""
        if os.getpid() != self.own:
            os._exit(0)
        self.said.write(json.dumps(words) + "\n")
        self.said.flush()

    def seed(self, seed: int) -> None:
        """Begin whatever is random."""
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        self.reply()

    def run(self, source: str) -> None:
        """Run a cell; one that fails does not stop the next."""
        self.left_out.clear()
        outcome = self.shell.run_cell(source)
        error = outcome.error_before_exec or outcome.error_in_exec
        words: dict[str, Any] = {} if error is None else {"error": shortly(error)}
        self.reply(**words, magic=self.left_out[:MANY])

    def value(self, name: str) -> None:
        """Say what a name stands for."""
        value = self.shell.user_ns.get(name)
        if callable(value) and not isinstance(value, torch.Tensor):
            return self.reply(kind="function")
        try:
            return self.reply(kind="value", value=json.loads(wire.spell(value)))
        except Exception as error:
            return self.reply(kind="error", error=shortly(error))

    def call(self, name: str, inputs: list[Any]) -> None:
        """Call a function."""
        try:
            given = [wire.valued(each) for each in inputs]
            value = self.shell.user_ns[name](*given)
            # As JSON, where a NaN is one, and a list that became a tensor is none.
            changed = json.dumps([wire.plain(each) for each in given]) != json.dumps(inputs)
            self.reply(kind="value", value=json.loads(wire.spell(value)), changed=changed)
        except BaseException as error:  # also SystemExit and KeyboardInterrupt
            self.reply(kind="error", error=shortly(error))


def shortly(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {error}"[:SHORT]


@dataclass(frozen=True)
class Verdict:
    """What stands here for what a check says, with the same names, so that no cell breaks.

    It is always right, so that a cell that waits for that goes on; no mark is made here.
    """

    right: bool = True
    words: str = ""
    given: bool = True
    share: float | None = None
    part: float = 1.0


def no_checks() -> None:
    """Put a check that knows nothing in the place of the package's: the marks are made outside."""
    silent: Any = types.ModuleType("collapse.homework")
    silent.Verdict = Verdict
    silent.check = lambda *_, **__: Verdict()
    silent.so_far = lambda *_, **__: None
    silent.__all__ = ["Verdict", "check", "so_far"]
    sys.modules["collapse.homework"] = silent


def main() -> None:
    """Do what the lines say until they end."""
    told, said = (
        os.fdopen(int(number), mode) for number, mode in zip(sys.argv[1:], "rw", strict=True)
    )
    no_checks()
    student = Student(said)
    for line in told:
        order = json.loads(line)
        getattr(student, order.pop("do"))(**order)


if __name__ == "__main__":
    main()
