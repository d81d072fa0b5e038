"""What a page reads instead of computing: runs, and values made of them, that the book keeps.

    book = Kept("04_pooling", scale, recompute)
    runs = book.run_all(["vae", "pool-max"], corpus, scale, seeds)
    shares = book.value(pooling_study.topic_shares, runs["vae"], "mean")

At the scale light, a run that is not finished here is read from ``book/results``, if what the book
keeps was made by this code, or by one that is proven to compute the same. Everything else is
computed. ``recompute = True`` computes all.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from IPython import get_ipython
from IPython.display import Markdown, display

from collapse import data
from collapse.base.errors import RunError
from collapse.base.fingerprints.provenance import module_file
from collapse.base.machine import describe_system
from collapse.base.results import results_folder
from collapse.chapters.keeping.asked import requests_for
from collapse.chapters.keeping.kept_page import (
    KeptPage,
    Value,
    plain,
    read_page,
    restored,
    write_page,
)
from collapse.ledger.entries import Entry
from collapse.ledger.same_code import SAME_CODE_TABLE, codes_for
from collapse.parts import brief
from collapse.recipe import Recipe
from collapse.runs.many import perform_all
from collapse.runs.measuring.recording import Recorder
from collapse.runs.request import Request, running_code
from collapse.runs.run import Run, is_finished
from collapse.runs.settings import Settings
from collapse.training.checkpoint import Record

__all__ = ["Kept", "KeptRun"]

RESULTS = results_folder()


class KeptRun(Run):
    """A run whose measurements are read from the book; it is trained when its model is asked for.

    Args:
        request: what it was asked to be.
        entry: what is kept of it.
        epochs: what was measured after each epoch; empty where that is not kept.
    """

    entry: Entry
    epochs: list[Record]

    def __init__(self, request: Request, entry: Entry, epochs: list[Record]) -> None:
        vars(self).update(request=request, entry=entry, epochs=epochs)

    def __repr__(self) -> str:
        return f"<{self.request.name!r}, seed {self.request.seed}, read from the book's results>"

    @property
    def folder(self) -> Path:
        """Where the run is; trained now if it is not there yet."""
        if not is_finished(self.request):
            perform_all([self.request])
        return self.request.folder

    @cached_property
    def summary(self) -> dict:
        """What was measured; for what is not kept the run is trained."""
        return _Summary(self)

    @cached_property
    def history(self) -> list[Record]:
        """One record an epoch, with six significant digits; where none is kept it is trained."""
        return self.epochs or Run(self.request, self.folder).history


class _Summary(dict[str, Any]):
    """The kept measurements of a run, and beyond them those of the trained one."""

    def __init__(self, run: KeptRun) -> None:
        entry = run.entry
        super().__init__({**entry.metrics, **entry.cost, **entry.system})
        self.run = run

    def __missing__(self, name: str) -> Any:
        return Run(self.run.request, self.run.folder).summary[name]


class Kept:
    """The runs of a page, and what it makes of them.

    Args:
        page: its name, as in ``04_pooling``.
        scale: of the page; only at "light" anything is read.
        recompute: read nothing.
        results: the folder ``book/results``. Where there is none, all is computed.

    Attributes:
        runs: those that were asked for, by identity.
        values: likewise.
    """

    def __init__(
        self, page: str, scale: str, recompute: bool = False, results: Path = RESULTS
    ) -> None:
        self.page, self.results = page, results
        self.kept = self._readable() if scale == "light" and not recompute else KeptPage()
        self.runs: dict[str, Run] = {}
        self.values: dict[str, Value] = {}
        self.said: Any = None

    def _readable(self) -> KeptPage:
        """What is kept; nothing, and a sentence, where that cannot be read."""
        try:
            return read_page(self.results, self.page)
        except RunError as error:
            print(error)
            return KeptPage()

    def run_all(
        self,
        recipes: Sequence[str] | Mapping[str, Recipe],
        corpus: data.AnyCorpus,
        scale: str,
        seeds: Sequence[int],
        *,
        settings: Settings | Mapping[str, Settings] | None = None,
    ) -> dict[str, list[Run]]:
        """As :func:`collapse.run_all`, with what the book keeps.

        Raises:
            CollapseError: as :func:`collapse.run_all`.
        """
        asked = requests_for(recipes, corpus, scale, seeds, settings=settings)
        found = {name: [self._found(r) for r in group] for name, group in asked.items()}
        runs = [run for group in found.values() for run in group]
        if any(not isinstance(run, KeptRun) for run in runs):
            perform_all([run.request for run in runs if not isinstance(run, KeptRun)])
        self.runs |= {run.request.identity: run for run in runs}
        self._say_again()
        return found

    def has(
        self,
        recipes: Sequence[str] | Mapping[str, Recipe],
        corpus: data.AnyCorpus,
        scale: str,
        seeds: Sequence[int],
        *,
        settings: Settings | None = None,
    ) -> bool:
        """Whether :meth:`run_all` would find all of these runs, kept or finished here."""
        asked = requests_for(recipes, corpus, scale, seeds, settings=settings)
        found = [self._found(request) for group in asked.values() for request in group]
        return all(isinstance(run, KeptRun) or is_finished(run.request) for run in found)

    def _found(self, request: Request) -> Run:
        """The run: as it was found before, or kept, or finished here, or still to be done."""
        if request.identity in self.runs:
            return self.runs[request.identity]
        if not is_finished(request):
            for code in codes_for(request.code, self.results / SAME_CODE_TABLE):
                identity = request.identity_by(code)
                if identity in self.kept.runs:
                    entry, epochs = self.kept.runs[identity], self.kept.epochs[identity]
                    return KeptRun(request, entry, epochs)
        return Run(request, request.folder)

    def train(self, *runs: Run) -> None:
        """Train, side by side, those of these runs whose models are not here yet."""
        if missing := [run.request for run in runs if not is_finished(run.request)]:
            perform_all(missing)

    def value(self, function: Callable[..., Any], *given: Any) -> Any:
        """What a function of the package makes of runs, kept or computed.

        Floats are rounded to six significant digits in either case.

        Args:
            function: whose module says what it needs; it returns what a file can hold, see
                :func:`collapse.chapters.keeping.kept_page.plain`.
            given: its arguments: runs, requests, settings, recorders, plain values and lists or
                mappings of these.

        Raises:
            RunError: for a function from elsewhere, or an argument or result of another kind.
        """
        identity, code = identity_of(function, given)
        known = self.kept.values.get(identity) or self.values.get(identity)
        self.values[identity] = known or computed(function, given, identity, code)
        self._say_again()
        return restored(self.values[identity].value)

    @property
    def sentence(self) -> str:
        """How much of the page is read, on what machine it was made, and how to make it here."""
        read = [run.entry for run in self.runs.values() if isinstance(run, KeptRun)]
        values = [v for v in self.values.values() if v.identity in self.kept.values]
        if not read and not values:
            return ""
        kept = [
            *([f"{len(read)} of the {len(self.runs)} runs of this page"] if read else []),
            *(
                [f"{len(values)} result{'s'[: len(values) != 1]} computed from runs"]
                if values
                else []
            ),
        ]
        return (
            f"*Read from the book's results: {' and '.join(kept)} "
            f"({made_on([*read, *values])}). What is not read, and each model that the page looks "
            "into, is trained here; `recompute = True` trains everything here.*"
        )

    def say(self) -> None:
        """Show the sentence here; it grows as the page goes on."""
        if get_ipython() and (self.kept.runs or self.kept.values):
            self.said = display(Markdown(self.sentence), display_id=True)

    def _say_again(self) -> None:
        if self.said:
            self.said.update(Markdown(self.sentence))

    def write(self, results: Path = RESULTS) -> Path:
        """Write what the page has asked for into its file; only the tool does this."""
        return write_page(results, self.page, list(self.runs.values()), list(self.values.values()))


def made_on(made: Sequence[Entry | Value]) -> str:
    """Processors, versions of torch and days, as text."""
    days = sorted(each.date for each in made)
    machines = {name: {each.system[name] for each in made} for name in ("hardware", "torch")}
    texts = [" and ".join(sorted(names)) for names in machines.values()]
    return f"{texts[0]}; torch {texts[1]}; {' to '.join(dict.fromkeys((days[0], days[-1])))}"


def computed(function: Callable[..., Any], given: Sequence[Any], identity: str, code: str) -> Value:
    """Compute a value, with what is to be known about it."""
    started = time.perf_counter()
    value = plain(function(*given))
    seconds, today = time.perf_counter() - started, f"{datetime.now(UTC):%Y-%m-%d}"
    system = describe_system(torch.device("cpu"))
    name = f"{function.__module__}.{function.__qualname__}"
    return Value(name, identity, code, value, round(seconds, 1), system, today)


def identity_of(function: Callable[..., Any], given: Sequence[Any]) -> tuple[str, str]:
    """What identifies a function of the package with its arguments, and the hash of its code.

    Raises:
        RunError: for a function from elsewhere, or an argument of a kind that has no identity.
    """
    module = function.__module__
    if module_file(module) is None:
        raise RunError(
            f"{function.__qualname__} is no function of the package: what a page keeps is made by "
            "one, so that a change of its code is noticed."
        )
    code = running_code((module,))
    text = repr((f"{module}.{function.__qualname__}", code, mark(list(given))))
    return hashlib.sha256(text.encode()).hexdigest()[:12], code


def mark(value: Any) -> str:
    """A text that changes with an argument, and with the code behind it.

    Raises:
        RunError: for one of another kind than :meth:`Kept.value` takes.
    """
    if isinstance(value, Run):
        return value.request.identity
    if isinstance(value, Request | Recorder):
        return value.identity
    if isinstance(value, Settings):
        return brief(value)
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(mark, value))}]"
    if isinstance(value, Mapping):
        return mark([[key, each] for key, each in value.items()])
    raise RunError(
        f"A value cannot be kept of an argument of the kind {type(value).__name__}: hand over "
        "runs, requests, settings, recorders, numbers, texts, and lists or mappings of these."
    )
