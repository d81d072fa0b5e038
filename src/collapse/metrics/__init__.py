"""What is measured of a trained model, in nats."""

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

__all__ = [
    "ActiveUnits",
    "Decomposition",
    "Encoded",
    "Estimate",
    "active_units",
    "decomposition",
    "encode_split",
    "exact_nll",
    "iw_nll",
    "kl_per_dimension",
    "marginal_kl",
    "mutual_information",
    "perplexity",
]
