"""What is measured of a model: a little after each epoch, everything at the end of a run."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.data import Corpus, Documents, plan_split
from collapse.distributions.densities import bare
from collapse.metrics.information import Estimate, active_units, mutual_information
from collapse.metrics.likelihood import Encoded, encode_split, iw_nll
from collapse.metrics.quadrature import exact_nll
from collapse.metrics.readings import exact_readings, iw_readings
from collapse.metrics.text.dispersion import mean_cosine, split_features
from collapse.metrics.text.perplexity import perplexity, unknown_share
from collapse.objectives import Objective
from collapse.objectives.shapes import check_by_document
from collapse.runs.settings import Settings
from collapse.system import System
from collapse.training.checkpoint import Record
from collapse.training.checks import check_numbers
from collapse.vae import VAE

Measured = dict[str, Any]  # numbers, lists of numbers and words, as a summary keeps them

EPOCH_DOCUMENTS = 1000  # validation documents that an epoch's mutual information is taken over
JUDGED = ("charge", "objective")  # of an epoch where something else than the KL is charged
KEPT_DOCUMENTS = 2000  # the most whose own NLL a summary keeps


def measure_epoch(system: System, corpus: Corpus, settings: Settings, seed: int) -> Record:
    """Means over the validation split, in nats: negative ELBO, its two terms, MI, active units.

    The mutual information comes twice, see :func:`information`; the comparison with the whole set,
    and the marginal KL with it, is over the first documents only. A model that is charged something
    else than the KL has that, too, and its own objective, by which its best epoch is judged.
    """
    model = system.model
    encoded = encode_split(model, corpus.valid, seed)
    measured: Record = {
        "loss": encoded.nll_bound.mean().item(),
        "reconstruction": -encoded.log_likelihood.mean().item(),
        "kl": encoded.kl.sum(-1).mean().item(),
    }
    if model.latent:
        first = encoded.first(EPOCH_DOCUMENTS)
        batches = batches_of(corpus.valid, settings, seed)
        measured["mi"] = mutual_information(first.q, first.z).value
        measured["mi_batch"] = mutual_information(encoded.q, encoded.z, batches).value
        measured["marginal_kl"] = first.kl.sum(-1).mean().item() - measured["mi"]
        measured["au"] = active_units(encoded.q.mean).count
        measured |= dispersion(model, corpus.valid.first(EPOCH_DOCUMENTS))
    charged = system.objective.charged(model, corpus.valid, seed)
    if charged is not None:
        check_by_document(charged, len(corpus.valid), system.objective, "What is charged")
        charge = charged.mean().item()
        measured |= {"charge": charge, "objective": measured["reconstruction"] + charge}
    taken = {**dict.fromkeys(JUDGED), **measured}
    return measured | own_numbers(taken, model.posterior.state(), model.posterior)


def measure(system: System, corpus: Corpus, settings: Settings, seed: int) -> Measured:
    """Everything about the test split that a summary reports.

    Raises:
        RunError: when a part reports a number by a name that every run has.
    """
    model = system.model
    encoded = encode_split(model, corpus.test, seed)
    measured = {
        **with_error("elbo_nll", encoded.nll_bound),
        **with_error("reconstruction", -encoded.log_likelihood),
        **with_error("kl", encoded.kl.sum(-1)),
        "kl_per_dimension": [round(v, 5) for v in encoded.kl.mean(0).tolist()],
        **(information(encoded, corpus.test, settings, seed) if model.latent else {}),
        **(dispersion(model, corpus.test) if model.latent else {}),
        **likelihood(model, corpus, encoded, settings, seed),
        **readings(model, corpus, settings, seed),
        "test_documents": len(corpus.test),
        "unknown_share": unknown_share(corpus.test, corpus.vocabulary),
        "parameters": sum(p.numel() for p in system.parameters()),
    }
    return with_reports(measured, system, corpus.test, encoded, seed)


def information(encoded: Encoded, documents: Documents, settings: Settings, seed: int) -> Measured:
    """Active units, and mutual information by both estimators with the cap of each."""
    whole = mutual_information(encoded.q, encoded.z)
    within = mutual_information(encoded.q, encoded.z, batches_of(documents, settings, seed))
    return {
        "au": active_units(encoded.q.mean).count,
        **with_cap("mi", whole),
        **with_cap("mi_batch", within),
        "marginal_kl": encoded.kl.sum(-1).mean().item() - whole.value,
    }


def dispersion(model: VAE, documents: Documents) -> Record:
    """Mean cosine of two documents' features; nothing where a feature vector has no direction."""
    try:
        return {"cosine": mean_cosine(split_features(model, documents))}
    except CollapseError:
        return {}


def with_reports(
    measured: Measured, system: System, documents: Documents, encoded: Encoded, seed: int
) -> Measured:
    """What is measured of every system, and what only these parts can measure.

    Raises:
        RunError: as :func:`own_numbers`.
    """
    model, posterior, objective = system.model, system.model.posterior, system.objective
    own = type(objective).report is not Objective.report  # else it is that of the regulariser
    reports: list[tuple[object, Any]] = [
        (posterior, posterior.report(encoded.q, encoded.log_likelihood)),
        (posterior, posterior.state()),
        (
            objective if own else objective.regulariser,
            objective.report(model, documents, encoded.log_likelihood, seed),
        ),
    ]
    for part, values in reports:
        measured = measured | own_numbers(measured, values, part, len(documents))
    return measured


def own_numbers(measured: Measured, values: Any, part: object, documents: int = 0) -> Measured:
    """What a part says of itself, as numbers of a summary; a tensor's mean and its error.

    Raises:
        RunError: as :func:`collapse.training.checks.check_numbers`, which has the arguments.
    """
    check_numbers(values, part, "report or state", measured, documents)
    numbers: Measured = {}
    for name, value in values.items():
        numbers |= with_error(name, value) if isinstance(value, Tensor) else {name: value}
    return numbers


def readings(model: VAE, corpus: Corpus, settings: Settings, seed: int) -> Measured:
    """Every reading of the NLL, where the posterior leaves open which it is."""
    if not model.posterior.readings:
        return {}
    documents = corpus.test.first(settings.likelihood_documents or 200)
    if model.latent <= 2:
        nlls = exact_readings(model, documents)
    else:
        nlls = iw_readings(model, documents, settings.iw_samples, seed)
    measured: Measured = {"readings_documents": len(documents)}
    for reading in model.posterior.readings:
        measured |= with_error(reading.key, nlls[reading.name]) if reading.key else {}
    return measured


def batches_of(documents: Documents, settings: Settings, seed: int) -> list[np.ndarray]:
    """The mini-batches within which the batch estimator compares, cut as in training."""
    t = settings.training
    return plan_split(documents, t.batch_size, t.batching, seed, epoch=0)


def likelihood(
    model: VAE, corpus: Corpus, encoded: Encoded, settings: Settings, seed: int
) -> Measured:
    """The negative log-likelihood: by quadrature where z is small, else importance-weighted."""
    documents = corpus.test.first(settings.likelihood_documents)
    exact = model.latent <= 2 and isinstance(bare(model.prior()), Normal)
    if exact:
        nll = exact_nll(model, documents)
    else:
        nll = iw_nll(model, documents, settings.iw_samples, seed)
    return {
        **of_documents(nll, encoded, documents),
        "nll_method": "quadrature" if exact else f"IW-{settings.iw_samples}",
    }


def of_documents(
    nll: Float[Tensor, " measured"], encoded: Encoded, documents: Documents
) -> Measured:
    """The NLL of the first documents, and the bound and the KL of the same ones beside it.

    Only from ``elbo_nll_same`` may the NLL be subtracted, to see what the encoder loses. The values
    of single documents are kept so that two systems can be compared document by document.
    """
    same = encoded.first(len(documents))
    return {
        **with_error("nll", nll),
        **with_error("elbo_nll_same", same.nll_bound),
        **with_error("kl_same", same.kl.sum(-1)),
        "nll_by_document": [round(value, 3) for value in nll[:KEPT_DOCUMENTS].tolist()],
        "nll_documents": len(documents),
        "perplexity": perplexity(nll, torch.as_tensor(documents.predicted)),
    }


def with_error(name: str, values: Tensor) -> dict[str, float]:
    """Mean over documents and its standard error, nan for a single document."""
    mean = Estimate.of(values)
    return {name: mean.value, f"{name}_se": mean.standard_error}


def with_cap(name: str, estimate: Estimate) -> dict[str, float]:
    """An estimate under a name, with its standard error and its cap."""
    return {
        name: estimate.value,
        f"{name}_se": estimate.standard_error,
        f"{name}_cap": estimate.cap,
    }
