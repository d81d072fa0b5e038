"""Grade one hand-in: run it behind the fence, judge its answers here, with inputs of its own.

A cell that does not end, takes too much or kills the process costs what depends on it and nothing
else: the hand-in is started again without that cell.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collapse.base.errors import CollapseError
from collapse.homework.assignment import Assignment, Task
from collapse.homework.checking import judged
from collapse.homework.grading.fence import Fence, HandInDiedError, Limits
from collapse.homework.grading.hand_in import HandIn, HandInError, read_hand_in
from collapse.homework.grading.inside import wire
from collapse.homework.grading.score import Mark, Score, printable
from collapse.homework.kinds import Exercise, Verdict

STARTS = 4  # of one hand-in, in all


class GaveError(CollapseError):
    """An error that a function of the hand-in raised, in its words."""


@dataclass(frozen=True)
class Gone:
    """An answer that could not be had, and why."""

    why: str


class Running:
    """A hand-in that is started as often as it must be.

    Args:
        hand_in: to run.
        limits: within which.
        seed: of everything random in it.
        open_gate: run without namespaces where there are none.
    """

    def __init__(self, hand_in: HandIn, limits: Limits, seed: int, open_gate: bool) -> None:
        self.hand_in, self.limits, self.seed, self.open_gate = hand_in, limits, seed, open_gate
        self.left_out: dict[int, str] = {}  # cells that killed it, and how
        self.errors: dict[int, str] = {}
        self.fence: Fence | None = None
        self.starts, self.until = 0, time.monotonic() + limits.all_seconds

    def start(self) -> Fence:
        """Run all cells but those that have killed it before.

        Raises:
            HandInDiedError: when it was started too often, or has no time left.
        """
        while self.starts < STARTS:
            self.starts += 1
            self.fence = Fence(self.limits, self.open_gate)
            self.asked(do="seed", seed=self.seed)
            if self.ran():
                return self.fence
        raise HandInDiedError(f"it was started {STARTS} times and ended each time")

    def ran(self) -> bool:
        """Whether it came to its last cell; if not, what stopped it is left out next time."""
        for number, source in enumerate(self.hand_in.code):
            if number in self.left_out:
                continue
            try:
                reply = self.asked(do="run", source=source)
            except HandInDiedError as error:
                self.left_out[number] = str(error)
                return False
            if "error" in reply:
                self.errors[number] = str(reply["error"])
        return True

    def asked(self, **order: Any) -> dict[str, Any]:
        """Its reply to one order; it is started if it is not there.

        Raises:
            HandInDiedError: when there is none.
        """
        if time.monotonic() > self.until:
            raise HandInDiedError(f"more than {self.limits.all_seconds:g} seconds in all")
        fence = self.fence or self.start()
        try:
            return fence.ask(**order)
        except HandInDiedError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it."""
        if self.fence is not None:
            self.fence.close()
        self.fence = None

    # --- answers -----------------------------------------------------------------------------

    def answer(self, name: str) -> Any:
        """What a name stands for: a value, a function that is called behind the fence, or gone."""
        try:
            reply = self.asked(do="value", name=name)
        except HandInDiedError as error:
            return Gone(f"The notebook could not be run: {error}.")
        if reply.get("kind") == "function":
            return self.function(name)
        return value_in(reply)

    def function(self, name: str) -> Callable[..., Any]:
        """A function here that calls one there."""

        def call(*inputs: Any) -> Any:
            try:
                reply = self.asked(do="call", name=name, inputs=[wire.plain(i) for i in inputs])
            except HandInDiedError as error:
                raise GaveError(f"the call was ended: {error}") from error
            if reply.get("kind") != "value":
                raise GaveError(str(reply.get("error", "it gave no answer")))
            return value_in(reply)

        return call


def value_in(reply: dict[str, Any]) -> Any:
    """The value of a reply."""
    try:
        return wire.valued(reply["value"]) if "value" in reply else Gone(str(reply.get("error")))
    except Exception as error:  # whatever a hand-in may have written into its pipe
        return Gone(f"It holds no plain value ({error}).")


def grade(
    path: Path,
    assignment: Assignment,
    *,
    seed: int = 1,
    limits: Limits | None = None,
    open_gate: bool = False,
) -> Score:
    """Grade a notebook; whatever it does, there is a score with a reason.

    Args:
        path: of the hand-in.
        assignment: that it answers.
        seed: of the inputs on which functions are tried; the same seed, the same score.
        limits: of time, memory, processes and files.
        open_gate: run it without namespaces where the machine has none.

    Raises:
        RunError: when the machine has no namespaces and the gate is not open.
    """
    started = time.monotonic()
    try:
        hand_in = read_hand_in(path)
    except HandInError as error:
        return Score(
            printable(path.stem), none_of(assignment, str(error)), time.monotonic() - started, ()
        )
    running = Running(hand_in, limits or Limits(), seed, open_gate)
    try:
        marks = tuple(
            mark(number, task, hand_in, running, seed) for number, task in assignment.tasks.items()
        )
    finally:
        running.stop()
    return Score(printable(path.stem), marks, time.monotonic() - started, notes(running))


def none_of(assignment: Assignment, why: str) -> tuple[Mark, ...]:
    """No point for anything, and the reason."""
    return tuple(Mark(n, t.title, 0.0, t.points, why) for n, t in assignment.tasks.items())


def mark(number: str, task: Task, hand_in: HandIn, running: Running, seed: int) -> Mark:
    """The mark of one task; a written one is left to a person, with its text."""
    if task.exercise is None:
        return Mark(number, task.title, None, task.points, hand_in.written(number))
    answer = running.answer(task.answer)
    verdict = verdict_on(task.exercise, answer, seed)
    points = round(task.points * verdict.part, 2)
    return Mark(number, task.title, points, task.points, printable(str(verdict)))


def verdict_on(exercise: Exercise, answer: Any, seed: int) -> Verdict:
    """Whatever the answer is, a verdict."""
    if isinstance(answer, Gone):
        return Verdict(False, answer.why, given=False)
    try:
        return judged(exercise, answer, seed, "smoke")
    except Exception as error:
        return Verdict(False, f"The answer cannot be judged ({type(error).__name__}: {error}).")


def notes(running: Running) -> tuple[str, ...]:
    """What happened to cells, for who reads the score."""
    said = [f"Cell {n + 1} was left out: {why}." for n, why in sorted(running.left_out.items())]
    said += [f"Cell {n + 1} failed with {why}" for n, why in sorted(running.errors.items())]
    return tuple(map(printable, said))
