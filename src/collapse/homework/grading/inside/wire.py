"""Plain values as JSON, the only thing that passes the fence: numbers, text, lists, tensors.

Nothing is ever unpickled: what comes from a hand-in is data, whatever it says.
"""

import json
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

LARGEST = 2_000_000  # characters of a value
LONGEST = LARGEST + 100_000  # of a line: with what stands round the value
EMPTY = 1000  # places that a tensor without elements may have: their lists cost memory, too


class NotPlainError(TypeError):
    """A value that cannot pass the fence."""


def spell(value: Any) -> str:
    """The value in one line of JSON.

    Raises:
        NotPlainError: when it is or holds something else than numbers, text, lists and tensors.
    """
    text = json.dumps(plain(value))
    if len(text) > LARGEST:
        raise NotPlainError(f"A value of {len(text):,} characters is too large.")
    return text


def read(text: str) -> Any:
    """The value that a line of JSON says.

    Raises:
        ValueError: when it is no such line.
    """
    if len(text) > LARGEST:
        raise ValueError("The message is too long.")
    try:
        return valued(json.loads(text))
    except (RecursionError, KeyError, TypeError, RuntimeError) as error:
        raise ValueError(f"The message holds no plain value ({error}).") from error


def plain(value: Any) -> Any:
    """What JSON can hold of it: tensors and tuples as objects that say so."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if value is ...:
        return None
    if isinstance(value, Tensor):
        flat = value.detach().cpu().reshape(-1).tolist()
        kind = str(value.dtype).removeprefix("torch.")
        return {"tensor": flat, "shape": list(value.shape), "dtype": kind}
    if hasattr(value, "tolist") and hasattr(value, "dtype"):  # of numpy
        array = np.array(value)  # a column of a table is one, too
        return plain(torch.as_tensor(array) if array.dtype.kind in "biuf" else array.tolist())
    if isinstance(value, list | tuple):
        return {"list": [plain(each) for each in value]}
    raise NotPlainError(f"A {type(value).__name__} is no number, word, list or tensor.")


def valued(said: Any) -> Any:
    """The value of what JSON held."""
    if not isinstance(said, dict):
        return said
    if "list" in said:
        return [valued(each) for each in said["list"]]
    kind = getattr(torch, said["dtype"], None)
    if not isinstance(kind, torch.dtype):
        raise TypeError(f"{said['dtype']} is no kind of numbers")
    if not said["tensor"] and prod(max(size, 1) for size in said["shape"]) > EMPTY:
        raise ValueError(f"a tensor of shape {said['shape']} holds nothing")
    return torch.tensor(said["tensor"], dtype=kind).reshape(said["shape"])
