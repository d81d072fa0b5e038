"""What the light runs of a page measured, as a file of the book: ``book/results/pages/PAGE.json``.

``python book/tools/keep.py`` writes such a file, and nothing else does. A run is an entry as those
of the ledger are, with all that it measured after each epoch where the page looked at that; where
the ledger has the same numbers, the file names its entry in their place. A value is what a function
of the package made of runs, or of requests for them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from collapse.base.errors import RunError
from collapse.base.files import write_text
from collapse.base.fingerprints.provenance import module_file
from collapse.ledger.entries import Entry, describe, entry_of, read_entry
from collapse.ledger.rules import fingerprint
from collapse.ledger.same_code import SAME_CODE_TABLE, codes_for
from collapse.ledger.schema import Json
from collapse.runs.measuring.recording import Snapshot
from collapse.runs.request import code_behind
from collapse.runs.run import Run
from collapse.training.checkpoint import Record

FORMAT = 1
DIGITS = 6  # significant ones, of values and of what was measured after an epoch
LONG = ("nll_by_document",)  # measurements of a run that no page reads and no file needs


@dataclass(frozen=True)
class Value:
    """What a function made of runs.

    Attributes:
        name: of the function, with its module.
        identity: changes with the function, with all that it was given, and with their code.
        code: fingerprint of the function's module and all that it imports.
        value: what it returned, as :func:`plain` writes it.
        seconds: that it took.
        system: hardware, versions, commit.
        date: as "2026-01-31".
    """

    name: str
    identity: str
    code: str
    value: Any
    seconds: float
    system: Mapping[str, Any]
    date: str


@dataclass(frozen=True)
class KeptPage:
    """What the file of a page holds.

    Attributes:
        runs: entries by the identity of their run; what was measured after each epoch is apart.
        epochs: that, by identity, where the page looked at it.
        values: by identity.
        lost: identities of runs whose entry in the ledger is not there as it was.
        codes: the modules in which each code begins, by its fingerprint.
    """

    runs: Mapping[str, Entry] = field(default_factory=dict)
    epochs: Mapping[str, list[Record]] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    lost: Sequence[str] = ()
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)


# --- reading ---------------------------------------------------------------------------------


def read_page(results: Path, page: str) -> KeptPage:
    """What is kept of a page; nothing where there is no file.

    Args:
        results: the folder ``book/results``.
        page: its name, as in ``04_pooling``.

    Raises:
        RunError: for a file that is not as it was written.
    """
    path = path_of(results, page)
    if not path.exists():
        return KeptPage()
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["format"] != FORMAT or raw["digest"] != digest_of(raw):
            raise ValueError("it is not as it was written")
        entries = {each["config"]["identity"]: entry_in(each, results) for each in raw["runs"]}
        epochs = {each["config"]["identity"]: rows(each["epochs"]) for each in raw["runs"]}
        values = {each["identity"]: Value(**each) for each in raw["values"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"What is kept of the page {page} cannot be read ({error!r}), so the page computes all "
            f"of it. Fetch {path.name} again, or write it anew: python book/tools/keep.py {page}"
        ) from error
    found = {identity: entry for identity, entry in entries.items() if entry is not None}
    return KeptPage(found, epochs, values, tuple(entries.keys() - found.keys()), raw["codes"])


def outdated(results: Path, page: str) -> str:
    """A sentence about what this code would make anew of a page; empty if there is nothing.

    A change in the page itself is not seen here, but by the page.

    Raises:
        RunError: as :func:`read_page`.
    """
    kept = read_page(results, page)
    old = {code for code, modules in kept.codes.items() if not _counts(code, modules, results)}
    made = [entry.config["code"] for entry in kept.runs.values()]
    made += [value.code for value in kept.values.values()]
    count = sum(code in old for code in made) + len(kept.lost)
    if not count:
        return ""
    return (
        f"{count} of {len(made) + len(kept.lost)} results that the book keeps of the page {page} "
        "are of earlier code or gone from the ledger, so the page computes them. To write them "
        f"anew: python book/tools/keep.py {page}"
    )


def _counts(code: str, modules: Sequence[str], results: Path) -> bool:
    """Whether a code, that of cells apart, is today's or proven to compute the same."""
    if any(module_file(module) is None for module in modules):  # moved, or gone
        return False
    today = code_behind([], modules)
    return code.split("-")[0] in {
        old.split("-")[0] for old in codes_for(today, results / SAME_CODE_TABLE)
    }


def path_of(results: Path, page: str) -> Path:
    """The file of a page."""
    return results / "pages" / f"{page}.json"


def digest_of(raw: Json) -> str:
    """The checksum of a file's contents, against accidents."""
    return fingerprint({key: value for key, value in raw.items() if key != "digest"})


def entry_in(raw: Json, results: Path) -> Entry | None:
    """The entry of a run, from the ledger where it is there; None where it is not any more."""
    if "ledger" not in raw:
        return entry_of(raw | {"history": {}})
    found = ledger_entry(results, raw["ledger"])
    if found is None or fingerprint(found.metrics) != raw["metrics_hash"]:
        return None
    return Entry(**{**vars(found), "config": raw["config"]})


def ledger_entry(results: Path, label: str) -> Entry | None:
    """The ledger's entry of this label, if it is there and in order."""
    path = results / "runs" / f"{label}.json"
    entry, wrong = read_entry(path) if path.exists() else (None, [])
    return None if wrong else entry


def rows(lists: Mapping[str, Sequence[Any]]) -> list[Record]:
    """The records of the epochs, from one list a measure."""
    epochs = range(len(next(iter(lists.values()), ())))
    return [{k: v[i] for k, v in lists.items() if v[i] is not None} for i in epochs]


# --- writing ---------------------------------------------------------------------------------


def write_page(results: Path, page: str, runs: Sequence[Run], values: Sequence[Value]) -> Path:
    """Write the file of a page and return its path.

    Args:
        results: the folder ``book/results``, whose ledger is looked into.
        page: its name.
        runs: finished ones.
        values: what was made of them.

    Raises:
        RunError: when the disk refuses.
    """
    raw = {
        "format": FORMAT,
        "page": page,
        "codes": modules_by_code(runs, values),
        "runs": [raw_run(run, results) for run in runs],
        "values": [asdict(value) for value in values],
    }
    write_text(path_of(results, page), text_of({**raw, "digest": digest_of(raw)}))
    return path_of(results, page)


def text_of(raw: Json) -> str:
    """The text of a file: a line for each run and each value."""
    parts = []
    for key, value in raw.items():
        each = [json.dumps(one) for one in value] if isinstance(value, list) else []
        text = "[\n" + ",\n".join(each) + "\n]" if each else json.dumps(value)
        parts.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def modules_by_code(runs: Sequence[Run], values: Sequence[Value]) -> dict[str, list[str]]:
    """For each code of a page, the modules in which it begins: so a change of it can be noticed."""
    behind = {run.request.code: sorted(run.request.modules) for run in runs}
    return behind | {value.code: [value.name.rpartition(".")[0]] for value in values}


def raw_run(run: Run, results: Path) -> Json:
    """A run as the file has it, or the name of the ledger's entry with the same numbers."""
    looked_at = "history" in vars(run)  # a page reads the epochs of few runs; they are long
    entry = describe(run) | {"epochs": columns(run.history) if looked_at else {}}
    metrics, known = entry["metrics"], ledger_entry(results, entry["label"])
    if known is not None and all(known.metrics.get(k) == v for k, v in metrics.items()):
        kept = {"ledger": known.label, "metrics_hash": fingerprint(known.metrics)}
        return kept | {key: entry[key] for key in ("config", "epochs")}
    short = {name: value for name, value in metrics.items() if name not in LONG}
    kept = {key: entry[key] for key in Entry.__dataclass_fields__ if key != "history"}
    return kept | {"metrics": short, "epochs": entry["epochs"]}


def columns(records: Sequence[Record]) -> dict[str, list[Any]]:
    """By measure, one value an epoch; None in an epoch that has it not."""
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [plain(record.get(name)) for record in records] for name in names}


# --- values ----------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as JSON holds it, floats with six significant digits: :func:`restored` reads it.

    Raises:
        RunError: for what is none of: number, text, None, list, tensor, snapshot of a recording,
            mapping by texts.
    """
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Tensor):
        return {"tensor": plain(value.flatten().tolist()), "shape": list(value.shape)}
    if isinstance(value, Snapshot):
        return {"snapshot": [value.iteration, value.event, plain(value.values)]}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(each) for key, each in value.items()}
    raise RunError(
        f"A value of the kind {type(value).__name__} cannot be kept: a function that a page keeps "
        "returns numbers, texts, lists, tensors, snapshots and mappings by texts."
    )


def restored(value: Any) -> Any:
    """What :func:`plain` wrote: tuples as lists, tensors in single precision."""
    if isinstance(value, list):
        return [restored(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"tensor", "shape"}:
        return torch.tensor(value["tensor"]).reshape(value["shape"])
    if value.keys() == {"snapshot"}:
        iteration, event, values = value["snapshot"]
        return Snapshot(iteration, event, restored(values))
    return {key: restored(each) for key, each in value.items()}
