"""What a chapter needs, under one name: ``from collapse.chapters import chapter``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse import data
from collapse.chapters.keeping.asked import requests_for
from collapse.chapters.lagging.stopping import first_fall, rising_estimates
from collapse.chapters.parameters import check_parameters
from collapse.chapters.timing import update_seconds
from collapse.distributions import by_row
from collapse.metrics import mutual_information
from collapse.objectives import Constant
from collapse.recipe import Recipe
from collapse.runs.measuring.probes import Codes, PosteriorMeans, TwoForces
from collapse.runs.measuring.recording import Recorder, Recordings, record_all
from collapse.runs.settings import Settings, settings_for

__all__ = [
    "Codes",
    "PosteriorMeans",
    "Recorder",
    "TwoForces",
    "check_parameters",
    "first_fall",
    "information_by_size",
    "reads_back",
    "record",
    "requests_for",
    "rising_estimates",
    "training_with",
    "update_seconds",
]


def record(
    recipes: Sequence[str],
    corpus: data.AnyCorpus,
    scale: str,
    seeds: Sequence[int],
    recorders: Mapping[str, Recorder],
    *,
    settings: Settings | None = None,
    whole: bool = True,
    device: str | None = None,
) -> dict[str, list[Recordings]]:
    """What recorders saw of runs in training: by recipe, for each seed, the frames in order.

    Args:
        recipes: names from ``RECIPES``.
        corpus: a name from ``CORPORA``, a path to texts of your own, or a corpus.
        scale: "smoke", "light", "medium", "colab" or "full".
        seeds: one run each.
        recorders: what to look at, and when, each under a name.
        settings: instead of those of the corpus and scale.
        whole: finish a run that is not there yet; otherwise train only as far as is looked.
        device: "cpu", "cuda" or "mps" instead of the one that the scale has by itself.
    """
    asked = requests_for(recipes, corpus, scale, seeds, settings=settings, device=device)
    requests = [request for group in asked.values() for request in group]
    recordings = iter(record_all(requests, recorders, whole=whole))
    return {name: [next(recordings) for _ in seeds] for name in recipes}


def training_with(
    corpus: data.AnyCorpus, scale: str, likelihood_documents: int | None = None, **changes: Any
) -> Settings:
    """The settings of a corpus and scale with some fields of their ``training`` changed.

    Args:
        corpus: a name from ``CORPORA``, "auto", a path to texts of your own, or a corpus.
        scale: "smoke", "light", "medium", "colab" or "full".
        likelihood_documents: as in the settings, where it is another number.
        changes: fields of :class:`collapse.training.Training`, such as ``epochs=10``.

    At the smoke scale there is one epoch and the likelihood of two documents, whatever is asked.
    """
    settings = settings_for(corpus, scale)
    if scale == "smoke":
        changes["epochs"], likelihood_documents = 1, 2
    if likelihood_documents is not None:
        settings = replace(settings, likelihood_documents=likelihood_documents)
    return replace(settings, training=replace(settings.training, **changes))


def reads_back(corpus: data.AnyCorpus, scale: str) -> tuple[dict[str, Recipe], Settings]:
    """A model of real text that is charged almost nothing, by its name, and its settings.

    Its codes are wide and are charged a fiftieth of their KL, and the last of three epochs is kept,
    not the one with the best bound: its sentences are wanted, not its likelihood.

    Args:
        corpus: a name from ``CORPORA``, "auto", a path to texts of your own, or a corpus.
        scale: "smoke", "light", "medium", "colab" or "full".
    """
    loop = {"optimizer": "adam", "learning_rate": 2e-3, "precision": "float32"}
    usual = training_with(corpus, scale, 200, epochs=3, keep="last", **loop)
    wide = replace(usual, hidden=256, latent=64, init_weights=0.05, iw_samples=50)
    return {"reads-back": Recipe(kl_weight=Constant(0.02))}, wide


def information_by_size(
    q: Distribution,
    z: Float[Tensor, "batch latent"],
    sizes: Sequence[int],
    batch_size: int | None = None,
) -> list[float]:
    """The estimate of the mutual information over the first n documents, for each n, in nats.

    Args:
        q: posteriors, one a document.
        z: one draw from each.
        sizes: numbers of documents.
        batch_size: of the mini-batch estimator; without it the whole set is compared.
    """
    estimates = []
    for n in sizes:
        cuts = range(batch_size or n, n, batch_size or n)
        groups = np.split(np.arange(n), cuts)
        first = by_row(itemgetter(slice(n)), q)
        estimates.append(mutual_information(first, z[:n], groups).value)
    return estimates
