"""Human ratings of replies: kept as a CSV file, summed up as Zhu et al. (2020), Tables 5 and 7."""

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from collapse.base.errors import CollapseError
from collapse.base.files import write_text

RATED_ASPECTS = ("fluency", "relevance", "informativeness")
POINTS = (1, 2, 3)

# In our words, after Zhu et al. (2020), Table 7.
CRITERIA: dict[str, tuple[str, str, str]] = {
    "fluency": (
        "hard to understand, or full of errors",
        "some errors but clear, or a short stock phrase",
        "hardly an error, and of a moderate length",
    ),
    "relevance": (
        "nothing to do with what was said",
        "same field but no real answer, or a stock phrase",
        "an answer to what was said",
    ),
    "informativeness": (
        "a stock phrase, or a repetition of what was said",
        "between 1 and 3",
        "inventive, or with new facts about the subject",
    ),
}


@dataclass(frozen=True)
class Rating:
    """What one person says of one reply, each aspect from 1 to 3.

    Attributes:
        rater: who rates.
        item: number of the reply.
        system: whose reply it is; the rater does not see it.
        fluency: see ``CRITERIA``, as for the other two.
        relevance: likewise.
        informativeness: likewise.
    """

    rater: str
    item: int
    system: str
    fluency: int
    relevance: int
    informativeness: int

    def __post_init__(self) -> None:
        points = (self.fluency, self.relevance, self.informativeness)
        if not self.rater.strip() or not set(points) <= set(POINTS):
            raise CollapseError(
                f"A rating has a name and points from 1 to 3; got {self.rater!r} and {points}."
            )


RATING_COLUMNS = tuple(field.name for field in fields(Rating))


def read_ratings(path: Path) -> list[Rating]:
    """The ratings in a file, none if there is no file yet.

    Raises:
        CollapseError: naming the line that is not a rating.
    """
    if not path.exists():
        return []
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    if not rows or tuple(rows[0]) != RATING_COLUMNS:
        raise CollapseError(
            f"The file {path} has no ratings: its columns must be {RATING_COLUMNS}."
        )
    return [parse(row, path, number) for number, row in enumerate(rows[1:], start=2)]


def parse(row: list[str], path: Path, line: int) -> Rating:
    """One line of the file."""
    try:
        rater, item, system, *points = row
        return Rating(rater, int(item), system, *map(int, points))
    except (TypeError, ValueError) as error:
        raise CollapseError(f"Line {line} of {path} is not a rating ({error}): {row}") from error


def add_rating(path: Path, rating: Rating) -> list[Rating]:
    """Put a rating into the file, in place of an earlier one of the same rater and item.

    The file is written anew under another name and then renamed, so it is always whole.
    """
    kept = [r for r in read_ratings(path) if (r.rater, r.item) != (rating.rater, rating.item)]
    ratings = [*kept, rating]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([RATING_COLUMNS, *map(astuple, ratings)])
    write_text(path, text.getvalue())
    return ratings


def agreement(ratings: Sequence[Rating], aspect: str) -> float:
    """Krippendorff's α of the raters on one aspect, ordinal; 1 is full agreement, 0 is chance.

    Items that a rater has left out are missing values. The implementation is that of the package
    ``krippendorff``.

    Raises:
        CollapseError: when the package is not installed, for an unknown aspect, or where nobody
            has rated what somebody else has, or all have given the same points throughout.
    """
    if find_spec("krippendorff") is None:
        raise CollapseError("Agreement needs a package that is not here: pip install krippendorff")
    table = reliability(ratings, aspect)
    overlap = (~np.isnan(table)).sum(0) > 1
    if not overlap.any() or len(np.unique(table[:, overlap][~np.isnan(table[:, overlap])])) < 2:
        raise CollapseError(
            "Agreement needs items that two raters have rated, and more than one value in them."
        )
    from krippendorff import alpha

    return float(alpha(reliability_data=table, level_of_measurement="ordinal"))


def reliability(ratings: Sequence[Rating], aspect: str) -> np.ndarray:
    """Points on one aspect, ``(raters, items)``, nan where a rater has none.

    Raises:
        CollapseError: for an unknown aspect.
    """
    if aspect not in RATED_ASPECTS:
        raise CollapseError(f"There is no aspect {aspect!r}. Valid: {', '.join(RATED_ASPECTS)}.")
    raters = sorted({rating.rater for rating in ratings})
    items = sorted({rating.item for rating in ratings})
    table = np.full((len(raters), len(items)), np.nan)
    for rating in ratings:
        place = raters.index(rating.rater), items.index(rating.item)
        table[place] = getattr(rating, aspect)
    return table
