"""Posteriors that are not a product over dimensions, and rows of posteriors of any kind.

Every distribution of place 2 has samples of shape ``(..., batch, latent)``. Its densities, its
entropy and its KL end in an axis of *factors*: one for each dimension where the dimensions are
independent (``Normal``), a single one where they are not (:class:`Joint`). Summing over the last
axis gives one number a document in either case.
"""

import math
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

Kind = TypeVar("Kind", bound=Distribution)


class Joint(Distribution):
    """A distribution over z of one factor: batch shape ``(batch,)``, event shape ``(latent,)``.

    A subclass names in ``arg_constraints`` the tensors that hold a row for each document, as
    torch's own distributions do, and in ``shared`` whatever all documents have in common. Both are
    the names of its arguments and of its attributes.
    """

    shared: ClassVar[tuple[str, ...]] = ()

    def log_densities(self, z: Float[Tensor, "rows latent"]) -> Float[Tensor, "rows batch"]:
        """log q(z_i | x_j) in nats, every z against every document."""
        raise NotImplementedError


def by_row(change: Callable[..., Tensor], *parts: Kind) -> Kind:
    """A distribution of the same kind whose tensors are ``change`` of those of ``parts``.

    ``by_row(lambda t: t[:9], q)`` are the posteriors of the first nine documents,
    ``by_row(lambda *t: torch.cat(t), q, r)`` those of two batches together.
    """
    kind: Any = type(parts[0])
    rows = {name: change(*(getattr(q, name) for q in parts)) for name in kind.arg_constraints}
    shared = {name: getattr(parts[0], name) for name in getattr(kind, "shared", ())}
    return kind(**rows, **shared, validate_args=False)


def normal_log_densities(
    means: Float[Tensor, "members latent"],
    variances: Float[Tensor, "members latent"],
    z: Float[Tensor, "rows latent"],
) -> Float[Tensor, "rows members"]:
    """log N(z_i; mean_j, variance_j), the square multiplied out: no (N, M, D) array is built.

    Multiplying out loses digits where means are large and variances tiny; hence the doubles.
    """
    precision = 1 / variances
    quadratic = z.square() @ precision.T - 2 * z @ (means * precision).T
    constant = (means.square() * precision + variances.log() + math.log(2 * math.pi)).sum(-1)
    return -0.5 * (quadratic + constant)
