"""What is measured of a trained model, in nats."""

from collapse.metrics.forces import Forces, forces
from collapse.metrics.information import (
    ActiveUnits,
    Decomposition,
    Estimate,
    active_units,
    decomposition,
    kl_per_dimension,
    marginal_kl,
    mutual_information,
)
from collapse.metrics.likelihood import Encoded, encode_split, exact_nll, iw_nll, perplexity
from collapse.metrics.model_posterior import GridPosterior, batch_posterior, grid_posterior
from collapse.metrics.probes import (
    ProbeResult,
    classification_accuracy,
    few_labels,
    frozen_features,
    word_counts,
)

__all__ = [
    "ActiveUnits",
    "Decomposition",
    "Encoded",
    "Estimate",
    "Forces",
    "GridPosterior",
    "ProbeResult",
    "active_units",
    "batch_posterior",
    "classification_accuracy",
    "decomposition",
    "encode_split",
    "exact_nll",
    "few_labels",
    "forces",
    "frozen_features",
    "grid_posterior",
    "iw_nll",
    "kl_per_dimension",
    "marginal_kl",
    "mutual_information",
    "perplexity",
    "word_counts",
]
