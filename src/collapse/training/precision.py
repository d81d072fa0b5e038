"""In which numbers a run computes: float32, or what a GPU does faster.

Weights, their gradients, the optimiser and the loss are float32 whatever is chosen. "tf32" lets the
matrix products of an NVIDIA GPU round their factors to 10 bits of mantissa; "bfloat16" runs the
recurrent and linear layers in bfloat16 (PyTorch's autocast), which halves the bytes as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

from collapse.base.errors import RunError, choose

PRECISIONS = {"float32": False, "tf32": True, "bfloat16": True}  # may products round to TF32?


@contextmanager
def computing_in(precision: str, device: torch.device) -> Iterator[None]:
    """Forward and backward passes inside the block compute in ``precision``.

    Args:
        precision: "float32", "tf32" (no effect without an NVIDIA GPU) or "bfloat16".
        device: where the model is.

    Raises:
        UnknownNameError: for another precision.
        RunError: for "bfloat16" where the processor cannot.
    """
    if precision == "bfloat16" and not has_bfloat16(device.type):
        raise RunError(
            f"PyTorch has no LSTM in bfloat16 for this {device.type}; set precision='float32'."
        )
    rounded = choose(precision, PRECISIONS, "precision")
    matrices, recurrent = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matrices.allow_tf32, recurrent.allow_tf32
    try:
        matrices.allow_tf32 = recurrent.allow_tf32 = rounded
        # Autocast would keep its rounded copies of the weights while the optimiser moves them.
        on = precision == "bfloat16"
        with torch.autocast(device.type, torch.bfloat16, enabled=on, cache_enabled=False):
            yield
    finally:
        matrices.allow_tf32, recurrent.allow_tf32 = before


@cache
def has_bfloat16(kind: str) -> bool:
    """Whether a kind of device has an LSTM in bfloat16: of x86 processors, those with AVX-512."""
    try:
        with torch.no_grad(), torch.autocast(kind, torch.bfloat16):
            torch.nn.LSTM(1, 1, device=kind)(torch.zeros(1, 1, 1, device=kind))
    except RuntimeError:
        return False
    return True
