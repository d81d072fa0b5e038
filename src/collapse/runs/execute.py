"""What a run computes: train, measure, write the summary."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import torch

from collapse.base.errors import RunError
from collapse.base.files import write_text
from collapse.base.fingerprints.own_source import is_installed
from collapse.base.machine import describe_system, peak_gpu_memory, peak_memory
from collapse.base.progress import epoch_log
from collapse.base.seeding import seeded
from collapse.data import Corpus, OwnCorpus, in_batches, load
from collapse.distributions.support import check_same_support
from collapse.parts import Sizes
from collapse.runs.cpu_advice import advice
from collapse.runs.request import Request, say_once
from collapse.runs.settings import ON_CPU, Settings, base_scale
from collapse.runs.spelling import Spelling
from collapse.system import System
from collapse.training import Trainer
from collapse.training.checkpoint import Record, copy_state, merged
from collapse.training.fit import Evaluate, Watch
from collapse.training.precision import computing_in
from collapse.training.settle import settle
from collapse.vae import init_uniform_

PLAIN = (bool, int, float, str, tuple)
PlainValues = dict[tuple[str, str], str]
"""By module and attribute, what the module holds in an attribute of Python's own kinds, as text."""


def execute(
    request: Request, log: Callable[[str], None] | None, watch: Watch | None = None
) -> None:
    """Train, measure, write the summary; ``watch`` looks on."""
    started = time.perf_counter()
    write_text(request.folder / "config.json", json.dumps(request.describe(), indent=1))
    corpus = load_corpus(request.corpus, request.scale)
    system = new_system(request, corpus).to(device_for(request))
    model = system.model
    say_start(system, request.settings)
    if request.scale not in ON_CPU and model.device.type == "cpu":
        print(advice(request, corpus), flush=True)  # even where nobody wants a line an epoch
    check_supports(system, corpus)
    with epoch_log(request.name, request.seed, request.settings.training.epochs, log) as line:
        trainer = new_trainer(request, system, corpus, request.folder)
        trainer.watch = watch or trainer.watch
        history = trainer.fit(evaluation(request, corpus, plain_values(system)), line)
    with computing_in(request.settings.training.precision, model.device):
        if settle(model, corpus, request.settings.training, request.seed):
            trainer.best = copy_state(system)  # so that whoever loads it has the measured model
            trainer.save()
        measured = measuring(request).measure(
            evaluated(request, system), corpus, request.settings, request.seed
        )
    about = {
        "wall_seconds": round(time.perf_counter() - started, 2),
        "peak_memory_mb": peak_memory(),
        "peak_gpu_memory_mb": peak_gpu_memory(),
        **describe_system(model.device),
    }
    summary = merged(measured, speed(history, corpus), about)
    write_text(request.folder / "summary.json", json.dumps(summary, indent=1))


def say_start(system: System, settings: Settings) -> None:
    """That the protocol draws the first weights of a reader's own classes, unless told not to."""
    for module in system.modules():
        kind, learns = type(module), any(True for _ in module.parameters())
        says = learns and "__init__" in vars(kind) and not hasattr(module, "keep_init")
        if says and not is_installed(kind.__module__):
            say_once(
                f"The weights of {kind.__name__} start as the protocol draws all weights, uniform "
                f"within {settings.init_weights} (embeddings {settings.init_embeddings}), whatever "
                "its __init__ sets. With keep_init = True in the class they stay as it sets them."
            )


@torch.no_grad()
def check_supports(system: System, corpus: Corpus) -> None:
    """Refuse a posterior whose likelihood could not be measured, before it is trained.

    Raises:
        CollapseError: unless posterior and prior take the same values.
    """
    model = system.eval().model
    if model.latent > 2:  # below, the likelihood is integrated over z and needs no posterior
        (batch,) = in_batches(corpus.valid.first(2), most=2)
        read = model.read(batch.to(model.device))
        check_same_support(model.encode(read), model.prior(read))


def speed(history: Sequence[Record], corpus: Corpus) -> Record:
    """Epochs, the time in them, updates of either network, training tokens a second."""
    seconds = sum(record["seconds"] for record in history)
    aggressive = sum(record.get("aggressive", 0) for record in history)
    tokens = len(history) * int(corpus.train.lengths.sum())
    return {
        "epochs": len(history),
        "encoder_updates": sum(record.get("encoder_steps", 0) for record in history),
        "decoder_updates": sum(record.get("decoder_steps", 0) for record in history),
        **({"aggressive_epochs": aggressive} if "aggressive" in history[0] else {}),
        "train_seconds": round(seconds, 2),
        "tokens_per_second": round(tokens / max(seconds, 1e-9)),
    }


def new_trainer(request: Request, system: System, corpus: Corpus, folder: Path) -> Trainer:
    """The trainer of a run, with its checkpoints in ``folder``."""
    training, strategy = request.settings.training, request.recipe.strategy
    return Trainer(system, corpus, training, strategy, folder, request.seed)


def measuring(request: Request) -> ModuleType:
    """The module that measures such a model.

    It is imported by its name: an import statement would make the code that measures dialogue a
    part of the identity of every run of documents, which does not execute it.
    """
    return import_module(request.measured_by)


def evaluation(request: Request, corpus: Corpus, first: PlainValues) -> Evaluate:
    """What is measured after each epoch of a run; ``first`` is what its modules began with."""
    module = measuring(request)

    def evaluate(system: System) -> Record:
        check_unchanged(request)
        say_forgotten(first, plain_values(system))
        return module.measure_epoch(
            evaluated(request, system), corpus, request.settings, request.seed
        )

    return evaluate


def check_unchanged(request: Request) -> None:
    """Refuse a recipe that training changes: what it remembers is in no checkpoint.

    Raises:
        RunError: naming what has changed.
    """
    try:
        now = Spelling(request.recipe).text
    except RunError:  # of a class from a cell, whose text this process does not have
        return
    if now != request.filled:
        raise RunError(
            f"The recipe of {request.name} has changed while it trained: it was {request.filled}, "
            f"it is {now}. An interrupted run would go on with other numbers. A schedule is a "
            "function of the epoch; what must be remembered belongs to a strategy, in steps.memory."
        )


def plain_values(system: System) -> PlainValues:
    """Numbers, texts and tuples that a reader's own modules hold, in no parameter nor buffer."""
    return {
        (name, attribute): repr(value)
        for name, module in system.named_modules()
        if not is_installed(type(module).__module__)
        for attribute, value in vars(module).items()
        if isinstance(value, PLAIN) and attribute != "training"
    }


def say_forgotten(first: PlainValues, now: PlainValues) -> None:
    """That a module has changed a value which no checkpoint holds: an interruption undoes it."""
    for (module, attribute), value in now.items():
        if first.get((module, attribute), value) != value:
            say_once(
                f"{module}.{attribute} changes in training, and no checkpoint holds it: an "
                "interrupted run would begin with its first value again and end with other "
                "numbers. Register it as a buffer (register_buffer), unless begin_epoch sets it "
                "from the epoch."
            )


def evaluated(request: Request, system: System) -> System:
    """The system as it is measured: with the strategy's own q(z|x), if it has one."""
    model = request.recipe.strategy.evaluated(system.model)
    return System(model, system.objective).eval()  # a model that was made just now trains


def new_system(request: Request, corpus: Corpus) -> System:
    """The system of a run with its initial weights, which depend on the seed alone."""
    s = request.settings
    sizes = Sizes(len(corpus.vocabulary), s.embedding, s.hidden, s.latent)
    with seeded(request.seed):
        system = request.recipe.build(sizes)
        init_uniform_(system, s.init_weights, s.init_embeddings)
    return system


def device_for(request: Request) -> str:
    """The device that was asked for, or the one that the scale has by itself.

    Light runs belong on the CPU, where they repeat to the bit; larger ones on an NVIDIA GPU if
    there is one.

    Raises:
        RunError: when the device that was asked for is not there.
    """
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if request.device is None:
        return "cuda" if request.scale not in ON_CPU and available["cuda"] else "cpu"
    if not available[request.device]:
        names = ", ".join(name for name, usable in available.items() if usable)
        raise RunError(
            f"{request.name} was to run on the device {request.device!r}, but PyTorch finds none "
            f"here. There is: {names}. Ask for one of these, or leave the device out."
        )
    return request.device


@contextmanager
def one_thread(request: Request) -> Iterator[None]:
    """One thread inside the block: results do not depend on the machine's cores.

    Two processes with a thread for every core each wait for one another and are hundreds of
    times slower than with one thread.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1 if device_for(request) == "cpu" else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@lru_cache(maxsize=2)
def load_corpus(name: str | OwnCorpus, scale: str) -> Corpus:
    """A corpus, kept in memory for the next run of this process."""
    return load(name, base_scale(scale))
