"""The figures of the appendix on estimation: data, growth and what a logarithm cannot show."""

import numpy as np
import pytest
import torch

from collapse.viz.plots import estimating_plots


def test_growth_is_drawn_through_the_last_point():
    values = {name: torch.rand(3, 2) for name in ("path", "baseline", "score")}
    (axes,) = estimating_plots.gradient_variance([1, 8], values).axes
    dashed = [line.get_ydata() for line in axes.lines if line.get_linestyle() == "--"]
    assert [float(line[1] / line[0]) for line in dashed] == pytest.approx([1, 8, 64])
    ends = [float(line[1]) for line in dashed]
    assert ends == pytest.approx([each[:, 1].mean().item() for each in values.values()])
    assert [text.get_text() for text in axes.texts] == list(values)


def test_bounds_and_their_distances():
    bounds = {"prior": torch.randn(2, 50).double() - 6}
    above, below = estimating_plots.importance_curve([1, 10], bounds, -2.0, 1.5).axes
    np.testing.assert_allclose(above.lines[1].get_ydata(), bounds["prior"].mean(1))
    np.testing.assert_allclose(below.lines[0].get_ydata(), [0.75, 0.075])
    (points, *_) = below.containers[0]
    np.testing.assert_allclose(points.get_ydata(), -2 - bounds["prior"].mean(1))


def test_a_mean_above_the_exact_value_is_hollow_on_the_lower_edge():
    bounds = {"best": torch.tensor([[-3.0, -3.2], [-1.9, -2.0]]).double()}
    _, below = estimating_plots.importance_curve([1, 10], bounds, -2.0, 1.5).axes
    (hollow,) = [line for line in below.lines if line.get_markerfacecolor() == "white"]
    assert list(hollow.get_xdata()) == [10]
    assert below.get_ylim()[0] < hollow.get_ydata()[0] < 2e-4
