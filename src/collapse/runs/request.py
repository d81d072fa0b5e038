"""What a run is asked to be, and the identity that follows from it.

On one processor and one version of torch, a run is a pure function of (recipe, corpus, settings,
seed, code). Its identity is a hash of these, and of no code that it does not execute: a new recipe
or corpus in the package leaves every finished run as it is. Processor, Python and torch are no part
of the identity; they stand beside the results, in the summary.
"""

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

from collapse.base.errors import RunError, check_name_in, choose
from collapse.base.files import runs_folder
from collapse.base.fingerprints.outside import outside_hash
from collapse.base.fingerprints.provenance import code_hash, module_file
from collapse.data import AnyCorpus, OwnCorpus, documents_for
from collapse.data.corpora import DIALOGUES, side_of_pictures, source_of
from collapse.images.recipe import for_pictures_of
from collapse.parts import Part, brief
from collapse.recipe import ConditionalRecipe, Recipe
from collapse.recipes import RECIPES
from collapse.runs.checks import check_asked, check_name, check_seed, check_settings
from collapse.runs.settings import Settings, base_scale, settings_for
from collapse.runs.settings.own_choice import own_choice
from collapse.runs.spelling import Spelling

DEVICES = ("cpu", "cuda", "mps")
# The code of every run, beside the classes of its recipe and the maker of its corpus.
COMPUTED_BY = "collapse.runs.execute"
# Tables of which a run uses one line, which is in its identity by value, texts of one's own, whose
# arrays are in it, and code that reports.
APART = (
    "collapse.recipes",
    "collapse.data.corpora",
    "collapse.data.kinds",
    "collapse.data.own.corpus",
    "collapse.data.reading.texts",
    "collapse.data.reading.how",
    "collapse.data.reading.report",
    "collapse.base.errors",
    "collapse.base.files",
    "collapse.base.fingerprints.canonical",
    "collapse.base.fingerprints.outside",
    "collapse.base.fingerprints.own_source",
    "collapse.base.fingerprints.provenance",
    "collapse.base.progress",
    "collapse.runs.request",
    "collapse.runs.settings",
    "collapse.runs.settings.lookup",
    "collapse.runs.settings.sizes",
    "collapse.base.machine",
    "collapse.runs.cpu_advice",
)


@dataclass(frozen=True)
class Request:
    """What a run is asked to be.

    Attributes:
        name: of the recipe, or of a variant of one that the caller made.
        recipe: the five places.
        corpus: its name, or a corpus of one's own, whose documents are kept beside the runs.
        scale: a name from ``SCALES``.
        seed: of weights, batches, dropout and samples.
        settings: sizes and protocol; those of the corpus and scale unless given.
        device: a name from ``DEVICES``, or None for the one that the scale has by itself. It is no
            part of the identity: a run that was begun on one device may end on another.
    """

    name: str
    recipe: Recipe
    corpus: str | OwnCorpus
    scale: str
    seed: int
    settings: Settings
    device: str | None = None

    @property
    def identity(self) -> str:
        """Twelve hexadecimal digits that change with recipe, corpus, settings, seed and code.

        They are the same under every Python and on every machine. The numbers need not be:
        another processor or torch rounds otherwise, and training can carry that far.
        """
        return self.identity_by(self.code)

    def identity_by(self, code: str) -> str:
        """The identity that the same request has where the code has this fingerprint."""
        corpus = corpus_identity(self.corpus, self.scale)
        what = (self.filled, corpus, self.scale, self.seed, brief(self.settings), code)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:12]

    @cached_property
    def spelling(self) -> Spelling:
        """Every value of the recipe in words; taken once, as the code."""
        return Spelling(self.recipe)

    @property
    def filled(self) -> str:
        """The recipe as text."""
        return self.spelling.text

    @cached_property
    def code(self) -> str:
        """Hash of the code that the run executes, whatever else the package holds.

        It is taken once, where the cells of a notebook can be read, and goes with the request
        to another process.

        Raises:
            RunError: when the text of a class from outside the package cannot be found, or the
                content of a value that the recipe holds.
        """
        return code_behind(classes_of(self.recipe), self.modules)

    @property
    def modules(self) -> set[str]:
        """The modules of the package in which the code of the run begins."""
        return modules_of(self.recipe, self.corpus) | self.spelling.modules

    @property
    def measured_by(self) -> str:
        """The module whose ``measure_epoch`` and ``measure`` look at such a model.

        It is a name that is imported when a run needs it: the identity of a run holds only
        what it executes.
        """
        return measuring_module(self.recipe)

    @property
    def folder(self) -> Path:
        """Where the run is kept."""
        corpus = self.corpus if isinstance(self.corpus, str) else self.corpus.label
        label = f"{self.name}-{corpus}-{self.scale}-seed{self.seed}-{self.identity}"
        return runs_folder() / label

    def describe(self) -> dict[str, object]:
        """The request as ``config.json`` keeps it."""
        own_corpus = {} if isinstance(self.corpus, str) else {"own_corpus": self.corpus.plain()}
        return {
            "name": self.name,
            "recipe": self.filled,
            "corpus": str(self.corpus),
            **own_corpus,
            "scale": self.scale,
            "seed": self.seed,
            "settings": asdict(self.settings),
            "code": self.code,
            "identity": self.identity,
        }


def make_request(
    recipe: str | Recipe,
    corpus: AnyCorpus = "synthetic",
    scale: str = "light",
    seed: int = 0,
    *,
    name: str | None = None,
    settings: Settings | None = None,
    device: str | None = None,
) -> Request:
    """Check the names and fill in what follows from them.

    Args:
        recipe: a name from ``RECIPES``, or a recipe of your own with ``name``.
        corpus: a name from ``CORPORA``, a path to texts of your own, or a corpus. The documents of
            one of your own are written once to the folder of the runs, where whoever does the run
            finds them; a line on the error stream says what the scale takes of them.
        scale: a name from ``SCALES``.
        seed: 0 or more.
        name: what to call the run of a recipe of your own, or of one by name.
        settings: instead of those of the corpus and scale.
        device: a name from ``DEVICES`` instead of the device that the scale has by itself; whether
            it is there is found out when the run is done, which may be on another machine.

    Raises:
        UnknownNameError: naming the valid choices.
        RunError: for what is no recipe, corpus, settings or seed, a recipe of your own without a
            name, a name that no folder can have, or settings that no model can be made of or
            measured with.
    """
    check_asked(recipe, corpus, settings)
    if isinstance(recipe, str):
        name, recipe = name or recipe, choose(recipe, RECIPES, "recipe")
    name = check_name(name)
    seed = check_seed(seed)
    if device is not None:
        check_name_in(DEVICES, device, "device")
    corpus = documents_for(corpus, base_scale(scale))
    recipe = for_pictures_of(recipe, side_of_pictures(corpus), corpus)
    filled = check_settings(settings or settings_for(corpus, scale))
    if isinstance(corpus, OwnCorpus):
        corpus.keep()
        say_once(own_choice(corpus, scale, settings))
        log = corpus.held.reading if corpus.held else None
        if log and log.cuts():
            say_once(log.cuts())
    return Request(name, recipe, corpus, scale, seed, filled, device)


@cache
def say_once(sentence: str) -> None:
    """A line on the error stream, where it does not get between results; once a process."""
    print(sentence, file=sys.stderr, flush=True)


def check_corpus(request: Request) -> None:
    """Refuse a conditional recipe on a corpus without contexts, before anything is computed."""
    if isinstance(request.recipe, ConditionalRecipe) and request.corpus not in DIALOGUES:
        raise RunError(
            f"{request.name} reads a context and writes a reply; the corpus "
            f"{str(request.corpus)!r} has no contexts. Take one of: {', '.join(DIALOGUES)}."
        )


def modules_of(recipe: Recipe, corpus: str | OwnCorpus) -> set[str]:
    """The modules of a recipe, of its classes, of what measures it, and of a corpus's maker."""
    behind = modules_behind(classes_of(recipe))
    return {COMPUTED_BY, measuring_module(recipe), *behind, *source_of(corpus).modules}


def modules_behind(classes: Iterable[type]) -> set[str]:
    """The modules of the package that define classes, or those that they are derived from."""
    modules = {base.__module__ for cls in classes for base in cls.__mro__}
    return {module for module in modules if module_file(module) is not None}


def code_behind(classes: Iterable[type], modules: Iterable[str]) -> str:
    """Hash of modules of the package and, behind a dash each, of classes that are not in it.

    Raises:
        RunError: when the text of such a class cannot be found.
    """
    outside = (  # None fills an empty place
        cls
        for cls in classes
        if module_file(cls.__module__) is None and cls.__module__ != "builtins"
    )
    own = sorted(outside_hash(cls) for cls in outside)
    return "-".join([running_code(tuple(sorted(modules))), *own])


def measuring_module(recipe: Recipe) -> str:
    """The module that measures such a model, by name."""
    suffix = "_dialogue" if isinstance(recipe, ConditionalRecipe) else ""
    return f"collapse.runs.measuring.measure{suffix}"


def classes_of(recipe: Recipe) -> set[type]:
    """The class of a recipe and those that fill its places."""
    parts = (p.cls if isinstance(p, Part) else type(p) for p in vars(recipe).values())
    return {type(recipe), *parts}


def corpus_identity(corpus: str | OwnCorpus, scale: str) -> str:
    """What the table of corpora says about a corpus at a scale, or the hash of one's own."""
    contents = source_of(corpus).contents(base_scale(scale))
    return f"{corpus} {contents}" if isinstance(corpus, str) else contents


@cache
def running_code(modules: tuple[str, ...]) -> str:
    """Hash of some modules of the package and all that they import, tables apart."""
    return code_hash(modules, apart=APART)
