"""The claims ledger: what the papers say, and what our runs say to it.

``book/results/claims.yml`` holds for each claim its wording, its source, and the rules that decide,
see :mod:`.comparisons`. Nothing in the file is ever executed, and no verdict stands in it.
:mod:`.claims_file` reads the file.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, Strict

from collapse.base.errors import CollapseError, choose
from collapse.base.schema import Listed, Number, Schema, not_empty
from collapse.ledger.claims.comparisons import COMPARISONS, NO, OPEN, UNTESTED, YES, Outcome, Rule
from collapse.ledger.entries import Ledger
from collapse.ledger.papers import matching
from collapse.runs.settings import SCALES

# Below the papers' sizes a run shows what small models do; only at them is a paper reproduced.
SMALL = {YES: "seen", NO: "not seen", OPEN: "undecided", UNTESTED: "not tested"}
IN_PART = "tested in part"  # some comparisons have their runs, and none says no
FULL = {YES: "reproduced", NO: "not reproduced", OPEN: "undecided", UNTESTED: "not tested"}


class Printed(Schema):
    """A number of ``papers.csv``."""

    paper: str
    table: str
    dataset: str
    system: str
    variant: str
    metric: str
    value: Number


def printed(row: Printed, info: Any) -> Printed:
    """Refuse a number that the table of the papers' numbers, if it is at hand, does not hold."""
    papers = (info.context or {}).get("papers")
    if papers is None:
        return row
    there = matching(papers, row.model_dump(exclude={"value"}))["value"]
    if len(there) == 1 and math.isclose(there.iloc[0], row.value, abs_tol=1e-9):
        return row
    stands = f"there stands {there.iloc[0]}" if len(there) else "there is no such row"
    raise CollapseError(f"papers.csv does not hold {row.model_dump()}: {stands}.")


class Citation(Schema):
    """Where a claim is made.

    Attributes:
        cite: key of the bibliography.
        where: table, equation or section.
        rows: the numbers that it rests on.
    """

    cite: str
    where: str
    rows: Listed[Annotated[Printed, AfterValidator(printed)]] = ()


def comparison(raw: object) -> Rule:
    """The rule that a mapping of the file describes."""
    if not isinstance(raw, dict):
        return Rule.model_validate(raw)
    return choose(str(raw.get("compare")), COMPARISONS, "comparison").model_validate(raw)


class Claim(Schema):
    """One claim of the file.

    Attributes:
        id: a short name, unique; chapters use it, too.
        claim: in our words.
        ours: nobody else's: the source is then where the question comes from.
        source: whose it is.
        set: the day on which its thresholds were set.
        scope: what to know of our test, in words; may be empty.
        rules: comparisons that must all hold at a level.
    """

    id: str
    claim: str
    ours: bool = False
    source: Citation
    set: Annotated[date, Strict(False)]
    scope: str = ""
    rules: Annotated[Listed[Annotated[Rule, PlainValidator(comparison)]], not_empty("comparisons")]


@dataclass(frozen=True)
class Decision:
    """What the ledger says to a claim at one level.

    Attributes:
        level: "light", "medium", "colab" or "full".
        answer: of all its comparisons together.
        outcomes: one for each comparison and place.
    """

    level: str
    answer: str
    outcomes: tuple[Outcome, ...]

    @property
    def waits(self) -> bool:
        """Whether none of its comparisons has runs."""
        return all(outcome.answer == UNTESTED for outcome in self.outcomes)

    @property
    def verdict(self) -> str:
        """The answer as a word of this level."""
        if self.answer == UNTESTED and not self.waits:
            return IN_PART
        return (FULL if self.level == "full" else SMALL)[self.answer]


def decide(claim: Claim, ledger: Ledger) -> list[Decision]:
    """The verdict at each level at which the claim has rules, the smallest first."""
    by_level: dict[str, list[Outcome]] = {}
    for rule in claim.rules:
        for place in rule.places:
            by_level.setdefault(place.level, []).append(rule.outcome(ledger, place))
    levels = sorted(by_level, key=SCALES.index)
    return [Decision(level, together(by_level[level]), tuple(by_level[level])) for level in levels]


def together(outcomes: Sequence[Outcome]) -> str:
    """The answer of a conjunction: one NO refutes it, and without runs for a part it is open."""
    answers = [outcome.answer for outcome in outcomes]
    if NO in answers:
        return NO
    return next((answer for answer in (UNTESTED, OPEN) if answer in answers), YES)
