"""How a gradient fades on its way back through an LSTM, before training has changed anything.

At a start with small weights every gate is σ(0) = 1/2 and the cell obeys

    c_t = f c_{t-1} + i tanh(W h_{t-1} + ...),    h_t = o tanh(c_t),    f = i = o = 1/2,

so that one step back multiplies a gradient by J = f I + i o Wᵀ. The entries of W (hidden x hidden)
are independent with mean 0 and standard deviation s. With ρ = s sqrt(hidden), W^j v has for large
widths the squared length ρ^(2j) ‖v‖² and is orthogonal to W^k v, k ≠ j. A gradient that enters
with weights a_m, m steps later than the word it is on its way to, therefore has the size

    sqrt( Σ_j (ρ i o)^(2j) ( Σ_m a_m C(m, j) f^(m - j) )² )

The last state has the one weight a_m = 1 at the distance to the end: the size falls like
(f + ρ i o)^m, f alone at a vanishing start. The average has a_m = 1 / T at all distances.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.theory.checks import not_negative, one_or_more

GATE = 0.5  # σ(0)
MOST_STEPS = 1000  # steps: the binomial coefficients of more do not fit into a float


def recurrent_radius(hidden: int, bound: float) -> float:
    """ρ of recurrent weights from U(-bound, bound): the radius of their eigenvalues.

    The circular law: eigenvalues fill a disc of radius ``s sqrt(hidden)``, here with the standard
    deviation ``s = bound / sqrt(3)``.

    Raises:
        CollapseError: for a width below 1 or a negative bound.
    """
    one_or_more(hidden=hidden)
    not_negative(bound=bound)
    return bound * math.sqrt(hidden / 3)


def reach_of_last_state(steps: int, radius: float = 0.0) -> Float[Tensor, " steps"]:
    """Relative size of the gradient at steps 0 .. steps - 1 when the last state is the feature.

    Args:
        steps: number of words, T.
        radius: ρ of the recurrent weights, see :func:`recurrent_radius`.

    Returns:
        1 at the last step.

    Raises:
        CollapseError: for less than one step or more than 1000, or a negative radius.
    """
    _check(steps, radius)
    sizes = [_size([0.0] * m + [1.0], radius) for m in range(steps)]
    return torch.tensor(sizes[::-1], dtype=torch.float64)


def reach_of_average(steps: int, radius: float = 0.0) -> Float[Tensor, " steps"]:
    """The same when the average of all states is the feature, on the same scale."""
    _check(steps, radius)
    sizes = [_size([1 / steps] * (m + 1), radius) for m in range(steps)]
    return torch.tensor(sizes[::-1], dtype=torch.float64)


def _check(steps: int, radius: float) -> None:
    not_negative(radius=radius)
    if not 1 <= steps <= MOST_STEPS:
        raise CollapseError(f"The number of steps is from 1 to {MOST_STEPS}; got {steps}.")


def _size(entering: Sequence[float], radius: float) -> float:
    """Of a gradient that enters with ``entering[m]`` at distance m."""
    distances = range(len(entering))
    total = 0.0
    for j in distances:
        powers = (a * math.comb(m, j) * GATE ** (m - j) for m, a in enumerate(entering) if m >= j)
        total += (radius * GATE**2) ** (2 * j) * sum(powers) ** 2
    return math.sqrt(total)
