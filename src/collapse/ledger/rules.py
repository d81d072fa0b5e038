"""What an entry of the results ledger must be: its form, its checksums, its plausibility.

An entry is a dictionary as its JSON file holds it. Every rule yields one sentence for each thing
that is wrong with it. Values are in nats a document unless a name says otherwise.

The checksums guard against accidents (a slip in an editor, a merge gone wrong), not against
malice: whoever changes a number on purpose can compute the checksum anew.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from collapse.base.schema import mistakes
from collapse.ledger.schema import ENTRY, Json
from collapse.runs.measuring.measure import KEPT_DOCUMENTS
from collapse.runs.settings import base_scale
from collapse.theory import mi_cap

Check = Callable[[Json], Iterator[str]]

ERRORS = 4.0  # standard errors that chance is given


def problems(entry: Json) -> list[str]:
    """Everything that is wrong with an entry, one sentence each."""
    return mistakes(ENTRY, entry) or [text for rule in RULES for text in rule(entry)]


def fingerprint(what: object) -> str:
    """Sixteen hexadecimal digits of a JSON value; the order of keys does not matter."""
    text = json.dumps(what, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def results_of(entry: Json) -> Json:
    """The part of an entry that its run found out, as opposed to what it was asked."""
    return {key: entry[key] for key in ("metrics", "history", "cost", "system", "date")}


# --- what an entry says about itself ---------------------------------------------------------


def label_of(config: Mapping[str, Any]) -> str:
    """The name of an entry: one recipe, corpus, scale and seed."""
    return f"{config['name']}-{config['corpus']}-{config['scale']}-seed{config['seed']}"


def clean(commit: str | None) -> bool:
    """Whether a commit tells exactly which code was there."""
    return commit is not None and re.fullmatch(r"[0-9a-f]{7,40}", commit) is not None


def names(entry: Json) -> Iterator[str]:
    """Label, scale, date and commit are what they should be."""
    config = entry["config"]
    if entry["label"] != label_of(config):
        yield f"Its label is {entry['label']!r}, its configuration is that of {label_of(config)!r}."
    if config["scale"] == "smoke":
        yield "A run at smoke scale tests that pages run; it is no result."
    if not day(entry["date"]):
        yield f"The date {entry['date']!r} is not of the form 2026-01-31."
    if base_scale(config["scale"]) == "full" and not clean(entry["system"]["commit"]):
        yield (
            f"A run at full scale needs a clean commit; got {entry['system']['commit']!r}. "
            "Commit the code that made it, then add the run again."
        )


def day(text: str) -> bool:
    """Whether a text is a day of the calendar in ISO form."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def checksums(entry: Json) -> Iterator[str]:
    """Both parts are as they were when the entry was written."""
    if fingerprint(entry["config"]) != entry["config_hash"]:
        yield "Its configuration has been changed since it was written (config_hash differs)."
    if fingerprint(results_of(entry)) != entry["results_hash"]:
        yield "Its results have been changed since they were written (results_hash differs)."


# --- plausibility ----------------------------------------------------------------------------


def latent_of(entry: Json) -> int:
    """Dimensions of z; 0 for a language model, whose KL has no terms."""
    terms = entry["metrics"]["kl_per_dimension"]
    return entry["config"]["settings"].get("latent", len(terms)) if terms else 0


def bounds(entry: Json) -> Iterator[str]:
    """Signs and sizes that hold whatever the model: KL, standard errors, counts, dimensions."""
    m, latent = entry["metrics"], latent_of(entry)
    terms = len(m["kl_per_dimension"])
    if terms not in (0, 1, latent):  # one, where the dimensions of a posterior hang together
        yield f"The KL has {terms} terms; the settings say {latent}."
    if bool(latent) != ("mi" in m):
        yield "A model has an MI if and only if it has a latent variable."
    if m["kl"] < -1e-5:
        yield f"A KL is 0 or more; got {m['kl']:.5f}."
    if not 0 <= m.get("au", 0) <= latent:
        yield f"There are {m['au']} active units of {latent} dimensions."
    for name in (n for n in m if n.endswith("_se") and m[n] < 0):
        yield f"The standard error {name} is negative: {m[name]}."
    if not 2 <= m["nll_documents"] <= m["test_documents"]:
        yield f"The NLL is over {m['nll_documents']} of {m['test_documents']} test documents."


def sums(entry: Json) -> Iterator[str]:
    """−ELBO = reconstruction + KL, KL = the sum over dimensions = MI + marginal KL."""
    m = entry["metrics"]
    parts = {
        "−ELBO": (m["elbo_nll"], "reconstruction + KL", m["reconstruction"] + m["kl"]),
        "KL": (m["kl"], "the sum over dimensions", sum(m["kl_per_dimension"])),
    }
    if "marginal_kl" in m:
        parts["KL − MI"] = (m["kl"] - m["mi"], "the marginal KL", m["marginal_kl"])
    for name, (one, other_name, other) in parts.items():
        rounding = 1e-4 + 1e-5 * latent_of(entry) + 1e-6 * abs(one)
        if abs(one - other) > rounding:
            yield f"{name} is {one:.5f}, but {other_name} is {other:.5f}."


def likelihood(entry: Json) -> Iterator[str]:
    """NLL ≤ −ELBO within error, and equal to it where there is no latent variable.

    Both of the same documents.
    """
    m = entry["metrics"]
    bound, room = m["elbo_nll_same"], ERRORS * m["elbo_nll_same_se"]
    excess = m["nll"] - bound
    if excess > room:
        yield (
            f"The NLL {m['nll']:.3f} is above the −ELBO {bound:.3f} "
            f"by more than {ERRORS:.0f} standard errors ({room:.3f})."
        )
    if not latent_of(entry) and abs(excess) > 1e-4 * abs(m["nll"]):
        yield f"Without z the NLL {m['nll']:.4f} must be the −ELBO {bound:.4f}."


def single_documents(entry: Json) -> Iterator[str]:
    """The values of single documents are as many as they should be, and have the mean."""
    m = entry["metrics"]
    values, count = m["nll_by_document"], m["nll_documents"]
    if len(values) != min(count, KEPT_DOCUMENTS):
        yield f"It keeps the NLL of {len(values)} single documents; the mean is over {count}."
    elif len(values) == count and abs(sum(values) / count - m["nll"]) > 1e-3:
        yield f"The NLL is {m['nll']:.4f}, that of its documents {sum(values) / count:.4f}."


def epochs(entry: Json) -> Iterator[str]:
    """The history has one value an epoch."""
    for name, values in entry["history"].items():
        if len(values) != entry["cost"]["epochs"]:
            yield (
                f"The history of {name} has {len(values)} values; the run has "
                f"{entry['cost']['epochs']} epochs."
            )


def perplexity(entry: Json) -> Iterator[str]:
    """The words that NLL and perplexity imply, Σ NLL / log PPL, are a whole number.

    They are at least one a document. Beyond some 10^5 words rounding hides the fraction.
    """
    m = entry["metrics"]
    if m["perplexity"] <= 1 or m["nll"] <= 0:
        yield f"NLL {m['nll']} and perplexity {m['perplexity']} must be above 0 and 1."
        return
    words = m["nll"] * m["nll_documents"] / math.log(m["perplexity"])
    rounding = 0.01 + 2e-6 * words
    fraction = abs(words - round(words)) if rounding < 0.25 else 0.0
    if words < m["nll_documents"] - rounding or fraction > rounding:
        yield (
            f"NLL {m['nll']:.4f} and perplexity {m['perplexity']:.4f} do not belong together: "
            f"they imply {words:.2f} predicted words in {m['nll_documents']} documents."
        )


def information(entry: Json) -> Iterator[str]:
    """0 ≤ MI ≤ KL within error, MI ≤ its cap, and the caps are those of the test documents."""
    m = entry["metrics"]
    for name in (n for n in ("mi", "mi_batch") if n in m):
        room = ERRORS * math.hypot(m[f"{name}_se"], m["kl_se"])
        if m[name] > m[f"{name}_cap"] + 1e-6:
            yield f"{name} {m[name]:.4f} is above its cap {m[f'{name}_cap']:.4f}."
        if m[name] > m["kl"] + room:
            yield f"{name} {m[name]:.4f} is above the KL {m['kl']:.4f} by more than {room:.4f}."
        if m[name] < -room - 1e-6:
            yield f"{name} {m[name]:.4f} is below 0 by more than {room:.4f}."
    if "mi_batch_cap" in m and abs(m["mi_cap"] - mi_cap(m["test_documents"])) > 1e-6:
        yield f"The cap of mi is {m['mi_cap']:.4f}; log {m['test_documents']} is another number."
    if "mi_batch_cap" in m and m["mi_batch_cap"] > m["mi_cap"] + 1e-9:
        yield f"The cap of mi_batch, {m['mi_batch_cap']:.4f}, is above that of the whole set."


def readings(entry: Json) -> Iterator[str]:
    """Of scaled means: a positive factor, a sum that is one, an MPD above its floor."""
    m = entry["metrics"]
    if "factor" not in m:
        return
    if m["factor"] <= 0:
        yield f"A factor is above 0; got {m['factor']}."
    if m["kl_unscaled"] < -1e-5:
        yield f"A KL is 0 or more; kl_unscaled is {m['kl_unscaled']:.5f}."
    if m["mpd"] < m["mpd_floor"] - 1e-5:
        yield f"The MPD {m['mpd']:.5f} is below its floor {m['mpd_floor']:.5f}."
    excess = m["objective"] - m["reconstruction"] - m["kl_unscaled"]
    if abs(excess) > 1e-4 + 1e-6 * abs(m["objective"]):
        yield f"The objective is off reconstruction + the unscaled KL by {excess:.5f}."


def costs(entry: Json) -> Iterator[str]:
    """Times are positive, training is a part of the whole, memory is used where a GPU is."""
    cost, on_gpu = entry["cost"], entry["system"]["device"].startswith("cuda")
    for name in (n for n in cost if cost[n] <= 0 and (on_gpu or n != "peak_gpu_memory_mb")):
        yield f"{name} must be above 0; got {cost[name]}."
    if cost["train_seconds"] > cost["wall_seconds"] * 1.01 and entry["system"]["device"] == "cpu":
        yield f"Training took {cost['train_seconds']} s of {cost['wall_seconds']} s in all."


RULES: tuple[Check, ...] = (
    names,
    checksums,
    bounds,
    sums,
    likelihood,
    single_documents,
    epochs,
    perplexity,
    information,
    readings,
    costs,
)
