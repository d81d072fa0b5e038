"""What is measured of a trained model, in nats.

The model may be your own: :class:`LatentVariableModel` says which three methods it needs. From an
image VAE in evaluation mode and a ``DataLoader`` that does not shuffle::

    seen = metrics.encode_split(model, loader)  # posteriors, a draw of z, KL, log p(x|z)
    parts = metrics.decomposition(seen.q, seen.z, model.prior())  # KL = MI (with its cap) + rest
    units = metrics.active_units(seen.q.mean)
    nll = metrics.iw_nll(model, loader, samples=500)  # nats, one number an image
"""

from collapse.metrics.forces import Forces, forces
from collapse.metrics.information import (
    ActiveUnits,
    Decomposition,
    Estimate,
    active_units,
    decomposition,
    marginal_kl,
    mutual_information,
)
from collapse.metrics.kl import kl_per_dimension
from collapse.metrics.latent_space import discrepancy, neighbour_purity
from collapse.metrics.likelihood import Encoded, encode_split, iw_nll, posterior_means
from collapse.metrics.model_posterior import GridPosterior, batch_posterior, grid_posterior
from collapse.metrics.proposals import importance_weights
from collapse.metrics.protocol import LatentVariableModel
from collapse.metrics.quadrature import exact_nll
from collapse.metrics.readings import exact_readings, iw_readings
from collapse.metrics.text.dispersion import (
    Dispersion,
    dispersion,
    effective_rank,
    mean_cosine,
    split_features,
)
from collapse.metrics.text.generation import Quality, between_prior_draws, decode, quality
from collapse.metrics.text.gradient_reach import gradient_reach
from collapse.metrics.text.perplexity import perplexity, unknown_share
from collapse.metrics.text.probes import (
    ProbeResult,
    classification_accuracy,
    few_labels,
    frozen_features,
    word_counts,
)
from collapse.metrics.text.supervised import BiLSTMClassifier, Supervision, supervised_accuracy
from collapse.metrics.text.word_order import OrderEffect, order_effect, with_shuffled_input

__all__ = [
    "ActiveUnits",
    "BiLSTMClassifier",
    "Decomposition",
    "Dispersion",
    "Encoded",
    "Estimate",
    "Forces",
    "GridPosterior",
    "LatentVariableModel",
    "OrderEffect",
    "ProbeResult",
    "Quality",
    "Supervision",
    "active_units",
    "batch_posterior",
    "between_prior_draws",
    "classification_accuracy",
    "decode",
    "decomposition",
    "discrepancy",
    "dispersion",
    "effective_rank",
    "encode_split",
    "exact_nll",
    "exact_readings",
    "few_labels",
    "forces",
    "frozen_features",
    "gradient_reach",
    "grid_posterior",
    "importance_weights",
    "iw_nll",
    "iw_readings",
    "kl_per_dimension",
    "marginal_kl",
    "mean_cosine",
    "mutual_information",
    "neighbour_purity",
    "order_effect",
    "perplexity",
    "posterior_means",
    "quality",
    "split_features",
    "supervised_accuracy",
    "unknown_share",
    "with_shuffled_input",
    "word_counts",
]
