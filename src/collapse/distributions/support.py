"""Which values a distribution takes: what two must have in common for one to be weighed by another.

A density is relative to something: mass at single values, length, area of a sphere. A ratio of two
densities means something only where both are relative to the same, and a mean of p/q over draws
from q is the whole of p only where q leaves out nothing that p takes.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.distributions import (
    Distribution,
    Independent,
    MixtureSameFamily,
    TransformedDistribution,
    VonMises,
    constraints,
)

from collapse.base.errors import CollapseError

ANGLES = constraints.interval(-math.pi, math.pi)
"""What a ``VonMises`` takes, which torch calls the real line."""


@dataclass(frozen=True)
class Support:
    """The values that a distribution takes, in terms that can be compared.

    Attributes:
        kind: whether the values are discrete, how many axes one value has, and the class of
            torch's constraint; None in its place for an interval, which its ends tell apart.
        low: the lower end, for each document its own or one for all.
        high: the upper end.
        name: what torch calls it.
    """

    kind: tuple[bool, int, type | None]
    low: Tensor
    high: Tensor
    name: str

    @classmethod
    def of(cls, values: Any) -> "Support":
        """What a constraint of torch's says.

        Raises:
            NotImplementedError: for what is none, or one that depends on what is not there.
        """
        while isinstance(values, constraints.independent):
            values = values.base_constraint
        if not isinstance(values, constraints.Constraint):
            raise NotImplementedError
        ends = [getattr(values, f"{end}_bound", None) for end in ("lower", "upper")]
        interval = ends != [None, None] or isinstance(values, type(constraints.real))
        low, high = (
            torch.as_tensor(infinite if end is None else end)
            for end, infinite in zip(ends, (-math.inf, math.inf), strict=True)
        )
        kind = (values.is_discrete, values.event_dim, None if interval else type(values))
        return cls(kind, low, high, type(values).__name__.strip("_"))

    def within(self, other: "Support") -> bool:
        """Whether all values are among those of another, and measured in the same way."""
        inside = (self.low >= other.low).all() and (self.high <= other.high).all()
        return self.kind == other.kind and bool(inside)


def support_of(q: Distribution) -> Support:
    """The values that a distribution takes.

    What torch says is believed but for :data:`ANGLES` and a ``TransformedDistribution``, which
    calls the image of an interval under a linear map the real line.

    Raises:
        CollapseError: where they are not known.
    """
    try:
        return _support(q)
    except NotImplementedError as error:
        raise CollapseError(
            f"Which values {type(q).__name__} takes is not known, so its density cannot stand "
            "beside another one's. Give its class a support, as torch has it: for vectors of real "
            "numbers, support = torch.distributions.constraints.real_vector."
        ) from error


def check_same_support(q: Distribution, p: Distribution) -> None:
    """Refuse importance weights p/q that would not add up to all of p.

    Raises:
        CollapseError: unless posterior and prior take the same values, or where that is not known.
    """
    ours, theirs = support_of(q), support_of(p)
    if not (ours.within(theirs) and theirs.within(ours)):
        raise CollapseError(
            f"The posterior {type(q).__name__} ({ours.name}) does not take the same values as the "
            f"prior {type(p).__name__} ({theirs.name}), so that draws from it, weighed by p(z) / "
            "q(z|x), do not give the likelihood. Take a posterior and a prior of one support."
        )


def check_inside(q: Distribution, p: Distribution) -> None:
    """Refuse a KL(q ‖ p) by draws where log q - log p is not defined, or infinite.

    Raises:
        CollapseError: unless p takes every value of q's, or where that is not known.
    """
    ours, theirs = support_of(q), support_of(p)
    if not ours.within(theirs):
        raise CollapseError(
            f"{type(q).__name__} ({ours.name}) takes values that {type(p).__name__} "
            f"({theirs.name}) does not, or has no density of the same kind: the KL between them is "
            "infinite or not defined. Take a posterior inside the prior's support."
        )


def _support(q: Distribution) -> Support:
    """The same, or NotImplementedError."""
    if isinstance(q, Independent):
        return _support(q.base_dist)
    if isinstance(q, MixtureSameFamily):
        parts = _support(q.component_distribution)
        if parts.low.dim() or parts.high.dim():  # of intervals with gaps between them, perhaps
            raise NotImplementedError
        return parts
    if type(q).support is not TransformedDistribution.support:
        return Support.of(ANGLES if isinstance(q, VonMises) else q.support)
    assert isinstance(q, TransformedDistribution)
    values = _support(q.base_dist)
    for step in (part for whole in q.transforms for part in getattr(whole, "parts", [whole])):
        domain = Support.of(step.domain)
        if not (values.within(domain) and domain.within(values)):  # the image is a part
            raise NotImplementedError
        values = Support.of(step.codomain)
    return values
