"""Scales: the sizes and the protocol of a run, by corpus.

``smoke`` is for tests: one epoch of tiny models, so that a page runs from top to bottom and nothing
is learned; its numbers are no results. ``light`` is for a CPU and seconds; ``medium`` trains on
real text until validation stops improving, ten minutes of a CPU; ``colab`` is for a small GPU and
minutes; ``full`` is the papers' protocol, that of He et al. (2019) with the refinements of
its released code. Where a later paper differs, ``full-`` with its name is the same data under that
paper's protocol.
"""

from collapse.runs.settings.lookup import (
    ON_CPU,
    PROTOCOLS,
    SCALES,
    base_scale,
    settings_for,
)
from collapse.runs.settings.sizes import LIGHT, PAPER, SETTINGS, SHORT, SIZED, Settings

__all__ = [
    "LIGHT",
    "ON_CPU",
    "PAPER",
    "PROTOCOLS",
    "SCALES",
    "SETTINGS",
    "SHORT",
    "SIZED",
    "Settings",
    "base_scale",
    "settings_for",
]
