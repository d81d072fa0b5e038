"""Figures, tables and source for the pages of the book, all in one house style."""

from collapse.viz.curves import mi_against_kl, training_curves
from collapse.viz.explore import Explorer, explore
from collapse.viz.pictures import Picture, picture, png
from collapse.viz.show import show
from collapse.viz.style import COLUMN, HALF, PALETTE, STYLE, Style, use_house_style
from collapse.viz.tables import ResultsTable, results_table, spread

__all__ = [
    "COLUMN",
    "HALF",
    "PALETTE",
    "STYLE",
    "Explorer",
    "Picture",
    "ResultsTable",
    "Style",
    "explore",
    "mi_against_kl",
    "picture",
    "png",
    "results_table",
    "show",
    "spread",
    "training_curves",
    "use_house_style",
]
