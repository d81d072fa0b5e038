"""Grade one hand-in: run it behind the fence, judge its answers here, with inputs of its own.

A cell that does not end, takes too much or kills the process costs what depends on it and nothing
else: the hand-in is started again without that cell, as often as its time allows.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from collapse.base.errors import CollapseError
from collapse.homework.assignment import Assignment, Task
from collapse.homework.checking import judged
from collapse.homework.grading.fence import Fence, HandInDiedError
from collapse.homework.grading.hand_in import (
    HandIn,
    HandInError,
    imported_parts,
    read_hand_in,
)
from collapse.homework.grading.inside import wire
from collapse.homework.grading.score import Mark, Score, printable
from collapse.homework.grading.walls import Limits
from collapse.homework.inputs import CHANGED
from collapse.homework.kinds import UNWRITTEN, Exercise, Verdict

SHORT = 300  # characters of what a hand-in says
LONG = 2000  # of all that is said of one answer
NO_ANSWER = "it wrote a reply without a value to the grader"


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
        self.magic: dict[int, str] = {}  # lines of IPython that were left out
        self.unpromised = ""
        self.hurried = False
        self.fence: Fence | None = None
        self.until = time.monotonic() + limits.all_seconds

    def start(self) -> Fence:
        """Run all cells but those that have killed it before.

        Every start but the last leaves one cell more out, so that there are never more starts than
        cells.

        Raises:
            HandInDiedError: when it has no time left, or cannot be started at all.
        """
        while True:
            self.fence, self.errors, self.magic = self.new(), {}, {}
            self.asked(self.limits.start_seconds, do="seed", seed=self.seed)
            if self.ran():
                return self.fence

    def new(self) -> Fence:
        """A fence with nothing behind it yet."""
        fence = Fence(self.limits, self.open_gate)
        self.unpromised = fence.unpromised
        return fence

    def ran(self) -> bool:
        """Whether it came to its last cell; if not, what stopped it is left out next time."""
        for number, source in enumerate(self.hand_in.code):
            if number in self.left_out:
                continue
            try:
                reply = self.asked(do="run", source=source)
            except HandInDiedError as error:
                if self.left <= 0:
                    raise
                self.left_out[number] = str(error)
                return False
            if "error" in reply:
                self.errors[number] = error_in(reply)
            if isinstance(reply.get("magic"), list) and reply["magic"]:
                self.magic[number] = ", ".join(map(str, reply["magic"]))[:SHORT]
        return True

    def asked(self, seconds: float | int | None = None, **order: Any) -> dict[str, Any]:
        """Its reply to one order; it is started if it is not there.

        Args:
            seconds: that it may take, if not those of a cell.
            order: what it is told.

        Raises:
            HandInDiedError: when there is none.
        """
        over = HandInDiedError(f"more than {self.limits.all_seconds:g} seconds in all")
        if self.left <= 0:
            self.hurried = True
            raise over
        fence = self.fence or self.start()
        try:
            # Half of what is left stays for the others, however many never end.
            return fence.ask(min(self.left / 2, seconds or self.limits.seconds), **order)
        except HandInDiedError:
            self.hurried |= fence.hurried
            self.stop()
            if self.left <= 0:
                raise over from None
            raise

    @property
    def left(self) -> float:
        """Seconds that it still has, in all."""
        return self.until - time.monotonic()

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
            value = value_in(reply)
            if isinstance(value, Gone):
                raise GaveError(value.why)
            if reply.get("changed") is True:  # what came through the fence was a copy
                raise GaveError(CHANGED)
            return value

        return call


def error_in(reply: dict[str, Any]) -> str:
    """The error of a reply, in words, whatever a hand-in may have written into its pipe."""
    error = reply.get("error")
    return error[:SHORT] if isinstance(error, str) and error else NO_ANSWER


def value_in(reply: dict[str, Any]) -> Any:
    """The value of a reply."""
    if "value" not in reply:
        return Gone(f"There is no answer: {error_in(reply)}.")
    try:
        return wire.valued(reply["value"])
    except Exception as error:  # whatever a hand-in may have written into its pipe
        return Gone(f"It holds no plain value ({str(error)[:SHORT]}).")


def grade(
    path: Path,
    assignment: Assignment,
    *,
    seed: int = 1,
    limits: Limits | None = None,
    open_gate: bool = False,
    asked: HandIn | None = None,
) -> Score:
    """Grade a notebook; whatever it does, there is a score with a reason.

    Args:
        path: of the hand-in.
        assignment: that it answers.
        seed: of the inputs on which functions are tried; the same seed, the same score.
        limits: of time, memory, processes and files.
        open_gate: run it without namespaces where the machine has none.
        asked: what was handed out, to tell written answers from questions.

    Raises:
        RunError: when the machine has no namespaces and the gate is not open.
    """
    started = time.monotonic()
    try:
        hand_in = read_hand_in(path)
    except HandInError as error:
        why, seconds = str(error), time.monotonic() - started
        return Score(printable(path.stem), none_of(assignment, why), seconds, (printable(why),))
    running = Running(hand_in, limits or Limits(), seed, open_gate)

    def written(number: str) -> str:
        return hand_in.written(number, assignment.tasks, asked)

    try:
        marks = tuple(
            Mark(number, task.title, None, task.points, written(number))
            if task.exercise is None
            else mark(number, task, task.exercise, running, seed)
            for number, task in assignment.tasks.items()
        )
    finally:
        running.stop()
    said = (*of_another(hand_in, assignment), *with_the_package(hand_in), *notes(running))
    seconds = time.monotonic() - started
    return Score(printable(path.stem), marks, seconds, said, running.hurried)


def of_another(hand_in: HandIn, assignment: Assignment) -> list[str]:
    """A note for a hand-in that answers another assignment, where all marks would be silent."""
    own = {number.partition(".")[0] for number in assignment.tasks}
    found = hand_in.headings()
    if not found or own & set(found):
        return []
    return [f"Its headings are of {found.most_common(1)[0][0]}, and it was graded as another one."]


def with_the_package(hand_in: HandIn) -> list[str]:
    """A note where code imports parts of the package, which a task may ask to do without."""
    found = {printable(name) for source in hand_in.code for name in imported_parts(source)}
    shown = ", ".join(sorted(found)[:9])
    return [f"It imports {shown}: look whether a task asks to do without."] if found else []


def none_of(assignment: Assignment, why: str) -> tuple[Mark, ...]:
    """No point for anything, and the reason."""
    return tuple(Mark(n, t.title, 0.0, t.points, why) for n, t in assignment.tasks.items())


def mark(number: str, task: Task, exercise: Exercise, running: Running, seed: int) -> Mark:
    """The mark of a task that is checked."""
    verdict = verdict_on(exercise, running.answer(task.answer), seed)
    points = round(task.points * verdict.part, 2)
    return Mark(number, task.title, points, task.points, printable(str(verdict)[:LONG]))


def verdict_on(exercise: Exercise, answer: Any, seed: int) -> Verdict:
    """Whatever the answer is, a verdict."""
    if isinstance(answer, Gone):
        return Verdict(False, answer.why, given=False)
    try:
        verdict = judged(exercise, answer, seed, "smoke")
        # Whoever reads a score has no cell before them.
        return replace(verdict, words="It is not set.") if verdict.words == UNWRITTEN else verdict
    except Exception as error:
        return Verdict(False, f"The answer cannot be judged ({type(error).__name__}: {error}).")


def notes(running: Running) -> tuple[str, ...]:
    """What happened to cells, for who reads the score."""
    said = [
        f"Cell of code {n + 1} was left out: {why}." for n, why in sorted(running.left_out.items())
    ]
    said += [f"Cell of code {n + 1} failed with {why}" for n, why in sorted(running.errors.items())]
    said += [
        f"Of cell of code {n + 1} these lines were left out, which are no Python: {lines}"
        for n, lines in sorted(running.magic.items())
    ]
    said += [running.unpromised] if running.unpromised else []
    return tuple(map(printable, said))
