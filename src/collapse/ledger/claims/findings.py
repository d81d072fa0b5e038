"""Findings: what training did, as opposed to facts, which hold whatever was trained.

A fact is asserted. A finding is declared once, in the file of its chapter in
``book/results/findings``, with an id, the statement in words, its source and the rule that
decides; a page says by id whether it holds in the runs at hand. Another processor or seed may
decide otherwise: nothing stops because of a finding.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from collapse.base.errors import unknown
from collapse.base.schema import Listed, Schema, Sentence
from collapse.ledger.yaml_lists import read_list, refuse

# A card carries what was judged as JSON in this attribute of its HTML.
ATTRIBUTE = "data-finding"
STATES = {True: "holds", False: "does not hold", None: "cannot be judged"}


class Declared(Schema):
    """A statement about trained models, as a chapter's file declares it.

    Attributes:
        id: a short name, unique.
        statement: in words.
        source: whose statement it is: a paper with its place, or "ours".
        rule: when it holds, in words.
        claims: ids of ``claims.yml`` whose verdicts the ledger has on the same matter.
    """

    id: Sentence
    statement: Sentence
    source: Sentence
    rule: Sentence
    claims: Annotated[Listed[str], Field(description="a list of ids of claims.yml")] = ()


class Finding(Declared):
    """A declared statement and the stem of the notebook that judges it, such as "03_lagging"."""

    chapter: str


@dataclass(frozen=True)
class Judged:
    """What some runs say to a finding.

    Attributes:
        id: of the finding.
        holds: None where the runs cannot decide, for example at another scale.
        says: the numbers that decided.
    """

    id: str
    holds: bool | None
    says: str

    @property
    def state(self) -> str:
        """In words."""
        return STATES[self.holds]


@cache
def load_findings(folder: Path) -> Mapping[str, Finding]:
    """The declared findings by id, chapter by chapter; each chapter has a file of its own.

    Raises:
        CollapseError: naming everything that is wrong: a file that cannot be read, a missing or
            unknown key, an empty text, an id that is there twice.
    """
    files = sorted(folder.glob("*.yml"))
    raw = [(path.stem, each) for path in files for each in read_list(path, "findings")]
    refuse(str(folder), Declared, [each for _, each in raw])
    return {each["id"]: Finding(**each, chapter=chapter) for chapter, each in raw}


def unknown_claims(findings: Mapping[str, Finding], claims: Collection[str]) -> list[str]:
    """Sentences about claims that findings name and ``claims.yml`` does not have."""
    return [
        f"{each.id}: {unknown(claim, claims, 'claim')}"
        for each in findings.values()
        for claim in each.claims
        if claim not in claims
    ]


def judged_in(notebook: Mapping[str, Any]) -> list[Judged]:
    """The findings in the outputs of an executed notebook, each once, in its order."""
    outputs = (o for cell in notebook["cells"] for o in cell.get("outputs", ()))
    pages = ("".join(o.get("data", {}).get("text/html", "")) for o in outputs)
    cards = (card for page in pages for card in re.findall(f'{ATTRIBUTE}="([^"]*)"', page))
    judged = [Judged(**json.loads(unescape(card))) for card in cards]
    return list(dict.fromkeys(judged))  # a card may stand in a table, too


def summary(judged: Collection[Judged]) -> str:
    """How many hold, do not hold and cannot be judged, and which do not, for a terminal."""
    count = Counter(each.holds for each in judged)
    parts = f"hold: {count[True]}, do not hold: {count[False]}, cannot be judged: {count[None]}"
    lines = [f"Findings of this build that {parts}."]
    lines += [f"  does not hold here: {j.id} ({j.says})" for j in judged if j.holds is False]
    return "\n".join(lines)
