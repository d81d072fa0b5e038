"""Numbers of a posterior that may all be meant by "its negative log-likelihood"."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from jaxtyping import Float
from torch import Tensor


class Grid(NamedTuple):
    """What a reading tends to as its samples grow: log Σ_k p(x|z_k + shift(x)) w_k + log_scale(x).

    Attributes:
        points: z_k, ``(points, latent)``.
        log_weights: log w_k, the log-density of a point plus the log of its volume, ``(points,)``.
        shift: of each document, added to all its points, ``(documents, latent)``.
        log_scale: of each document, in nats, ``(documents,)`` or 0.
    """

    points: Float[Tensor, "points latent"]
    log_weights: Float[Tensor, " points"]
    shift: Float[Tensor, "documents latent"] | None = None
    log_scale: Float[Tensor, " documents"] | float = 0.0


@dataclass(frozen=True)
class Reading:
    """One way to read "importance-weighted NLL".

    Attributes:
        name: how tables call it.
        key: its name in the summary of a run; None if no run reports it.
        model: the model whose log-likelihood it bounds in expectation; None if there is no such
            model.
        says: the weight, in a line.
        draw: from posteriors and standard normal noise ``(k, batch, latent)`` to what the decoder
            reads, of the same shape, and log prior density minus log posterior density,
            ``(k, batch)``.
        grid: from posteriors, limit and stride to the integral that it tends to; None if that is
            another reading's.
    """

    name: str
    key: str | None
    model: str | None
    says: str
    draw: Callable[[Any, Tensor], tuple[Tensor, Tensor]]
    grid: Callable[[Any, float, float], Grid] | None = None
