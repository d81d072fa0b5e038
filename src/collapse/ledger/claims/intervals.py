"""What some runs say of a number: its mean over runs, and where it lies with 95 % confidence.

The unit is the run. A single run gives a mean and no interval; runs that agree to the last digit
give an interval of no width.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

Numbers = Sequence[float] | Sequence[int]

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval.

    Attributes:
        mean: over runs, or the difference of two means.
        low: lower end; minus infinity where there are too few runs to tell.
        high: upper end.
    """

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        if math.isinf(self.low):
            return f"{plain(self.mean)}, no interval from one run"
        return f"{plain(self.mean)} [{plain(self.low)}, {plain(self.high)}]"


def of_mean(values: Numbers) -> Interval:
    """Student's interval of a mean over at least one run."""
    return of_difference(values, None)


def of_difference(values: Numbers, others: Numbers | None) -> Interval:
    """Welch's interval of the mean of ``values`` minus that of ``others``, of one run or more each.

    Two systems need not vary alike: one that collapses gives the same number with every seed. The
    degrees of freedom are Satterthwaite's; without ``others`` they are those of Student.
    """
    groups = [np.asarray(group, dtype=float) for group in (values, others) if group is not None]
    means = [float(group.mean()) for group in groups]
    mean = means[0] - sum(means[1:])
    if min(map(len, groups)) < 2:
        return Interval(mean, -math.inf, math.inf)
    shares = [float(group.var(ddof=1)) / len(group) for group in groups]  # of the squared error
    if not (variance := sum(shares)):
        return Interval(mean, mean, mean)
    terms = [s**2 / (len(g) - 1) for s, g in zip(shares, groups, strict=True)]
    half = stats.t.ppf(0.5 + LEVEL / 2, variance**2 / sum(terms)) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half)


def beyond(interval: Interval, op: str, bound: float) -> bool | None:
    """Whether all of the interval lies above the bound (op ">"), or below it ("<").

    Returns:
        None where the bound lies within the interval, so that the runs cannot tell.
    """
    below, above = interval.high < bound, interval.low > bound
    return bool(above == (op == ">")) if below or above else None


def paired_error(runs: Sequence[Numbers], others: Sequence[Numbers]) -> float:
    """Standard error over documents of the difference of two systems, document by document.

    What the interval over runs leaves out: every run was measured on the same documents, and other
    documents would have given another difference.

    Args:
        runs: of each run of one system, a number for each document.
        others: the same documents in the same order, of the other system.
    """
    differences = np.mean(np.asarray(runs), axis=0) - np.mean(np.asarray(others), axis=0)
    return float(differences.std(ddof=1) / math.sqrt(len(differences)))


def plain(number: float) -> str:
    """Three decimals, and no minus before a zero."""
    return f"{round(number, 3) + 0.0:.3f}"
