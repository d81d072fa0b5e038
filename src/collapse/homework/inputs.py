"""Tensors that are handed to a student's function."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from collapse.base.errors import CollapseError


@contextmanager
def unchanged(*tensors: Tensor) -> Iterator[None]:
    """Watch tensors while a function has them.

    Raises:
        CollapseError: when one of them holds other values afterwards.
    """
    before = [tensor.detach().clone() for tensor in tensors]
    yield
    if not all(map(torch.equal, tensors, before)):
        raise CollapseError(
            "Your function changes its inputs, and whoever called it still needs them: leave out "
            "what works in place, as += and functions whose name ends with _."
        )
