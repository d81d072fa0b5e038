"""The rules of claims: a mean over runs, or two of them, and a threshold.

A rule decides by the 95 % interval: a mean on the right side of the threshold is not enough.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import NonNegativeInt

from collapse.base.schema import Listed, Number, Schema, not_empty, one_of
from collapse.ledger.claims.intervals import (
    Interval,
    beyond,
    of_difference,
    of_mean,
    paired_error,
    plain,
)
from collapse.ledger.entries import Entry, Ledger
from collapse.ledger.schema import COST, MEASURES, RecipeName
from collapse.runs.settings import SCALES, SETTINGS, base_scale

YES, NO, OPEN, UNTESTED = "yes", "no", "open", "untested"
NO_RULE = "a rule"  # what a claim waits for that the ledger cannot decide
ANSWERS = {True: YES, False: NO, None: OPEN}
SMALL_DIFFERENCE = (
    0.3  # nats: below it the error over documents stands beside the interval over runs
)
OPERATORS = {">": ">", "<": "<"}
MetricName = Annotated[str, one_of((*MEASURES, *COST), "metric")]


@dataclass(frozen=True)
class Outcome:
    """What one rule gives at one place.

    Attributes:
        answer: YES or NO where the whole interval is on one side of the threshold, OPEN where it
            is on both, UNTESTED without runs.
        what: is compared, and where.
        wanted: the threshold.
        found: mean and interval, or why there is none.
        values: of the runs, one by one.
        runs: the entries behind it.
    """

    answer: str
    what: str
    wanted: str
    found: str
    values: tuple[str, ...] = ()
    runs: tuple[Entry, ...] = ()

    def __str__(self) -> str:
        values = f"; runs: {', '.join(self.values)}" if self.values else ""
        return f"{self.what}: {self.found} (rule: {self.wanted}{values})"


class CorpusAtScale(Schema):
    """Where a rule looks for runs."""

    corpus: Annotated[str, one_of(SETTINGS, "corpus")]
    scale: Annotated[str, one_of(SCALES, "scale")]

    @property
    def level(self) -> str:
        """The rung of the ladder: "light", "medium", "colab" or "full"."""
        return base_scale(self.scale)

    def __str__(self) -> str:
        return f"{self.corpus} {self.scale}"


class Rule(Schema):
    """A comparison, to be made at each of some places.

    Attributes:
        compare: its name in :data:`COMPARISONS`.
        recipe: whose runs it looks at.
        places: where.
    """

    compare: str
    recipe: str
    places: Annotated[Listed[CorpusAtScale], not_empty("places")]

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """What the runs of a place give."""
        raise NotImplementedError


class Value(Rule):
    """The mean over runs of ``recipe`` of ``metric`` (divided by ``of``): ``op`` ``bound``.

    Attributes:
        from_seed: runs of the seeds before it were known when the threshold was set, and count
            for nothing.
    """

    recipe: RecipeName
    metric: MetricName
    of: MetricName | None = None
    op: Annotated[str, one_of(OPERATORS, "operator")]
    bound: Number
    from_seed: NonNegativeInt = 0

    @property
    def wanted(self) -> str:
        """The threshold in words."""
        return f"{self.op} {self.bound:g}"

    @property
    def measured(self) -> str:
        """What is measured, in words."""
        return f"{self.metric} / {self.of}" if self.of else self.metric

    @property
    def judged(self) -> str:
        """Which seeds count, if not all do, in words."""
        return f", seeds from {self.from_seed} on" if self.from_seed else ""

    def answer(self, interval: Interval) -> str:
        """Whether the interval lies on one side of the threshold."""
        return ANSWERS[beyond(interval, self.op, self.bound)]

    def leaning(self, interval: Interval) -> str:
        """The threshold in words; where the interval leaves it open, on which side the mean is."""
        if self.answer(interval) != OPEN:
            return self.wanted
        mean = Interval(interval.mean, interval.mean, interval.mean)
        side = "met" if self.answer(mean) == YES else "missed"
        return f"{self.wanted}, {side} by the mean"

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """See the class."""
        what = f"{self.measured} of {self.recipe}, {place}{self.judged}"
        runs = self.runs_of(ledger, place, self.recipe)
        if not runs:
            return Outcome(UNTESTED, what, self.wanted, "no runs yet")
        values = self.values(runs)
        interval = of_mean(values)
        answer, wanted = self.answer(interval), self.leaning(interval)
        return Outcome(answer, what, wanted, str(interval), shown(values), runs)

    def runs_of(self, ledger: Ledger, place: CorpusAtScale, recipe: str) -> tuple[Entry, ...]:
        """The runs of which all that is compared was measured; studies are made of some only."""
        wanted = [self.metric, *([self.of] if self.of else [])]
        runs = [e for e in ledger.at(place.corpus, place.scale, recipe) if e.seed >= self.from_seed]
        return tuple(e for e in runs if all(name in e.metrics or name in e.cost for name in wanted))

    def values(self, runs: Sequence[Entry]) -> list[float]:
        """The number of each run."""
        parts = [{**e.metrics, **e.cost} for e in runs]
        return [each[self.metric] / (each[self.of] if self.of else 1) for each in parts]


class Difference(Value):
    """The mean over runs of ``recipe`` minus that of ``other``: ``op`` ``bound``."""

    other: RecipeName
    against: ClassVar[str] = "minus"

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """See the class."""
        what = f"{self.measured} of {self.recipe} {self.against} {self.other}, {place}{self.judged}"
        groups = [self.runs_of(ledger, place, name) for name in (self.recipe, self.other)]
        if not all(groups):
            return Outcome(UNTESTED, what, self.wanted, "no runs of both yet")
        values, others = map(self.values, groups)
        interval = self.interval(values, others)
        listed = (*shown(values), self.against, *shown(others))
        measured = f"{interval}{self.over_documents(interval, *groups)}"
        runs = (*groups[0], *groups[1])
        return Outcome(self.answer(interval), what, self.leaning(interval), measured, listed, runs)

    def interval(self, values: Sequence[float], others: Sequence[float]) -> Interval:
        """Of the difference."""
        return of_difference(values, others)

    def over_documents(
        self, interval: Interval, runs: Sequence[Entry], others: Sequence[Entry]
    ) -> str:
        """Of a small difference in NLL: how much of it the choice of the test documents makes."""
        if self.metric != "nll" or self.of or abs(interval.mean) >= SMALL_DIFFERENCE:
            return ""
        single = [[e.metrics["nll_by_document"] for e in group] for group in (runs, others)]
        return f", ± {plain(paired_error(*single))} over documents"


class Ratio(Difference):
    """The mean over runs of ``recipe`` over that of ``other`` (geometric means): ``op`` ``bound``.

    For times: only runs on the same kind of machine may stand in one ratio.
    """

    against: ClassVar[str] = "over"

    def interval(self, values: Sequence[float], others: Sequence[float]) -> Interval:
        """Of the ratio, from the difference of logarithms."""
        logs = of_difference([*map(math.log, values)], [*map(math.log, others)])
        return Interval(*(math.exp(each) for each in (logs.mean, logs.low, logs.high)))

    def runs_of(self, ledger: Ledger, place: CorpusAtScale, recipe: str) -> tuple[Entry, ...]:
        """Those on the machine that has the most of both."""
        runs = super().runs_of(ledger, place, recipe)
        both = [
            *super().runs_of(ledger, place, self.recipe),
            *super().runs_of(ledger, place, self.other),
        ]
        machines = Counter(e.system["hardware"] for e in both)
        return tuple(e for e in runs if e.system["hardware"] == machines.most_common(1)[0][0])


class Near(Value):
    """The mean over runs of ``recipe`` lies within ``tolerance`` of ``target``."""

    op: str = "within"
    bound: Number = 0.0
    target: Number
    tolerance: Number

    @property
    def wanted(self) -> str:
        """The two thresholds in words."""
        return f"{self.target:g} ± {self.tolerance:g}"

    def answer(self, interval: Interval) -> str:
        """Whether the interval lies between the two, or beyond one of them."""
        low, high = self.target - self.tolerance, self.target + self.tolerance
        if low <= interval.low and interval.high <= high:
            return YES
        return NO if interval.high < low or interval.low > high else OPEN


class Needs(Rule):
    """Waits for runs of ``recipe``, which need not exist in the package yet."""

    why: str = "the package does not measure this yet"

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """None so far."""
        return Outcome(UNTESTED, f"{self.recipe}, {place}", NO_RULE, self.why)


COMPARISONS: dict[str, type[Rule]] = {
    "value": Value,
    "difference": Difference,
    "ratio": Ratio,
    "near": Near,
    "needs": Needs,
}


def shown(values: Sequence[float]) -> tuple[str, ...]:
    """Values of single runs: where one seed differs in kind, a mean hides it."""
    return tuple(map(plain, values))
