"""What a closed form refuses, in sentences: outside of its domain it still returns numbers."""

import math
from numbers import Real

from torch import Tensor

from collapse.base.errors import CollapseError


def positive(**values: float | int) -> None:
    """Refuse what is not a finite number above 0.

    Raises:
        CollapseError: naming the argument and its value.
    """
    for name, value in values.items():
        if not isinstance(value, Real) or not 0 < value < math.inf:
            raise CollapseError(
                f"The argument {name} must be a positive, finite number; got {value}."
            )


def not_negative(**values: float | int) -> None:
    """Refuse what is not a finite number of 0 or more.

    Raises:
        CollapseError: naming the argument and its value.
    """
    for name, value in values.items():
        if not isinstance(value, Real) or not 0 <= value < math.inf:
            raise CollapseError(
                f"The argument {name} must be a finite number of 0 or more; got {value}."
            )


def one_or_more(**values: int) -> None:
    """Refuse a count below 1.

    Raises:
        CollapseError: naming the argument and its value.
    """
    for name, value in values.items():
        if not isinstance(value, Real) or not 1 <= value < math.inf:
            raise CollapseError(f"The argument {name} must be 1 or more; got {value}.")


def all_positive(**tables: Tensor) -> None:
    """Refuse a table of variances or widths of which one is not above 0; nan passes, and shows.

    Raises:
        CollapseError: naming the argument, how many are wrong, and the least of them.
    """
    for name, table in tables.items():
        wrong = table <= 0
        if wrong.any():
            raise CollapseError(
                f"All {name} must be positive; {int(wrong.sum())} of {table.numel()} are not, the "
                f"least is {table[wrong].min().item():.3g}."
            )


def not_empty(table: Tensor, what: str) -> None:
    """Refuse a table without a row.

    Raises:
        CollapseError: naming what is missing.
    """
    if len(table) == 0:
        raise CollapseError(f"At least one of the {what} is needed; there is none.")
