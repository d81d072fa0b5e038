"""The command line: ``python -m collapse``."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from collapse import data
from collapse.base.errors import CollapseError, RunError
from collapse.ledger.command import add_commands as add_ledger
from collapse.recipe import changes
from collapse.recipes import RECIPES
from collapse.runs.request import DEVICES, Request, request, runs_folder
from collapse.runs.run import Run, is_finished, perform, run_in
from collapse.runs.sampling import interpolate, reconstruct, sample_prior
from collapse.runs.settings import SCALES
from collapse.runs.table import HEADLINE, headline
from collapse.sweeps.engines import Engine, local, on_dask, on_slurm
from collapse.sweeps.sweep import load_sweep, run_sweep

LEARN = """\
A run is one recipe on one corpus at one scale with one seed. It is computed once and kept in
$COLLAPSE_RUNS (default: ./runs); asking again loads it, and asking after an interruption goes on
from the last epoch.

  python -m collapse list                                    what there is to choose from
  python -m collapse run vae                                 a VAE on the synthetic set
  python -m collapse run free-bits-4 --corpus yelp-sentiment another remedy, on real text
  python -m collapse run vae --scale colab --device cuda     on a GPU, or say that there is none
  python -m collapse evaluate vae                            its numbers, with errors and caps
  python -m collapse sample free-bits-4 --corpus yelp-sentiment --count 3
  python -m collapse sweep experiments/light-smoke.yaml      many runs: sweep --help
  python -m collapse ledger add runs/vae-*                   keep their results: ledger --help

All likelihoods, KL and mutual information are in nats a document.
"""

LEARN_SWEEPS = f"""\
A sweep file names what is multiplied, and may say which table of a paper it serves:

  recipes: [lm, vae]          from: python -m collapse list
  corpora: [yelp-sentiment]
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status.

    It is 0, or 2 after an error that was explained, 1 after a sweep with runs left to do, 130
    after Ctrl-C.
    """
    chosen = parser().parse_args(arguments)
    try:
        return chosen.command(chosen) or 0
    except CollapseError as error:
        print(f"collapse: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("collapse: Stopped. The same command goes on from the last epoch.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        return 0


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(
        prog="python -m collapse",
        description="Train and look at variational autoencoders that may ignore their latent "
        "variable.",
        epilog=LEARN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="recipes, corpora, scales").set_defaults(command=show_list)
    add(commands, "run", run_command, "do a run, or go on with it, or load it")
    add(commands, "evaluate", evaluate_command, "everything measured of a finished run, as JSON")
    sample = add(commands, "sample", sample_command, "text from draws of the prior")
    sample.add_argument("--greedy", action="store_true", help="most likely words, no draws")
    add(commands, "reconstruct", reconstruct_command, "test documents and their reconstructions")
    add(commands, "interpolate", interpolate_command, "from one test document to another")
    for name in ("sample", "reconstruct", "interpolate"):
        commands.choices[name].add_argument("--count", type=int, default=5, help="how many texts")
    add_sweep(commands)
    add_ledger(commands)
    return top


def add(commands, name: str, command, help_text: str) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
    """One command about one run."""
    made = commands.add_parser(name, help=help_text, description=help_text)
    what = "a recipe by name" if name == "run" else "a recipe by name, or the folder of a run"
    made.add_argument("recipe", help=what)
    made.add_argument("--corpus", default="synthetic", help="default: synthetic")
    made.add_argument("--scale", default="light", help=f"{', '.join(SCALES)} (default: light)")
    made.add_argument("--seed", type=int, default=0, help="default: 0")
    if name == "run":
        add_device(made)
    made.set_defaults(command=command)
    return made


def add_device(made: argparse.ArgumentParser) -> None:
    """The option that says where to compute."""
    made.add_argument(
        "--device",
        choices=DEVICES,
        help="default: the CPU at light scale, at the others a CUDA GPU if there is one",
    )


def add_sweep(commands) -> None:  # type: ignore[no-untyped-def]
    """The command about many runs."""
    made = commands.add_parser(
        "sweep",
        help="do what is missing of the runs that a file names",
        description="Do what is missing of the runs that a file names, side by side.",
        epilog=LEARN_SWEEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("file", type=Path, help="a YAML file such as experiments/he2019-table1.yaml")
    made.add_argument("--scale", help="instead of the one in the file")
    made.add_argument(
        "--jobs",
        type=int,
        help="runs at a time (default: one a core at light scale, one at the others, all in SLURM)",
    )
    where = made.add_mutually_exclusive_group()
    where.add_argument("--dask", metavar="ADDRESS", help="of the scheduler of a Dask cluster")
    where.add_argument("--slurm", action="store_true", help="in SLURM jobs")
    made.add_argument("--dry-run", action="store_true", help="report only")
    add_device(made)
    made.set_defaults(command=sweep_command)


def show_list(chosen: argparse.Namespace) -> None:
    """Print what there is to choose from."""
    print("Recipes")
    for name, recipe in RECIPES.items():
        print(f"  {name:<16} {changes(recipe)}")
    print("Corpora")
    for name, corpus in data.CORPORA.items():
        print(f"  {name:<16} {'here' if corpus.at_hand() else 'to be downloaded'}")
    print(f"Scales\n  {', '.join(SCALES)}")


def asked_for(chosen: argparse.Namespace) -> Request:
    """The request that the options describe."""
    device = getattr(chosen, "device", None)  # only a command that computes has the option
    return request(chosen.recipe, chosen.corpus, chosen.scale, chosen.seed, device=device)


def finished(chosen: argparse.Namespace) -> Run:
    """A run that must have been done before.

    Raises:
        RunError: with the command that does it.
    """
    if Path(chosen.recipe).is_dir():
        return run_in(Path(chosen.recipe))
    asked = asked_for(chosen)
    if not is_finished(asked):
        raise RunError(
            f"There is no finished run of {asked.name} on {asked.corpus} ({asked.scale}, seed "
            f"{asked.seed}) in {runs_folder()}. Do it with: python -m collapse run {asked.name} "
            f"--corpus {asked.corpus} --scale {asked.scale} --seed {asked.seed}"
        )
    return Run(asked, asked.folder)


def run_command(chosen: argparse.Namespace) -> None:
    """Do a run and print its headline."""
    done = perform(asked_for(chosen))
    for label, value in zip(HEADLINE, headline(done.summary), strict=True):
        print(f"{label:<18} {value}")
    print(f"{'folder':<18} {done.folder}")


def sweep_command(chosen: argparse.Namespace) -> int:
    """Do a sweep; 0 when all of it is done, otherwise 1."""
    sweep = load_sweep(chosen.file, chosen.scale)
    engine = on_device(engine_for(chosen), chosen.device)
    return 0 if run_sweep(sweep, engine, chosen.dry_run) else 1


def on_device(engine: Engine, device: str | None) -> Engine:
    """The same engine, whose runs compute on ``device``."""
    return lambda missing: engine([replace(one, device=device) for one in missing])


def engine_for(chosen: argparse.Namespace) -> Engine:
    """Where the options want the runs to be done."""
    if chosen.slurm:
        return on_slurm(chosen.jobs)
    if chosen.dask is None:
        return local(chosen.jobs)
    if chosen.jobs is not None:
        raise RunError("--jobs says nothing with --dask: a cluster does one run a worker.")
    return on_dask(chosen.dask)


def evaluate_command(chosen: argparse.Namespace) -> None:
    """Print the summary of a finished run."""
    print(json.dumps(finished(chosen).summary, indent=1))


def sample_command(chosen: argparse.Namespace) -> None:
    """Print texts written from the prior."""
    done = finished(chosen)
    texts = sample_prior(done.model(), done.corpus(), chosen.count, chosen.seed, chosen.greedy)
    print("\n".join(texts))


def reconstruct_command(chosen: argparse.Namespace) -> None:
    """Print test documents, each above its reconstruction."""
    done = finished(chosen)
    corpus = done.corpus()
    documents = corpus.test.first(chosen.count)
    texts = reconstruct(done.model(), corpus, documents)
    for number, text in enumerate(texts):
        print(f"  {corpus.vocabulary.decode(documents[number])}\n> {text}")


def interpolate_command(chosen: argparse.Namespace) -> None:
    """Print the way between the first two test documents."""
    done = finished(chosen)
    corpus = done.corpus()
    print("\n".join(interpolate(done.model(), corpus, corpus.test.first(2), chosen.count)))
