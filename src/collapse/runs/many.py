"""The way to do runs: one, or several side by side with one thread each."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from joblib import Parallel, delayed, parallel_config
from tqdm.auto import tqdm

from collapse.base.errors import RunError, choose
from collapse.base.files import STALE_SECONDS, remove_parts, runs_folder
from collapse.base.frontend import watched
from collapse.base.numbers import is_whole_number
from collapse.data import AnyCorpus, documents_for
from collapse.recipe import Recipe
from collapse.runs.checks import shortly
from collapse.runs.request import Request, make_request
from collapse.runs.run import Run, is_finished, perform
from collapse.runs.settings import ON_CPU, Settings, base_scale

Work = Callable[[Request, Callable[[str], None] | None], object]
Done = Callable[[Request], bool]


def run(
    recipe: str | Recipe,
    corpus: AnyCorpus = "synthetic",
    scale: str = "light",
    seed: int = 0,
    *,
    name: str | None = None,
    settings: Settings | None = None,
    device: str | None = None,
) -> Run:
    """One run: loaded if it exists, else computed, or gone on with where it was interrupted.

    Args:
        recipe: a name from ``RECIPES``, or a recipe of your own with ``name``.
        corpus: a name from ``CORPORA``, a path to texts of your own, or a corpus.
        scale: a name from ``SCALES``.
        seed: of weights, batches, dropout and samples.
        name: what to call the run of a recipe of your own, or of one by name.
        settings: sizes and protocol; those of the corpus and scale unless given.
        device: "cpu", "cuda" or "mps" instead of the one that the scale has by itself.

    Raises:
        CollapseError: with a sentence, for a name that does not exist or a run that cannot be done.

    >>> import collapse
    >>> run = collapse.run("vae", scale="smoke")
    1 run: ...
    >>> run.summary["kl"] >= 0
    True
    """
    request = make_request(recipe, corpus, scale, seed, name=name, settings=settings, device=device)
    perform_all([request])
    return Run(request, request.folder)


def run_all(
    recipes: Sequence[str] | Mapping[str, Recipe],
    corpus: AnyCorpus = "synthetic",
    scale: str = "light",
    seeds: Sequence[int] = (0, 1, 2),
    *,
    settings: Settings | Mapping[str, Settings] | None = None,
    jobs: int | None = None,
    device: str | None = None,
) -> dict[str, list[Run]]:
    """Every recipe with every seed, side by side; runs that exist are loaded.

    Args:
        recipes: names from ``RECIPES``, or recipes of your own by name.
        corpus: a name from ``CORPORA``, a path to texts of your own, or a corpus.
        scale: a name from ``SCALES``.
        seeds: one run each.
        settings: instead of those of the corpus and scale: for all recipes, or for some by name.
        jobs: processes at a time; by default see :func:`default_jobs`.
        device: "cpu", "cuda" or "mps" instead of the one that the scale has by itself.

    Returns:
        By recipe, one run a seed, in the order of the seeds.

    Raises:
        CollapseError: with a sentence, for a name that does not exist or a run that cannot be done.
    """
    check_many(recipes, seeds, jobs)
    if isinstance(corpus, str):  # read or made once, not for every run
        corpus = documents_for(corpus, base_scale(scale))
    by_name = recipes if isinstance(recipes, Mapping) else dict(zip(recipes, recipes, strict=True))
    given = settings if isinstance(settings, Mapping) else dict.fromkeys(by_name, settings)
    for name in given:
        choose(name, by_name, "recipe in this call")
    requests = {
        name: [
            make_request(r, corpus, scale, seed, name=name, settings=given.get(name), device=device)
            for seed in seeds
        ]
        for name, r in by_name.items()
    }
    perform_all([request for group in requests.values() for request in group], jobs)
    return {name: [Run(r, r.folder) for r in group] for name, group in requests.items()}


def check_many(recipes: Any, seeds: Any, jobs: Any) -> None:
    """Refuse what is no list of names or seeds, or no number of processes.

    Raises:
        RunError: naming the value, and what to hand over in its place.
    """
    several = isinstance(recipes, Iterable) and not isinstance(recipes, str)
    if not several or not all(isinstance(name, str) for name in recipes):
        raise RunError(
            "run_all takes a list of names, as ['vae', 'lm'], or recipes of your own by name, as "
            f"{{'my-vae': Recipe(...)}}; got {shortly(recipes)}."
        )
    if not isinstance(seeds, Iterable) or isinstance(seeds, str):
        raise RunError(
            f"The seeds are a list of whole numbers, one run each, as (0, 1, 2) or range(3); got "
            f"{shortly(seeds)}."
        )
    if jobs is not None and not is_whole_number(jobs, 1):
        raise RunError(
            f"jobs is a whole number of processes, 1 or more, or None for as many as there are "
            f"cores; got {shortly(jobs)}."
        )


def perform_all(
    requests: Sequence[Request],
    jobs: int | None = None,
    *,
    work: Work = perform,
    done: Done = is_finished,
) -> None:
    """Finish these runs and say in one line what that took.

    Args:
        requests: the runs.
        jobs: processes at a time, see :func:`run_all`.
        work: what to do for each run that is missing; it must go through pickle.
        done: whether there is nothing to do for a run.
    """
    missing = [request for request in requests if not done(request)]
    for request in requests:
        remove_parts(request.folder, older=STALE_SECONDS)
    started = time.perf_counter()
    jobs = min(jobs or default_jobs(requests), len(missing))
    if jobs > 1:
        side_by_side(missing, jobs, work)
    else:
        for request in missing:
            work(request, silent if request.scale in ON_CPU else None)
    seconds = time.perf_counter() - started
    took = f", {len(missing)} computed in {seconds:.0f} s" if missing else ""
    plural = "" if len(requests) == 1 else "s"
    print(f"{len(requests)} run{plural}: {len(requests) - len(missing)} loaded{took}.")


def side_by_side(missing: Sequence[Request], jobs: int, work: Work) -> None:
    """Do runs in ``jobs`` processes of one thread each; a bar counts them where somebody looks."""
    tasks = (delayed(in_worker)(work, request, folder_variables()) for request in missing)
    with parallel_config("loky", inner_max_num_threads=1):
        ended = Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
        for _ in tqdm(ended, total=len(missing), unit="run", disable=not watched()):
            pass


def in_worker(work: Work, request: Request, variables: dict[str, str]) -> None:
    """Do a run in another process; nothing comes back.

    The process may have been started for earlier runs, when other
    :func:`folder_variables` held. A recipe that came back would overwrite the methods of a class
    from a notebook with copies, which no longer see what its cells change.
    """
    os.environ.update(variables)
    work(request, silent)


def folder_variables() -> dict[str, str]:
    """Where runs and corpora are, for a worker that was started somewhere else."""
    names = ("COLLAPSE_CACHE", "COLLAPSE_DATA")
    variables = {name: os.environ[name] for name in names if name in os.environ}
    return {"COLLAPSE_RUNS": str(runs_folder()), **variables}


def default_jobs(requests: Sequence[Request]) -> int:
    """``COLLAPSE_JOBS``, or as many processes as cores, for light runs; larger ones in turn.

    Whoever runs several notebooks at a time shares the cores among them with the variable.

    Raises:
        RunError: when the variable is no number above 0.
    """
    jobs = os.environ.get("COLLAPSE_JOBS", str(os.cpu_count() or 1))
    if not jobs.isdecimal() or int(jobs) < 1:
        raise RunError(f"COLLAPSE_JOBS is a number of processes, 1 or more; got {jobs!r}.")
    return int(jobs) if all(request.scale in ON_CPU for request in requests) else 1


def silent(line: str) -> None:
    """A log that says nothing; the run's folder has every number."""
