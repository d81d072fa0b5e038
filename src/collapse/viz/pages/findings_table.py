"""The claims of a page, and what its runs and the ledger say to each: one table."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path

from IPython.display import HTML

from collapse.ledger.claims.asked import Asked, load_asked
from collapse.ledger.claims.findings import ATTRIBUTE
from collapse.viz.letters import typeset
from collapse.viz.pages.findings import (
    CELL,
    MARKS,
    RESULTS_FOLDER,
    FindingCard,
    LedgerWord,
    ledger_words,
    rule_of,
)
from collapse.viz.pictures import CAPTION_STYLE
from collapse.viz.tables import scrolling

Row = tuple[str, str, str]  # claim, what these runs say, what the ledger says; as HTML
HEADS = ("Claim", "These runs", "Ledger")
_SMALL = "font-size:.85em"  # of what stands around it: a theme's own is of the page
_PLACE = re.compile(r"\b(Figure|Table|Exercise) (\d+[ab]?\.\d+)")
_SEVERAL = re.compile(r"Claims ([A-Z, ]+ and [A-Z]): ")
_PAGE = re.compile(r"\[([^\]]+)\]\((\w+)\.ipynb\)")


def findings_table(
    cards: Mapping[str, FindingCard],
    number: str = "",
    caption: str = "",
    chapter: str = "",
    folder: Path = RESULTS_FOLDER,
) -> HTML:
    """The claims of a page and what became of them; the build reads it as cards.

    Args:
        cards: name -> card. One that begins with a claim's letter, such as "A" or "A. the same
            in words", stands in the row of that claim; each other has a row of its own below.
        number: of the table, such as "3.4"; ``<a href="#table-3.4">`` finds it.
        caption: what the rows are, on which data, at which scale, with which seeds.
        chapter: the stem of its notebook, whose claims ``asked.yml`` has. Without one, or where
            there is no folder of results, every card has a row of its own.
        folder: of the book's results.
    """
    known = chapter and folder.is_dir()
    asked = load_asked(folder / "asked.yml").get(chapter, ()) if known else ()
    groups = [_of(each.letter, cards) for each in asked]
    rows = [_claim_row(each, some, folder) for each, some in zip(asked, groups, strict=True)]
    taken = {name for group in groups for name in group}
    rows += [_row(_said(name), {"": cards[name]}) for name in sorted(cards.keys() - taken)]
    width = 3 if any(row[-1] for row in rows) else 2  # no column of nothing but dashes
    head = "".join(f'<th scope="col">{text}</th>' for text in HEADS[:width])
    body = "".join(_html(row[:width]) for row in rows)
    table = (
        f'<table class="dataframe stacks" role="table"><thead role="rowgroup"><tr role="row">{head}'
        f'</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
    )
    lead = f"<strong>Table {escape(number)}.</strong> " if number else ""
    place = f' id="table-{escape(number)}"' if number else ""
    words = f'<p{place} style="{CAPTION_STYLE}">{lead}{typeset(caption)}</p>'
    return HTML((words if lead or caption else "") + scrolling(table))


def _of(letter: str, cards: Mapping[str, FindingCard]) -> dict[str, FindingCard]:
    """The cards on a claim, in their order."""
    return {n: card for n, card in cards.items() if re.match(rf"{re.escape(letter)}\b", n)}


def _claim_row(asked: Asked, cards: Mapping[str, FindingCard], folder: Path) -> Row:
    several = _SEVERAL.match(asked.claim)  # a row of claims that other pages test
    letters = several[1].replace(" and ", ", ") if several else asked.letter
    claim = asked.claim[several.end() :] if several else asked.claim
    head = (
        f"<strong>{letters}.</strong> {linked(claim[:1].upper() + claim[1:])}"
        f'<br><span style="{_SMALL}">{linked(asked.where)}</span>'
    )
    named = {name.removeprefix(asked.letter).lstrip(".,: "): card for name, card in cards.items()}
    shown = f'<div style="{_SMALL}">See {linked(asked.shown)}.</div>' if asked.shown else ""
    return _row(head, named, shown, ledger_words(asked.ledger, folder))


def _row(
    head: str,
    cards: Mapping[str, FindingCard],
    shown: str = "",
    ledger_alone: tuple[LedgerWord, ...] = (),
) -> Row:
    """What is claimed, what each card says to it, what the ledger says, each word once."""
    found = "".join(_found(name, card) for name, card in cards.items()) + shown
    found += rule_of(*(card.declared for card in cards.values()))
    words = dict.fromkeys([*(w for card in cards.values() for w in card.ledger), *ledger_alone])
    return head, found, "".join(word.folded for word in words)


def _found(name: str, card: FindingCard) -> str:
    """A finding in words and what the runs at hand say to it; the build reads it, too."""
    judged, known = card.judged, card.declared
    head = f"<em>{typeset(known.statement)}</em>" if known else _said(name)
    text = f"{head} {MARKS[judged.holds]} {typeset(judged.state)}: {typeset(judged.says)}"
    return f'<div {ATTRIBUTE}="{escape(json.dumps(asdict(judged)))}">{text.strip()}</div>'


def _said(name: str) -> str:
    """The name of a card as the beginning of a sentence."""
    return f"<em>{typeset(name[:1].upper() + name[1:])}.</em>" if name else ""


def _html(row: Sequence[str]) -> str:
    head, *others = row
    cells = "".join(
        f'<td role="cell" data-label="{label}" style="{CELL}">{text or "–"}</td>'
        for label, text in zip(HEADS[1:], others, strict=False)
    )
    style = f"{CELL};font-weight:normal"
    return (
        f'<tr role="row"><th scope="row" role="rowheader" style="{style}">{head}</th>{cells}</tr>'
    )


def linked(text: str) -> str:
    """Words as HTML in which figures, tables and pages that are named are links."""
    placed = _PLACE.sub(lambda m: f'<a href="#{m[1].lower()}-{m[2]}">{m[0]}</a>', typeset(text))
    return _PAGE.sub(r'<a href="\2.html">\1</a>', placed)
