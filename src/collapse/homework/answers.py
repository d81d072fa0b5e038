"""What a student gave: read as numbers, words or values of a function, and held against others."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from collapse.base.errors import CollapseError


def called(function: Callable[..., Any], *inputs: Any) -> Any:
    """What a function of a student gives.

    Raises:
        CollapseError: with the function's own error.
    """
    try:
        return function(*inputs)
    except CollapseError:
        raise
    except Exception as error:
        raise CollapseError(f"Your function failed with {type(error).__name__}: {error}") from error


def numbers(
    answer: Any,
    names: Sequence[str],
    spoken: Mapping[str, float] | None = None,
    parts: bool = False,
) -> list[float]:
    """The finite numbers of an answer; words that stand for some are numbers, too.

    Args:
        answer: a number, several in a tuple, a list, an array or a tensor.
        names: of what is asked for.
        spoken: words for numbers, in small letters.
        parts: give NaN for a part that is None or ``...``, where others are there.

    Raises:
        CollapseError: when they are none, or not as many as there are names.
    """
    several = answer.tolist() if hasattr(answer, "tolist") else answer
    several = several if isinstance(several, tuple | list) else [several]
    missing = [parts and (value is None or value is ...) for value in map(plain, several)]
    wanted = f"a number: the {names[0]}" if len(names) == 1 else f"({', '.join(names)})"
    try:
        given = [
            math.nan if none else number(value, spoken or {})
            for value, none in zip(several, missing, strict=True)
        ]
        usable = [none or math.isfinite(each) for each, none in zip(given, missing, strict=True)]
    except (TypeError, ValueError, OverflowError) as error:
        raise CollapseError(f"The answer is {wanted}; got {shortly(answer)}.") from error
    if len(given) != len(names) or not all(usable):
        raise CollapseError(f"The answer is {wanted}; got {shortly(answer)}.")
    return given


def plain(value: Any) -> Any:
    """A part of an answer, without the array or tensor round it."""
    return value.tolist() if hasattr(value, "tolist") else value


def number(value: Any, spoken: Mapping[str, float]) -> float:
    """A number, or the one that a word stands for, however that is written."""
    value = plain(value)
    if isinstance(value, str):
        value = spoken.get(value.strip(" \t\n.!\"'").lower(), value)
    return float(value)


def by_letter(options: str) -> dict[str, float]:
    """Letters that stand for numbers, where one is asked for beside a number."""
    return {letter: float(place) for place, letter in enumerate(options, start=1)}


def letters(answer: Any) -> str:
    """The letters of an answer in small ones, whatever stands between them."""
    answer = plain(answer)
    if isinstance(answer, tuple | list) and all(isinstance(each, str) for each in answer):
        answer = "".join(answer)
    written = answer if isinstance(answer, str) else shortly(answer)
    return re.sub(r"[\W_]+", "", written).lower()


def shortly(answer: Any) -> str:
    """The beginning of an answer; a whole number may be too long to be written out at all."""
    if isinstance(answer, int) and abs(answer) > 10**60:
        return "a number that no float can hold"
    try:
        return f"{answer!r:.60}"
    except ValueError:  # such a number inside of something
        return f"a {type(answer).__name__} with a number that no float can hold"


def finite(value: Any) -> bool:
    """Whether a value holds no infinite number and no NaN, as far as it holds numbers."""
    try:
        return bool(torch.as_tensor(value).isfinite().all())
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return True


def same(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two values are the same number or tensor, shape included."""
    try:
        a, b = (torch.as_tensor(v).detach().double() for v in (one, other))
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return False
    return a.shape == b.shape and torch.allclose(a, b, rtol=tolerance, atol=tolerance)


def misshapen(one: Any, other: Any) -> str:
    """How the shapes of two values differ, in words; nothing where they do not."""
    if one is None:
        return "yours is None"
    try:
        mine, asked = (tuple(torch.as_tensor(value).shape) for value in (one, other))
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return f"yours is a {type(one).__name__}"
    return "" if mine == asked else f"yours has shape {mine}, asked is {asked}"
