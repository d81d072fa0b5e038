"""Which hand-ins look alike: the share of one that stands in another, of code and of text.

Names, numbers and texts in code are made the same before, so that renaming hides nothing; what was
handed out counts for nobody. A report is a reason to look, never a verdict: short answers to one
question are alike by themselves.

Everybody's text is read here, so time and memory are bounded by its length: each sign is looked at
a few times, pieces are kept as numbers, and of a hand-in no more than its beginning is compared.
"""

import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

LENGTH = 8  # tokens of a piece
FEWEST = 25  # pieces, below which nothing can be said
MOST = 50_000  # tokens of a hand-in that are compared; an honest one has some thousands
# No alternative looks for an end farther away than 300 signs more than a few times: an unclosed
# text in quotes would be looked through again from each of its quotes.
CODE = re.compile(
    r"(?P<text>[a-zA-Z]{0,2}(?:'''(?s:.*?)'''|\"\"\"(?s:.*?)\"\"\""
    r"|'(?:[^'\\\n]|\\.){0,300}'|\"(?:[^\"\\\n]|\\.){0,300}\"))"
    r"|(?P<comment>\#[^\n]*)|(?P<number>\d[\w.]*)|(?P<name>\w+)|(?P<sign>[-+*/<>=!:]{1,2}|[^\w\s])"
)
ALIKE = {"text": "''", "number": "0", "name": "x"}
WORD = re.compile(r"\w+")
Pieces = np.ndarray  # of 64-bit numbers, sorted, each once


@dataclass(frozen=True)
class Pair:
    """Two hand-ins.

    Attributes:
        one: name of the first.
        other: name of the second.
        share: of the pieces of the shorter that stand in the longer, from 0 to 1.
        what: is alike: "code" or "text".
    """

    one: str
    other: str
    share: float
    what: str


def tokens_of_code(cell: str) -> Iterator[str]:
    """The tokens of a cell, with one name for all names, one number for all numbers."""
    for found in CODE.finditer(cell):
        kind, token = found.lastgroup or "", found[0]
        if kind != "comment":
            yield token if keyword.iskeyword(token) else ALIKE.get(kind, token)


def tokens_of_text(answer: str) -> Iterator[str]:
    """The words of an answer, in small letters."""
    return (found[0].lower() for found in WORD.finditer(answer))


TOKENS: dict[str, Callable[[str], Iterator[str]]] = {
    "code": tokens_of_code,
    "text": tokens_of_text,
}


def look_alikes(
    sources: Mapping[str, Iterable[str]],
    handed_out: Iterable[str] = (),
    least: float = 0.8,
    what: str = "code",
) -> list[Pair]:
    """Pairs of hand-ins, those that are most alike first.

    Args:
        sources: by name, the cells of code or the written answers of each hand-in.
        handed_out: those of the student version.
        least: share from which a pair is reported.
        what: "code" or "text".
    """
    common = pieces(handed_out, what)
    own = {name: np.setdiff1d(pieces(each, what), common) for name, each in sources.items()}
    long = [name for name in sorted(own) if len(own[name]) >= FEWEST]
    found = []
    for one, other in combinations(long, 2):
        both = len(np.intersect1d(own[one], own[other], assume_unique=True))
        share = both / min(len(own[one]), len(own[other]))
        if share >= least:
            found.append(Pair(one, other, share, what))
    return sorted(found, key=lambda pair: (-pair.share, pair.one, pair.other))


def tokens_in(parts: Iterable[str], what: str) -> Iterator[list[str]]:
    """The tokens of each part, as many as are compared in all."""
    left = MOST
    for part in parts:
        tokens = list(islice(TOKENS[what](part), left))
        left -= len(tokens)
        yield tokens


def pieces(parts: Iterable[str], what: str) -> Pieces:
    """All runs of some tokens, each cell or answer for itself, as numbers that stand for them."""
    found = {
        hash(tuple(tokens[i : i + LENGTH]))
        for tokens in tokens_in(parts, what)
        for i in range(len(tokens) - LENGTH + 1)
    }
    return np.sort(np.fromiter(found, dtype=np.int64, count=len(found)))


def is_cut(parts: Iterable[str], what: str) -> bool:
    """Whether there is as much of it as is compared, so that the rest may not be."""
    return sum(map(len, tokens_in(parts, what))) >= MOST
