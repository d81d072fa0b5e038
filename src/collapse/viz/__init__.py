"""Figures, tables and source for the pages of the book, all in one house style."""

from collapse.viz.curves import mi_against_kl, training_curves
from collapse.viz.drawings.collapse import kl_charges
from collapse.viz.drawings.dialogue import springs
from collapse.viz.drawings.elbo import earned_and_paid, vae_diagram
from collapse.viz.drawings.floors import three_ways_to_pay
from collapse.viz.drawings.lagging import algorithm_timeline, two_forces
from collapse.viz.drawings.pooling import critics, pooled_states
from collapse.viz.drawings.scale import scaled_means
from collapse.viz.explore import Explorer, explore
from collapse.viz.letters import words
from collapse.viz.pages.findings import (
    FindingCard,
    FindingCards,
    LedgerWord,
    finding,
    finding_of_differences,
    findings_card,
    findings_of_build,
    ledger_says,
)
from collapse.viz.pages.findings_table import findings_table
from collapse.viz.pages.rating_form import RatingForm, Reply
from collapse.viz.pages.remedy_rows import ledger_answer
from collapse.viz.pictures import Picture, picture, png
from collapse.viz.plots.clutter_plots import against_chance, aggregate_contours, code_grid
from collapse.viz.plots.collapse_plots import (
    collapse_curves,
    information_panels,
    kl_split,
    next_word_bars,
    saturation,
    unit_variances,
)
from collapse.viz.plots.dialogue_plots import (
    paired_marks,
    price_of_silence,
    rate_against_information,
    reply_map,
    silence_by_contexts,
)
from collapse.viz.plots.floor_plots import (
    aggregate_posterior,
    eps_curve,
    floor_sweep,
    kl_bars,
    kl_histograms,
    price_and_purchase,
)
from collapse.viz.plots.image_plots import dial, maps, tiles
from collapse.viz.plots.lagging_plots import (
    farthest,
    gradient_parts,
    mean_space,
    mean_space_now,
    paired_differences,
    pushes,
    trajectory,
)
from collapse.viz.plots.pooling_plots import (
    against_length,
    dispersion_curves,
    feature_clouds,
    feature_name,
    ledger_dots,
    principal_axes,
    reach_curves,
)
from collapse.viz.plots.remedy_plots import field_curves, field_view, remedy_dots
from collapse.viz.plots.scale_plots import (
    against_floor,
    below_entropy,
    differences,
    printed_information,
    told_symbols,
)
from collapse.viz.plots.stopping_plots import stopping, two_dimensional_means
from collapse.viz.rate_distortion import rate_distortion
from collapse.viz.said import around_loops, ranges, share_between
from collapse.viz.show import show
from collapse.viz.style import COLUMN, PALETTE, STYLE, Style, use_house_style
from collapse.viz.tables import ResultsTable, mean_std, results_table

__all__ = [
    "COLUMN",
    "PALETTE",
    "STYLE",
    "Explorer",
    "FindingCard",
    "FindingCards",
    "LedgerWord",
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
    "algorithm_timeline",
    "around_loops",
    "below_entropy",
    "code_grid",
    "collapse_curves",
    "critics",
    "dial",
    "differences",
    "dispersion_curves",
    "earned_and_paid",
    "eps_curve",
    "explore",
    "farthest",
    "feature_clouds",
    "feature_name",
    "field_curves",
    "field_view",
    "finding",
    "finding_of_differences",
    "findings_card",
    "findings_of_build",
    "findings_table",
    "floor_sweep",
    "gradient_parts",
    "information_panels",
    "kl_bars",
    "kl_charges",
    "kl_histograms",
    "kl_split",
    "label_curves",
    "ledger_answer",
    "ledger_dots",
    "ledger_says",
    "maps",
    "mean_space",
    "mean_space_now",
    "mean_std",
    "mi_against_kl",
    "next_word_bars",
    "paired_differences",
    "paired_marks",
    "paired_perplexities",
    "picture",
    "png",
    "pooled_states",
    "price_and_purchase",
    "price_of_silence",
    "principal_axes",
    "printed_information",
    "pushes",
    "ranges",
    "rate_against_information",
    "rate_distortion",
    "reach_curves",
    "remedy_dots",
    "reply_map",
    "results_table",
    "saturation",
    "scaled_means",
    "share_between",
    "show",
    "silence_by_contexts",
    "springs",
    "stopping",
    "three_ways_to_pay",
    "tiles",
    "told_symbols",
    "training_curves",
    "trajectory",
    "two_dimensional_means",
    "two_forces",
    "unit_variances",
    "use_house_style",
    "vae_diagram",
    "words",
]
