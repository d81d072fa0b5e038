"""Further measurements of finished runs, for tables that ask more than a run measures of itself.

A study reads a finished run and writes ``study-NAME-HASH.json`` beside its summary; the hash is
that of the code that measures. ``studies: [order]`` in a sweep file asks for them, and the ledger
enters what it finds with the metrics of the run.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from collapse.base.errors import RunError, choose
from collapse.base.files import write_text
from collapse.runs.execute import one_thread
from collapse.runs.request import Request, running_code
from collapse.runs.run import Run, is_finished, locked
from collapse.runs.studies.classifiers import labels, labels_abroad, labels_few
from collapse.runs.studies.likelihoods import again, order
from collapse.runs.studies.results import Results
from collapse.runs.studies.writing import writing

STUDIES: dict[str, Callable[[Run], Results]] = {
    "order": order,
    "again": again,
    "labels": labels,
    "few-labels": labels_few,
    "labels-abroad": labels_abroad,
    "writing": writing,
}
"""By the names that sweep files use."""


def path_of(folder: Path, name: str) -> Path:
    """Where a study of a run by today's code is, or will be.

    Raises:
        UnknownNameError: naming the studies that there are.
    """
    measure = choose(name, STUDIES, "study")
    return folder / f"study-{name}-{running_code((measure.__module__,))[:12]}.json"


def is_studied(request: Request, names: Iterable[str]) -> bool:
    """Whether all these studies of a run are there."""
    return all(path_of(request.folder, name).exists() for name in names)


def study(request: Request, log: Callable[[str], None] | None, names: Iterable[str]) -> None:
    """Make the studies of a finished run that are missing.

    Raises:
        RunError: when the run is not finished.
    """
    if not is_finished(request):
        raise RunError(f"The run {request.name!r} is not finished: there is nothing to study yet.")
    with locked(request), one_thread(request):
        for name in names:
            path = path_of(request.folder, name)
            if not path.exists():  # another process may have made it while we waited
                results = STUDIES[name](Run(request, request.folder))
                write_text(path, json.dumps(results, indent=1))


def studies_of(folder: Path) -> Results:
    """What the studies in the folder of a run found, by today's code, all in one mapping."""
    paths = (path_of(folder, name) for name in STUDIES)
    results: Results = {}
    for path in paths:
        results |= json.loads(path.read_text()) if path.exists() else {}
    return results
