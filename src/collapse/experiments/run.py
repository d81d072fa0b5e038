"""A run: one recipe on one corpus at one scale with one seed, computed once and kept.

A run is a pure function of (recipe, corpus, settings, seed, code), and its folder is named by a
hash of these. Asking for a finished run loads it; asking for an interrupted one goes on from its
checkpoint to the same numbers; two processes that ask for the same run share the work.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import torch
from filelock import FileLock

from collapse import data
from collapse.data import Corpus
from collapse.errors import RunError, choose
from collapse.experiments.measure import measure, measure_epoch
from collapse.experiments.progress import epoch_log
from collapse.experiments.scales import Settings, settings_for
from collapse.experiments.system import describe_system, peak_memory
from collapse.files import write_text
from collapse.parts import Sizes
from collapse.provenance import code_hash
from collapse.recipes import RECIPES, Recipe
from collapse.seeding import seeded
from collapse.training import Objective, Trainer
from collapse.training.checkpoint import Record, load_best
from collapse.vae import VAE, init_uniform_


@dataclass(frozen=True)
class Request:
    """What a run is asked to be.

    Attributes:
        name: of the recipe, or of a variant of one that the caller made.
        recipe: the five places.
        corpus: name of the corpus.
        scale: "light", "colab" or "full".
        seed: of weights, batches, dropout and samples.
        settings: sizes and protocol; those of the corpus and scale unless given.
    """

    name: str
    recipe: Recipe
    corpus: str
    scale: str
    seed: int
    settings: Settings

    @property
    def identity(self) -> str:
        """Twelve hexadecimal digits that change with anything that can change the numbers."""
        what = (self.recipe, self.corpus, self.scale, self.seed, self.settings, running_code())
        return hashlib.sha256(repr(what).encode()).hexdigest()[:12]

    @property
    def folder(self) -> Path:
        """Where the run is kept."""
        label = f"{self.name}-{self.corpus}-{self.scale}-seed{self.seed}-{self.identity}"
        return runs_folder() / label

    def describe(self) -> dict[str, object]:
        """The request as ``config.json`` keeps it."""
        return {
            "name": self.name,
            "recipe": repr(self.recipe),
            "corpus": self.corpus,
            "scale": self.scale,
            "seed": self.seed,
            "settings": asdict(self.settings),
            "code": running_code(),
            "identity": self.identity,
        }


@dataclass(frozen=True)
class Run:
    """A finished run, read from its folder when it is looked at.

    Attributes:
        request: what it was asked to be.
        folder: where it is kept.
    """

    request: Request
    folder: Path

    @cached_property
    def summary(self) -> dict:
        """What was measured on the test split, and on what machine."""
        return json.loads((self.folder / "summary.json").read_text())

    @cached_property
    def history(self) -> list[Record]:
        """One record an epoch, measured on the validation split."""
        lines = (self.folder / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def model(self) -> VAE:
        """The model with the weights of its best epoch, ready for evaluation."""
        model = new_model(self.request, self.corpus())
        load_best(self.folder / "checkpoint.safetensors", model)
        return model.eval()

    def corpus(self) -> Corpus:
        """The corpus that the run was trained on."""
        return load_corpus(self.request.corpus, self.request.scale)


def request(
    recipe: str | Recipe,
    corpus: str = "synthetic",
    scale: str = "light",
    seed: int = 0,
    *,
    name: str | None = None,
    settings: Settings | None = None,
) -> Request:
    """Check the names and fill in what follows from them.

    Args:
        recipe: a name from ``RECIPES``, or a recipe of your own with ``name``.
        corpus: a name from ``CORPORA``.
        scale: "light", "colab" or "full".
        seed: 0 or more.
        name: what to call a recipe of your own.
        settings: instead of those of the corpus and scale.

    Raises:
        UnknownNameError: naming the valid choices.
        RunError: for a negative seed, or a recipe of your own without a name.
    """
    if isinstance(recipe, str):
        name, recipe = recipe, choose(recipe, RECIPES, "recipe")
    if not name:
        raise RunError("A recipe of your own needs a name: run(recipe, name='my-vae').")
    if seed < 0:
        raise RunError(f"A seed is 0 or more; got {seed}.")
    corpus = data.resolve(corpus)
    return Request(name, recipe, corpus, scale, seed, settings or settings_for(corpus, scale))


def run(
    recipe: str | Recipe,
    corpus: str = "synthetic",
    scale: str = "light",
    seed: int = 0,
    *,
    name: str | None = None,
    settings: Settings | None = None,
) -> Run:
    """Load a run, or finish it, or do it. See :func:`request` for the arguments."""
    return perform(request(recipe, corpus, scale, seed, name=name, settings=settings))


def perform(asked: Request, log: Callable[[str], None] | None = None) -> Run:
    """Do what is left of a run, with a lock on its folder."""
    if not is_finished(asked):
        asked.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(asked.folder / ".lock"), one_thread(asked):
            if not is_finished(asked):  # another process may have done it while we waited
                execute(asked, log)
    return Run(asked, asked.folder)


def run_in(folder: Path) -> Run:
    """The finished run in a folder, for example one that was made on another machine.

    Raises:
        RunError: when the folder holds no finished run, or one of another recipe or protocol than
            this version of the package knows by that name.
    """
    try:
        config = json.loads((folder / "config.json").read_text())
        json.loads((folder / "summary.json").read_text())
    except (OSError, ValueError) as error:
        raise RunError(f"The folder {folder} holds no finished run ({error}).") from error
    asked = request(config["name"], config["corpus"], config["scale"], config["seed"])
    known = json.loads(json.dumps(asked.describe()))
    for key in ("recipe", "settings"):
        if known[key] != config[key]:
            raise RunError(
                f"The run in {folder} had another {key} than {asked.name!r} has now: "
                f"{config[key]}. Its summary.json can be read, its model cannot be loaded."
            )
    return Run(asked, folder)


def is_finished(asked: Request) -> bool:
    """Whether the run has been measured, the last thing that happens to it."""
    return (asked.folder / "summary.json").exists()


def execute(asked: Request, log: Callable[[str], None] | None) -> None:
    """Train, measure, write the summary."""
    started = time.perf_counter()
    write_text(asked.folder / "config.json", json.dumps(asked.describe(), indent=1))
    corpus = load_corpus(asked.corpus, asked.scale)
    model = new_model(asked, corpus).to(device_for(asked.scale))
    with epoch_log(asked.name, asked.seed, asked.settings.training.epochs, log) as line:
        history = train(asked, model, corpus, line)
    summary = {
        **measure(model, corpus, asked.settings, asked.seed),
        **speed(history, corpus),
        "wall_seconds": round(time.perf_counter() - started, 2),
        "peak_memory_mb": peak_memory(),
        **describe_system(model.device),
    }
    write_text(asked.folder / "summary.json", json.dumps(summary, indent=1))


def speed(history: Sequence[Record], corpus: Corpus) -> Record:
    """Epochs, the time in them, and training tokens a second of that time."""
    seconds = sum(record["seconds"] for record in history)
    tokens = len(history) * int(corpus.train.lengths.sum())
    return {
        "epochs": len(history),
        "train_seconds": round(seconds, 2),
        "tokens_per_second": round(tokens / max(seconds, 1e-9)),
    }


def train(asked: Request, model: VAE, corpus: Corpus, log: Callable[[str], None]) -> list[Record]:
    """Fit the model of a run in its folder; returns the history."""
    recipe, training = asked.recipe, asked.settings.training
    objective = Objective(recipe.kl_weight, recipe.free_bits)
    trainer = Trainer(model, corpus, training, objective, recipe.strategy, asked.folder, asked.seed)
    return trainer.fit(lambda m: measure_epoch(m, corpus, asked.seed), log)


def new_model(asked: Request, corpus: Corpus) -> VAE:
    """The model of a run with its initial weights, which depend on the seed alone."""
    s = asked.settings
    sizes = Sizes(len(corpus.vocabulary), s.embedding, s.hidden, s.latent)
    with seeded(asked.seed):
        model = asked.recipe.build(sizes)
        init_uniform_(model, s.init_weights, s.init_embeddings)
    return model


def device_for(scale: str) -> str:
    """Light runs belong on the CPU, where they repeat to the bit; larger ones on a GPU if any."""
    return "cuda" if scale != "light" and torch.cuda.is_available() else "cpu"


@contextmanager
def one_thread(asked: Request) -> Iterator[None]:
    """One thread inside the block: results do not depend on the machine's cores.

    Two processes with a thread for every core each wait for one another and are hundreds of
    times slower than with one thread.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1 if device_for(asked.scale) == "cpu" else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@lru_cache(maxsize=2)
def load_corpus(name: str, scale: str) -> Corpus:
    """A corpus, kept in memory for the next run of this process."""
    return data.load(name, scale)


@cache
def running_code() -> str:
    """Hash of the code that a run executes: this module and all of the package it imports."""
    return code_hash(["collapse.experiments.run"])


def runs_folder() -> Path:
    """``COLLAPSE_RUNS``, or ``runs`` in the working folder."""
    return Path(os.environ.get("COLLAPSE_RUNS", "runs")).absolute()
