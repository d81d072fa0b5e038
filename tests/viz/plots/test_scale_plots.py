"""The pictures of chapter 7 show what they are given."""

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from scipy import stats

from collapse.viz import (
    STYLE,
    against_floor,
    below_entropy,
    differences,
    printed_information,
    told_symbols,
)


def title(axes: Axes) -> str:
    """The title, wherever the style of the day puts it."""
    return axes.get_title() or axes.get_title(loc="left")


def test_hollow_markers_are_no_likelihoods() -> None:
    values = {"told": [[1.0, 1.2], [0.5, 0.6]], "M_1": [[2.8, 2.9], [3.0, 3.0]]}
    fig = against_floor([0.5, 1.1], values, 2.77, ["M_1"], "nats")
    lines = {line.get_label(): line for line in fig.axes[0].lines}
    assert lines["told"].get_markerfacecolor() == "white"
    assert lines["M_1"].get_markerfacecolor() != "white"
    np.testing.assert_allclose(lines["told"].get_ydata(), [1.1, 0.55])


def test_closed_forms_are_drawn_over_the_whole_axis() -> None:
    limits = {"most": lambda std: 2.77 - std, "rest": lambda std: 2.77}
    fig = against_floor([0.5, 2.0], {"M_1": [[2.8], [3.0]]}, 2.77, ["M_1"], "nats", limits)
    lines = {line.get_label(): line for line in fig.axes[0].lines}
    np.testing.assert_allclose(lines["most"].get_ydata()[[0, -1]], [2.27, 0.77])
    assert lines["most"].get_linestyle() != lines["rest"].get_linestyle()


def test_differences_stand_in_the_given_order() -> None:
    fig = differences({"a": {"x": [0.1, 0.2], "y": [-0.3]}, "b": {"x": [0.0]}}, ["x"], "nats")
    first = fig.axes[0]
    assert [tick.get_text() for tick in first.get_yticklabels()] == ["x", "y"]
    assert first.get_ylim()[0] > first.get_ylim()[1]


def test_differences_have_the_interval_of_their_mean_and_one_seed_has_none() -> None:
    values = [0.1, 0.2, 0.6]
    axes = differences({"a": {"x": values, "y": [-0.3]}}, ["x"], "nats").axes[0]
    bars = [line for line in axes.lines if line.get_linewidth() == 11]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert [list(bar.get_xdata()) for bar in bars] == [pytest.approx([low, high])]
    strokes = [line for line in axes.lines if line.get_marker() == "|"]
    assert [line.get_xdata()[0] for line in strokes] == pytest.approx([0.3, -0.3])


def test_the_sums_stand_in_the_title() -> None:
    means, told = torch.tensor([0.3, -0.2]), torch.tensor([3.0, -2.0])
    fig = told_symbols(means, told, torch.tensor([0.9, 0.8]), torch.tensor([0.5, 0.5]), "t")
    assert title(fig.axes[0]) == "t: sums 1.70 and 1.00"
    np.testing.assert_allclose(fig.axes[0].lines[1].get_ydata(), [0.8, 0.9])


def test_objectives_are_hollow_and_likelihoods_full_in_both_regimes() -> None:
    panels = {"own": ([[2.5], [2.0]], [[2.8], [2.9]]), "held": ([[2.7], [2.2]], [[2.8], [3.0]])}
    limits = {"own": lambda std: 2.77 - std, "held": lambda std: 2.77}
    fig = below_entropy([0.5, 2.0], panels, 2.77, limits)
    assert [title(axes) for axes in fig.axes] == ["own", "held"]
    for axes, (objectives, likelihoods) in zip(fig.axes, panels.values(), strict=True):
        marks = [line for line in axes.lines if line.get_marker() in ("v", "s")]
        hollow = [m.get_ydata()[0] for m in marks if m.get_markerfacecolor() == "white"]
        full = [m.get_ydata()[0] for m in marks if m.get_markerfacecolor() != "white"]
        assert hollow == [group[0] for group in objectives]
        assert full == [group[0] for group in likelihoods]


def test_a_printed_row_goes_from_its_kl_to_its_bound() -> None:
    fig = printed_information({"Yahoo": [("0.3", 1.8, 3.24, 8.4), ("", 8.4, 27.8, 9.2)]}, 9.21)
    axes = fig.axes[0]
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    places = [(m.get_xdata()[0], m.get_markerfacecolor() == "white") for m in marks]
    assert places == [(1.8, True), (3.24, False), (8.4, True), (27.8, False)]
    assert [text.get_text() for text in axes.texts if text.get_text()][-1] == "0.3"


def test_a_reading_has_the_colour_of_its_system() -> None:
    rows = {"held": {"x": [0.1, 0.2]}, "own": {"x": [0.3, 0.4]}}
    fig = differences(rows, [], "nats", {"own": STYLE["scale-vae-always"].colour})
    marks = [next(m for m in axes.lines if m.get_marker() == "v") for axes in fig.axes]
    assert [m.get_color() for m in marks] == [
        STYLE["scale-vae"].colour,
        STYLE["scale-vae-always"].colour,
    ]
