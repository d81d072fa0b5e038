"""The page Claims: each claim beside what the ledger says to it, scale by scale."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from IPython.display import HTML

from collapse.ledger.claims.claims import Claim, Decision, Printed, decide
from collapse.ledger.claims.comparisons import NO, NO_RULE, OPEN, UNTESTED, YES, Outcome
from collapse.ledger.entries import Entry, Ledger
from collapse.ledger.schema import COST, MEASURES
from collapse.recipes import RECIPES
from collapse.runs.settings import SIZED
from collapse.viz.letters import typeset
from collapse.viz.pages.ledger_pages import counted, folded
from collapse.viz.style import STYLE
from collapse.viz.tables import scrolling

GLYPHS = {YES: "✓", NO: "✗", OPEN: "~", UNTESTED: "·"}
CELL = "text-align:left;padding:.15em .7em .15em .3em"
SECTION = (  # two columns where they fit
    "display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:0 1.5em;"
    "border-top:1px solid #8886;padding:.6em 0"
)
MEASURE_WORDS = {  # of the ledger -> in words; of the others the name says it
    "kl": "KL",
    "mi": "MI",
    "mi_batch": "MI within batches",
    "nll": "NLL",
    "elbo_nll": "−ELBO",
    "elbo_nll_same": "−ELBO at the same draws",
    "nll_eq7": "NLL by Eq. 7",
    "nll_dual": "NLL with scaled noise",
    "kl_dual": "KL with scaled noise",
    "marginal_kl": "mismatch",
    "train_seconds": "seconds of training",
    "cosine": "mean cosine of features",
    "nll_generation": "the generator's NLL",
    "order_bound": "bound on the order",
    "again_nll_sd": "deviation of the NLL measured again",
    **{f"few_{n}": f"accuracy from {n:,} labels" for n in (100, 500, 1000, 2000, 10000)},
}
MEASURED_ON = re.compile(r"(chapter|appendix) \w+(?= (?:measures|records))")
NAME = re.compile(r"[a-z][a-z0-9_.-]*[a-z0-9]")
Sources = Mapping[str, tuple[str, str]]  # by key of the bibliography: name and address


def counts(claims: Sequence[Claim], ledger: Ledger) -> str:
    """How many claims have which verdict at each scale, a sentence a scale; never added up."""
    by_level: dict[str, Counter[str]] = {}
    corpora: dict[str, set[str]] = {}
    for decision in (each for claim in claims for each in decide(claim, ledger)):
        word = "measured on a page" if page_of(decision) else decision.verdict
        by_level.setdefault(decision.level, Counter())[word] += 1
        of_level = corpora.setdefault(decision.level, set())
        of_level |= {run.place[0] for run in runs_behind(decision)}
    return "\n".join(
        f"- {level} scale: {', '.join(f'{n} {word}' for word, n in sorted(words.items()))}; "
        f"runs of {', '.join(sorted(corpora[level])) or 'no corpus'}"
        for level, words in by_level.items()
    )


def grouped(claims: Sequence[Claim], bibliography: Sources) -> dict[str, list[Claim]]:
    """The claims by the name of their source, in the order of the file; our own under "Ours"."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        name = "Ours" if claim.ours else bibliography[claim.source.cite][0]
        groups.setdefault(name, []).append(claim)
    return groups


def matrix(claims: Sequence[Claim], ledger: Ledger, bibliography: Sources) -> HTML:
    """Claims and scales: glyph and word, with a link to what is behind them."""
    decided = {claim.id: {d.level: d for d in decide(claim, ledger)} for claim in claims}
    levels = [name for name in SIZED if any(name in each for each in decided.values())]
    rows = []
    for name, group in grouped(claims, bibliography).items():
        heads = "".join(f'<th scope="col" style="{CELL}">{level}</th>' for level in levels)
        rows.append(f'<tr><th scope="col" style="{CELL}">{typeset(name)}</th>{heads}</tr>')
        for claim in group:
            cells = "".join(
                f'<td style="{CELL}">{in_short(decided[claim.id].get(each))}</td>'
                for each in levels
            )
            link = f'<a href="#claim-{escape(claim.id)}">{typeset(claim.id)}</a>'
            rows.append(f'<tr><td style="{CELL}">{link}</td>{cells}</tr>')
    table = f'<table class="dataframe" style="margin:0"><tbody>{"".join(rows)}</tbody></table>'
    return HTML(scrolling(table))


def in_short(decision: Decision | None) -> str:
    """Glyph and word, or which page measures it; nothing where the claim has no rule."""
    if not decision:
        return ""
    return f"{GLYPHS[decision.answer]} {page_of(decision) or decision.verdict}"


def page_of(decision: Decision) -> str:
    """Which page measures a claim of which the ledger has nothing, at the scale of the pages."""
    found = MEASURED_ON.search(" ".join(outcome.found for outcome in decision.outcomes))
    return f"see {found.group()}" if found and decision.waits and decision.level == "light" else ""


def claims_table(claims: Sequence[Claim], ledger: Ledger, bibliography: Sources) -> HTML:
    """Each claim with its source, and what each scale says with the numbers behind it.

    Args:
        claims: checked.
        ledger: decides.
        bibliography: name and address of each source.
    """
    parts = []
    for name, group in grouped(claims, bibliography).items():
        parts.append(f"<h3>{typeset(name)}</h3>")
        parts += [section(claim, ledger, bibliography) for claim in group]
    return HTML("".join(parts))


def section(claim: Claim, ledger: Ledger, bibliography: Sources) -> str:
    """One claim, side by side with what is said to it where there is room; ``#claim-ID``."""
    cited, address = bibliography[claim.source.cite]
    printed = folded("What is printed", [as_printed(row) for row in claim.source.rows])
    scope = f" {typeset(claim.scope)}" if claim.scope else ""
    origin = "From" if claim.ours else "Source"
    decisions = decide(claim, ledger)
    tested = "".join(decision_part(each, claim) for each in decisions if not each.waits)
    waiting = "".join(waiting_part(each) for each in decisions if each.waits)
    return (
        f'<div id="claim-{escape(claim.id)}" style="{SECTION}"><div>'
        f"<p><code>{typeset(claim.id)}</code><br>{typeset(claim.claim)}</p>"
        f'<p><small>{origin}: <a href="{escape(address)}">{typeset(cited)}</a>, '
        f"{typeset(claim.source.where)}.{scope}</small></p>"
        f"{printed if claim.source.rows else ''}</div><div>{tested}{waiting}</div></div>"
    )


def decision_part(decision: Decision, claim: Claim) -> str:
    """Glyph and word of a scale, then each comparison with its interval and its threshold."""
    head = f"<strong>{GLYPHS[decision.answer]} {decision.level}: {decision.verdict}</strong>"
    lines = "".join(f"<li>{compared(outcome)}</li>" for outcome in decision.outcomes)
    values = [f"{in_words(o.what)}: {', '.join(o.values)}" for o in decision.outcomes if o.runs]
    return f"<p>{head}</p><ul>{lines}</ul>{when(decision, claim)}{folded('Each run', values)}"


def waiting_part(decision: Decision) -> str:
    """A scale at which no comparison has runs, in a line that can be opened."""
    rules = [f"; rule: {o.wanted}" if o.wanted != NO_RULE else "" for o in decision.outcomes]
    whats = [f"{in_words(o.what)}: {o.found}" for o in decision.outcomes]
    lines = [what + rule for what, rule in zip(whats, rules, strict=True)]
    word = page_of(decision) or decision.verdict
    return folded(f"{GLYPHS[UNTESTED]} {decision.level}: {word}", lines)


def compared(outcome: Outcome) -> str:
    """What was compared, what was found, what the threshold is, how many runs."""
    what, found = typeset(in_words(outcome.what)), typeset(outcome.found)
    found = f"{what}: {found}; rule: {typeset(outcome.wanted)}"
    return f"{found}; {counted(outcome.runs)}" if outcome.runs else found


def in_words(what: str) -> str:
    """What is compared, without names of code: measures in words, a recipe behind its label.

    >>> in_words("kl of vae-anneal-0, synthetic light")
    'KL of VAE, annealed from 0 (vae-anneal-0), synthetic light'
    """
    return NAME.sub(lambda found: worded(found.group()), what)


def worded(name: str) -> str:
    """The words for a name of the ledger, or the name, which is a word, then."""
    if name in MEASURE_WORDS or name in MEASURES or name in COST:
        return MEASURE_WORDS.get(name, name.replace("_", " "))
    label = STYLE[name].label if name in RECIPES else name
    return name if label == name else f"{label} ({name})"


def when(decision: Decision, claim: Claim) -> str:
    """When the threshold was set, when the runs were made, and on what."""
    runs = runs_behind(decision)
    if not runs:
        return ""
    days = sorted(run.date for run in runs)
    machines = " and ".join(sorted({str(run.system["hardware"]) for run in runs}))
    between = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    where = f"runs of {between}, on {typeset(machines)}"
    return f"<p><small>Threshold of {claim.set}; {where}.</small></p>"


def runs_behind(decision: Decision) -> list[Entry]:
    """The runs that the comparisons of a scale look at, each once."""
    return list({run.label: run for outcome in decision.outcomes for run in outcome.runs}.values())


def ledger_lines(claim: Claim, ledger: Ledger) -> Iterator[str]:
    """What the ledger says to a claim in words, a line a scale."""
    for decision in decide(claim, ledger):
        runs = runs_behind(decision)
        machines = sorted({str(run.system["hardware"]) for run in runs})
        made = f"; {counted(runs)} on {' and '.join(machines)}" if runs else ""
        found = "; ".join(
            f"{in_words(o.what)}: {o.found}, rule: {o.wanted}" for o in decision.outcomes
        )
        yield f"{decision.level} scale: {decision.verdict} ({found}{made})"


def as_printed(row: Printed) -> str:
    """A number of a paper in words."""
    variant = f" ({row.variant})" if row.variant else ""
    return (
        f"printed in {row.paper}, Table {row.table}: {row.system}{variant} on "
        f"{row.dataset}, {row.metric} {row.value}"
    )
