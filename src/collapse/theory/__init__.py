"""Closed forms: drawn over measured curves, and used as oracles by the tests."""

from collapse.theory.conditional import silent_rates, speaking_rates, two_kls
from collapse.theory.gradient_reach import (
    reach_of_average,
    reach_of_last_state,
    recurrent_radius,
)
from collapse.theory.information import gaussian_channel_mi, mi_cap, mi_cap_batches
from collapse.theory.kl_floors import (
    KLParts,
    feasible_deviations,
    kl_density,
    kl_floor,
    kl_parts,
    matched_rate,
    normalised_variance,
)
from collapse.theory.linear import (
    LinearOptimum,
    collapse_threshold,
    linear_log_likelihood,
    linear_optimum,
    ppca_noise_variance,
    ppca_weight,
)
from collapse.theory.scale_bounds import (
    Charges,
    charges,
    information_bound,
    largest_excess,
    mutual_divergence,
    mutual_divergence_floor,
    over_generation,
    over_standard,
    smallest_gap,
)
from collapse.theory.sphere import log_mean_exp, log_sphere_area, mean_resultant_length, vmf_kl
from collapse.theory.word_dropout import worth_of_topic

__all__ = [
    "Charges",
    "KLParts",
    "LinearOptimum",
    "charges",
    "collapse_threshold",
    "feasible_deviations",
    "gaussian_channel_mi",
    "information_bound",
    "kl_density",
    "kl_floor",
    "kl_parts",
    "largest_excess",
    "linear_log_likelihood",
    "linear_optimum",
    "log_mean_exp",
    "log_sphere_area",
    "matched_rate",
    "mean_resultant_length",
    "mi_cap",
    "mi_cap_batches",
    "mutual_divergence",
    "mutual_divergence_floor",
    "normalised_variance",
    "over_generation",
    "over_standard",
    "ppca_noise_variance",
    "ppca_weight",
    "reach_of_average",
    "reach_of_last_state",
    "recurrent_radius",
    "silent_rates",
    "smallest_gap",
    "speaking_rates",
    "two_kls",
    "vmf_kl",
    "worth_of_topic",
]
