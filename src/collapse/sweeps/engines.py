"""Where many runs are done: in processes of this machine, on a Dask cluster, in SLURM jobs.

An engine takes runs that are not finished and yields an :class:`JobOutcome` for each of them as it
ends. Nothing about a run is kept here: its folder has the last whole epoch and a lock, so whatever
ends the process of a run, the next try goes on from there and arrives at the same numbers.
"""

import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from joblib import Parallel, delayed
from joblib.externals.loky import ProcessPoolExecutor

from collapse.base.errors import CollapseError, RunError
from collapse.base.gpu_sharing import shared_gpu
from collapse.runs.many import default_jobs, folder_variables, silent
from collapse.runs.request import Request
from collapse.runs.run import perform

TRIES = 3
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
ALONE = threading.Lock()  # the runs of a process share torch's random state: one at a time
LOOK_SECONDS = 2.0  # how soon it is seen that a Dask worker has appeared or a parent has gone
TIME_IS_UP = "The time is up; it goes on from its last epoch with the next call."


@dataclass(frozen=True)
class JobOutcome:
    """How a run ended.

    Attributes:
        request: the run.
        failure: the sentence that says why it is not finished; ``None`` when it is.
    """

    request: Request
    failure: str | None = None


Engine = Callable[[Sequence[Request]], Iterator[JobOutcome]]


def attempt(request: Request, variables: dict[str, str]) -> JobOutcome:
    """Do what is left of a run in this process.

    Args:
        request: the run.
        variables: of the environment, that say where runs and corpora are, see
            :func:`collapse.runs.many.folder_variables`.

    Returns:
        A failure only for an error that would come again, such as a loss that is no number or a
        corpus that is not to be had. Any other exception is raised: it may pass.
    """
    os.environ.update(variables)
    try:
        with ALONE:
            perform(request, silent)
    except CollapseError as error:
        return JobOutcome(request, str(error))
    return JobOutcome(request)


def local(jobs: int | None = None, until: float = math.inf) -> Engine:
    """Processes of this machine.

    Args:
        jobs: how many at a time; by default one for each processor core at light scale, and one
            at a scale that may use a GPU.
        until: when the processes end that are still at work, in seconds since 1970. What they have
            not finished has the checkpoint of its last epoch.

    Raises:
        RunError: for less than one job.
    """
    check_jobs(jobs)

    def engine(missing: Sequence[Request]) -> Iterator[JobOutcome]:
        side_by_side = jobs or default_jobs(missing)
        supervisors = Parallel(side_by_side, backend="threading", return_as="generator_unordered")
        with shared_gpu(side_by_side):
            yield from supervisors(delayed(with_retries)(request, until) for request in missing)

    return engine


def with_retries(request: Request, until: float) -> JobOutcome:
    """Do a run in a process of its own, and again when that dies or meets what may pass."""
    for _ in range(TRIES):
        if time.time() >= until:
            return JobOutcome(request, TIME_IS_UP)
        try:
            return in_own_process(request, until)
        except Exception as error:
            last = error
    return JobOutcome(request, TIME_IS_UP) if time.time() >= until else given_up(request, last)


def in_own_process(request: Request, until: float = math.inf) -> JobOutcome:
    """Do a run in a new process of one thread.

    The workers of one pool would fall together: joblib ends all of them when one is killed. A
    process of its own also makes the peak memory that the summary reports that of this run.
    """
    with ProcessPoolExecutor(1, env=ONE_THREAD) as process:
        return process.submit(attempt_for, os.getpid(), until, request, folder_variables()).result()


def attempt_for(
    parent: int, until: float, request: Request, variables: dict[str, str]
) -> JobOutcome:
    """As :func:`attempt`, in a process that ends with its parent, or when the time is up."""
    threading.Thread(target=end_with, args=(parent, until), daemon=True).start()
    return attempt(request, variables)


def end_with(parent: int, until: float) -> None:
    """End this process as soon as it has another parent, or at a time in seconds since 1970."""
    while os.getppid() == parent and (left := until - time.time()) > 0:
        time.sleep(min(LOOK_SECONDS, left))
    os._exit(1)


def given_up(request: Request, error: Exception) -> JobOutcome:
    """The outcome of a run that was tried often enough."""
    message = " ".join(str(error).split()) or "no message"
    return JobOutcome(
        request,
        f"Given up after {TRIES} tries, or as many as the cluster allows; the last ended with "
        f"{type(error).__name__}: {message} Ask again, and it goes on from its last epoch.",
    )


def on_dask(address: str) -> Engine:
    """An existing Dask cluster, one run a worker at a time.

    The workers must see the folders of runs and corpora under the same paths as this machine.

    Args:
        address: of the scheduler, such as ``tcp://host:8786``.

    Raises:
        RunError: when Dask is not installed, or, once there is something to do, when nothing
            answers at the address.
    """
    client_class = dask_client()

    def engine(missing: Sequence[Request]) -> Iterator[JobOutcome]:
        try:
            client = client_class(address, timeout="10s")
        except (OSError, ValueError) as error:
            raise RunError(
                f"No Dask scheduler answers at {address} ({error}). Start one with: dask scheduler"
            ) from error
        with client:
            yield from one_a_worker(client, missing)

    return engine


def on_slurm(jobs: int | None = None) -> Engine:
    """SLURM jobs of one Dask worker each, as ``jobqueue.slurm`` in Dask's settings describes them.

    Args:
        jobs: how many at a time; by default one for each run.

    Raises:
        RunError: when dask-jobqueue is not installed, for less than one job, or, once there is
            something to do, when the settings do not describe a job.
    """
    check_jobs(jobs)
    client_class, cluster_class = dask_client(), slurm_cluster()

    def engine(missing: Sequence[Request]) -> Iterator[JobOutcome]:
        count = min(jobs or len(missing), len(missing))
        try:
            cluster = cluster_class(cores=1, processes=1)
        except (ValueError, TypeError) as error:
            raise RunError(
                f"The SLURM jobs are not described ({error}). Set memory, walltime, queue and "
                "account under jobqueue: slurm: in ~/.config/dask/jobqueue.yaml."
            ) from error
        with cluster, client_class(cluster) as client:
            # Adaptive, because a fixed number of jobs is not made up when one is killed.
            cluster.adapt(minimum_jobs=count, maximum_jobs=count)
            yield from one_a_worker(client, missing)

    return engine


def one_a_worker(client: Any, missing: Sequence[Request]) -> Iterator[JobOutcome]:
    """Keep every worker of a Dask cluster at one run until all have ended.

    Runs are not queued at the workers, because Dask blames the death of a worker on everything
    that waits there.
    """
    waiting: deque[Request] = deque(missing)
    running: dict[Any, Request] = {}
    while waiting or running:
        while waiting and len(running) < max(1, len(client.nthreads())):
            request = waiting.popleft()
            future = client.submit(
                attempt, request, folder_variables(), pure=False, retries=TRIES - 1
            )
            running[future] = request
        for future in ended(list(running)):
            yield outcome_of(future, running.pop(future))


def ended(futures: list) -> list:
    """Those that have ended, after waiting for one of them for a moment."""
    from distributed import wait

    with suppress(TimeoutError):
        wait(futures, timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED")
    return [future for future in futures if future.done()]


def outcome_of(future: Any, request: Request) -> JobOutcome:
    """What came of a run on a Dask cluster, which has done its own retries."""
    try:
        return future.result()
    except Exception as error:
        return given_up(request, error)


def dask_client() -> Callable:
    """The class of Dask's client.

    Raises:
        RunError: when Dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise RunError(not_installed("dask[distributed]")) from error
    return Client


def slurm_cluster() -> Callable:
    """The class of a Dask cluster of SLURM jobs.

    Raises:
        RunError: when dask-jobqueue is not installed.
    """
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError as error:
        raise RunError(not_installed("dask-jobqueue")) from error
    return SLURMCluster


def not_installed(package: str) -> str:
    """The sentence for an optional package that is not there."""
    return f"{package} is not installed. Install it with: pip install 'posterior-collapse[cluster]'"


def check_jobs(jobs: int | None) -> None:
    """Refuse less than one job."""
    if jobs is not None and jobs < 1:
        raise RunError(f"The number of jobs is 1 or more; got {jobs}.")
