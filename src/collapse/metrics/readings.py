"""The likelihood of a model whose posterior leaves open what that is: every reading of it.

A posterior names its readings, see :class:`collapse.posteriors.ScaledGaussian`. They come with the
same noise, or as the integrals that they tend to.
"""

import math
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError, choose
from collapse.base.seeding import seeded
from collapse.data import Batch, Documents
from collapse.metrics.checks import at_least_one
from collapse.metrics.likelihood import encode_split, sum_over_z
from collapse.metrics.proposals import Proposal
from collapse.metrics.quadrature import check_mass, nll_on_grid
from collapse.posteriors import Reading
from collapse.vae import VAE

ByReading = dict[str, Float[Tensor, " documents"]]


def iw_readings(
    model: VAE,
    documents: Documents,
    samples: int = 500,
    seed: int = 0,
    readings: list[str] | None = None,
) -> ByReading:
    """Every reading of the importance-weighted NLL with the same noise, in nats a document.

    With ``samples=1`` each is the negative of the objective that goes with it; "Eq. 7 weights" of
    scaled means is then Song et al.'s own objective. Only the readings with a ``model`` are
    estimates of a log-likelihood.

    Args:
        model: in evaluation mode, with a posterior that has readings.
        documents: the split.
        samples: K.
        seed: of the samples.
        readings: names of the posterior's readings; all of them unless given.

    Raises:
        UnknownNameError: for another reading.
        CollapseError: for a model without readings, or less than one sample.
    """
    at_least_one(samples, "samples")
    nll = {}
    for reading in chosen(model, readings):
        with seeded(seed):
            sums = sum_over_z(model, documents, samples, partial(AsRead, model, reading))
        nll[reading.name] = math.log(samples) - sums
    return nll


class AsRead(Proposal):
    """Draws of what the decoder reads, weighed as a reading says.

    Args:
        model: whose posterior has the reading.
        reading: how to weigh.
        batch: the documents.
    """

    def __init__(self, model: VAE, reading: Reading, batch: Batch) -> None:
        self.reading, self.q = reading, model.encode(batch)

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """See the class."""
        like = self.q.mean
        noise = torch.randn(count, *like.shape).to(like)
        return self.reading.draw(self.q, noise)


def exact_readings(
    model: VAE, documents: Documents, limit: float = 6.0, stride: float = 0.2
) -> ByReading:
    """What the readings tend to as the samples grow, by quadrature, for one or two dimensions.

    Those with a ``model`` are its exact negative log-likelihood, the others are no likelihoods, see
    :mod:`collapse.posteriors.scaled_readings`. A reading that tends to what another does is left
    out. Arguments as in :func:`collapse.metrics.exact_nll`; errors as in :func:`iw_readings`.
    """
    readings = chosen(model)
    q = encode_split(model, documents).q
    nll = {}
    for reading in readings:
        if reading.grid:
            grid = reading.grid(q, limit, stride)
            check_mass(grid.log_weights)
            integral = nll_on_grid(model, documents, grid.points, grid.log_weights, grid.shift)
            nll[reading.name] = integral - grid.log_scale
    return nll


def chosen(model: VAE, names: list[str] | None = None) -> list[Reading]:
    """The readings with these names, or all that the model's posterior has.

    Raises:
        UnknownNameError: for another name.
        CollapseError: for a posterior without readings.
    """
    readings = {reading.name: reading for reading in model.posterior.readings}
    if not readings:
        raise CollapseError(
            "The likelihood has several readings for scaled means; there is one only with a "
            f"{type(model.posterior).__name__}. Use exact_nll or iw_nll."
        )
    return [choose(name, readings, "reading") for name in names or readings]
