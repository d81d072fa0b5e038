"""The page Claims: each claim beside what the ledger says to it, scale by scale."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from IPython.display import HTML

from collapse.ledger.claims import Claim, Decision, Printed, decide
from collapse.ledger.comparisons import NO, OPEN, UNTESTED, YES, Outcome
from collapse.ledger.entries import Entry, Ledger
from collapse.viz.pages.ledger_pages import folded

GLYPHS = {YES: "✓", NO: "✗", OPEN: "~", UNTESTED: "·"}
CELL = "vertical-align:top;text-align:left;white-space:normal;padding:.6em .8em .6em 0"
Sources = Mapping[str, tuple[str, str]]  # by key of the bibliography: name and address


def counts(claims: Sequence[Claim], ledger: Ledger) -> str:
    """How many claims have which verdict at each scale, a sentence a scale; never added up."""
    by_level: dict[str, Counter[str]] = {}
    for claim in claims:
        for decision in decide(claim, ledger):
            by_level.setdefault(decision.level, Counter())[decision.verdict] += 1
    return "\n".join(
        f"- {level} scale: {', '.join(f'{n} {word}' for word, n in sorted(words.items()))}"
        for level, words in by_level.items()
    )


def claims_table(claims: Sequence[Claim], ledger: Ledger, bibliography: Sources) -> HTML:
    """A table for each source, in the order of the file: claim, and what each scale says.

    Args:
        claims: checked.
        ledger: decides.
        bibliography: name and address of each source.
    """
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault("" if claim.ours else claim.source.cite, []).append(claim)
    return HTML(
        "".join(group_table(cite, group, ledger, bibliography) for cite, group in groups.items())
    )


def group_table(cite: str, claims: Sequence[Claim], ledger: Ledger, bibliography: Sources) -> str:
    """The claims of one source under its name; our own have none."""
    name = escape(bibliography[cite][0]) if cite else "Ours"
    rows = "".join(claim_row(claim, ledger, bibliography) for claim in claims)
    head = "".join(
        f'<th scope="col" style="{CELL}">{word}</th>' for word in (name, "What our runs say")
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def claim_row(claim: Claim, ledger: Ledger, bibliography: Sources) -> str:
    """One claim as a row that can be linked to: ``#claim-ID``."""
    cited, address = bibliography[claim.source.cite]
    printed = folded("What is printed", [as_printed(row) for row in claim.source.rows])
    scope = f"<br>{escape(claim.scope)}" if claim.scope else ""
    origin = "From" if claim.ours else "Source"
    said = "".join(decision_cell(decision, claim) for decision in decide(claim, ledger))
    return (
        f'<tr id="claim-{escape(claim.id)}"><td style="{CELL};width:45%">'
        f"<code>{escape(claim.id)}</code><p>{escape(claim.claim)}</p>"
        f'<p>{origin}: <a href="{escape(address)}">{escape(cited)}</a>, '
        f"{escape(claim.source.where)}.{scope}</p>{printed if claim.source.rows else ''}</td>"
        f'<td style="{CELL}">{said}</td></tr>'
    )


def decision_cell(decision: Decision, claim: Claim) -> str:
    """Glyph and word of a scale, then each comparison with its interval and its threshold."""
    head = f"<strong>{GLYPHS[decision.answer]} {decision.level}: {decision.verdict}</strong>"
    lines = "".join(f"<li>{compared(outcome)}</li>" for outcome in decision.outcomes)
    return f"<p>{head}</p><ul>{lines}</ul>{when(decision, claim)}"


def compared(outcome: Outcome) -> str:
    """What was compared, what was found, what the threshold is, how many runs."""
    found = f"{escape(outcome.what)}: {escape(outcome.found)}; wanted {escape(outcome.wanted)}"
    if not outcome.runs:
        return found
    return f"{found}; {len(outcome.runs)} runs{folded('Each run', [', '.join(outcome.values)])}"


def when(decision: Decision, claim: Claim) -> str:
    """When the threshold was set, when the runs were made, and on what."""
    runs = runs_behind(decision)
    if not runs:
        return ""
    days = sorted(run.date for run in runs)
    machines = " and ".join(sorted({str(run.system["hardware"]) for run in runs}))
    between = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    return f"<p>Threshold of {claim.set}; runs of {between}, on {escape(machines)}.</p>"


def runs_behind(decision: Decision) -> list[Entry]:
    """The runs that the comparisons of a scale look at, each once."""
    return list({run.label: run for outcome in decision.outcomes for run in outcome.runs}.values())


def ledger_lines(claim: Claim, ledger: Ledger) -> Iterator[str]:
    """What the ledger says to a claim in words, a line a scale."""
    for decision in decide(claim, ledger):
        runs = runs_behind(decision)
        machines = sorted({str(run.system["hardware"]) for run in runs})
        made = f"; {len(runs)} runs on {' and '.join(machines)}" if runs else ""
        found = "; ".join(f"{o.what}: {o.found}, wanted {o.wanted}" for o in decision.outcomes)
        yield f"{decision.level} scale: {decision.verdict} ({found}{made})"


def as_printed(row: Printed) -> str:
    """A number of a paper in words."""
    variant = f" ({row.variant})" if row.variant else ""
    return (
        f"printed in {row.paper}, Table {row.table}: {row.system}{variant} on "
        f"{row.dataset}, {row.metric} {row.value}"
    )
