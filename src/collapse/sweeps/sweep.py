"""A sweep: recipes x corpora x seeds from a file, done as far as they are missing.

There is no state but the folders of the runs. A finished run is never repeated, so the same
command goes on after any interruption, and two sweeps that share runs share the work.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from collapse.base.errors import CollapseError, RunError, choose, unknown
from collapse.data import CORPORA, resolve
from collapse.data.corpora import is_path
from collapse.ledger.papers import PAPERS
from collapse.recipes import RECIPES
from collapse.runs.many import perform_all
from collapse.runs.request import Request, request
from collapse.runs.run import Run, is_finished
from collapse.runs.settings import SCALES
from collapse.runs.studies import STUDIES, is_studied, study
from collapse.sweeps.engines import Engine


@dataclass(frozen=True)
class Sweep:
    """What a sweep file says; its keys are these.

    Attributes:
        recipes: names from ``RECIPES``.
        corpora: names from ``CORPORA``, or paths to texts of one's own; in a file a path begins
            at the folder of the file.
        seeds: one run each, 0 or more.
        scale: a name from ``SCALES``.
        paper: whose table this serves, as in ``book/results/papers.csv``; empty for none.
        table: the number of that table.
        about: what a reader of the numbers should know.
        studies: names from ``STUDIES``: further measurements of every run.
        missing: what the table has and this version of the package does not.
    """

    recipes: tuple[str, ...]
    corpora: tuple[str, ...]
    seeds: tuple[int, ...]
    scale: str = "light"
    paper: str = ""
    table: int | None = None
    about: str = ""
    studies: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def requests(self) -> list[Request]:
        """All runs, every recipe and corpus with the first seed before any with the next."""
        every = product(self.seeds, self.corpora, self.recipes)
        return [request(recipe, corpus, self.scale, seed) for seed, corpus, recipe in every]

    def title(self) -> str:
        """One line that says what the sweep is for."""
        serves = f"{self.paper}, Table {self.table}" if self.paper else "A sweep"
        return f"{serves}, at scale {self.scale}. {self.about}".strip()


KEYS = tuple(field.name for field in fields(Sweep))
LISTS = {  # examples
    "recipes": "[lm, vae]",
    "corpora": "[yahoo, yelp]",
    "seeds": "[0, 1, 2]",
    "studies": "[order]",
}
OPTIONAL = {"studies"}  # of these lists
NAMES: dict[str, tuple[str, Mapping]] = {
    "recipes": ("recipe", RECIPES),
    "corpora": ("corpus", CORPORA),
    "studies": ("study", STUDIES),
}


def load_sweep(path: Path, scale: str | None = None) -> Sweep:
    """Read and check a sweep file.

    Args:
        path: of the YAML file.
        scale: instead of the one in the file.

    Raises:
        RunError: one error that names everything that is wrong with the file.
        UnknownNameError: for an unknown ``scale``, naming the valid ones.
    """
    said, repeated = read_mapping(path)
    wrong = [f"The key {key!r} is there twice." for key in repeated]
    wrong += problems(said, path.parent)
    if wrong:
        listed = "".join(f"\n  - {problem}" for problem in wrong)
        raise RunError(f"The sweep file {path} cannot be used:{listed}")
    held: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
    held["corpora"] = tuple(beside(corpus, path.parent) for corpus in held["corpora"])
    sweep = Sweep(**held)
    if scale is not None:
        choose(scale, dict.fromkeys(SCALES), "scale")
        sweep = replace(sweep, scale=scale)
    return sweep


def read_mapping(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What a YAML file maps, and the keys that it holds more than once, which YAML lets pass.

    Raises:
        RunError: when the file is absent, is no YAML, or holds something else than keys.
    """
    try:
        text = path.read_text(encoding="utf-8")
        said, node = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise RunError(f"The sweep file {path} cannot be read: {reason}.") from error
    if not isinstance(said, dict) or not isinstance(node, yaml.MappingNode):
        raise RunError(f"The sweep file {path} must hold the keys {', '.join(KEYS)}; got {said!r}.")
    named = {str(key): value for key, value in said.items()}
    return named, repeats([key.value for key, _ in node.value])


def beside(corpus: str, folder: Path) -> str:
    """A name of ``CORPORA`` as it is; a path to texts of one's own, absolute.

    Args:
        corpus: from a sweep file.
        folder: of the file: there a path begins.
    """
    return corpus if corpus in CORPORA else str(folder.absolute() / Path(corpus).expanduser())


def problems(said: Mapping[str, object], folder: Path) -> Iterator[str]:
    """Everything that is wrong with what a sweep file in a folder says, a sentence each."""
    yield from (unknown(key, KEYS, "key of a sweep") for key in said if key not in KEYS)
    for key in LISTS:
        if key in said or key not in OPTIONAL:
            yield from list_problems(key, said.get(key), folder)
    if "scale" in said and said["scale"] not in SCALES:
        yield unknown(str(said["scale"]), SCALES, "scale")
    yield from table_problems(said)
    missing = said.get("missing", [])
    if not isinstance(missing, list) or not all(isinstance(one, str) for one in missing):
        yield f"'missing' is a list of texts; got {missing!r}."
    if not isinstance(said.get("about", ""), str):
        yield f"'about' is a text; got {said['about']!r}."


def list_problems(key: str, value: object, folder: Path) -> Iterator[str]:
    """What is wrong with one of the lists of names or seeds."""
    if not isinstance(value, list) or not value:
        got = "nothing" if value is None else repr(value)
        yield f"{key!r} is a list of one or more {key}, such as {LISTS[key]}; got {got}."
        return
    yield from (problem for one in value if (problem := entry_problem(key, one, folder)))
    yield from (f"{one!r} is there twice in {key!r}." for one in repeats(value))


def entry_problem(key: str, one: object, folder: Path) -> str:
    """What is wrong with one entry of a list; empty when nothing is."""
    if key == "seeds":
        right = isinstance(one, int) and not isinstance(one, bool) and one >= 0
        return "" if right else f"A seed is a whole number, 0 or more; got {one!r}."
    if key == "corpora" and isinstance(one, str) and one and one not in CORPORA:
        path = beside(one, folder)
        if is_path(one) or Path(path).exists():
            return path_problem(path)
    what, valid = NAMES[key]
    return "" if isinstance(one, str) and one in valid else unknown(str(one), valid, what)


def path_problem(path: str) -> str:
    """Why the texts at a path cannot be read; empty when they can."""
    try:
        resolve(path)
    except CollapseError as error:
        return str(error)
    return ""


def table_problems(said: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the table that a sweep says it serves."""
    paper, table = said.get("paper"), said.get("table")
    if paper is not None and paper not in PAPERS:
        yield unknown(str(paper), PAPERS, "paper")
    if table is not None and not (type(table) is int and table > 0):
        yield f"'table' is the number of a table; got {table!r}."
    if (paper is None) != (table is None):
        yield "'paper' and 'table' belong together: give both, or neither."


def repeats(values: Sequence) -> list:
    """The values that come more than once, each of them once."""
    return [one for n, one in enumerate(values) if values[:n].count(one) == 1]


def run_sweep(
    sweep: Sweep, engine: Engine, dry_run: bool = False, log: Callable[[str], None] = print
) -> bool:
    """Do what is missing of a sweep and report.

    Args:
        sweep: what to do.
        engine: where to do it: :func:`~collapse.sweeps.engines.local` or another.
        dry_run: only report.
        log: takes a line for every run that ends, and the lines of the report.

    Returns:
        Whether all runs are finished, and their studies made.
    """
    asked = sweep.requests()
    log(sweep.title())
    failures = {} if dry_run else perform_missing(asked, engine, log)
    for line in report(asked, failures):
        log(line)
    if sweep.studies:
        study_finished(sweep, asked, dry_run, log)
    if sweep.missing:
        log(f"In the table, but not in this package: {'; '.join(sweep.missing)}.")
    return all(is_finished(one) and is_studied(one, sweep.studies) for one in asked)


def study_finished(
    sweep: Sweep, asked: Sequence[Request], dry_run: bool, log: Callable[[str], None]
) -> None:
    """Say which studies of finished runs are missing and make them, on this machine."""
    waiting = [one for one in asked if is_finished(one) and not is_studied(one, sweep.studies)]
    log(f"Studies ({', '.join(sweep.studies)}): to be made of {len(waiting)} finished runs.")
    if waiting and not dry_run:
        perform_all(waiting, work=partial(study, names=sweep.studies), done=lambda one: False)


def perform_missing(
    asked: Sequence[Request], engine: Engine, log: Callable[[str], None]
) -> dict[str, str]:
    """Let an engine do the runs that are not finished.

    Returns:
        By the label of a run, why it failed.
    """
    missing = [one for one in asked if not is_finished(one)]
    failures: dict[str, str] = {}
    if not missing:
        return failures
    log(f"{len(asked) - len(missing)} of {len(asked)} runs are done; doing {len(missing)}.")
    for number, outcome in enumerate(engine(missing), 1):
        one = outcome.request
        failure = outcome.failure or unseen(one)
        if failure:
            failures[label(one)] = failure
        log(f"[{number}/{len(missing)}] {label(one)}: {failure or in_short(one)}")
    return failures


def unseen(asked: Request) -> str:
    """The sentence for a run that a worker has finished out of sight; empty when it is in sight."""
    if is_finished(asked):
        return ""
    return (
        f"A worker has finished this run, but there is no summary in {asked.folder}. All workers "
        "must see this folder under the same path, and run the same version of the package."
    )


def label(asked: Request) -> str:
    """A run in a few words, unique within a sweep."""
    return f"{asked.name}, {asked.corpus}, {asked.scale}, seed {asked.seed}"


def in_short(asked: Request) -> str:
    """The numbers of a finished run that fit a line; nats a document."""
    found = Run(asked, asked.folder).summary
    return (
        f"NLL {found['nll']:.2f}, KL {found['kl']:.2f}, {found['epochs']} epochs, "
        f"{found['wall_seconds']:.0f} s"
    )


def report(asked: Sequence[Request], failures: Mapping[str, str]) -> Iterator[str]:
    """A line for every run that is not done, and one that counts all.

    Args:
        asked: the runs.
        failures: by the label of a run, why it failed just now.
    """
    states = [state(one, failures) for one in asked]
    for one, how in zip(asked, states, strict=True):
        if how != "done":
            why = f": {failures[label(one)]}" if how == "failed" else ""
            yield f"{how:<8} {label(one)}{why}"
    counted = (f"{states.count(how)} {how}" for how in ("done", "failed", "running", "waiting"))
    yield f"{len(asked)} run{'s' if len(asked) > 1 else ''}: {', '.join(counted)}."


def state(asked: Request, failures: Mapping[str, str]) -> str:
    """ "done", "failed" (just now), "running" (somewhere else) or "waiting"."""
    if is_finished(asked):
        return "done"
    if label(asked) in failures:
        return "failed"
    return "running" if is_locked(asked) else "waiting"


def is_locked(asked: Request) -> bool:
    """Whether some process is doing this run now."""
    lock = asked.folder / ".lock"
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
