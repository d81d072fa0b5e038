"""What is measured of a trained model, in nats."""

from collapse.metrics.dispersion import (
    Dispersion,
    dispersion,
    effective_rank,
    mean_cosine,
    split_features,
)
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
from collapse.metrics.probes import (
    ProbeResult,
    classification_accuracy,
    few_labels,
    frozen_features,
)

__all__ = [
    "ActiveUnits",
    "Decomposition",
    "Dispersion",
    "Encoded",
    "Estimate",
    "ProbeResult",
    "active_units",
    "classification_accuracy",
    "decomposition",
    "dispersion",
    "effective_rank",
    "encode_split",
    "exact_nll",
    "few_labels",
    "frozen_features",
    "iw_nll",
    "kl_per_dimension",
    "marginal_kl",
    "mean_cosine",
    "mutual_information",
    "perplexity",
    "split_features",
]
