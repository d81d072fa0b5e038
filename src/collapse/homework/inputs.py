"""What is handed to a student's function."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from collapse.base.errors import CollapseError

CHANGED = (
    "Your function changes its inputs, and whoever called it still needs them: leave out what "
    "works in place, as +=, append and functions whose name ends with _."
)


@contextmanager
def unchanged(*inputs: Tensor | list[Any]) -> Iterator[None]:
    """Watch tensors and lists while a function has them.

    Raises:
        CollapseError: when one of them holds other values afterwards.
    """
    before = [each.detach().clone() if isinstance(each, Tensor) else [*each] for each in inputs]
    yield
    if not all(map(equal, inputs, before)):
        raise CollapseError(CHANGED)


def equal(one: Tensor | list[Any], other: Tensor | list[Any]) -> bool:
    """Whether both are tensors or both lists, and hold the same values."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return torch.equal(one, other)
    return isinstance(one, list) and one == other
