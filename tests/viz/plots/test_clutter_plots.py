"""The pictures of appendix 7a show what they are given."""

import numpy as np
import torch

from collapse.viz import against_chance, aggregate_contours, code_grid


def test_what_chance_gives_is_the_first_row_and_the_band() -> None:
    chance = torch.linspace(-1, 3, 401)
    fig = against_chance({"a": [0.5, 9.0], "b": [2.0]}, chance, "MMD²", "the prior twice")
    axes = fig.axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["the prior twice", "a", "b"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    (band,) = axes.patches
    np.testing.assert_allclose(band.get_extents().transformed(axes.transData.inverted()).x0, -0.9)
    np.testing.assert_allclose(axes.lines[2].get_xdata(), [0.5, 9.0])


def test_codes_are_drawn_by_component_under_the_names_of_rows_and_columns() -> None:
    codes, labels = (torch.randn(40, 2), torch.ones(40, 2)), np.arange(40) % 4
    fig = code_grid({"A": {"1": codes, "2": codes}, "B": {"1": codes, "2": codes}}, labels, "t")
    counts = [len(line.get_xdata()) for line in fig.axes[0].lines[:4]]
    assert counts == [10, 10, 10, 10]
    assert [axes.get_title() or axes.get_title(loc="left") for axes in fig.axes] == [
        "1",
        "2",
        "",
        "",
    ]
    assert [axes.get_ylabel() for axes in fig.axes] == ["A", "", "B", ""]


def test_contours_have_the_circles_of_their_own_prior() -> None:
    cloud = torch.randn(30, 2), torch.ones(30, 2)
    panels, priors = {"A": {"a": cloud, "b": cloud}}, {"A": {"a": 1.0, "b": 1.5}}
    fig = aggregate_contours(panels, priors, "t")
    assert max(fig.axes[1].lines[0].get_xdata()) == 1.5
