"""Differences of two systems in the ledger, seed by seed."""

from collections.abc import Sequence
from pathlib import Path

from collapse.base.results import results_folder
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
