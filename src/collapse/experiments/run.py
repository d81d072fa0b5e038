"""A run: one recipe on one corpus at one scale with one seed, computed once and kept.

Its folder is named by its identity. Asking for a finished run loads it; asking for an interrupted
one goes on from its checkpoint to the same numbers; two processes that ask for the same run share
the work.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from collapse.data import Corpus
from collapse.errors import RunError
from collapse.experiments.execute import execute, load_corpus, new_model, one_thread
from collapse.experiments.requests import Request, check_corpus, request
from collapse.files import remove_parts
from collapse.parts import default_of
from collapse.training.checkpoint import Record, load_best
from collapse.training.fit import Watch
from collapse.vae import VAE


@dataclass(frozen=True)
class Run:
    """A finished run, read from its folder when it is looked at.

    Attributes:
        request: what it was asked to be.
        folder: where it is kept.
    """

    request: Request
    folder: Path

    @cached_property
    def summary(self) -> dict:
        """What was measured on the test split, and on what machine."""
        return json.loads((self.folder / "summary.json").read_text())

    @cached_property
    def history(self) -> list[Record]:
        """One record an epoch, measured on the validation split."""
        lines = (self.folder / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def model(self) -> VAE:
        """The model with the weights of its best epoch, ready for evaluation."""
        model = new_model(self.request, self.corpus())
        load_best(self.folder / "checkpoint.safetensors", model)
        return model.eval()

    def corpus(self) -> Corpus:
        """The corpus that the run was trained on."""
        return load_corpus(self.request.corpus, self.request.scale)


def perform(
    asked: Request, log: Callable[[str], None] | None = None, watch: Watch | None = None
) -> Run:
    """Do what is left of a run, with a lock on its folder; ``watch`` looks on.

    Raises:
        CollapseError: with a sentence, for a corpus that does not fit or is not to be had, a device
            that is not there, a folder that cannot be written, a damaged checkpoint, or a loss
            that is no number.
    """
    if not is_finished(asked):
        check_corpus(asked)
        with locked(asked), one_thread(asked):
            remove_parts(asked.folder)  # of whoever held the lock and was killed
            if not is_finished(asked):  # another process may have done it while we waited
                execute(asked, log, watch)
    return Run(asked, asked.folder)


@contextmanager
def locked(asked: Request) -> Iterator[None]:
    """The folder of a run, made if need be, for this process alone.

    Raises:
        RunError: when there cannot be such a folder, or nothing can be written there.
    """
    runs = asked.folder.parent
    lock = FileLock(asked.folder / ".lock")
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        what = "is a file, not a folder" if runs.is_file() else error.strerror or str(error)
        raise RunError(
            f"Runs cannot be kept in {runs} ({what}). Make room or give yourself the right to "
            "write there, or set COLLAPSE_RUNS to another folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


def run_in(folder: Path) -> Run:
    """The finished run in a folder, for example one that was made on another machine.

    Raises:
        RunError: when the folder holds no finished run, or one of another recipe or protocol than
            this version of the package knows by that name.
    """
    try:
        config = json.loads((folder / "config.json").read_text())
        json.loads((folder / "summary.json").read_text())
    except (OSError, ValueError) as error:
        raise RunError(f"The folder {folder} holds no finished run ({error}).") from error
    asked = request(config["name"], config["corpus"], config["scale"], config["seed"])
    same = {
        "recipe": asked.describe()["recipe"] == config["recipe"],
        "settings": agrees(asked.settings, config["settings"]),
    }
    for key, agreed in same.items():
        if not agreed:
            raise RunError(
                f"The run in {folder} had another {key} than {asked.name!r} has now: "
                f"{config[key]}. Its summary.json can be read, its model cannot be loaded."
            )
    return Run(asked, folder)


def agrees(settings: Any, written: Mapping[str, Any]) -> bool:
    """Whether settings are those of a file, which may be older than some of their fields."""
    known = {field.name: (getattr(settings, field.name), field) for field in fields(settings)}
    if not written.keys() <= known.keys():
        return False
    for name, (value, field) in known.items():
        if name not in written:
            same = value == default_of(field)
        elif is_dataclass(value):
            same = agrees(value, written[name])
        else:
            same = json.loads(json.dumps(value)) == written[name]
        if not same:
            return False
    return True


def is_finished(asked: Request) -> bool:
    """Whether the run has been measured, the last thing that happens to it.

    A summary that cannot be read is none: the run is measured again from its checkpoint.
    """
    try:
        return isinstance(json.loads((asked.folder / "summary.json").read_text("utf-8")), dict)
    except (OSError, ValueError):
        return False
