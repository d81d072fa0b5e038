"""The form of an entry of the results ledger: which fields it has, and of which types.

An entry is a dictionary as its JSON file holds it. What its values must be to each other is in
:mod:`.rules`.
"""

from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, NonNegativeInt, create_model

from collapse.base.schema import Number, Schema, one_of
from collapse.metrics.text.probes import LABELS
from collapse.recipes import RECIPES
from collapse.runs.settings import SCALES, SETTINGS

ENTRY_FORMAT = 3
Json = dict[str, Any]
Kinds = dict[str, Any]  # by the names of fields, their types
RecipeName = Annotated[str, one_of(RECIPES, "recipe")]


def errors(*names: str) -> Kinds:
    """The fields of measured means: each has a standard error beside it."""
    return {f"{name}{end}": Number for name in names for end in ("", "_se")}


CONFIG: Kinds = {
    **dict.fromkeys(("name", "recipe", "code", "identity"), str),
    "corpus": Annotated[str, one_of(SETTINGS, "corpus")],
    "scale": Annotated[str, one_of(SCALES, "scale")],
    "seed": NonNegativeInt,
    "settings": Json,
}
METRICS: Kinds = {
    **errors("elbo_nll", "reconstruction", "kl", "nll", "elbo_nll_same", "kl_same"),
    **dict.fromkeys(("kl_per_dimension", "nll_by_document"), list[Number]),
    "nll_method": str,
    **dict.fromkeys(("perplexity", "unknown_share"), Number),
    **dict.fromkeys(("nll_documents", "test_documents", "parameters"), int),
}
INFORMATION: Kinds = {  # of models with a latent variable
    **errors("mi"),
    "mi_cap": Number,
    "au": int,
}
WITHIN_BATCHES: Kinds = {  # of those with a fixed prior
    **errors("mi_batch"),
    **dict.fromkeys(("mi_batch_cap", "marginal_kl"), Number),
}
CONDITIONAL: Kinds = {  # of those with a learned one
    **errors("kl_prior"),
    **dict.fromkeys(("reconstruction_perplexity", "mean_variance_within"), Number),
    **dict.fromkeys(("mean_variance", "distinct_1", "distinct_2", "different"), Number),
    **dict.fromkeys(("a_bow_precision", "a_bow_recall"), Number),
    **dict.fromkeys(("e_bow_precision", "e_bow_recall"), Number),
    "vectors": str,
}
# Groups of metrics that some runs have: all of a group, or none of it.
FURTHER: tuple[Kinds, ...] = (
    {"aggressive_epochs": int},
    {"cosine": Number},  # where every document's features have a direction
    dict.fromkeys(("covered", "valid"), Number),
    dict.fromkeys(
        ("bleu_precision", "bleu_recall", "bleu_4_precision", "bleu_4_recall", "self_bleu"), Number
    ),
    errors("excess_nll"),
    errors("nll_dual", "kl_dual", "mi_dual"),
    {  # of scaled means
        **errors("nll_eq7", "nll_mixed", "nll_standard", "nll_generation", "kl_unscaled"),
        **dict.fromkeys(("objective", "factor", "mpd", "mpd_floor"), Number),
        "readings_documents": int,
    },
    errors("order_bound", "order_iw"),
    dict.fromkeys(("label_mlp", "label_draw", "label_supervised", "label_common"), Number),
    dict.fromkeys(("abroad_mlp", "abroad_common", "abroad_unknown"), Number),
    *({f"few_{size}": Number} for size in LABELS),  # as far as there are documents
    {f"again_{n}{end}": Number for n in ("nll", "elbo_nll", "kl", "mi") for end in ("", "_sd")},
    *({f"written_{each}": Number} for each in ("ppl", "entropy")),
    *({f"written_gram_{n}": Number} for n in (2, 3, 4)),
    *({f"written_distinct_{n}": Number} for n in (1, 2, 3)),
)
COST: Kinds = {
    **dict.fromkeys(("train_seconds", "wall_seconds"), Number),
    **dict.fromkeys(("epochs", "encoder_updates", "decoder_updates", "tokens_per_second"), int),
    **dict.fromkeys(("peak_memory_mb", "peak_gpu_memory_mb"), int),
}
SYSTEM: Kinds = {
    **dict.fromkeys(("device", "hardware", "python", "torch", "package"), str),
    "threads": int,
    "commit": str | None,
}

HISTORY = ("kl_weight", "loss", "kl", "mi", "marginal_kl", "au", "cosine")  # after each epoch

MEASURES = tuple(  # the metrics that are one number, which claims and tables may name
    name
    for group in (METRICS, INFORMATION, WITHIN_BATCHES, CONDITIONAL, *FURTHER)
    for name, kind in group.items()
    if kind in (Number, int)
)


def schema_of(kinds: Kinds) -> type[Schema]:
    """The schema of a mapping that has just these fields."""
    fields: Kinds = {name: (kind, ...) for name, kind in kinds.items()}
    return create_model("Fields", __base__=Schema, **fields)


@cache
def metrics_of(present: frozenset[str]) -> type[Schema]:
    """What the metrics of a run must be, and all of each group of which a part is present."""
    wanted = dict(METRICS)
    if "mi" in present:
        wanted |= INFORMATION | (CONDITIONAL if "kl_prior" in present else WITHIN_BATCHES)
    for group in FURTHER:
        wanted |= group if group.keys() & present else {}
    return schema_of(wanted)


def in_groups(metrics: Json) -> Json:
    """Refuse metrics that are not what those of a run must be."""
    metrics_of(frozenset(metrics)).model_validate(metrics)
    return metrics


ENTRY = schema_of(
    {
        "format": Annotated[
            int, Field(ge=ENTRY_FORMAT, le=ENTRY_FORMAT, description=f"{ENTRY_FORMAT}")
        ],
        **dict.fromkeys(("label", "config_hash", "results_hash", "date"), str),
        "config": schema_of(CONFIG),
        "metrics": Annotated[Json, AfterValidator(in_groups)],
        "history": dict[Annotated[str, one_of(HISTORY, "measure of an epoch")], list[Number]],
        "cost": schema_of(COST),
        "system": schema_of(SYSTEM),
    }
)
