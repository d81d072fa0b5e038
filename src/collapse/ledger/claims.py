"""The claims ledger: what the papers say, and what our runs say to it.

``book/results/claims.yml`` holds for each claim its wording, its source, the rules that decide and
the verdict that they give. A rule is one of the named comparisons below; nothing in the file is
ever executed. The verdict in the file is for readers of the file: it must equal the computed one.
:mod:`.claims_file` reads and checks the file.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collapse.base.errors import CollapseError
from collapse.ledger.entries import Entry, Ledger

VERDICTS = ("reproduced", "partly", "not reproduced", "not tested yet")
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Claim:
    """One claim of the file.

    Attributes:
        id: a short name, unique.
        claim: in our words.
        source: ``cite`` (key of the bibliography), ``where`` (table, equation or section) and
            ``rows``, the numbers of ``papers.csv`` that it rests on.
        scope: on what our verdict stands, in words.
        rules: comparisons that must all hold, see :data:`COMPARISONS`.
        verdict: as the file says.
    """

    id: str
    claim: str
    source: Mapping[str, Any]
    scope: str
    rules: Sequence[Mapping[str, Any]]
    verdict: str


@dataclass(frozen=True)
class Finding:
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


Rule = Mapping[str, Any]
Comparison = Callable[[Rule, Ledger, str, str], Outcome]


# --- the comparisons -------------------------------------------------------------------------


def value(rule: Rule, ledger: Ledger, corpus: str, scale: str) -> Outcome:
    """Every run of ``recipe``: ``metric`` ``op`` ``bound``."""
    runs = having(ledger.at(corpus, scale, rule["recipe"]), rule["metric"])
    numbers = [e.metrics[rule["metric"]] for e in runs]
    what = f"{rule['metric']} of {rule['recipe']}"
    return compared(rule, numbers, what, corpus, scale)


def share(rule: Rule, ledger: Ledger, corpus: str, scale: str) -> Outcome:
    """Every run of ``recipe``: ``metric`` divided by ``of`` is ``op`` ``bound``."""
    runs = having(ledger.at(corpus, scale, rule["recipe"]), rule["metric"], rule["of"])
    numbers = [e.metrics[rule["metric"]] / e.metrics[rule["of"]] for e in runs]
    what = f"{rule['metric']} / {rule['of']} of {rule['recipe']}"
    return compared(rule, numbers, what, corpus, scale)


def paired(rule: Rule, ledger: Ledger, corpus: str, scale: str) -> Outcome:
    """Seed by seed: ``metric`` of ``recipe`` minus that of ``other`` is ``op`` ``bound``."""
    one, other = (
        having(ledger.at(corpus, scale, rule[key]), rule["metric"]) for key in ("recipe", "other")
    )
    others = {e.seed: e for e in other}
    runs = [e for e in one if e.seed in others]
    numbers = [difference(rule["metric"], e, others[e.seed]) for e in runs]
    what = f"{rule['metric']} of {rule['recipe']} minus {rule['other']}"
    return compared(rule, numbers, what, corpus, scale)


def near(rule: Rule, ledger: Ledger, corpus: str, scale: str) -> Outcome:
    """Every run of ``recipe``: ``metric`` lies within ``tolerance`` of ``target``."""
    runs = having(ledger.at(corpus, scale, rule["recipe"]), rule["metric"])
    numbers = [e.metrics[rule["metric"]] for e in runs]
    holds = tuple(abs(n - rule["target"]) <= rule["tolerance"] for n in numbers)
    wanted = f"{rule['target']} ± {rule['tolerance']}"
    return Outcome(
        holds, told(f"{rule['metric']} of {rule['recipe']}", numbers, wanted, corpus, scale)
    )


def needs(rule: Rule, ledger: Ledger, corpus: str, scale: str) -> Outcome:
    """Waits for runs of ``recipe``, which need not exist in the package yet.

    Raises:
        CollapseError: once there are such runs: the claim then needs a rule that decides.
    """
    if ledger.at(corpus, scale, rule["recipe"]):
        raise CollapseError(
            f"There are runs of {rule['recipe']} on {corpus} ({scale}) now: "
            "replace 'needs' by a comparison that decides."
        )
    return Outcome((), f"needs runs of {rule['recipe']} on {corpus} ({scale})")


COMPARISONS: dict[str, tuple[Comparison, dict[str, type]]] = {
    "value": (value, {"recipe": str, "metric": str, "op": str, "bound": float}),
    "share": (share, {"recipe": str, "metric": str, "of": str, "op": str, "bound": float}),
    "paired": (paired, {"recipe": str, "other": str, "metric": str, "op": str, "bound": float}),
    "near": (near, {"recipe": str, "metric": str, "target": float, "tolerance": float}),
    "needs": (needs, {"recipe": str}),
}
COMMON = {"compare": str, "places": list, "runs": str}  # keys of every rule
QUANTIFIERS = ("every", "some")  # of 'runs'


def having(runs: Sequence[Entry], *metrics: str) -> list[Entry]:
    """The runs of which all these metrics were measured; studies are made of some runs only."""
    return [e for e in runs if all(metric in e.metrics for metric in metrics)]


def difference(metric: str, one: Entry, other: Entry) -> float:
    """The same metric of two runs, subtracted."""
    return one.metrics[metric] - other.metrics[metric]


def compared(rule: Rule, numbers: Sequence[float], what: str, corpus: str, scale: str) -> Outcome:
    """The outcome of holding numbers against the bound of a rule."""
    holds = tuple(OPERATORS[rule["op"]](number, rule["bound"]) for number in numbers)
    return Outcome(holds, told(what, numbers, f"{rule['op']} {rule['bound']}", corpus, scale))


def told(what: str, numbers: Sequence[float], wanted: str, corpus: str, scale: str) -> str:
    """What was compared, as a reader sees it."""
    shown = ", ".join(f"{round(number, 3) + 0.0:.3f}" for number in numbers) or "no runs yet"
    return f"{what}, {corpus} {scale}: {shown} (wanted: {wanted})"


# --- deciding --------------------------------------------------------------------------------


def decide(claim: Claim, ledger: Ledger) -> Finding:
    """The verdict of the rules of a claim.

    "reproduced" when every comparison holds, "not reproduced" when none does, "partly" between,
    "not tested yet" while a rule has no run at any of its places.
    """
    holds: list[bool] = []
    evidence: list[str] = []
    tested = True
    for rule in claim.rules:
        outcomes = [outcome(rule, ledger, place) for place in rule["places"]]
        found = [hold for each in outcomes for hold in each.holds]
        tested = tested and bool(found)
        holds += [any(found)] if rule.get("runs") == "some" and found else found
        evidence += [each.text for each in outcomes]
    return Finding(verdict(holds) if tested else VERDICTS[-1], tuple(evidence))


def outcome(rule: Rule, ledger: Ledger, place: Mapping[str, str]) -> Outcome:
    """One rule at one place."""
    compare, _ = COMPARISONS[rule["compare"]]
    return compare(rule, ledger, place["corpus"], place["scale"])


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
