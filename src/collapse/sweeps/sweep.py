"""A sweep: recipes x corpora x seeds from a file, done as far as they are missing.

There is no state but the folders of the runs. A finished run is never repeated, so the same
command goes on after any interruption, and two sweeps that share runs share the work.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from filelock import FileLock, Timeout
from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt

from collapse.base.errors import RunError, check_name_in, choose
from collapse.base.schema import Listed, Schema, mistakes, not_empty, one_of, read_yaml
from collapse.data import CORPORA, resolve
from collapse.data.own.paths import is_path
from collapse.ledger.papers import PAPERS
from collapse.ledger.schema import RecipeName
from collapse.runs.many import perform_all
from collapse.runs.request import Request, make_request
from collapse.runs.run import Run, is_finished
from collapse.runs.settings import SCALES
from collapse.runs.studies import STUDIES, is_studied, study
from collapse.sweeps.engines import TIME_IS_UP, Engine


def named_or_readable(corpus: str) -> str:
    """The name of a corpus, or a path to texts of one's own that can be read.

    Raises:
        CollapseError: for what is neither.
    """
    if corpus in CORPORA or not (is_path(corpus) or Path(corpus).exists()):
        choose(corpus, CORPORA, "corpus")
    else:
        resolve(corpus)
    return corpus


CorpusName = Annotated[str, AfterValidator(named_or_readable)]
StudyName = Annotated[str, one_of(STUDIES, "study")]


class Sweep(Schema):
    """What a sweep file says; its keys are these.

    Attributes:
        recipes: names from ``RECIPES``.
        corpora: names from ``CORPORA``, or paths to texts of one's own; in a file a path begins
            at the folder of the file.
        seeds: one run each, 0 or more.
        scale: a name from ``SCALES``.
        paper: whose table this serves, as in ``book/results/papers.csv``; None for none.
        table: the number of that table.
        about: what a reader of the numbers should know.
        studies: names from ``STUDIES``: further measurements of every run.
        missing: what the table has and this version of the package does not.
    """

    recipes: Annotated[Listed[RecipeName], not_empty("recipes, such as [lm, vae]")]
    corpora: Annotated[Listed[CorpusName], not_empty("corpora, such as [yahoo, yelp]")]
    seeds: Annotated[Listed[NonNegativeInt], not_empty("seeds, such as [0, 1, 2]")]
    scale: Annotated[str, one_of(SCALES, "scale")] = "light"
    paper: Annotated[str, one_of(PAPERS, "paper")] | None = None
    table: Annotated[PositiveInt | None, Field(description="the number of a table")] = None
    about: str = ""
    studies: Annotated[Listed[StudyName], not_empty("studies, such as [order]")] = ()
    missing: Annotated[Listed[str], Field(description="a list of texts")] = ()

    def requests(self) -> list[Request]:
        """All runs, every recipe and corpus with the first seed before any with the next."""
        return [
            make_request(recipe, corpus, self.scale, seed)
            for seed, corpus, recipe in product(self.seeds, self.corpora, self.recipes)
        ]

    def title(self) -> str:
        """One line that says what the sweep is for."""
        serves = f"{self.paper}, Table {self.table}" if self.paper else "A sweep"
        return f"{serves}, at scale {self.scale}. {self.about}".strip()


def load_sweep(path: Path, scale: str | None = None) -> Sweep:
    """Read and check a sweep file.

    Args:
        path: of the YAML file.
        scale: instead of the one in the file.

    Raises:
        CollapseError: when the file is absent, is no YAML, or has a key twice.
        RunError: one error that names everything that is wrong with what it says.
        UnknownNameError: for an unknown ``scale``, naming the valid ones.
    """
    content = with_paths_from(path.parent, read_yaml(path, "sweep file"))
    if wrong := [*mistakes(Sweep, content), *mistakes_between_keys(content)]:
        listed = "".join(f"\n  - {mistake}" for mistake in wrong)
        raise RunError(f"The sweep file {path} cannot be used:{listed}")
    sweep = Sweep(**content)
    if scale is None:
        return sweep
    check_name_in(SCALES, scale, "scale")
    return sweep.model_copy(update={"scale": scale})


def with_paths_from(folder: Path, content: Any) -> Any:
    """What a sweep file says, with the paths among its corpora beginning at its folder."""
    corpora = content.get("corpora") if isinstance(content, dict) else None
    if not isinstance(corpora, list):
        return content
    return {**content, "corpora": [path_from(folder, corpus) for corpus in corpora]}


def path_from(folder: Path, corpus: Any) -> Any:
    """A path that begins at a folder, where this is one; anything else as it is."""
    if not isinstance(corpus, str) or corpus in ("", *CORPORA):
        return corpus
    path = folder.absolute() / Path(corpus).expanduser()
    return str(path) if is_path(corpus) or path.exists() else corpus


def mistakes_between_keys(content: object) -> Iterator[str]:
    """What is wrong with keys beside one another, and with entries beside one another."""
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        entries = value if isinstance(value, list) else []
        twice = [entry for n, entry in enumerate(entries) if entries[:n].count(entry) == 1]
        yield from (f"{entry!r} is there twice in {key!r}." for entry in twice)
    if (content.get("paper") is None) != (content.get("table") is None):
        yield "'paper' and 'table' belong together: give both, or neither."


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
    requests = sweep.requests()
    log(sweep.title())
    failures = {} if dry_run else perform_missing(requests, engine, log)
    for line in report(requests, failures):
        log(line)
    if sweep.studies:  # of finished runs, on this machine
        waiting = [r for r in requests if is_finished(r) and not is_studied(r, sweep.studies)]
        log(f"Studies ({', '.join(sweep.studies)}): to be made of {len(waiting)} finished runs.")
        if waiting and not dry_run:
            perform_all(waiting, work=partial(study, names=sweep.studies), done=lambda _: False)
    if sweep.missing:
        log(f"In the table, but not in this package: {'; '.join(sweep.missing)}.")
    return all(is_finished(r) and is_studied(r, sweep.studies) for r in requests)


def perform_missing(
    requests: Sequence[Request], engine: Engine, log: Callable[[str], None]
) -> dict[str, str]:
    """Let an engine do the runs that are not finished.

    Returns:
        By the label of a run, why it failed.
    """
    missing = [request for request in requests if not is_finished(request)]
    failures: dict[str, str] = {}
    if not missing:
        return failures
    log(f"{len(requests) - len(missing)} of {len(requests)} runs are done; doing {len(missing)}.")
    for number, outcome in enumerate(engine(missing), 1):
        request = outcome.request
        failure = outcome.failure or out_of_sight(request)
        if failure and failure != TIME_IS_UP:
            failures[label(request)] = failure
        log(f"[{number}/{len(missing)}] {label(request)}: {failure or in_short(request)}")
    return failures


def out_of_sight(request: Request) -> str:
    """The sentence for a run that a worker has finished out of sight; empty when it is in sight."""
    if is_finished(request):
        return ""
    return (
        f"A worker has finished this run, but there is no summary in {request.folder}. All workers "
        "must see this folder under the same path, and run the same version of the package."
    )


def label(request: Request) -> str:
    """A run in a few words, unique within a sweep."""
    return f"{request.name}, {request.corpus}, {request.scale}, seed {request.seed}"


def in_short(request: Request) -> str:
    """The numbers of a finished run that fit a line; nats a document."""
    summary = Run(request, request.folder).summary
    return (
        f"NLL {summary['nll']:.2f}, KL {summary['kl']:.2f}, {summary['epochs']} epochs, "
        f"{summary['wall_seconds']:.0f} s"
    )


def report(requests: Sequence[Request], failures: Mapping[str, str]) -> Iterator[str]:
    """A line for every run that is not done, and one that counts all.

    Args:
        requests: the runs.
        failures: by the label of a run, why it failed just now.
    """
    states = [state_of(request, failures) for request in requests]
    for request, state in zip(requests, states, strict=True):
        if state != "done":
            reason = f": {failures[label(request)]}" if state == "failed" else ""
            yield f"{state:<8} {label(request)}{reason}"
    counts = (f"{states.count(s)} {s}" for s in ("done", "failed", "running", "waiting"))
    yield f"{len(requests)} run{'s' if len(requests) > 1 else ''}: {', '.join(counts)}."


def state_of(request: Request, failures: Mapping[str, str]) -> str:
    """ "done", "failed" (just now), "running" (somewhere else) or "waiting"."""
    if is_finished(request):
        return "done"
    if label(request) in failures:
        return "failed"
    return "running" if is_locked(request) else "waiting"


def is_locked(request: Request) -> bool:
    """Whether some process is doing this run now."""
    lock = request.folder / ".lock"
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
