"""Dropout whose mask is cheap to draw on a CPU."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

LEVELS = 2**16  # values of one draw


class Dropout(nn.Dropout):
    """``nn.Dropout``; on a CPU four elements share one 64-bit draw of torch's generator.

    PyTorch draws a double for each element there, which is a seventh of a light training step.
    The probability is rounded to a multiple of 2**-16, and the scale of what stays fits it.
    """

    def forward(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The values, in training with zeros in places and the rest scaled up."""
        dropped = round(self.p * LEVELS)
        if not self.training or values.device.type != "cpu" or dropped in (0, LEVELS):
            return super().forward(values)
        draws = torch.empty(-(-values.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        levels = draws.view(torch.int16)[: values.numel()].view(values.shape)
        kept = (levels >= dropped - LEVELS // 2).to(values.dtype)
        return values * kept.mul_(LEVELS / (LEVELS - dropped))
