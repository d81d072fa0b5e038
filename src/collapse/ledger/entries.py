"""The results ledger: what the runs of the project found, one small file a run.

``book/results/runs`` holds one JSON file for each recipe, corpus, scale and seed. They are written
by :func:`add` from the folder of a finished run and by nothing else; :mod:`.rules` says what an
entry must be.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from collapse.base.errors import CollapseError, RunError
from collapse.base.files import write_text
from collapse.base.machine import commit
from collapse.ledger.rules import clean, fingerprint, label_of, problems, results_of
from collapse.ledger.same_code import codes_for
from collapse.ledger.schema import COST, ENTRY_FORMAT, HISTORY, SYSTEM, Json
from collapse.runs.request import make_request
from collapse.runs.run import Run, agrees, run_in
from collapse.runs.studies import studies_of


@dataclass(frozen=True)
class Entry:
    """One run of the ledger.

    Attributes:
        label: recipe, corpus, scale and seed in one word; the name of its file.
        config: what the run was asked: name, recipe, corpus, scale, seed, settings, code, identity.
        metrics: of the test split, in nats a document, each mean with its standard error.
        history: of the validation split, by measure, one value an epoch.
        cost: epochs, seconds, tokens a second, megabytes.
        system: hardware, versions, commit.
        date: when the run was finished, as "2026-01-31".
    """

    label: str
    config: Mapping[str, Any]
    metrics: Mapping[str, Any]
    history: Mapping[str, Sequence[float]]
    cost: Mapping[str, Any]
    system: Mapping[str, Any]
    date: str

    @property
    def recipe(self) -> str:
        """The name of the recipe."""
        return self.config["name"]

    @property
    def place(self) -> tuple[str, str]:
        """Corpus and scale: entries of different places are never put into one number."""
        return self.config["corpus"], self.config["scale"]

    @property
    def seed(self) -> int:
        """The seed."""
        return self.config["seed"]

    def of_this_code(self, table: Path) -> bool:
        """Whether the code that is running now would make the same run on the same machine.

        Args:
            table: of codes that are proven to compute the same, see :mod:`.same_code`.
        """
        wanted = (self.config[key] for key in ("name", "corpus", "scale", "seed"))
        try:
            now = make_request(*wanted)
        except CollapseError:  # a recipe or corpus that is not there any more
            return False
        same_code = self.config["code"] in codes_for(now.code, table)
        return same_code and agrees(now.settings, self.config["settings"])


@dataclass(frozen=True)
class Ledger:
    """What a folder of results holds.

    Attributes:
        entries: those that pass every rule, by label.
        problems: sentences about the files that do not; they are not shown as results.
    """

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]

    def at(self, corpus: str, scale: str, recipe: str | None = None) -> list[Entry]:
        """The entries of one corpus and scale, of one recipe if it is given, by seed."""
        there = [e for e in self.entries if e.place == (corpus, scale)]
        return [e for e in there if recipe in (None, e.recipe)]


# --- reading ---------------------------------------------------------------------------------


def read_ledger(folder: Path) -> Ledger:
    """Every entry of a folder, and what is wrong with those that cannot be shown.

    Raises:
        RunError: when there is no such folder.
    """
    if not folder.is_dir():
        raise RunError(f"There is no ledger at {folder}: it is book/results/runs of a checkout.")
    return _read(tuple(map(_state, sorted(folder.iterdir()))))


State = tuple[Path, int, int, int]


def _state(path: Path) -> State:
    """A file, and what changes when it is written again."""
    now = path.stat()
    return path, now.st_ino, now.st_size, now.st_mtime_ns


@lru_cache(maxsize=4)  # a page has a dozen tables of the ledger, which has hundreds of files
def _read(files: tuple[State, ...]) -> Ledger:
    """The ledger that these files are."""
    faults, entries = [], []
    for path, *_ in files:
        if path.suffix != ".json":
            faults.append(f"{path.name}: It is no entry of the ledger; remove it.")
            continue
        entry, wrong = read_entry(path)
        faults += [f"{path.name}: {sentence}" for sentence in wrong]
        if entry is not None and not wrong:
            entries.append(entry)
    return Ledger(tuple(sorted(entries, key=lambda e: (*e.place, e.recipe, e.seed))), tuple(faults))


def read_entry(path: Path) -> tuple[Entry | None, list[str]]:
    """The entry of a file, or None, and the sentences that speak against it."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        return None, [f"It is not JSON ({error})."]
    if not isinstance(raw, dict):
        return None, [f"It holds a {type(raw).__name__}; an entry is an object."]
    if wrong := problems(raw):
        return None, wrong
    wrong = [] if path.stem == raw["label"] else [f"It holds the entry {raw['label']!r}."]
    return entry_of(raw), wrong


def entry_of(raw: Json) -> Entry:
    """An entry from its checked JSON object."""
    return Entry(**{name: raw[name] for name in Entry.__dataclass_fields__})


# --- writing ---------------------------------------------------------------------------------


def add(run_folder: Path, folder: Path, replace: bool = False) -> Path:
    """Enter a finished run: write its JSON file.

    Where the run's own commit is unknown or not clean, but this is a clean checkout whose code
    has the same fingerprint as the run's, its commit is entered: it holds the code of the run.

    Args:
        run_folder: of a finished run.
        folder: of the ledger; made if it is not there.
        replace: overwrite an entry of the same recipe, corpus, scale and seed that differs.

    Returns:
        The path of the JSON file.

    Raises:
        RunError: when the run is not finished, when a rule speaks against its entry, when a full
            run has no clean commit, when it is on texts of one's own, or when the entry is there
            already and differs.
    """
    done = run_in(run_folder)
    if not isinstance(done.request.corpus, str):
        raise RunError(
            f"The run in {run_folder} cannot be entered: the ledger holds runs on corpora that "
            f"everybody can have, and {done.request.corpus} is of your own. To see runs on it side "
            "by side: python -m collapse table --help"
        )
    entry = describe(done)
    if wrong := problems(entry):
        raise RunError(f"The run in {run_folder} cannot be entered: {' '.join(wrong)}")
    path = folder / f"{entry['label']}.json"
    text = spelled(entry)
    if path.exists() and path.read_text(encoding="utf-8") != text and not replace:
        raise RunError(f"{path.name} is in the ledger and differs: add it with --replace.")
    write_text(path, text)
    return path


def describe(done: Run) -> Json:
    """The entry of a run."""
    config = json.loads((done.folder / "config.json").read_text())
    entry = {
        "format": ENTRY_FORMAT,
        "label": label_of(config),
        "config": config,
        "config_hash": fingerprint(config),
        **measured(done, config),
    }
    return {**entry, "results_hash": fingerprint(results_of(entry))}


def measured(done: Run, config: Mapping[str, Any]) -> Json:
    """The summary of a run, sorted into metrics, cost and system; its epochs; the day it ended."""
    summary = done.summary | studies_of(done.folder)
    system = {key: summary[key] for key in SYSTEM if key in summary}
    cost = {key: summary[key] for key in COST if key in summary}
    # The last process of an interrupted run has seen only a part of its training.
    cost["wall_seconds"] = max(cost["wall_seconds"], cost["train_seconds"])
    same_code = done.request.code == config["code"]
    finished = (done.folder / "summary.json").stat().st_mtime
    return {
        "metrics": {k: v for k, v in summary.items() if k not in COST and k not in SYSTEM},
        "history": history_of(done),
        "cost": cost,
        "system": {**system, "commit": commit_of(same_code, system.get("commit"))},
        "date": datetime.fromtimestamp(finished, UTC).date().isoformat(),
    }


def history_of(done: Run) -> dict[str, list[float]]:
    """What an entry keeps of the epochs of a run."""
    records = done.history
    kept = [name for name in HISTORY if all(name in record for record in records)]
    return {name: [round(record[name], 4) for record in records] for name in kept}


def spelled(entry: Json) -> str:
    """The text of an entry's file: a key a line, a list of numbers in one line."""
    text = json.dumps(entry, indent=1)
    return re.sub(r"\[[-+.\deE,\s]*\]", lambda found: json.dumps(json.loads(found[0])), text) + "\n"


def commit_of(same_code: bool, recorded: str | None) -> str | None:
    """The commit that holds the code of a run: its own, or today's where the code is the same."""
    if clean(recorded) or not same_code:
        return recorded
    now = commit()
    return now if clean(now) else recorded
