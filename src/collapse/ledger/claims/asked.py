"""Claims as a chapter asks about them, in the order of its last table."""

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from collapse.base.errors import unknown
from collapse.base.schema import Listed, Schema, Sentence
from collapse.ledger.yaml_lists import read_list, refuse


class Asked(Schema):
    """A claim of a paper in the words of a chapter.

    Attributes:
        id: the stem of the notebook and the claim's letter there, such as "03_lagging.A".
        claim: in words.
        where: the paper and the place in it, with the numbers printed there.
        shown: which figures, tables and pages show what came of it, such as "Figure 2.1" or
            "[appendix](03a_stopping.ipynb)"; a page makes links of them.
        ledger: ids of ``claims.yml`` on which the chapter has no runs of its own.
    """

    id: Annotated[
        str, Field(pattern=r"^\w+\.[A-Z]$", description="a notebook and a letter: 03_lagging.A")
    ]
    claim: Sentence
    where: Sentence
    shown: str = ""
    ledger: Annotated[Listed[str], Field(description="a list of ids of claims.yml")] = ()

    @property
    def letter(self) -> str:
        """By which the chapter calls it."""
        return self.id.rpartition(".")[2]


@cache
def load_asked(path: Path) -> Mapping[str, tuple[Asked, ...]]:
    """What each chapter asks, by the stem of its notebook, in the order of the file.

    Raises:
        CollapseError: naming everything that is wrong, as for the findings.
    """
    raw = read_list(path, "claims")
    refuse(path.name, Asked, raw)
    by_chapter: dict[str, tuple[Asked, ...]] = {}
    for each in map(Asked.model_validate, raw):
        chapter = each.id.rpartition(".")[0]
        by_chapter[chapter] = (*by_chapter.get(chapter, ()), each)
    return by_chapter


def claims_not_there(asked: Mapping[str, tuple[Asked, ...]], claims: Collection[str]) -> list[str]:
    """Sentences about claims that a chapter asks the ledger about and ``claims.yml`` lacks."""
    return [
        f"{each.id}: {unknown(claim, claims, 'claim')}"
        for group in asked.values()
        for each in group
        for claim in each.ledger
        if claim not in claims
    ]
