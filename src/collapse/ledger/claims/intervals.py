"""What some runs say of a number: its mean over runs, and where it lies with 95 % confidence.

The unit is the run. A single run gives a mean and no interval; runs that agree to the last digit
give an interval of no width.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

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

    def below(self, bound: float | int = 0) -> bool | None:
        """Whether it lies below ``bound``; None where ``bound`` is in it: nothing is decided."""
        return None if self.low <= bound <= self.high else self.high < bound

    def above(self, bound: float | int = 0) -> bool | None:
        """Whether it lies above ``bound``; None where ``bound`` is in it."""
        return None if self.low <= bound <= self.high else self.low > bound

    def within(self, margin: float) -> bool | None:
        """Whether it lies within ``margin`` of 0; None where it is neither within nor beyond."""
        if self.low > margin or self.high < -margin:
            return False
        return True if -margin <= self.low and self.high <= margin else None


def of_mean(values: Numbers) -> Interval:
    """Student's interval of a mean over at least one run."""
    return of_difference(values, None)


def of_pairs(values: Numbers, others: Numbers) -> Interval:
    """Student's interval of the mean of ``values`` minus ``others``, pair by pair.

    For two systems with the same seeds, or one system before and behind a change.
    """
    return of_mean([a - b for a, b in zip(values, others, strict=True)])


def every(answers: Iterable[bool | None]) -> bool | None:
    """The answer of a conjunction: one False refutes it, and one None leaves it open."""
    found = list(answers)
    return False if False in found else None if None in found else True


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
    freedom = variance**2 / sum(terms)
    half = float(stdtrit(freedom, 0.5 + LEVEL / 2)) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half)


def beyond(interval: Interval, op: str, bound: float) -> bool | None:
    """Whether all of the interval lies above the bound (op ">"), or below it ("<").

    Returns:
        None where the bound lies within the interval, so that the runs cannot tell.
    """
    return interval.above(bound) if op == ">" else interval.below(bound)


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
