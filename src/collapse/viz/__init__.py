"""Figures, tables and source for the pages of the book, all in one house style."""

from collapse.viz.drawings.scale import scaled_means
from collapse.viz.explore import Explorer, explore
from collapse.viz.pages.findings import FindingCard, finding, findings_of_build, findings_table
from collapse.viz.pages.rating_form import RatingForm, Reply
from collapse.viz.pictures import Picture, picture, png
from collapse.viz.plots.collapse_plots import kl_split, next_word_bars, saturation, unit_variances
from collapse.viz.plots.curves import mi_against_kl, training_curves
from collapse.viz.plots.dialogue_plots import (
    paired_perplexities,
    price_of_silence,
    rate_against_information,
    reply_map,
    silence_by_contexts,
)
from collapse.viz.plots.floor_plots import (
    aggregate_posterior,
    eps_curve,
    floor_sweep,
    kl_histograms,
    label_curves,
)
from collapse.viz.plots.lagging_plots import (
    gradient_parts,
    mean_space,
    mean_space_now,
    pushes,
    stopping,
    trajectory,
    two_dimensional_means,
)
from collapse.viz.plots.pooling_plots import against_length, feature_clouds, reach_curves
from collapse.viz.plots.scale_plots import (
    against_chance,
    against_floor,
    aggregate_contours,
    below_entropy,
    code_grid,
    differences,
    printed_information,
    told_symbols,
)
from collapse.viz.show import show
from collapse.viz.style import COLUMN, PALETTE, STYLE, Style, use_house_style
from collapse.viz.tables import ResultsTable, mean_std, results_table

__all__ = [
    "COLUMN",
    "PALETTE",
    "STYLE",
    "Explorer",
    "FindingCard",
    "Picture",
    "RatingForm",
    "Reply",
    "ResultsTable",
    "Style",
    "against_chance",
    "against_floor",
    "against_length",
    "aggregate_contours",
    "aggregate_posterior",
    "below_entropy",
    "code_grid",
    "differences",
    "eps_curve",
    "explore",
    "feature_clouds",
    "finding",
    "findings_of_build",
    "findings_table",
    "floor_sweep",
    "gradient_parts",
    "kl_histograms",
    "kl_split",
    "label_curves",
    "mean_space",
    "mean_space_now",
    "mean_std",
    "mi_against_kl",
    "next_word_bars",
    "paired_perplexities",
    "picture",
    "png",
    "price_of_silence",
    "printed_information",
    "pushes",
    "rate_against_information",
    "reach_curves",
    "reply_map",
    "results_table",
    "saturation",
    "scaled_means",
    "show",
    "silence_by_contexts",
    "stopping",
    "told_symbols",
    "training_curves",
    "trajectory",
    "two_dimensional_means",
    "unit_variances",
    "use_house_style",
]
