"""The claims ledger: what the papers say, and what our runs say to it.

``book/results/claims.yml`` holds for each claim its wording, its source, the rules that decide and
the verdict that they give. A rule is one of the named comparisons below; nothing in the file is
ever executed. The verdict in the file is for readers of the file: it must equal the computed one.
:mod:`.claims_file` reads the file.
"""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator

from collapse.base.errors import CollapseError, choose
from collapse.base.schema import Listed, Number, Schema, not_empty, one_of
from collapse.ledger.entries import Entry, Ledger
from collapse.ledger.papers import matching
from collapse.ledger.schema import MEASURES
from collapse.recipes import RECIPES
from collapse.runs.settings import SCALES, SETTINGS

VERDICTS = ("reproduced", "partly", "not reproduced", "not tested yet")
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Recipe = Annotated[str, one_of(RECIPES, "recipe")]
Metric = Annotated[str, one_of(MEASURES, "metric")]
Quantifier = Annotated[str, one_of(("every", "some"), "value of 'runs'")]


@dataclass(frozen=True)
class Decision:
    """What the ledger says to a claim: a verdict, and the numbers behind it, one line a rule."""

    verdict: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What one rule gives at one place.

    Attributes:
        holds: for each run, or pair of runs, whether the comparison holds; empty without runs.
        text: the numbers compared.
    """

    holds: tuple[bool, ...]
    text: str


class CorpusAtScale(Schema):
    """Where a rule looks for runs."""

    corpus: Annotated[str, one_of(SETTINGS, "corpus")]
    scale: Annotated[str, one_of(SCALES, "scale")]


# --- the comparisons -------------------------------------------------------------------------


class Rule(Schema):
    """A comparison, to be made at each of some places.

    Attributes:
        compare: its name in :data:`COMPARISONS`.
        recipe: whose runs it looks at.
        places: where.
        runs: "some" when one run that holds is enough.
    """

    compare: str
    recipe: Recipe
    places: Annotated[Listed[CorpusAtScale], not_empty("places")]
    runs: Quantifier = "every"

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """What the runs of a place give."""
        raise NotImplementedError


class Value(Rule):
    """Every run of ``recipe``: ``metric`` ``op`` ``bound``."""

    metric: Metric
    op: Annotated[str, one_of(OPERATORS, "operator")]
    bound: Number

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """Each run by itself."""
        runs = having(ledger.at(place.corpus, place.scale, self.recipe), self.metric)
        numbers = [e.metrics[self.metric] for e in runs]
        return self.compared(numbers, f"{self.metric} of {self.recipe}", place)

    def compared(self, numbers: Sequence[float], what: str, place: CorpusAtScale) -> Outcome:
        """The outcome of holding numbers against the bound."""
        holds = tuple(OPERATORS[self.op](number, self.bound) for number in numbers)
        return Outcome(holds, told(what, numbers, f"{self.op} {self.bound:g}", place))


class Share(Value):
    """Every run of ``recipe``: ``metric`` divided by ``of`` is ``op`` ``bound``."""

    of: Metric

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """Each run by itself."""
        runs = having(ledger.at(place.corpus, place.scale, self.recipe), self.metric, self.of)
        numbers = [e.metrics[self.metric] / e.metrics[self.of] for e in runs]
        return self.compared(numbers, f"{self.metric} / {self.of} of {self.recipe}", place)


class Paired(Value):
    """Seed by seed: ``metric`` of ``recipe`` minus that of ``other`` is ``op`` ``bound``."""

    other: Recipe

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """Each pair of runs by itself."""
        ones, others = (
            {e.seed: e.metrics[self.metric] for e in having(runs, self.metric)}
            for recipe in (self.recipe, self.other)
            for runs in [ledger.at(place.corpus, place.scale, recipe)]
        )
        numbers = [one - others[seed] for seed, one in ones.items() if seed in others]
        return self.compared(numbers, f"{self.metric} of {self.recipe} minus {self.other}", place)


class Near(Rule):
    """Every run of ``recipe``: ``metric`` lies within ``tolerance`` of ``target``."""

    metric: Metric
    target: Number
    tolerance: Number

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """Each run by itself."""
        runs = having(ledger.at(place.corpus, place.scale, self.recipe), self.metric)
        numbers = [e.metrics[self.metric] for e in runs]
        holds = tuple(abs(number - self.target) <= self.tolerance for number in numbers)
        wanted = f"{self.target:g} ± {self.tolerance:g}"
        return Outcome(holds, told(f"{self.metric} of {self.recipe}", numbers, wanted, place))


class Needs(Rule):
    """Waits for runs of ``recipe``, which need not exist in the package yet."""

    recipe: str

    def outcome(self, ledger: Ledger, place: CorpusAtScale) -> Outcome:
        """None so far.

        Raises:
            CollapseError: once there are such runs: the claim then needs a rule that decides.
        """
        where = f"{self.recipe} on {place.corpus} ({place.scale})"
        if ledger.at(place.corpus, place.scale, self.recipe):
            raise CollapseError(
                f"There are runs of {where} now: replace 'needs' by a comparison that decides."
            )
        return Outcome((), f"needs runs of {where}")


COMPARISONS: dict[str, type[Rule]] = {
    "value": Value,
    "share": Share,
    "paired": Paired,
    "near": Near,
    "needs": Needs,
}


def having(runs: Sequence[Entry], *metrics: str) -> list[Entry]:
    """The runs of which all these metrics were measured; studies are made of some runs only."""
    return [e for e in runs if all(metric in e.metrics for metric in metrics)]


def told(what: str, numbers: Sequence[float], wanted: str, place: CorpusAtScale) -> str:
    """What was compared, as a reader sees it."""
    shown = ", ".join(f"{round(number, 3) + 0.0:.3f}" for number in numbers) or "no runs yet"
    return f"{what}, {place.corpus} {place.scale}: {shown} (wanted: {wanted})"


# --- claims ----------------------------------------------------------------------------------


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
        id: a short name, unique.
        claim: in our words.
        source: whose it is.
        scope: on what our verdict stands, in words.
        rules: comparisons that must all hold.
        verdict: as the file says.
    """

    id: str
    claim: str
    source: Citation
    scope: str
    rules: Annotated[Listed[Annotated[Rule, PlainValidator(comparison)]], not_empty("comparisons")]
    verdict: Annotated[str, one_of(VERDICTS, "verdict")]


# --- deciding --------------------------------------------------------------------------------


def decide(claim: Claim, ledger: Ledger) -> Decision:
    """The verdict of the rules of a claim.

    "reproduced" when every comparison holds, "not reproduced" when none does, "partly" between,
    "not tested yet" while a rule has no run at any of its places.
    """
    holds: list[bool] = []
    evidence: list[str] = []
    tested = True
    for rule in claim.rules:
        outcomes = [rule.outcome(ledger, place) for place in rule.places]
        found = [hold for each in outcomes for hold in each.holds]
        tested = tested and bool(found)
        holds += [any(found)] if rule.runs == "some" and found else found
        evidence += [each.text for each in outcomes]
    return Decision(verdict(holds) if tested else VERDICTS[-1], tuple(evidence))


def verdict(holds: Sequence[bool]) -> str:
    """The word for what holds and what does not."""
    return VERDICTS[0] if all(holds) else VERDICTS[1] if any(holds) else VERDICTS[2]


def check_claims(claims: Sequence[Claim], ledger: Ledger) -> list[str]:
    """A sentence for each claim whose verdict in the file is not what its rules give."""
    wrong = []
    for claim in claims:
        found = decide(claim, ledger)
        if found.verdict != claim.verdict:
            wrong.append(
                f"The claim {claim.id!r} says {claim.verdict!r}; its rules give {found.verdict!r}: "
                f"{'; '.join(found.evidence)}."
            )
    return wrong
