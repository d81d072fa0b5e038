"""What is measured of a model: a little after each epoch, everything at the end of a run."""

import numpy as np
import torch
from torch.distributions import Normal

from collapse.data import Corpus, Documents, plan_split
from collapse.metrics.charge import charged, dual_estimates
from collapse.metrics.information import (
    Estimate,
    active_units,
    mutual_information,
)
from collapse.metrics.likelihood import Encoded, encode_split, iw_nll
from collapse.metrics.perplexity import perplexity, unknown_share
from collapse.metrics.quadrature import exact_nll
from collapse.metrics.scaled_likelihood import as_scaled, exact_readings, iw_readings
from collapse.objectives import DualKL
from collapse.posteriors import ScaledGaussian
from collapse.posteriors.densities import bare
from collapse.runs.settings import Settings
from collapse.system import System
from collapse.theory import charges, mutual_divergence, mutual_divergence_floor
from collapse.training.checkpoint import Record
from collapse.vae import VAE

PARTICLES = 16  # draws of z over which the dual forms of a document are averaged
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
    if isinstance(model.posterior, ScaledGaussian):
        measured["factor"] = model.posterior.factor.mean().item()
    if system.objective.regulariser:
        charge = charged(system, corpus.valid, seed).mean().item()
        measured |= {"charge": charge, "objective": measured["reconstruction"] + charge}
    return measured


def measure(system: System, corpus: Corpus, settings: Settings, seed: int) -> dict[str, object]:
    """Everything about the test split that a summary reports."""
    model = system.model
    seen = encode_split(model, corpus.test, seed)
    return {
        **with_error("elbo_nll", seen.nll_bound),
        **with_error("reconstruction", -seen.log_likelihood),
        **with_error("kl", seen.kl.sum(-1)),
        "kl_per_dimension": [round(v, 5) for v in seen.kl.mean(0).tolist()],
        **(information(seen, corpus.test, settings, seed) if model.latent else {}),
        **likelihood(model, corpus, seen, settings, seed),
        **said_by_critics(system, corpus, seen, seed),
        **said_of_scaled_means(model, corpus, seen, settings, seed),
        "test_documents": len(corpus.test),
        "unknown_share": unknown_share(corpus.test, corpus.vocabulary),
        "parameters": sum(p.numel() for p in system.parameters()),
    }


def information(
    seen: Encoded, documents: Documents, settings: Settings, seed: int
) -> dict[str, object]:
    """Active units, and mutual information by both estimators with the cap of each."""
    whole = mutual_information(seen.q, seen.z)
    within = mutual_information(seen.q, seen.z, batches_of(documents, settings, seed))
    return {
        "au": active_units(seen.q.mean).count,
        **estimate("mi", whole),
        **estimate("mi_batch", within),
        "marginal_kl": seen.kl.sum(-1).mean().item() - whole.value,
    }


def said_by_critics(system: System, corpus: Corpus, seen: Encoded, seed: int) -> dict[str, object]:
    """The numbers of iVAE's own evaluation, none of them a bound; nothing without critics.

    ``nll_dual`` has the dual form in place of the KL, and ``mi_dual`` is the difference of two.
    """
    if not isinstance(system.objective.regulariser, DualKL):
        return {}
    found = dual_estimates(system, corpus.test, PARTICLES, seed)
    conditional, marginal = found["conditional"], found["marginal"]
    return {
        **with_error("nll_dual", conditional - seen.log_likelihood),
        **with_error("kl_dual", conditional),
        **with_error("mi_dual", conditional - marginal),
    }


def said_of_scaled_means(
    model: VAE, corpus: Corpus, seen: Encoded, settings: Settings, seed: int
) -> dict[str, object]:
    """Every reading of the NLL of scaled means, valid or not; nothing for other posteriors.

    ``nll_generation`` and ``nll_standard`` are of the two valid models, ``nll_eq7`` and
    ``nll_mixed`` are readings of the paper's number and no likelihoods, ``kl_unscaled`` is the KL
    that the paper reports; see :mod:`collapse.metrics.scaled_likelihood`.
    """
    if not isinstance(model.posterior, ScaledGaussian):
        return {}
    few = corpus.test.first(settings.likelihood_documents or 200)
    if model.latent <= 2:
        found = exact_readings(model, few)
    else:
        found = iw_readings(model, few, settings.iw_samples, seed)
    q = as_scaled(seen.q)
    kl = charges(q.unscaled_mean, q.variance, q.factor).unscaled.sum(-1)
    return {
        **with_error("nll_eq7", found["Eq. 7 weights"]),
        **with_error("nll_mixed", found["mixed weights"]),
        **with_error("nll_standard", found["M_1"]),
        **with_error("nll_generation", found["M_f"]),
        **with_error("kl_unscaled", kl),
        "objective": (kl - seen.log_likelihood).mean().item(),
        "factor": q.factor.mean().item(),
        "mpd": mutual_divergence(q.mean, q.variance).sum().item(),
        "mpd_floor": mutual_divergence_floor(q.mean, q.variance).sum().item(),
        "readings_documents": len(few),
    }


def batches_of(documents: Documents, settings: Settings, seed: int) -> list[np.ndarray]:
    """The mini-batches within which the batch estimator compares, cut as in training."""
    t = settings.training
    return plan_split(documents, t.batch_size, t.batching, seed, epoch=0)


def likelihood(
    model: VAE, corpus: Corpus, seen: Encoded, settings: Settings, seed: int
) -> dict[str, object]:
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
