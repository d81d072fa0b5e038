"""Runs as rows of a table: one number with its error, or a mean with its spread over seeds."""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from collapse.base.errors import RunError, choose
from collapse.metrics.information import Estimate
from collapse.runs.checks import shortly
from collapse.runs.run import Run, is_summary, summary_in

SUMMARY_COLUMNS = {  # heading -> key of the summaries; nats a document, PPL a token
    "NLL": "nll",
    "−ELBO": "elbo_nll",
    "KL": "kl",
    "MI": "mi",
    "AU": "au",
    "PPL": "perplexity",
}
HEADLINE = ("NLL", "-ELBO", "KL", "MI", "AU", "PPL", "<unk>", "seconds")


@dataclass(frozen=True)
class RunFolder:
    """A finished run by its folder, whoever's classes it was made with: its numbers alone.

    Raises:
        RunError: on looking at a folder that holds no finished run.
    """

    folder: Path

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What was measured."""
        return summary_in(self.folder)


def headline(summary: Mapping) -> list[str]:
    """The numbers of one run, each with the standard error over documents and, for MI, its cap."""
    mi = with_error(summary, "mi", summary["mi_cap"]) if "mi" in summary else "–"
    return [
        f"{with_error(summary, 'nll')} ({summary['nll_method']})",
        with_error(summary, "elbo_nll"),
        with_error(summary, "kl"),
        mi,
        str(summary.get("au", "–")),
        f"{summary['perplexity']:.2f}",
        unknown_words(summary),
        f"{summary['wall_seconds']:.1f}",
    ]


def unknown_words(summary: Mapping) -> str:
    """The share of test words outside the vocabulary, which a perplexity must be read with."""
    share = summary.get("unknown_share")
    return "not recorded" if share is None else f"{share:.1%} of the test words"


def with_error(summary: Mapping, name: str, cap: float = math.inf) -> str:
    """A value and its standard error, and its cap if it has one."""
    return str(Estimate(summary[name], summary[f"{name}_se"], cap))


def finished_only(folders: Mapping[str, Path | None]) -> dict[str, Path | None]:
    """Without the folders that hold no finished run, where others do; a line says which.

    ``runs/*`` names also what stands beside the runs, and runs that are not finished.

    Args:
        folders: by what was typed; None where that is the name of a recipe.
    """
    paths = {name: path / "summary.json" for name, path in folders.items() if path}
    left = [name for name, path in paths.items() if not is_summary(path)]
    if not left or len(left) == len(folders):
        return dict(folders)
    print(f"collapse: No finished run, left out: {', '.join(left)}.", file=sys.stderr)
    return {name: folder for name, folder in folders.items() if name not in left}


def over_seeds(
    runs: Mapping[str, Sequence[Run | RunFolder]], columns: Mapping[str, str]
) -> dict[str, dict[str, list[float] | str]]:
    """One row a recipe with the values of its seeds, as :func:`collapse.viz.results_table` reads.

    Args:
        runs: by recipe, one run a seed, as :func:`collapse.runs.many.run_all` returns them.
        columns: heading -> key of the summaries; a run without the key gets a dash.

    Raises:
        UnknownNameError: for a key that no summary has, nor a column of :data:`SUMMARY_COLUMNS`.
        RunError: for columns or runs of another kind.
    """
    if not isinstance(columns, Mapping):
        raise RunError(
            "The columns are keys of the summaries by heading, as {'NLL': 'nll'}; got "
            f"{shortly(columns)}."
        )
    if not isinstance(runs, Mapping) or not all(
        isinstance(group, Sequence)
        and group
        and all(isinstance(run, Run | RunFolder) for run in group)
        for group in runs.values()
    ):
        raise RunError(
            "The runs are lists by name, one run a seed, as run_all gives them; got "
            f"{shortly(runs)}. One run alone: {{'vae': [run]}}."
        )
    known = dict.fromkeys(SUMMARY_COLUMNS.values())
    known |= dict.fromkeys(key for group in runs.values() for key in group[0].summary)
    for key in columns.values():
        choose(key, known, "measurement of these runs")
    return {
        name: {
            heading: [run.summary[key] for run in group] if key in group[0].summary else "–"
            for heading, key in columns.items()
        }
        for name, group in runs.items()
    }
