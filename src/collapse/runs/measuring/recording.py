"""Recordings: what a probe saw of a model while it was trained, kept in the folder of the run.

A run repeats to the bit, so a recording can be made while the run is made, or afterwards by
training again as far as it reaches; on the CPU both give the same frames. A probe looks in
evaluation mode and draws nothing from the run's generators, so that a watched run has the numbers
of an unwatched one.
"""

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from collapse.base.errors import RunError
from collapse.base.files import whole_file
from collapse.data import Corpus
from collapse.runs.execute import (
    device_for,
    evaluation,
    load_corpus,
    new_system,
    new_trainer,
    one_thread,
)
from collapse.runs.many import perform_all
from collapse.runs.request import Request, code_behind, modules_behind
from collapse.runs.run import is_finished, locked, perform
from collapse.training import Trainer
from collapse.training.checkpoint import UNREADABLE, digest_of
from collapse.training.fit import Watch
from collapse.vae import VAE

Values = dict[str, Tensor]


class Probe:
    """What is looked at. A subclass is a frozen dataclass: its values are part of the identity."""

    def __call__(self, model: VAE, corpus: Corpus) -> Values:
        """Tensors by name, from a model in evaluation mode."""
        raise NotImplementedError


@dataclass(frozen=True)
class Recorder:
    """What to look at, and when.

    Attributes:
        probe: what.
        iterations: in which iterations of the loop, counted from 0 and through all epochs.
        events: at which moments of such an iteration, see ``collapse.training.fit.Watch``.
    """

    probe: Probe
    iterations: tuple[int, ...]
    events: tuple[str, ...] = ("iteration",)

    @cached_property
    def identity(self) -> str:
        """Twelve hexadecimal digits of what is looked at, when, and by what code.

        Taken once, as a request's, and then handed to other processes.
        """
        what = repr((self, code_of(self.probe)))
        return hashlib.sha256(what.encode()).hexdigest()[:12]

    def path(self, request: Request) -> Path:
        """Where the recording of a run is, or will be."""
        return request.folder / f"recording-{self.identity}.safetensors"


@dataclass(frozen=True)
class Snapshot:
    """What the probe saw at one moment.

    Attributes:
        iteration: finished steps of the loop.
        event: the moment within the iteration.
        values: the probe's tensors.
    """

    iteration: int
    event: str
    values: Values


Recordings = dict[str, list[Snapshot]]  # by the name of the recorder


class Watcher:
    """Collects the frames of one run in training.

    Args:
        recorder: what and when.
        corpus: handed to the probe.
    """

    def __init__(self, recorder: Recorder, corpus: Corpus) -> None:
        self.recorder, self.corpus = recorder, corpus
        self.frames: list[Snapshot] = []

    def __call__(self, trainer: Trainer, event: str) -> None:
        """Look, if this is a moment to look at."""
        step = trainer.progress.step
        if step in self.recorder.iterations and event in self.recorder.events:
            self.frames.append(Snapshot(step, event, self.look(trainer.model)))

    def look(self, model: VAE) -> Values:
        """The probe's tensors; the model and the generators are afterwards as before."""
        training = model.training
        with torch.random.fork_rng():
            values = self.recorder.probe(model.eval(), self.corpus)
        model.train(training)
        return {name: value.detach().cpu().contiguous() for name, value in values.items()}

    def write(self, path: Path) -> None:
        """Keep the frames if none is missing.

        Some are missing if the run began from a checkpoint, or is shorter than the recording.

        Raises:
            RunError: when the disk refuses; what was there before is untouched.
        """
        if {frame.iteration for frame in self.frames} == set(self.recorder.iterations):
            write_frames(path, self.frames)


class Together:
    """Several watchers as one.

    Args:
        watchers: called in turn.
        enough: called in the iteration after the last that any of them looks at.
    """

    def __init__(
        self, watchers: Sequence[Watcher], enough: Callable[[], None] = lambda: None
    ) -> None:
        self.watchers, self.enough = watchers, enough
        self.last = max(watcher.recorder.iterations[-1] for watcher in watchers)

    def __call__(self, trainer: Trainer, event: str) -> None:
        """Let each of them look."""
        if trainer.progress.step > self.last:
            self.enough()
        for watcher in self.watchers:
            watcher(trainer, event)


def record_all(
    requests: Sequence[Request],
    recorders: Mapping[str, Recorder],
    jobs: int | None = None,
    *,
    whole: bool = True,
) -> list[Recordings]:
    """Recordings of several runs, those that are missing side by side.

    Args:
        requests: the runs.
        recorders: what to look at, and when; all of them look on in the same training.
        jobs: processes at a time, as for :func:`collapse.runs.many.run_all`.
        whole: finish a run that is not there yet, so that it is there afterwards. Otherwise
            training stops where the last recording does, and no run is kept.

    Returns:
        For each run the frames in the order of training, by the names of the recorders.

    Raises:
        RunError: when a run ends before a recording does, or the disk refuses.
    """
    together = tuple(recorders.values())
    perform_all(
        requests,
        jobs,
        work=partial(record, recorders=together, whole=whole),
        done=partial(is_recorded, recorders=together),
    )
    return [
        {name: read_frames(recorder.path(request)) for name, recorder in recorders.items()}
        for request in requests
    ]


def is_recorded(request: Request, recorders: Sequence[Recorder]) -> bool:
    """Whether all recordings are there, as they were written: a damaged one is made again."""
    return all(is_whole(recorder.path(request)) for recorder in recorders)


def record(
    request: Request,
    log: Callable[[str], None] | None,
    recorders: Sequence[Recorder],
    whole: bool = True,
) -> None:
    """Make the recordings of one run, and the run with them if that is wanted and it is missing."""
    if whole and not is_finished(request):
        watchers = missing_watchers(request, recorders)
        perform(request, log, Together(watchers) if watchers else None)
        keep(request, watchers)
    if not is_recorded(request, recorders):
        with locked(request), one_thread(request):
            watchers = missing_watchers(request, recorders)
            if watchers:  # another process may have made them while we waited
                rehearse(request, Together(watchers, _stop))
                keep(request, watchers)
    if not is_recorded(request, recorders):
        last = max(recorder.iterations[-1] for recorder in recorders)
        raise RunError(f"The run {request.name!r} ends before iteration {last}: record fewer.")


def missing_watchers(request: Request, recorders: Sequence[Recorder]) -> list[Watcher]:
    """A watcher for each recording that is not there."""
    corpus = load_corpus(request.corpus, request.scale)
    return [Watcher(r, corpus) for r in recorders if not is_whole(r.path(request))]


def keep(request: Request, watchers: Sequence[Watcher]) -> None:
    """Write what is complete."""
    for watcher in watchers:
        watcher.write(watcher.recorder.path(request))


def rehearse(request: Request, watch: Watch) -> None:
    """Train as the run does until ``watch`` has seen enough, and keep nothing."""
    corpus = load_corpus(request.corpus, request.scale)
    system = new_system(request, corpus).to(device_for(request))
    with tempfile.TemporaryDirectory() as folder:
        trainer = new_trainer(request, system, corpus, Path(folder))
        trainer.watch = watch
        with suppress(_EnoughError):
            trainer.fit(evaluation(request, corpus, {}), lambda line: None)


def write_frames(path: Path, frames: Sequence[Snapshot]) -> None:
    """Write a recording with a digest of its tensors, all of it or none of it.

    Raises:
        RunError: when the disk refuses; what was there before is untouched.
    """
    named = {
        f"{number}/{frame.iteration}/{frame.event}/{name}": value
        for number, frame in enumerate(frames)
        for name, value in frame.values.items()
    }
    try:
        with whole_file(path) as temporary:
            save_file(named, temporary, {"digest": digest_of(named)})
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"The recording {path} could not be written ({error}). Make room there, or set "
            "COLLAPSE_RUNS to another folder, then ask for the same again."
        ) from error


def read_frames(path: Path) -> list[Snapshot]:
    """The frames of a recording, in the order of training.

    Raises:
        RunError: when there is no such file, or it is not as it was written.
    """
    frames: dict[int, Snapshot] = {}
    for key, value in _read_tensors(path).items():
        number, iteration, event, name = key.split("/", 3)
        frame = frames.setdefault(int(number), Snapshot(int(iteration), event, {}))
        frame.values[name] = value
    return [frames[number] for number in sorted(frames)]


def is_whole(path: Path) -> bool:
    """Whether there is such a recording, as it was written."""
    try:
        _read_tensors(path)
    except RunError:
        return False
    return True


def _read_tensors(path: Path) -> Values:
    try:
        with safe_open(path, framework="pt") as file:
            named = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            written = file.metadata()["digest"]
        if written != digest_of(named):
            raise ValueError("its tensors are not those that were written")
    except UNREADABLE as error:
        raise RunError(
            f"The recording {path} cannot be used ({error}). Ask for it again: a damaged one is "
            "made anew."
        ) from error
    return named


def code_of(probe: Probe) -> str:
    """What the probe computes: a hash of its class and of those it is derived from.

    Raises:
        RunError: when the text of a class from outside the package cannot be found.
    """
    return code_behind([type(probe)], modules_behind([type(probe)]))


class _EnoughError(Exception):
    """Raised in the middle of training when the last frame is taken."""


def _stop() -> None:
    raise _EnoughError
