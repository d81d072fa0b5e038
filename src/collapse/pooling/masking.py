"""Which positions of a padded batch are real."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def real_positions(
    states: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
) -> Bool[Tensor, "batch time 1"]:
    """True where a position belongs to its document, False on the padding to its right."""
    steps = torch.arange(states.shape[1], device=states.device)
    return (steps < lengths[:, None]).unsqueeze(-1)
