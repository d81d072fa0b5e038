"""The command ``python -m collapse sweep``."""

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from collapse.base.errors import RunError
from collapse.runs.request import DEVICES, Request
from collapse.runs.settings import SCALES
from collapse.sweeps.engines import Engine, JobOutcome, local, on_dask, on_slurm
from collapse.sweeps.sweep import load_sweep, run_sweep

LEARN_SWEEPS = f"""\
A sweep file names what is multiplied, and may say which table of a paper it serves:

  recipes: [lm, vae]          from: python -m collapse list
  corpora: [yelp-sentiment]   or paths to texts of your own, from the folder of this file
  seeds: [0, 1, 2]
  scale: light                {", ".join(SCALES)}
  paper: he2019               with table: 1; both may be left out
  about: a sentence for the reader of the numbers
  missing: [SA-VAE]           what the table has and this package does not

The files of the papers' tables are in experiments/. A finished run is never repeated: call the
same sweep again after an interruption, and each run goes on from its last epoch. A run whose
process dies is tried again, and no other run is lost with it; a run that cannot succeed, for
example for want of its corpus, is not, and the others go on.

  python -m collapse sweep experiments/he2019-table1.yaml --dry-run       what is done, what not
  python -m collapse sweep experiments/he2019-table1.yaml --scale light   the same, but small
  python -m collapse sweep experiments/he2019-table1.yaml --jobs 4        four at a time, here
  python -m collapse sweep experiments/quarter-hour.yaml --minutes 14     and it ends in time

What is not finished after --minutes has the checkpoint of its last epoch, and goes on from there.
Runs begin in the order of the file, so put first what matters most.

On a cluster the folders of runs and corpora ($COLLAPSE_RUNS, $COLLAPSE_DATA, $COLLAPSE_CACHE) must
have the same paths everywhere. A Dask worker does one run at a time, so give each one thread:

  dask scheduler    and, as often as runs fit:    dask worker tcp://HOST:8786 --nthreads 1
  python -m collapse sweep experiments/he2019-table1.yaml --dask tcp://HOST:8786

With --slurm the workers are SLURM jobs. Their memory, walltime, queue and account stand under
jobqueue: slurm: in ~/.config/dask/jobqueue.yaml. A job that ends at its walltime counts as a dead
worker; after the fourth (Dask's setting allowed-failures) its run is left for the next call. Dask
comes with the extra 'cluster'.

The exit status is 0 when all runs are done, 1 when some are not, 2 when the file is wrong.
"""


def add_sweep(commands) -> None:  # type: ignore[no-untyped-def]
    """The command about many runs."""
    parser = commands.add_parser(
        "sweep",
        help="do what is missing of the runs that a file names",
        description="Do what is missing of the runs that a file names, side by side.",
        epilog=LEARN_SWEEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", type=Path, help="a YAML file such as experiments/he2019-table1.yaml"
    )
    parser.add_argument("--scale", help="instead of the one in the file")
    parser.add_argument(
        "--jobs",
        type=int,
        help="runs at a time (default: one a core at light scale, one at the others, all in SLURM)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help="end after so many, whatever is still at work; on this machine",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--dask", metavar="ADDRESS", help="of the scheduler of a Dask cluster")
    where.add_argument("--slurm", action="store_true", help="in SLURM jobs")
    parser.add_argument("--dry-run", action="store_true", help="report only")
    add_device(parser)
    parser.set_defaults(command=sweep_command)


def add_device(parser: argparse.ArgumentParser) -> None:
    """The option that says where to compute."""
    parser.add_argument(
        "--device",
        choices=DEVICES,
        help="default: the CPU at light scale, at the others a CUDA GPU if there is one",
    )


def sweep_command(chosen: argparse.Namespace) -> int:
    """Do a sweep; 0 when all of it is done, otherwise 1."""
    sweep = load_sweep(chosen.file, chosen.scale)
    engine = engine_for(chosen)

    def on_device(missing: Sequence[Request]) -> Iterator[JobOutcome]:
        return engine([replace(request, device=chosen.device) for request in missing])

    return 0 if run_sweep(sweep, on_device, chosen.dry_run) else 1


def engine_for(chosen: argparse.Namespace) -> Engine:
    """Where the options want the runs to be done."""
    if chosen.minutes is not None and (chosen.slurm or chosen.dask):
        raise RunError("--minutes is for this machine; a cluster's jobs have a walltime.")
    if chosen.minutes is not None and not chosen.minutes > 0:
        raise RunError(f"--minutes is a time above 0; got {chosen.minutes:g}.")
    if chosen.slurm:
        return on_slurm(chosen.jobs)
    if chosen.dask is None:
        minutes = math.inf if chosen.minutes is None else chosen.minutes
        return local(chosen.jobs, until=time.time() + 60 * minutes)
    if chosen.jobs is not None:
        raise RunError("--jobs says nothing with --dask: a cluster does one run a worker.")
    return on_dask(chosen.dask)
