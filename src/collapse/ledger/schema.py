"""The form of an entry of the results ledger: which fields it has, and of which types.

An entry is a dictionary as its JSON file holds it. What its values must be to each other is in
:mod:`.ledger_rules`.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from collapse.base.errors import unknown

Json = dict[str, Any]
Kind = tuple[type, ...]
NUMBER: Kind = (int, float)
TEXT: Kind = (str,)
COUNT: Kind = (int,)


def errors(*names: str) -> dict[str, Kind]:
    """The fields of measured means: each has a standard error beside it."""
    return {f"{name}{end}": NUMBER for name in names for end in ("", "_se")}


ENTRY: dict[str, Kind] = {
    **dict.fromkeys(("config", "metrics", "cost", "system"), (dict,)),
    **dict.fromkeys(("label", "config_hash", "results_hash", "date"), TEXT),
    "format": COUNT,
    "artefact": (dict, type(None)),
}
CONFIG: dict[str, Kind] = {
    **dict.fromkeys(("name", "recipe", "corpus", "scale", "code", "identity"), TEXT),
    "seed": COUNT,
    "settings": (dict,),
}
METRICS: dict[str, Kind] = {
    **errors("elbo_nll", "reconstruction", "kl", "nll"),
    "kl_per_dimension": (list,),
    "nll_method": TEXT,
    "perplexity": NUMBER,
    **dict.fromkeys(("nll_documents", "test_documents", "parameters"), COUNT),
}
INFORMATION: dict[str, Kind] = {  # of models with a latent variable
    **errors("mi"),
    "mi_cap": NUMBER,
    "au": COUNT,
}
WITHIN_BATCHES: dict[str, Kind] = {  # of those with a fixed prior
    **errors("mi_batch"),
    **dict.fromkeys(("mi_batch_cap", "marginal_kl"), NUMBER),
}
CONDITIONAL: dict[str, Kind] = {  # of those with a learned one
    **errors("kl_prior"),
    **dict.fromkeys(("reconstruction_perplexity", "mean_variance_within"), NUMBER),
    **dict.fromkeys(("mean_variance", "distinct_1", "distinct_2", "different"), NUMBER),
    **dict.fromkeys(("a_bow_precision", "a_bow_recall"), NUMBER),
    **dict.fromkeys(("e_bow_precision", "e_bow_recall"), NUMBER),
    "vectors": TEXT,
}
# Groups of metrics that some runs have: all of a group, or none of it.
FURTHER: tuple[dict[str, Kind], ...] = (
    {"unknown_share": NUMBER},  # not in entries of before it was measured
    errors("elbo_nll_same"),  # likewise
    dict.fromkeys(("covered", "valid"), NUMBER),
    dict.fromkeys(("bleu_precision", "bleu_recall", "self_bleu"), NUMBER),
    errors("excess_nll"),
    errors("nll_dual", "kl_dual", "mi_dual"),
    {  # of scaled means
        **errors("nll_eq7", "nll_mixed", "nll_standard", "nll_generation", "kl_unscaled"),
        **dict.fromkeys(("objective", "factor", "mpd", "mpd_floor"), NUMBER),
        "readings_documents": COUNT,
    },
    errors("order_bound", "order_iw"),
    dict.fromkeys(("label_mlp", "label_draw", "label_supervised", "label_common"), NUMBER),
)
COST: dict[str, Kind] = {
    **dict.fromkeys(("train_seconds", "wall_seconds"), NUMBER),
    **dict.fromkeys(("epochs", "tokens_per_second", "peak_memory_mb", "peak_gpu_memory_mb"), COUNT),
}
SYSTEM: dict[str, Kind] = {
    **dict.fromkeys(("device", "hardware", "python", "torch", "package"), TEXT),
    "threads": COUNT,
    "commit": (str, type(None)),
}
ARTEFACT: dict[str, Kind] = {"file": TEXT, "sha256": TEXT, "documents": COUNT}

MEASURES = tuple(  # the metrics that are one number, which claims and tables may name
    name
    for group in (METRICS, INFORMATION, WITHIN_BATCHES, CONDITIONAL, *FURTHER)
    for name, kind in group.items()
    if kind in (NUMBER, COUNT)
)


def form(entry: Json) -> Iterator[str]:
    """The keys and types of an entry and of its parts."""
    missing = list(fields("the entry", entry, ENTRY))
    yield from missing
    if missing:
        return
    yield from fields("config", entry["config"], CONFIG)
    yield from fields("metrics", entry["metrics"], metrics_of(entry["metrics"]))
    yield from fields("cost", entry["cost"], COST)
    yield from fields("system", entry["system"], SYSTEM)
    if entry["artefact"] is not None:
        yield from fields("artefact", entry["artefact"], ARTEFACT)


def metrics_of(metrics: Mapping[str, Any]) -> dict[str, Kind]:
    """What the metrics of a run must hold, and all of each group of which they have a part."""
    wanted = dict(METRICS)
    if "mi" in metrics:
        wanted |= INFORMATION | (CONDITIONAL if "kl_prior" in metrics else WITHIN_BATCHES)
    for group in FURTHER:
        wanted |= group if group.keys() & metrics.keys() else {}
    return wanted


def fields(where: str, block: Mapping[str, Any], wanted: Mapping[str, Kind]) -> Iterator[str]:
    """What is missing from a block, what nobody knows, and what has the wrong type."""
    for key in wanted.keys() - block.keys():
        yield f"In {where} there is no {key!r}."
    for key in block.keys() - wanted.keys():
        yield f"In {where}: {unknown(key, wanted, 'key')}"
    for key in wanted.keys() & block.keys():
        if not right_type(block[key], wanted[key]):
            names = " or ".join(kind.__name__ for kind in wanted[key])
            yield f"In {where} {key!r} is {block[key]!r}; it must be a finite {names}."


def right_type(value: object, kinds: Kind) -> bool:
    """Whether a value has one of the types; numbers must be finite and a bool is none."""
    if isinstance(value, bool) or not isinstance(value, kinds):
        return False
    return not isinstance(value, float) or math.isfinite(value)
