"""The command line: ``python -m collapse``."""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from collapse import __version__, data
from collapse.base.errors import CollapseError, RunError, check_name_in
from collapse.base.files import runs_folder
from collapse.homework.command import add_command as add_homework
from collapse.homework.grading.command import add_command as add_grading
from collapse.ledger.command import add_commands as add_ledger
from collapse.recipe import changes
from collapse.recipes import RECIPES
from collapse.runs.request import Request, make_request
from collapse.runs.run import Run, is_finished, perform, run_in, summary_in
from collapse.runs.sampling import check_count, interpolate, reconstruct, sample_prior
from collapse.runs.settings import SCALES, SIZED
from collapse.runs.settings.own_choice import own_choice
from collapse.runs.table import (
    HEADLINE,
    SUMMARY_COLUMNS,
    RunFolder,
    finished_only,
    headline,
    over_seeds,
    unknown_words,
)
from collapse.sweeps.command import add_device, add_sweep

RUNS_EXPLAINED = """\
A run is one recipe on one corpus at one scale with one seed. It is computed once and kept in
$COLLAPSE_RUNS (default: ./runs); asking again loads it, and asking after an interruption goes on
from the last epoch.

  python -m collapse list                                    what there is to choose from
  python -m collapse run vae                                 a VAE on the synthetic set
  python -m collapse run free-bits-4 --corpus yelp-sentiment another remedy, on real text
  python -m collapse run vae --scale colab --device cuda     on a GPU, or say that there is none
  python -m collapse data my/texts.csv                       what is in texts of your own
  python -m collapse run vae --corpus my/texts.csv           the same VAE on these
  python -m collapse table lm vae --corpus my/texts.csv      finished runs side by side
  python -m collapse table runs/mine-*                       likewise, by their folders
  python -m collapse evaluate vae                            its numbers, with errors and caps
  python -m collapse sample free-bits-4 --corpus yelp-sentiment --count 3
  python -m collapse sweep experiments/light-smoke.yaml      many runs: sweep --help
  python -m collapse ledger add runs/vae-*                   keep their results: ledger --help
  python -m collapse grade hand-ins --out scores.csv         homework: grade --help

Texts of your own are a folder with train, or train, valid and test, or one file: .txt (a document
a line), .csv (a text column, perhaps a label column) or .jsonl. How they are read is said by
--tokens, --vocabulary-size, --longest, --text-column and --label-column, or beside the texts, in
corpus.yaml or texts.csv.yaml: tokens: characters, text_column: review, and so on.

All likelihoods, KL and mutual information are in nats a document.
"""

AS_TYPED = {  # fields of collapse.data.reading.How
    "tokens": "--tokens",
    "vocabulary_size": "--vocabulary-size",
    "longest": "--longest",
    "text_column": "--text-column",
    "label_column": "--label-column",
}
DIGITS = {"NLL": 2, "−ELBO": 2, "KL": 2, "MI": 2, "AU": 1, "PPL": 1}  # decimals of a table


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
        prog=program(),
        description="Train and look at variational autoencoders that may ignore their latent "
        "variable.",
        epilog=RUNS_EXPLAINED.replace("python -m collapse", program()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"collapse {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="recipes, corpora, scales").set_defaults(command=show_list)
    add_data(commands)
    add(commands, "run", run_command, "do a run, or go on with it, or load it")
    add(commands, "evaluate", evaluate_command, "everything measured of a finished run, as JSON")
    sample = add(commands, "sample", sample_command, "text from draws of the prior")
    sample.add_argument("--greedy", action="store_true", help="most likely words, no draws")
    add(commands, "reconstruct", reconstruct_command, "test documents and their reconstructions")
    add(commands, "interpolate", interpolate_command, "from one test document to another")
    for name in ("sample", "reconstruct", "interpolate"):
        commands.choices[name].add_argument("--count", type=int, default=5, help="how many texts")
    add_table(commands)
    add_sweep(commands)
    add_ledger(commands)
    add_grading(commands)
    add_homework(commands)
    return top


def program() -> str:
    """What was typed to come here: the installed command, or the module."""
    return "collapse" if Path(sys.argv[0]).stem == "collapse" else "python -m collapse"


def add(commands, name: str, command, help_text: str) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
    """One command about one run."""
    parser = commands.add_parser(name, help=help_text, description=help_text)
    folder = "" if name == "run" else ", or the folder of a run"
    parser.add_argument("recipe", help=f"a recipe by name{folder}")
    add_documents(parser)
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    if name == "run":
        add_device(parser)
    parser.set_defaults(command=command)
    return parser


def add_documents(parser: argparse.ArgumentParser) -> None:
    """The options that say which documents."""
    parser.add_argument(
        "--corpus",
        default="synthetic",
        help="a name (see list), or a path to texts of your own (default: synthetic)",
    )
    add_reading(parser)
    parser.add_argument("--scale", default="light", help=f"{', '.join(SCALES)} (default: light)")


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The options that say how texts of one's own are read."""
    parser.add_argument("--tokens", help="of texts of your own: words or characters")
    parser.add_argument(
        "--vocabulary-size", type=int, metavar="N", help="likewise: tokens with a number, at most"
    )
    parser.add_argument(
        "--longest", type=int, metavar="N", help="likewise: tokens after which documents are cut"
    )
    parser.add_argument("--text-column", metavar="NAME", help="of a table of your own: the texts")
    parser.add_argument("--label-column", metavar="NAME", help="likewise: the labels")


def reading(chosen: argparse.Namespace) -> dict[str, str | int]:
    """How texts of one's own are read, as far as the options say."""
    return {key: value for key in AS_TYPED if (value := getattr(chosen, key)) is not None}


def add_data(commands) -> None:  # type: ignore[no-untyped-def]
    """The command about a corpus."""
    help_text = "what is in a corpus, or in texts of your own"
    parser = commands.add_parser("data", help=help_text, description=help_text)
    parser.add_argument("corpus", help="a name (see list), or a path to a folder or a file")
    add_reading(parser)
    parser.add_argument("--scale", default="light", help="of a corpus by name (default: light)")
    parser.set_defaults(command=data_command)


def add_table(commands) -> None:  # type: ignore[no-untyped-def]
    """The command that puts finished runs side by side."""
    help_text = "finished runs of several recipes side by side"
    parser = commands.add_parser("table", help=help_text, description=help_text)
    parser.add_argument("recipes", nargs="+", help="recipes by name, or folders of runs")
    add_documents(parser)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="default: 0")
    parser.set_defaults(command=table_command)


def show_list(chosen: argparse.Namespace) -> None:
    """Print what there is to choose from."""
    print("Recipes")
    for name, recipe in RECIPES.items():
        print(f"  {name:<16} {changes(recipe)}")
    print("Corpora")
    for name, corpus in data.CORPORA.items():
        print(f"  {name:<16} {'here' if corpus.at_hand() else 'to be downloaded'}")
    print(f"  or a path to texts of your own: {program()} data PATH")
    print(f"Scales\n  {', '.join(SCALES)}")


def request_of(chosen: argparse.Namespace) -> Request:
    """The request that the options describe."""
    device = getattr(chosen, "device", None)  # only a command that computes has the option
    corpus = data.resolve(chosen.corpus, reading(chosen))
    return make_request(chosen.recipe, corpus, chosen.scale, chosen.seed, device=device)


def finished(chosen: argparse.Namespace) -> Run:
    """A run that must have been done before, by its recipe or its folder."""
    folder = folder_named(chosen.recipe)
    return run_in(folder) if folder else loaded(request_of(chosen), chosen)


def folder_named(recipe: str) -> Path | None:
    """The folder of a run, where what was typed is one and no name of a recipe.

    Raises:
        RunError: for a path where there is no folder.
    """
    path = Path(recipe).expanduser()
    if recipe in RECIPES or not (path.exists() or len(path.parts) > 1):
        return None
    if not path.is_dir():
        raise RunError(f"There is no folder {recipe}: give the folder of a run, or a recipe.")
    return path


def loaded(request: Request, chosen: argparse.Namespace) -> Run:
    """A run that must have been done before.

    Args:
        request: the run.
        chosen: the options, for the message.

    Raises:
        RunError: with the command that does it.
    """
    if not is_finished(request):
        words = [chosen.corpus]
        words += [
            word for key, value in reading(chosen).items() for word in (AS_TYPED[key], str(value))
        ]
        raise RunError(
            f"There is no finished run of {request.name} on {request.corpus} ({request.scale}, "
            f"seed {request.seed}) in {runs_folder()}. Do it with: {program()} run {request.name} "
            f"--corpus {shlex.join(words)} --scale {request.scale} --seed {request.seed}"
        )
    return Run(request, request.folder)


def data_command(chosen: argparse.Namespace) -> None:
    """Print what is in a corpus and, of texts of one's own, what each scale takes of them."""
    check_name_in(SCALES, chosen.scale, "scale")
    named = data.resolve(chosen.corpus, reading(chosen))
    if isinstance(named, str):
        corpus = data.load(named, chosen.scale)
        print(corpus.report(), corpus.source, sep="\n")
    else:
        print(named.whole().report(), *(own_choice(named, scale) for scale in SIZED), sep="\n")


def table_command(chosen: argparse.Namespace) -> None:
    """Print finished runs as a table, a row a recipe or a folder."""
    from collapse.viz.tables import results_table  # a second or two, for the drawing libraries

    folders = finished_only({name: folder_named(name) for name in chosen.recipes})
    corpus = data.resolve(chosen.corpus, reading(chosen))
    runs: dict[str, Sequence[Run | RunFolder]] = {
        name: [RunFolder(folder)]
        if folder
        else [loaded(make_request(name, corpus, chosen.scale, s), chosen) for s in chosen.seeds]
        for name, folder in folders.items()
    }
    seeds = ", ".join(map(str, chosen.seeds))
    named = f"{corpus}, {chosen.scale} scale, seeds {seeds}; " if None in folders.values() else ""
    unknown = dict.fromkeys(unknown_words(group[0].summary) for group in runs.values())
    caption = f"{named}nats a document, PPL a token. <unk>: {'; '.join(unknown)}."
    print(results_table(over_seeds(runs, SUMMARY_COLUMNS), caption=caption, digits=DIGITS).text)


def run_command(chosen: argparse.Namespace) -> None:
    """Do a run and print its headline."""
    run = perform(request_of(chosen))
    for label, value in zip(HEADLINE, headline(run.summary), strict=True):
        print(f"{label:<18} {value}")
    print(f"{'folder':<18} {run.folder}")


def evaluate_command(chosen: argparse.Namespace) -> None:
    """Print the summary of a finished run."""
    folder = folder_named(chosen.recipe)  # needs no recipe: it may be of one's own
    summary = summary_in(folder) if folder else finished(chosen).summary
    print(json.dumps(summary, indent=1))


def sample_command(chosen: argparse.Namespace) -> None:
    """Print texts written from the prior."""
    run = finished(chosen)
    texts = sample_prior(run.model(), run.corpus(), chosen.count, chosen.seed, chosen.greedy)
    print("\n".join(texts))


def reconstruct_command(chosen: argparse.Namespace) -> None:
    """Print test documents, each above its reconstruction."""
    check_count(chosen.count)
    run = finished(chosen)
    corpus = run.corpus()
    documents = corpus.test.first(chosen.count)
    texts = reconstruct(run.model(), corpus, documents)
    for number, text in enumerate(texts):
        print(f"  {corpus.vocabulary.decode(documents[number])}\n> {text}")


def interpolate_command(chosen: argparse.Namespace) -> None:
    """Print the way between the first two test documents."""
    run = finished(chosen)
    corpus = run.corpus()
    print("\n".join(interpolate(run.model(), corpus, corpus.test.first(2), chosen.count)))
