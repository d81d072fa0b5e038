"""What a run is asked to be, and the identity that follows from it.

A run is a pure function of (recipe, corpus, settings, seed, code). Its identity is a hash of
these, and of no code that it does not execute: a new recipe or corpus in the package leaves every
finished run as it is.
"""

import hashlib
import os
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from collapse import data
from collapse.data import CORPORA
from collapse.errors import RunError, choose
from collapse.experiments.scales import Settings, base_scale, settings_for
from collapse.parts import Part
from collapse.provenance import code_hash
from collapse.recipe import Recipe
from collapse.recipes import RECIPES

# The code of every run, beside the classes of its recipe and the maker of its corpus.
COMPUTED_BY = "collapse.experiments.execute"
# Tables of which a run uses one line, which is in its identity by value, and code that reports.
APART = (
    "collapse.recipes",
    "collapse.data.corpora",
    "collapse.errors",
    "collapse.files",
    "collapse.provenance",
    "collapse.experiments.progress",
    "collapse.experiments.requests",
    "collapse.experiments.scales",
    "collapse.experiments.system",
    "collapse.experiments.without_gpu",
)


@dataclass(frozen=True)
class Request:
    """What a run is asked to be.

    Attributes:
        name: of the recipe, or of a variant of one that the caller made.
        recipe: the five places.
        corpus: name of the corpus.
        scale: a name from ``SCALES``.
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
        corpus = corpus_identity(self.corpus, self.scale)
        what = (self.recipe, corpus, self.scale, self.seed, self.settings, self.code)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:12]

    @property
    def code(self) -> str:
        """Hash of the code that the run executes, whatever else the package holds."""
        return running_code(tuple(sorted(modules_of(self.recipe, self.corpus))))

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
            "code": self.code,
            "identity": self.identity,
        }


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
        scale: a name from ``SCALES``.
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


def modules_of(recipe: Recipe, corpus: str) -> set[str]:
    """The modules of a recipe, of its classes, of what measures it, and of a corpus's maker."""
    parts = (p.kind if isinstance(p, Part) else type(p) for p in vars(recipe).values())
    own = {kind.__module__ for kind in parts} - {"builtins"}  # None fills an empty place
    return {
        COMPUTED_BY,
        recipe.measured_by,
        type(recipe).__module__,
        *own,
        *CORPORA[corpus].modules,
    }


def corpus_identity(name: str, scale: str) -> str:
    """What the table of corpora says about a corpus at a scale."""
    return f"{name} {CORPORA[name].contents(base_scale(scale))}"


@cache
def running_code(modules: tuple[str, ...]) -> str:
    """Hash of some modules of the package and all that they import, tables apart."""
    return code_hash(modules, apart=APART)


def runs_folder() -> Path:
    """``COLLAPSE_RUNS``, or ``runs`` in the working folder."""
    return Path(os.environ.get("COLLAPSE_RUNS", "runs")).absolute()
