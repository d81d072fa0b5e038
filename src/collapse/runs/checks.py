"""What a run may be asked to be: sentences for what it may not."""

import math
import os
import re
from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np

from collapse.base.errors import RunError
from collapse.base.numbers import check_whole_numbers, is_whole_number
from collapse.data import Corpus, OwnCorpus
from collapse.recipe import Recipe
from collapse.runs.settings import Settings

FOLDER_NAME = re.compile(r"[^/\\:*?\"<>|\x00-\x1f]+")
LONGEST_NAME = 100  # bytes; a folder's name holds the corpus, scale, seed and identity, too


def check_asked(recipe: object, corpus: object, settings: object) -> None:
    """Refuse what is no recipe, corpus or settings at all.

    Raises:
        RunError: naming the value, and what to hand over in its place.
    """
    if not isinstance(recipe, str | Recipe):
        raise RunError(
            f"A recipe is a name, as run('vae'), or a recipe of your own, as run(Recipe(...), "
            f"name='my-vae'); got {shortly(recipe)}."
        )
    if not isinstance(corpus, str | os.PathLike | Corpus | OwnCorpus):
        raise RunError(
            "A corpus is a name in collapse.CORPORA, where you may add your own, a path to texts, "
            f"or what collapse.Corpus.from_texts makes of a list of them; got {shortly(corpus)}."
        )
    if not isinstance(settings, Settings | None):
        raise RunError(
            "Settings are those of a corpus and scale with changes: dataclasses.replace("
            "collapse.settings_for('synthetic', 'light'), latent=8); got "
            f"{shortly(settings)}."
        )


def check_name(name: object) -> str:
    """A name, unless it is none or can be no part of the name of one folder.

    Raises:
        RunError: naming it and what it must be.
    """
    if name is None or name == "":
        raise RunError("A recipe of your own needs a name: run(recipe, name='my-vae').")
    if (
        isinstance(name, str)
        and FOLDER_NAME.fullmatch(name)
        and name == name.strip().lstrip(".-")
        and len(name.encode()) <= LONGEST_NAME
    ):
        return name
    raise RunError(
        f"The name of a run is part of the name of its folder: a text of up to {LONGEST_NAME} "
        'bytes without any of / \\ : * ? " < > | or a line break, with no space at an end and no '
        f"dot or dash at the beginning; got {shortly(name)}."
    )


def shortly(value: object) -> str:
    """A value for a sentence."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:80]}... (a {type(value).__name__})"


def check_seed(seed: object) -> int:
    """A seed as a number of Python's own, which says the same in every identity.

    Raises:
        RunError: unless it is a whole number of at least 0.
    """
    number = plain(seed)
    if not is_whole_number(number, 0):
        raise RunError(f"A seed is a whole number, 0 or more; got {number!r}.")
    return number


def check_settings(settings: Settings) -> Settings:
    """The settings, with numbers of Python's own.

    Raises:
        RunError: for some that no model can be made of, or of whose run nothing could be measured
            or kept, naming the setting, its value and what it must be.
    """
    settings = plain(settings)
    check_whole_numbers(settings, {"embedding": 1, "hidden": 1, "latent": 0, "iw_samples": 1})
    check_whole_numbers(settings.training, {"epochs": 1, "batch_size": 1})
    count = settings.likelihood_documents
    if count is not None and not is_whole_number(count, 2):  # one document has no standard error
        raise RunError(
            f"likelihood_documents is a whole number, 2 or more, or None for all; got {count!r}."
        )
    for name in ("init_weights", "init_embeddings"):
        value = getattr(settings, name)
        if not is_range(value):
            raise RunError(
                f"{name} is a number, 0 or more, of which -x and x are the ends of a range, or a "
                f"pair of its low and high end; got {value!r}."
            )
    return settings


def plain(value: Any) -> Any:
    """A number of NumPy's as the one of Python's that is equal to it, also within settings."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: plain(held) for name, held in vars(value).items()})
    return value.item() if isinstance(value, np.generic) else value


def is_range(value: object) -> bool:
    """Whether weights can start within this: see :class:`collapse.runs.settings.Settings`."""
    ends = value if isinstance(value, tuple | list) else (0, value)
    numbers = [e for e in ends if type(e) in (int, float) and math.isfinite(e)]
    return len(ends) == len(numbers) == 2 and numbers[0] <= numbers[1]
