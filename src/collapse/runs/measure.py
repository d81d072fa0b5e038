"""What is measured of a model: a little after each epoch, everything at the end of a run."""

from typing import Any

import numpy as np
import torch
from torch.distributions import Normal

from collapse.base.errors import RunError
from collapse.data import Corpus, Documents, plan_split
from collapse.distributions.densities import bare
from collapse.metrics.information import Estimate, active_units, mutual_information
from collapse.metrics.likelihood import Encoded, encode_split, iw_nll
from collapse.metrics.perplexity import perplexity, unknown_share
from collapse.metrics.quadrature import exact_nll
from collapse.metrics.readings import exact_readings, iw_readings
from collapse.runs.settings import Settings
from collapse.system import System
from collapse.training.checkpoint import Record
from collapse.vae import VAE

Measured = dict[str, Any]  # numbers, lists of numbers and words, as a summary keeps them

EPOCH_DOCUMENTS = 1000  # validation documents that an epoch's mutual information is taken over


def measure_epoch(system: System, corpus: Corpus, settings: Settings, seed: int) -> Record:
    """Means over the validation split, in nats: negative ELBO, its two terms, MI, active units.

    The mutual information comes twice, see :func:`information`; the comparison with the whole set,
    and the marginal KL with it, is over the first documents only. A model that is charged something
    else than the KL has that, too, and its own objective, by which its best epoch is judged.
    """
    model = system.model
    seen = encode_split(model, corpus.valid, seed)
    measured: Record = {
        "loss": seen.nll_bound.mean().item(),
        "reconstruction": -seen.log_likelihood.mean().item(),
        "kl": seen.kl.sum(-1).mean().item(),
    }
    if model.latent:
        few, batches = seen.first(EPOCH_DOCUMENTS), batches_of(corpus.valid, settings, seed)
        measured["mi"] = mutual_information(few.q, few.z).value
        measured["mi_batch"] = mutual_information(seen.q, seen.z, batches).value
        measured["marginal_kl"] = few.kl.sum(-1).mean().item() - measured["mi"]
        measured["au"] = active_units(seen.q.mean).count
    measured |= model.posterior.state()
    if regulariser := system.objective.regulariser:
        charge = regulariser.charged(model, corpus.valid, seed).mean().item()
        measured |= {"charge": charge, "objective": measured["reconstruction"] + charge}
    return measured


def measure(system: System, corpus: Corpus, settings: Settings, seed: int) -> Measured:
    """Everything about the test split that a summary reports.

    Raises:
        RunError: when a part reports a number by a name that every run has.
    """
    model = system.model
    seen = encode_split(model, corpus.test, seed)
    measured = {
        **with_error("elbo_nll", seen.nll_bound),
        **with_error("reconstruction", -seen.log_likelihood),
        **with_error("kl", seen.kl.sum(-1)),
        "kl_per_dimension": [round(v, 5) for v in seen.kl.mean(0).tolist()],
        **(information(seen, corpus.test, settings, seed) if model.latent else {}),
        **likelihood(model, corpus, seen, settings, seed),
        **readings(model, corpus, settings, seed),
        "test_documents": len(corpus.test),
        "unknown_share": unknown_share(corpus.test, corpus.vocabulary),
        "parameters": sum(p.numel() for p in system.parameters()),
    }
    return with_own(measured, system, corpus.test, seen, seed)


def information(seen: Encoded, documents: Documents, settings: Settings, seed: int) -> Measured:
    """Active units, and mutual information by both estimators with the cap of each."""
    whole = mutual_information(seen.q, seen.z)
    within = mutual_information(seen.q, seen.z, batches_of(documents, settings, seed))
    return {
        "au": active_units(seen.q.mean).count,
        **estimate("mi", whole),
        **estimate("mi_batch", within),
        "marginal_kl": seen.kl.sum(-1).mean().item() - whole.value,
    }


def with_own(
    measured: Measured, system: System, documents: Documents, seen: Encoded, seed: int
) -> Measured:
    """What is measured of every system, and what only these parts can measure.

    Raises:
        RunError: when a part reports a number by a name that is taken.
    """
    model, regulariser = system.model, system.objective.regulariser
    own = model.posterior.report(seen.q, seen.log_likelihood) | model.posterior.state()
    if regulariser:
        own |= regulariser.report(model, documents, seen.log_likelihood, seed)
    if taken := measured.keys() & own.keys():
        raise RunError(
            f"{type(model.posterior).__name__} or the objective reports {sorted(taken)}, which is "
            "measured of every system. Report it by another name."
        )
    for name, value in own.items():
        measured |= with_error(name, value) if isinstance(value, torch.Tensor) else {name: value}
    return measured


def readings(model: VAE, corpus: Corpus, settings: Settings, seed: int) -> Measured:
    """Every reading of the NLL, where the posterior leaves open which it is."""
    if not model.posterior.readings:
        return {}
    few = corpus.test.first(settings.likelihood_documents or 200)
    if model.latent <= 2:
        found = exact_readings(model, few)
    else:
        found = iw_readings(model, few, settings.iw_samples, seed)
    measured: Measured = {"readings_documents": len(few)}
    for reading in model.posterior.readings:
        measured |= with_error(reading.key, found[reading.name]) if reading.key else {}
    return measured


def batches_of(documents: Documents, settings: Settings, seed: int) -> list[np.ndarray]:
    """The mini-batches within which the batch estimator compares, cut as in training."""
    t = settings.training
    return plan_split(documents, t.batch_size, t.batching, seed, epoch=0)


def likelihood(
    model: VAE, corpus: Corpus, seen: Encoded, settings: Settings, seed: int
) -> Measured:
    """The negative log-likelihood: by quadrature where z is small, else importance-weighted.

    ``elbo_nll_same`` is the negative ELBO of the same documents: only from that one may the NLL be
    subtracted, to see what the encoder loses.
    """
    documents = corpus.test.first(settings.likelihood_documents)
    exact = model.latent <= 2 and isinstance(bare(model.prior()), Normal)
    if exact:
        nll = exact_nll(model, documents)
    else:
        nll = iw_nll(model, documents, settings.iw_samples, seed)
    predicted = torch.as_tensor(documents.predicted)
    return {
        **with_error("nll", nll),
        **with_error("elbo_nll_same", seen.nll_bound[: len(documents)]),
        "nll_method": "quadrature" if exact else f"IW-{settings.iw_samples}",
        "nll_documents": len(documents),
        "perplexity": perplexity(nll, predicted),
    }


def with_error(name: str, values: torch.Tensor) -> dict[str, float]:
    """Mean over documents and its standard error, nan for a single document."""
    found = Estimate.of(values)
    return {name: found.value, f"{name}_se": found.standard_error}


def estimate(name: str, found: Estimate) -> dict[str, float]:
    """An estimate under a name, with its standard error and its cap."""
    return {name: found.value, f"{name}_se": found.standard_error, f"{name}_cap": found.cap}
