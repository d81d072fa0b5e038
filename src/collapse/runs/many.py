"""Several runs side by side, one thread each."""

import os
import time
from collections.abc import Callable, Sequence

from joblib import Parallel, delayed, parallel_config
from tqdm.auto import tqdm

from collapse.base.errors import RunError
from collapse.base.files import STALE_SECONDS, remove_parts, runs_folder
from collapse.base.frontend import watched
from collapse.data import AnyCorpus
from collapse.runs.request import Request, request
from collapse.runs.run import Run, is_finished, perform
from collapse.runs.settings import ON_CPU

Work = Callable[[Request, Callable[[str], None] | None], object]
Done = Callable[[Request], bool]


def run_all(
    recipes: Sequence[str],
    corpus: AnyCorpus = "synthetic",
    scale: str = "light",
    seeds: Sequence[int] = (0, 1, 2),
    jobs: int | None = None,
    device: str | None = None,
) -> dict[str, list[Run]]:
    """Every recipe with every seed; runs that exist are loaded, the others are computed.

    Args:
        recipes: names from ``RECIPES``.
        corpus: a name from ``CORPORA``, a path to texts of your own, or a corpus.
        scale: a name from ``SCALES``.
        seeds: one run each.
        jobs: processes at a time; by default see :func:`default_jobs`.
        device: "cpu", "cuda" or "mps" instead of the one that the scale has by itself.

    Returns:
        By recipe, one run a seed, in the order of the seeds.
    """
    asked = {r: [request(r, corpus, scale, seed, device=device) for seed in seeds] for r in recipes}
    perform_all([one for group in asked.values() for one in group], jobs)
    return {name: [Run(one, one.folder) for one in group] for name, group in asked.items()}


def perform_all(
    asked: Sequence[Request],
    jobs: int | None = None,
    *,
    work: Work = perform,
    done: Done = is_finished,
) -> None:
    """Finish these runs and say in one line what that took.

    Args:
        asked: the runs.
        jobs: processes at a time, see :func:`run_all`.
        work: what to do for each run that is missing; it must go through pickle.
        done: whether there is nothing to do for a run.
    """
    missing = [one for one in asked if not done(one)]
    for one in asked:
        remove_parts(one.folder, older=STALE_SECONDS)
    started = time.perf_counter()
    jobs = min(jobs or default_jobs(asked), len(missing))
    if jobs > 1:
        side_by_side(missing, jobs, work)
    else:
        for one in missing:
            work(one, silent if one.scale in ON_CPU else None)
    seconds = time.perf_counter() - started
    took = f", {len(missing)} computed in {seconds:.0f} s" if missing else ""
    plural = "s" if len(asked) > 1 else ""
    print(f"{len(asked)} run{plural}: {len(asked) - len(missing)} loaded{took}.")


def side_by_side(missing: Sequence[Request], jobs: int, work: Work) -> None:
    """Do runs in ``jobs`` processes of one thread each; a bar counts them where somebody looks."""
    tasks = (delayed(in_another)(work, one, places()) for one in missing)
    with parallel_config("loky", inner_max_num_threads=1):
        ended = Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
        for _ in tqdm(ended, total=len(missing), unit="run", disable=not watched()):
            pass


def in_another(work: Work, asked: Request, places: dict[str, str]) -> None:
    """Do a run in another process; nothing comes back.

    The process may have been started for earlier runs, when other :func:`places` held. A recipe
    that came back would overwrite the methods of a class from a notebook with copies, which no
    longer see what its cells change.
    """
    os.environ.update(places)
    work(asked, silent)


def places() -> dict[str, str]:
    """Where runs and corpora are, for a worker that was started somewhere else."""
    named = ("COLLAPSE_CACHE", "COLLAPSE_DATA")
    told = {name: os.environ[name] for name in named if name in os.environ}
    return {"COLLAPSE_RUNS": str(runs_folder()), **told}


def default_jobs(asked: Sequence[Request]) -> int:
    """``COLLAPSE_JOBS``, or as many processes as cores, for light runs; larger ones in turn.

    Whoever runs several notebooks at a time shares the cores among them with the variable.

    Raises:
        RunError: when the variable is no number above 0.
    """
    told = os.environ.get("COLLAPSE_JOBS", str(os.cpu_count() or 1))
    if not told.isdecimal() or int(told) < 1:
        raise RunError(f"COLLAPSE_JOBS is a number of processes, 1 or more; got {told!r}.")
    return int(told) if all(one.scale in ON_CPU for one in asked) else 1


def silent(line: str) -> None:
    """A log that says nothing; the run's folder has every number."""
