"""Posteriors that are not a product over dimensions, and rows of posteriors of any kind.

Every distribution of place 2 has samples of shape ``(..., batch, latent)``. Its densities, its
entropy and its KL end in an axis of *factors*: one for each dimension where the dimensions are
independent (``Normal``), a single one where they are not (:class:`Multivariate`). Summing over the
last axis gives one number a document in either case.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Independent, MixtureSameFamily, constraints

from collapse.base.errors import CollapseError

Kind = TypeVar("Kind", bound=Distribution)


class Multivariate(Distribution):
    """A distribution over z of one factor: batch shape ``(batch,)``, event shape ``(latent,)``.

    A subclass names in ``arg_constraints`` the tensors that hold a row for each document, as
    torch's own distributions do, and in ``shared`` whatever all documents have in common. Both are
    the names of its arguments and of its attributes. One that does not take all of R^latent names
    in ``support``, as torch's do, what it takes.
    """

    support: ClassVar[constraints.Constraint] = constraints.real_vector
    shared: ClassVar[tuple[str, ...]] = ()

    def log_densities(self, z: Float[Tensor, "rows latent"]) -> Float[Tensor, "rows batch"]:
        """log q(z_i | x_j) in nats, every z against every document."""
        raise NotImplementedError


def by_row(change: Callable[..., Tensor], *parts: Kind) -> Kind:
    """A distribution of the same kind whose tensors are ``change`` of those of ``parts``.

    ``by_row(lambda t: t[:9], q)`` are the posteriors of the first nine documents,
    ``by_row(lambda *t: torch.cat(t), q, r)`` those of two batches together.

    Raises:
        CollapseError: for a distribution that does not say which tensors it is made of, or cannot
            be made of them.
    """
    kind: Any = type(parts[0])
    if kind in NESTED:
        parents, counts = NESTED[kind]
        inner = [by_row(change, *(getattr(q, name) for q in parts)) for name in parents]
        return kind(*inner, *(getattr(parts[0], name) for name in counts), validate_args=False)
    names = row_names(parts[0])
    if not names:
        raise CollapseError(
            f"{kind.__name__} names no tensor in arg_constraints, so its rows cannot be told apart."
            " Name there each tensor that has a row a document, see "
            "collapse.distributions.Multivariate."
        )
    rows = {name: change(*(getattr(q, name) for q in parts)) for name in names}
    shared = {name: getattr(parts[0], name) for name in getattr(kind, "shared", ())}
    try:
        return kind(**rows, **shared, validate_args=False)
    except TypeError as error:
        raise CollapseError(
            f"{kind.__name__} cannot be made of its {' and '.join(names)} alone ({error}). Derive "
            "a class from it that names in shared what all rows have in common, see "
            "collapse.distributions.Multivariate."
        ) from error


NESTED: dict[type, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Independent: (("base_dist",), ("reinterpreted_batch_ndims",)),
    MixtureSameFamily: (("mixture_distribution", "component_distribution"), ()),
}
"""Distributions of torch made of distributions: what holds these, and what all rows share."""


def row_names(q: Distribution) -> list[str]:
    """The arguments that hold a row a document, one name where torch accepts several for one."""
    try:
        names = q.arg_constraints  # of the object: for a Uniform they depend on its ends
    except NotImplementedError:
        return []
    aliases = ["covariance_matrix", "precision_matrix"] if "scale_tril" in names else []
    aliases += ["probs"] if "logits" in names else []
    return [name for name in names if name not in aliases]
