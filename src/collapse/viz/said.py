"""Numbers that captions say of what a figure draws."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from collapse.viz.style import STYLE


def ranges(found: Mapping[str, Sequence[float]], digits: int) -> str:
    """Smallest and largest value of each system, as text: "VAE 0.1 to 0.3; Agg-VAE 1.0 to 1.2"."""
    return "; ".join(
        f"{STYLE[name].label} {min(values):z.{digits}f} to {max(values):z.{digits}f}"
        for name, values in found.items()
    )


def share_between(
    values: Float[Tensor, " documents"], labels: Int[np.ndarray, " documents"]
) -> float:
    """Share of the variance of ``values`` that lies between the groups: 1 if a label tells all."""
    numbers = values.double().numpy()
    groups = [numbers[labels == label] for label in np.unique(labels)]
    between = sum(len(group) * (group.mean() - numbers.mean()) ** 2 for group in groups)
    return float(between / max(((numbers - numbers.mean()) ** 2).sum(), 1e-30))


def around_loops(path: Sequence[tuple[str, float, float]]) -> tuple[float, float]:
    """Mean distance of both posterior means before and after loops of encoder steps.

    Args:
        path: what moved, and where to: mean of p(z|x), mean of q(z|x).
    """
    away = [abs(across - up) for _, across, up in path]
    moved = [name for name, *_ in path]
    begins = [
        place
        for place, then in enumerate(moved[1:])
        if then == "encoder" and moved[place] != "encoder"
    ]
    ends = [place for place, then in enumerate(moved[1:]) if moved[place] == "encoder" != then]
    return _mean_at(away, begins), _mean_at(away, ends)


def _mean_at(values: Sequence[float], places: Sequence[int]) -> float:
    return sum(values[place] for place in places) / max(len(places), 1)
