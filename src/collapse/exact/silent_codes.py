"""What a code under BN-CVAE costs that follows the context and says nothing about the reply.

Batch normalisation fixes the variance of the posterior means at γ², and nothing else. Let the mean
of a dimension depend on the context alone. Then the information about the reply is exactly 0, and
with the best variances and the best p(z|x) a context whose mean has the square m costs what
:func:`collapse.theory.silent_rates` says of γ² = m. That price is concave in m, so unequal means
are cheaper than equal squares. Of means around 0 the cheapest found for n = 5 and more contexts
puts one of them far out, at γ √(n - 1), and the others close together, at -γ / √(n - 1). (The
learned shift of the layer can make it a little cheaper.) Its price falls with n like

    KL(q ‖ p) ≈ γ / (2 √n),    KL(q ‖ p) + KL(p ‖ r) ≈ γ / √n    (nats a dimension),

so there is no floor above zero. Dimensions do not share anything: a code of D of them pays D times
as much. Within one batch n is at most the number of contexts in it, which leaves a small price."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collapse.base.errors import CollapseError
from collapse.theory.checks import one_or_more, positive
from collapse.theory.conditional import silent_rates


@dataclass(frozen=True)
class Silence:
    """The least price of a code that says nothing about the reply, in nats.

    Attributes:
        kl: KL(q ‖ p), all of it mismatch.
        tie: KL(p ‖ r).
    """

    kl: float
    tie: float

    @property
    def both(self) -> float:
        """What the objective is charged."""
        return self.kl + self.tie


def price(means: Sequence[float]) -> Silence:
    """The price of a dimension whose mean is ``means[i]`` in the i-th of equally frequent contexts.

    Raises:
        CollapseError: without a context.
    """
    one_or_more(contexts=len(means))
    rates = [silent_rates(abs(mean)) if mean else (0.0, 0.0) for mean in means]
    kl, tie = np.mean(rates, axis=0).tolist()
    return Silence(kl, tie)


def one_apart(gamma: float, contexts: int, dimensions: int = 1) -> Silence:
    """The price of a silent code that sets one of ``contexts`` apart, in every dimension.

    With two contexts it is the one with ±γ, the dearest.

    Args:
        gamma: standard deviation of the means over the contexts, γ of batch normalisation.
        contexts: n, equally frequent.
        dimensions: of z.

    Raises:
        CollapseError: for a γ that is not positive, less than two contexts or one dimension.
    """
    positive(gamma=gamma)
    one_or_more(dimensions=dimensions)
    if contexts < 2:
        raise CollapseError(f"One context cannot stand apart from others among {contexts}.")
    far, near = (silent_rates(gamma * (contexts - 1) ** power) for power in (0.5, -0.5))
    kl, tie = ((f + (contexts - 1) * n) / contexts for f, n in zip(far, near, strict=True))
    return Silence(dimensions * kl, dimensions * tie)
