"""What a measure refuses, in sentences: it would otherwise return a number of nothing."""

import math
import warnings
from numbers import Integral

from torch import Tensor

from collapse.base.errors import CollapseError


def check_finite(values: Tensor, what: str) -> None:
    """Refuse a table with a row a document in which some number is none.

    Args:
        values: ``(documents, ...)``.
        what: what they are, in the plural, for the message.

    Raises:
        CollapseError: naming how many documents are concerned, and the first few.
    """
    good = values.isfinite().flatten(1).all(1) if values.dim() > 1 else values.isfinite()
    bad = (~good).nonzero().flatten().tolist()
    if bad:
        first = ", ".join(map(str, bad[:5])) + (", ..." if len(bad) > 5 else "")
        raise CollapseError(
            f"{what} must be finite; {len(bad)} of {len(values)} rows hold a NaN or an infinite "
            f"one (rows {first}). Has the run diverged? Measure an earlier checkpoint."
        )


def check_likelihood(log_likelihood: Tensor) -> None:
    """Refuse a log-likelihood of +inf: no model has it, and the NLL would be -inf.

    NaN, as of a run that has diverged, goes into the result and shows there; -inf is that of an
    example which cannot be at this z.

    Raises:
        CollapseError: naming how many values are concerned.
    """
    endless = log_likelihood == math.inf
    if endless.any():
        raise CollapseError(
            f"A log-likelihood must be below infinity; {int(endless.sum())} of {endless.numel()} "
            "are +inf. Does a variance of the decoder reach 0? Bound it from below."
        )


def warn_of_nan(values: Tensor, what: str, callers: int = 1) -> None:
    """Say, as a warning, of which examples a measure is NaN: so is every mean over them.

    Args:
        values: one an example, ``(examples,)``.
        what: the measure, for the message.
        callers: between the function that measures and the line that is warned of.
    """
    bad = values.isnan().nonzero().flatten().tolist()
    if bad:
        first = ", ".join(map(str, bad[:5])) + (", ..." if len(bad) > 5 else "")
        warnings.warn(
            f"{what} is NaN for {len(bad)} of {len(values)} examples (rows {first}), and so is a "
            "mean over them. Has the run diverged? Measure an earlier checkpoint.",
            stacklevel=2 + callers,
        )


def at_least_one(count: int, what: str) -> None:
    """Refuse to average over nothing, or over a part of something.

    Raises:
        CollapseError: for a count below 1, or one that is no whole number.
    """
    if not (isinstance(count, Integral) and count >= 1):
        whole = "" if isinstance(count, Integral) else ", and whole"
        raise CollapseError(f"The number of {what} must be 1 or more{whole}; got {count!r}.")


def exp_or_inf(nats: float) -> float:
    """exp, infinite where a float cannot hold it, nan of nan."""
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf
