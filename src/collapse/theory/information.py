"""How much information there is, and how much an estimate can show, in nats."""

import math
from collections.abc import Sequence

from collapse.base.errors import CollapseError
from collapse.theory.checks import one_or_more, positive


def gaussian_channel_mi(variance: float, dimensions: int = 1) -> float:
    """I(x; z) in nats when means are spread as N(0, I) and q(z|x) = N(mean, variance · I).

    Then q(z) = N(0, (1 + variance) I), so I = D/2 · log(1 + 1/variance).

    Raises:
        CollapseError: for a variance that is not positive, or less than one dimension.
    """
    positive(variance=variance)
    one_or_more(dimensions=dimensions)
    return 0.5 * dimensions * math.log1p(1 / variance)


def mi_cap(n: int) -> float:
    """The largest mutual information that n examples can show: log n nats.

    The estimate compares each z_n with a mixture that contains its own q(z_n|x_n) with weight 1/n,
    so log q(z_n|x_n) - log q̂(z_n) ≤ log n.

    Raises:
        CollapseError: if there is no example.
    """
    if not n >= 1:
        raise CollapseError(f"A cap needs at least one example, not {n}.")
    return math.log(n)


def mi_cap_batches(sizes: Sequence[int]) -> float:
    """The cap of an estimate that is averaged over batches: Σ_b (n_b / N) log n_b nats.

    Batches of one sentence length are often smaller than the batch size, so this lies below log B.

    Raises:
        CollapseError: if there is no batch, or an empty one.
    """
    if len(sizes) == 0:
        raise CollapseError("A cap needs at least one batch.")
    return sum(n * mi_cap(n) for n in sizes) / sum(sizes)
