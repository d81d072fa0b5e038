"""Differences of two systems in the ledger, seed by seed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from collapse.base.results import results_folder
from collapse.ledger.claims.intervals import of_mean
from collapse.ledger.entries import read_ledger

IN_A_CHAPTER = results_folder() / "runs"


def paired(
    recipe: str,
    other: str,
    place: tuple[str, str],
    metrics: Sequence[str],
    folder: Path = IN_A_CHAPTER,
) -> dict[str, list[float]]:
    """One recipe's metrics minus another's, for the seeds that the ledger has of both.

    Args:
        recipe: its name.
        other: what is subtracted.
        place: corpus and scale.
        metrics: names of metrics.
        folder: of the ledger. Where there is none, the lists are empty.
    """
    if not folder.is_dir():
        return {metric: [] for metric in metrics}
    ledger = read_ledger(folder)
    one, two = ({e.seed: e.metrics for e in ledger.at(*place, name)} for name in (recipe, other))
    both = sorted(one.keys() & two.keys())
    return {metric: [one[s][metric] - two[s][metric] for s in both] for metric in metrics}


def verdicts(found: Mapping[str, Sequence[float]]) -> str:
    """Differences in words: mean, 95 % interval by Student, and which side of 0 it lies on.

    Args:
        found: what is compared -> the differences, a run each.
    """
    said = []
    for what, values in found.items():
        if not values:
            continue
        mean = of_mean(values)
        text = f"{what} {mean.mean:+.2f}"
        if len(values) > 1:
            side = "higher" if mean.above() else "lower" if mean.below() else "undecided"
            text += f" [{mean.low:+.2f}, {mean.high:+.2f}] ({side})"
        said.append(text.replace("-", "\N{MINUS SIGN}"))
    return ", ".join(said) or "no runs yet"


def answered(found: Mapping[str, Mapping[str, Sequence[float]]], heads: Sequence[str]) -> str:
    """The :func:`verdicts` of each scale, with its number of seeds.

    Args:
        found: scale -> metric -> differences, as :func:`paired` gives them.
        heads: what the metrics are called, in their order.
    """
    said = []
    for where, each in found.items():
        count = len(next(iter(each.values())))
        named = dict(zip(heads, each.values(), strict=True))
        said.append(f"{where} ({count} seed{'s'[: count != 1]}): {verdicts(named)}")
    return "; ".join(said)


def processors(
    recipes: Sequence[str], places: Sequence[tuple[str, str]], folder: Path = IN_A_CHAPTER
) -> str:
    """On which processors the ledger's runs of some recipes were made, in words.

    Args:
        recipes: their names.
        places: corpora and scales.
        folder: of the ledger.
    """
    if not folder.is_dir():
        return "unknown processors"
    ledger = read_ledger(folder)
    runs = [e for place in places for name in recipes for e in ledger.at(*place, name)]
    return " and ".join(sorted({str(e.system["hardware"]) for e in runs})) or "no processor yet"
