"""Which hand-ins look alike: the share of the code of one that stands in another.

Names, numbers and texts are made the same before, so that renaming hides nothing; what was handed
out counts for nobody. A report is a reason to look, never a verdict: short answers to one question
are alike by themselves.
"""

import io
import keyword
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

LENGTH = 8  # tokens of a piece
FEWEST = 25  # pieces, below which nothing can be said
IGNORED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
Piece = tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two hand-ins.

    Attributes:
        one: name of the first.
        other: name of the second.
        share: of the pieces of the shorter that stand in the longer, from 0 to 1.
    """

    one: str
    other: str
    share: float


def look_alikes(
    sources: Mapping[str, Iterable[str]], handed_out: Iterable[str] = (), least: float = 0.8
) -> list[Pair]:
    """Pairs of hand-ins, those that are most alike first.

    Args:
        sources: by name, the cells of code of each hand-in.
        handed_out: the cells of the student version.
        least: share from which a pair is reported.
    """
    common = pieces(handed_out)
    own = {name: pieces(cells) - common for name, cells in sources.items()}
    pairs = []
    for one, other in combinations(sorted(own), 2):
        fewer = min(len(own[one]), len(own[other]))
        if fewer >= FEWEST:
            pairs.append(Pair(one, other, len(own[one] & own[other]) / fewer))
    found = [pair for pair in pairs if pair.share >= least]
    return sorted(found, key=lambda pair: (-pair.share, pair.one, pair.other))


def pieces(cells: Iterable[str]) -> set[Piece]:
    """All runs of some tokens of the cells, each cell for itself."""
    found: set[Piece] = set()
    for cell in cells:
        tokens = normal(cell)
        found |= {tuple(tokens[i : i + LENGTH]) for i in range(len(tokens) - LENGTH + 1)}
    return found


def normal(cell: str) -> list[str]:
    """The tokens of a cell, with one name for all names, one number for all numbers."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(cell).readline))
    except (tokenize.TokenError, SyntaxError):
        return cell.split()
    kinds = {tokenize.NUMBER: "0", tokenize.STRING: "''"}
    return [
        "x"
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string)
        else kinds.get(token.type, token.string)
        for token in tokens
        if token.type not in IGNORED
    ]
