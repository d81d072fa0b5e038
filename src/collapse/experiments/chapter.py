"""What a chapter needs, under one name: ``from collapse.experiments import chapter``."""

from collections.abc import Sequence
from operator import itemgetter

import numpy as np
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.experiments.many import perform_all, run_all
from collapse.experiments.parameters import check_parameters
from collapse.experiments.requests import request
from collapse.experiments.run import Run
from collapse.metrics import mutual_information
from collapse.posteriors import by_row
from collapse.recipe import Recipe

__all__ = ["check_parameters", "information_by_size", "run", "run_all"]


def run(recipe: Recipe, corpus: str, scale: str, seed: int, name: str) -> Run:
    """One run of a recipe of the reader's own; says in a line whether it was there already."""
    asked = request(recipe, corpus, scale, seed, name=name)
    perform_all([asked])
    return Run(asked, asked.folder)


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
    found = []
    for n in sizes:
        cuts = range(batch_size or n, n, batch_size or n)
        groups = np.split(np.arange(n), cuts)
        found.append(mutual_information(by_row(itemgetter(slice(n)), q), z[:n], groups).value)
    return found
