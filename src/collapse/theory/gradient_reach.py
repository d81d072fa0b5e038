"""How a gradient fades on its way back through an LSTM at a small start."""

import torch
from jaxtyping import Float
from torch import Tensor


def reach_of_last_state(steps: int, forget: float = 0.5) -> Float[Tensor, " steps"]:
    """Relative size of the gradient at steps 0 .. steps - 1 when the last state is the feature.

    At small weights every gate is σ(0) = 1/2 and the hidden state does not act back, so the cell is
    ``c_t = f c_{t-1} + i g_t`` with ``f = forget``, and the gradient that enters at the last step
    has the size ``f^(T - 1 - t)`` at step t. Largest value 1, at the last step.
    """
    return forget ** torch.arange(steps - 1, -1, -1, dtype=torch.float64)


def reach_of_average(steps: int, forget: float = 0.5) -> Float[Tensor, " steps"]:
    """The same when the average of all states is the feature.

    Each state s ≥ t brings ``f^(s - t) / T`` to step t. Their sum is
    ``(1 - f^(T - t)) / (T (1 - f))``, the same for all steps but the last few. The scale is that
    of :func:`reach_of_last_state`.
    """
    left = torch.arange(steps, 0, -1, dtype=torch.float64)  # states at or after step t
    return (1 - forget**left) / (steps * (1 - forget))
