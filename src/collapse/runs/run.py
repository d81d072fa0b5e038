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

import torch
from filelock import FileLock
from safetensors import safe_open

from collapse.base.errors import CollapseError, NonFiniteLossError, RunError
from collapse.base.files import remove_parts, runs_folder, write_text
from collapse.base.machine import describe_system
from collapse.data import Corpus, OwnCorpus
from collapse.parts import default_of
from collapse.recipes import RECIPES
from collapse.runs.execute import device_for, execute, load_corpus, new_system, one_thread
from collapse.runs.request import Request, check_corpus, make_request
from collapse.runs.spelling import Spelling
from collapse.system import System
from collapse.training.checkpoint import UNREADABLE, Record, load_best, read_progress
from collapse.training.fit import Watch
from collapse.vae import VAE

ENDED_FILE = "ended.json"  # of a run whose loss became no number


@dataclass(frozen=True)
class Run:
    """A finished run, read from its folder when it is looked at.

    Attributes:
        request: what it was asked to be.
        folder: where it is kept.
    """

    request: Request
    folder: Path

    def __repr__(self) -> str:
        r = self.request
        return (
            f"<Run of {r.name!r} on {r.corpus}, scale {r.scale!r}, seed {r.seed}, in {self.folder}>"
        )

    @cached_property
    def summary(self) -> dict:
        """What was measured on the test split, and on what machine.

        Raises:
            RunError: when it is no longer there.
        """
        try:
            return json.loads((self.folder / "summary.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise no_summary(self.folder) from error

    @cached_property
    def history(self) -> list[Record]:
        """One record an epoch, measured on the validation split.

        Where ``metrics.jsonl`` is absent or damaged they come from the checkpoint.

        Raises:
            RunError: when neither can be read.
        """
        try:
            lines = (self.folder / "metrics.jsonl").read_text("utf-8").splitlines()
            records = [json.loads(line) for line in lines]
            if len(records) == self.summary["epochs"] and all(isinstance(r, dict) for r in records):
                return records
        except (OSError, ValueError):
            pass
        return load_history(self.folder / "checkpoint.safetensors")

    def model(self) -> VAE:
        """The model with the weights of its best epoch, ready for evaluation."""
        return self.system().model

    def system(self) -> System:
        """The model and its objective with the weights of the best epoch, ready for evaluation."""
        system = new_system(self.request, self.corpus())
        load_best(self.folder / "checkpoint.safetensors", system)
        return system.eval()

    def corpus(self) -> Corpus:
        """The corpus that the run was trained on."""
        return load_corpus(self.request.corpus, self.request.scale)


def perform(
    request: Request, log: Callable[[str], None] | None = None, watch: Watch | None = None
) -> Run:
    """Do what is left of a run, with a lock on its folder; ``watch`` looks on.

    Raises:
        CollapseError: with a sentence, for a corpus that does not fit or is not to be had, a device
            that is not there, a folder that cannot be written, a damaged checkpoint, or a loss
            that is no number.
    """
    if not is_finished(request):
        check_corpus(request)
        with locked(request), one_thread(request):
            remove_parts(request.folder)  # of whoever held the lock and was killed
            if not is_finished(request):  # another process may have done it while we waited
                executed(request, log, watch)
    return Run(request, request.folder)


def executed(request: Request, log: Callable[[str], None] | None, watch: Watch | None) -> None:
    """Do a run, and where its loss becomes no number, keep why: that is a result, too."""
    try:
        execute(request, log, watch)
    except NonFiniteLossError as error:
        why = f"{str(error).partition(' on the batch')[0]}."
        known = {"why": why, **describe_system(torch.device(device_for(request)))}
        write_text(request.folder / ENDED_FILE, json.dumps(known, indent=1))
        raise


@contextmanager
def locked(request: Request) -> Iterator[None]:
    """The folder of a run, made if need be, for this process alone.

    Raises:
        RunError: when there cannot be such a folder, or nothing can be written there.
    """
    runs = request.folder.parent
    lock = FileLock(request.folder / ".lock")
    try:
        request.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        reason = "is a file, not a folder" if runs.is_file() else error.strerror or str(error)
        raise RunError(
            f"Runs cannot be kept in {runs} ({reason}). Make room or give yourself the right to "
            "write there, or set COLLAPSE_RUNS to another folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


def run_in(folder: Path) -> Run:
    """The finished run in a folder, for example one that was made on another machine.

    Raises:
        RunError: when the folder holds no finished run, or one of a recipe of one's own, or of
            another recipe or protocol than this version of the package knows by that name.
        UnknownNameError: for a corpus or scale that this version has not.
    """
    config = read_config(folder)
    summary_in(folder)
    recipe, corpus = recipe_in(config, folder), corpus_in(config, folder)
    scale, seed, name = config["scale"], config["seed"], config["name"]
    request = make_request(recipe, corpus, scale, seed, name=name)
    same = {
        "recipe": request.describe()["recipe"] == config["recipe"],
        "settings": agrees(request.settings, config["settings"]),
    }
    for key, agreed in same.items():
        if not agreed:
            raise RunError(
                f"The run in {folder} had another {key} than {request.name!r} has now: "
                f"{config[key]}. Its summary.json can be read, its model cannot be loaded."
            )
    return Run(request, folder)


def summary_in(folder: Path) -> dict[str, Any]:
    """What was measured of the run in a folder, whoever's recipe it was.

    Raises:
        RunError: when the folder holds no finished run.
    """
    path = folder / "summary.json"
    if not is_summary(path):
        raise no_summary(folder)
    return json.loads(path.read_text("utf-8"))


def no_summary(folder: Path) -> RunError:
    """The error for a folder without a finished run: it is that of another one, or of none."""
    of_a_run = any((folder / name).exists() for name in ("summary.json", "config.json"))
    if folder.exists() and not of_a_run:
        return RunError(
            f"The folder {folder} holds no finished run nor the beginning of one: it has neither a "
            f"summary.json nor a config.json. The folders of runs are those in {runs_folder()} "
            "whose names begin with that of a recipe."
        )
    return RunError(
        f"The folder {folder} holds no finished run: its summary.json is absent or damaged. Ask "
        "for the same run again, which measures it anew."
    )


def recipe_in(config: Mapping[str, Any], folder: Path) -> str:
    """The name of the package's recipe that a run was made with.

    Raises:
        RunError: when it was made with a recipe of one's own.
    """
    name = config["name"]
    if name in RECIPES:
        return name
    for known, recipe in RECIPES.items():  # run under another name
        if Spelling(recipe).text == config["recipe"]:
            return known
    raise RunError(
        f"The run in {folder} was made with a recipe of your own, {name!r}: {config['recipe']}. "
        "Its numbers can be read (python -m collapse evaluate FOLDER). Load its model where its "
        f"classes are defined, by asking for the same run: run(recipe, ..., name={name!r}).model()"
    )


TEXTS = dict.fromkeys(("name", "recipe", "corpus", "scale"), str)
CONFIG_TYPES = {**TEXTS, "seed": int, "settings": dict}


def read_config(folder: Path) -> dict[str, Any]:
    """What a run was asked to be, from its ``config.json``.

    Raises:
        RunError: when there is none, or something in it is not what a run writes.
    """
    path = folder / "config.json"
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"The folder {folder} holds no finished run ({error}).") from error
    config = content if isinstance(content, dict) else {}
    for name, kind in CONFIG_TYPES.items():
        if not isinstance(config.get(name), kind):
            raise RunError(
                f"The folder {folder} holds no finished run: {path.name} says nothing usable about "
                f"{name!r} ({config.get(name)!r}). Copy the run again, or make it again."
            )
    return config


def corpus_in(config: Mapping[str, Any], folder: Path) -> str | OwnCorpus:
    """The corpus of a run: by its name, or one's own, whose documents may lie beside the run.

    Raises:
        RunError: when what is said about one's own is not what a run writes.
    """
    own_corpus = config.get("own_corpus")
    if own_corpus is None:
        return config["corpus"]
    try:
        return OwnCorpus.from_plain(own_corpus, folder.absolute().parent)
    except (KeyError, TypeError, CollapseError) as error:
        raise RunError(
            f"The folder {folder} holds no finished run: config.json says nothing usable about its "
            f"corpus ({error!r}). Copy the run again, or make it again."
        ) from error


def agrees(settings: Any, written: Mapping[str, Any]) -> bool:
    """Whether settings are those of a file, which may be older than some of their fields."""
    by_name = {field.name: field for field in fields(settings)}
    if not written.keys() <= by_name.keys():
        return False
    for name, field in by_name.items():
        value = getattr(settings, name)
        if name not in written:
            same = value == default_of(field)
        elif is_dataclass(value):
            same = agrees(value, written[name])
        else:
            same = json.loads(json.dumps(value)) == written[name]
        if not same:
            return False
    return True


def is_finished(request: Request) -> bool:
    """Whether the run has been measured, the last thing that happens to it.

    A summary that cannot be read is none: the run is measured again from its checkpoint.
    """
    return is_summary(request.folder / "summary.json")


def is_summary(path: Path) -> bool:
    """Whether this is what a finished run has written about itself."""
    try:
        summary = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(summary, dict) and {"nll", "epochs", "wall_seconds"} <= summary.keys()


def load_history(checkpoint: Path) -> list[Record]:
    """The records of the epochs that a checkpoint remembers.

    Raises:
        RunError: when it is absent or damaged.
    """
    try:
        with safe_open(checkpoint, framework="pt") as file:
            return read_progress(file.metadata())[0].history
    except UNREADABLE as error:
        raise RunError(
            f"The records of the epochs can be read neither from the metrics.jsonl nor from "
            f"{checkpoint} ({error}). Delete the folder and ask for the same run."
        ) from error
