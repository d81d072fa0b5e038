"""Captions of tables from the results ledger: how their numbers were measured, and on what."""

from collections.abc import Mapping, Sequence
from typing import Any

from collapse.ledger.claims.intervals import of_difference
from collapse.ledger.entries import Entry
from collapse.runs.table import unknown_words
from collapse.viz.style import STYLE

BATCHES = {"bucket": "batches of one length", "label": "batches of one label"}


def measured_and_made(entries: Sequence[Entry]) -> str:
    """How the numbers of some entries were measured and which commits made them."""
    if not entries:
        return "The ledger has none of these runs yet."
    commits = sorted({str(entry.system["commit"]) for entry in entries})
    others = f" and {len(commits) - 2} more" if len(commits) > 2 else ""
    made_by = f"{', '.join(commits[:2])}{others}"
    return f"{how_measured(entries)} Runs of the results ledger, made by commit {made_by}."


def how_measured(entries: Sequence[Entry]) -> str:
    """Documents, likelihood estimator and batches of the runs of one place, for a caption."""
    with_latent = [e for e in entries if "mi" in e.metrics] or list(entries)
    m = with_latent[0].metrics
    methods = " or ".join(sorted({e.metrics["nll_method"] for e in with_latent}))
    fewer = m["nll_documents"] < m["test_documents"]
    over = (
        f" on the first {m['nll_documents']} of them, as are −ELBO and KL; the rest on all"
        if fewer
        else ""
    )
    cuts = sorted({entry.config["settings"]["training"]["batching"] for entry in entries})
    batches = " and ".join(BATCHES.get(cut, f"{cut} batches") for cut in cuts)
    return (
        f"Test split, {m['test_documents']} documents, nats a document; "
        f"NLL by {methods}{over}. Trained on {batches}. Mean ± standard deviation over seeds."
    )


def unknown(entries: Sequence[Entry]) -> str:
    """How many words of the test split are <unk>, a sentence for a caption with perplexities."""
    metrics = [entry.metrics for entry in entries]
    shares = sorted({unknown_words(m) for m in metrics if "unknown_share" in m})
    if not shares:
        return "The share of <unk> among the words was not recorded." if metrics else ""
    return f"<unk>: {' or '.join(shares)}."


def told_and_paid(
    found: Mapping[str, Sequence[Mapping[str, Any]]], baseline: str = "lm", least: float = 0.1
) -> str:
    """Which systems have information in every run, and their NLL less a baseline's: sentences.

    Args:
        found: the metrics of the runs of each recipe, as :func:`.ledger_pages.entered` gives them.
        baseline: the recipe whose NLL is subtracted, with Welch's 95 % interval.
        least: what counts as information, nats.
    """
    groups: dict[str, list[str]] = {"every run": [], "some runs": [], "no run": []}
    for name, runs in found.items():
        if name == baseline:
            continue
        over = [run["mi"] > least for run in runs]
        where = "every run" if all(over) else "some runs" if any(over) else "no run"
        label = STYLE[name].label.removesuffix(".")
        if where == "every run" and baseline in found:
            nll = [[run["nll"] for run in found[each]] for each in (name, baseline)]
            label += f" (NLL minus that of {STYLE[baseline].label}: {of_difference(*nll)})"
        groups[where].append(label)
    said = ". ".join(f"In {where}: {'; '.join(some)}" for where, some in groups.items() if some)
    return f"More than {least:g} nat of information. {said}." if said else ""
