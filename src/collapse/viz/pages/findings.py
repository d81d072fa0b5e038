"""Findings on a page: what the runs at hand say, and what the ledger says."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from IPython.display import HTML

from collapse.base.errors import choose
from collapse.base.results import results_folder
from collapse.ledger.claims.claims_file import load_claims
from collapse.ledger.claims.findings import ATTRIBUTE, Finding, Judged, load_findings, summary
from collapse.ledger.claims.intervals import Numbers, beyond, of_mean, plain
from collapse.ledger.entries import read_ledger
from collapse.ledger.papers import load_papers
from collapse.viz.letters import typeset
from collapse.viz.pages.claims_table import ledger_lines
from collapse.viz.tables import scrolling

RESULTS_FOLDER = results_folder()
MARKS = {True: "✓", False: "✗", None: "–"}
CELL = "text-align:left;vertical-align:top;white-space:normal;padding:0.5em 1em 0.5em 0"
_BOX = "border-left:4px solid #8884;padding:.2em .8em;margin:.6em 0"


@dataclass(frozen=True)
class LedgerWord:
    """What the ledger says to one claim.

    Attributes:
        id: of the claim.
        claim: in words; its sense may be the opposite of a finding's.
        verdicts: one a scale.
        numbers: what decided at each scale, in the order of the verdicts.
        scope: what to know of the test, in words; may be empty.
    """

    id: str
    claim: str
    verdicts: tuple[str, ...]
    numbers: tuple[str, ...]
    scope: str = ""

    @property
    def short(self) -> str:
        """Without the numbers."""
        return f"{self.id}: {', '.join(self.verdicts)}"

    @property
    def link(self) -> str:
        """Its id, which leads to its place on the page Claims."""
        name = escape(self.id)
        return f'<a href="claims.html#claim-{name}"><code>{name}</code></a>'

    @property
    def linked(self) -> str:
        """As ``short``, with the link."""
        return f"{self.link}: {typeset(', '.join(self.verdicts))}"

    @property
    def html(self) -> str:
        """A line that unfolds to the numbers."""
        head = f"“{typeset(self.claim)}” ({typeset(', '.join(self.verdicts))})"
        return self._unfolding(f"<strong>Ledger.</strong> {head}", self.link)

    @property
    def folded(self) -> str:
        """As ``html``, shorter: the claim is folded, too, and its id is not."""
        verdicts = typeset(", ".join(self.verdicts))
        head = f"<code>{escape(self.id)}</code>: {verdicts}"
        return self._unfolding(head, f"{self.link}: {typeset(self.claim)}")

    def _unfolding(self, head: str, lead: str) -> str:
        under = "".join(
            f"<div>{typeset(text)}</div>" for text in (*self.numbers, self.scope) if text
        )
        return f"<details><summary>{head}</summary>{lead}{under}</details>"


@dataclass(frozen=True)
class FindingCard:
    """A judged finding as a page shows it; the build reads it from the page's outputs.

    Attributes:
        judged: what the runs at hand say.
        declared: the finding; None where the book's folder of results is not at hand.
        ledger: what the ledger says to each of its claims on the same matter.
    """

    judged: Judged
    declared: Finding | None
    ledger: tuple[LedgerWord, ...]

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What is said of the runs at hand, as (who, what)."""
        said = [(f"Finding {self.judged.id}", self.declared.statement)] if self.declared else []
        here = f"{MARKS[self.judged.holds]} {self.judged.state}: {self.judged.says}"
        return [*said, ("These runs", here)]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        rows = "".join(
            f"<div><strong>{typeset(who)}.</strong> {typeset(what)}</div>"
            for who, what in self.lines
        )
        rows += rule_of(self.declared) + "".join(word.html for word in self.ledger)
        said = escape(json.dumps(asdict(self.judged)))
        plain = [*(f"{who}: {what}" for who, what in self.lines), *(w.short for w in self.ledger)]
        return {
            "text/html": f'<div class="finding" style="{_BOX}" {ATTRIBUTE}="{said}">{rows}</div>',
            "text/plain": "\n".join(plain),
        }


@dataclass(frozen=True)
class FindingCards:
    """Findings that belong together, on one card: numbers that several rest on stand once.

    Attributes:
        cards: those that share their numbers one after the other.
    """

    cards: tuple[FindingCard, ...]

    @property
    def shared(self) -> list[tuple[str, list[FindingCard]]]:
        """The numbers, and the findings that rest on them."""
        return [(says, list(some)) for says, some in groupby(self.cards, lambda c: c.judged.says)]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        parts, plain = [], []
        for says, some in self.shared:
            words = list(dict.fromkeys(word for card in some for word in card.ledger))
            inside = [_line(card) for card in some]
            inside.append(f"<div><strong>These runs.</strong> {typeset(says)}</div>")
            inside += [rule_of(*(card.declared for card in some)), *(word.html for word in words)]
            parts.append(f'<div style="margin:.5em 0">{"".join(inside)}</div>')
            plain += [f"{MARKS[c.judged.holds]} {c.judged.id}: {c.judged.state}" for c in some]
            plain += [f"These runs: {says}", *(word.short for word in words)]
        return {
            "text/html": f'<div class="finding" style="{_BOX}">{"".join(parts)}</div>',
            "text/plain": "\n".join(plain),
        }


def rule_of(*declared: Finding | None) -> str:
    """What decides findings and whence they are, a line that unfolds; empty where none is known."""
    known = [each for each in declared if each]
    rules = [
        f"<div><code>{typeset(each.id)}</code>: {typeset(each.rule.rstrip('.'))}. "
        f"<em>Source: {typeset(each.source)}.</em></div>"
        for each in known
    ]
    head = "<details><summary><small>What decides</small></summary>"
    return f"{head}{''.join(rules)}</details>" if known else ""


def _line(card: FindingCard) -> str:
    """A finding of a common card: mark, id and statement; the build reads it, too."""
    judged, said = card.judged, card.declared.statement if card.declared else ""
    head = f"{MARKS[judged.holds]} {judged.id} {judged.state}."
    return (
        f'<div {ATTRIBUTE}="{escape(json.dumps(asdict(judged)))}">'
        f"<strong>{typeset(head)}</strong> {typeset(said)}</div>"
    )


def findings_card(*cards: FindingCard) -> FindingCards:
    """One card for findings that belong together, so that what they share is said once."""
    return FindingCards(cards)


def finding(
    name: str, holds: object, says: str, *, judged: bool = True, folder: Path = RESULTS_FOLDER
) -> FindingCard:
    """Say whether a declared finding holds in the runs at hand. Nothing stops if it does not.

    Args:
        name: an id of a file in ``book/results/findings``.
        holds: whether its rule holds; None where the numbers leave it open.
        says: the numbers behind that, in words.
        judged: False where these runs cannot decide: another scale, corpus or number of seeds.
        folder: of results. Where there is none, only these runs speak.

    Raises:
        CollapseError: when the folder is there and does not declare the finding.
    """
    outcome = Judged(name, bool(holds) if judged and holds is not None else None, says)
    if not (folder / "findings").is_dir():
        return FindingCard(outcome, None, ())
    declared = choose(name, load_findings(folder / "findings"), "finding")
    return FindingCard(outcome, declared, ledger_words(declared.claims, folder))


def finding_of_differences(
    name: str,
    differences: Numbers,
    op: str,
    bound: float,
    what: str,
    *,
    judged: bool = True,
    folder: Path = RESULTS_FOLDER,
) -> FindingCard:
    """Judge a finding that compares two systems: by the interval of their paired differences.

    It holds where all of Student's 95 % interval over seeds lies on the wanted side of the bound,
    does not hold where all of it lies on the other, and is left open where the bound is within.

    Args:
        name: as for :func:`finding`, as are ``judged`` and ``folder``.
        differences: of the two systems, one a seed, so that the seeds are paired.
        op: ">" or "<".
        bound: to compare with.
        what: is subtracted from what, in words.
    """
    found, each = of_mean(differences), ", ".join(map(plain, differences))
    says = f"{what}: {found}, rule: {op} {bound:g}; by seed {each}"
    return finding(name, beyond(found, op, bound), says, judged=judged, folder=folder)


def ledger_words(claims: Sequence[str], folder: Path = RESULTS_FOLDER) -> tuple[LedgerWord, ...]:
    """What the ledger says to claims by their ids; nothing where there is no folder of results."""
    decided = _decided(folder) if claims and folder.is_dir() else None
    return tuple(choose(each, decided, "claim") for each in claims) if decided else ()


def ledger_says(*claims: str, folder: Path = RESULTS_FOLDER) -> HTML:
    """The ledger's verdicts on claims, a line each that unfolds to the numbers behind it.

    Args:
        claims: their ids.
        folder: of the book's results; where there is none, a sentence says so.

    Raises:
        UnknownNameError: for a claim that there is not.
    """
    if not folder.is_dir():
        return HTML("<p><em>The ledger's verdicts stand on the published page only.</em></p>")
    words = "".join(word.html for word in ledger_words(claims, folder))
    return HTML(f'<div style="{_BOX}">{words}</div>')


@cache
def _decided(folder: Path) -> dict[str, LedgerWord]:
    ledger = read_ledger(folder / "runs")
    claims = load_claims(folder / "claims.yml", load_papers(folder / "papers.csv"))
    words = {}
    for claim in claims:
        numbers = tuple(ledger_lines(claim, ledger))
        verdicts = tuple(line.partition(" (")[0] for line in numbers)
        words[claim.id] = LedgerWord(claim.id, claim.claim, verdicts, numbers, claim.scope)
    return words


def findings_of_build(collected: Path, folder: Path = RESULTS_FOLDER) -> HTML:
    """The page of all findings: declared, judged by the last build, judged by the ledger.

    Args:
        collected: the JSON file that ``make book`` writes: chapter -> list of judged findings.
        folder: of results.
    """
    build = json.loads(collected.read_text()) if collected.is_file() else {}
    judged = {each["id"]: Judged(**each) for group in build.values() for each in group}
    declared = load_findings(folder / "findings")
    rows = "".join(_row(each, judged.get(each.id), folder) for each in declared.values())
    head = "".join(f"<th>{text}</th>" for text in ("Finding", "This build", "Ledger"))
    table = f'<table class="dataframe"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    counts = "No build has judged the findings yet: make book does."
    if judged:
        counts = summary(list(judged.values())).splitlines()[0]
    return HTML(f"<p>{typeset(counts)}</p>{scrolling(table)}")


def _row(declared: Finding, judged: Judged | None, folder: Path) -> str:
    here = f"{MARKS[judged.holds]} {judged.state}: {judged.says}" if judged else "not on its page"
    said = ledger_words(declared.claims, folder)
    ledger = "; ".join(word.linked for word in said) or "no claim of the ledger on this"
    link = f'<a href="{declared.chapter}.html"><code>{typeset(declared.id)}</code></a>'
    about = f"{link}<br>{typeset(declared.statement)} <em>{typeset(declared.source)}</em>"
    cells = (about, typeset(here), ledger)
    return "".join(["<tr>", *(f'<td style="{CELL}">{cell}</td>' for cell in cells), "</tr>"])
