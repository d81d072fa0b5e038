"""The pictures of chapter 3 show the numbers that they are given."""

import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection

from collapse import viz

MODEL, INFERENCE = torch.tensor([[-1.0], [0.0], [2.0]]), torch.tensor([[-0.5], [0.1], [1.0]])


def cloud(axes) -> np.ndarray:
    (found,) = (c for c in axes.collections if isinstance(c, PathCollection))
    return np.asarray(found.get_offsets())


def test_model_across_inference_up_beside_the_diagonal() -> None:
    stages = {"vae": {"0": (MODEL, INFERENCE), "9": (MODEL * 2, INFERENCE)}}
    first, second = viz.mean_space(stages).axes
    np.testing.assert_allclose(cloud(first), [[-1, -0.5], [0, 0.1], [2, 1.0]], atol=1e-6)
    np.testing.assert_allclose(cloud(second)[:, 0], [-2, 0, 4], atol=1e-6)
    diagonal = first.lines[0]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
    assert [axes.get_title() for axes in (first, second)] == ["0", "9"]
    assert len(viz.mean_space_now(dict.fromkeys(("vae", "lm"), (MODEL, INFERENCE))).axes) == 2


def test_a_step_of_the_encoder_is_vertical_and_drawn_apart() -> None:
    path = [("iteration", 0.0, 0.0), ("encoder", 0.0, 1.0), ("decoder", 2.0, 1.0)]
    axes = viz.trajectory({"vae": path}).axes[0]
    up, across = axes.lines[:2]
    assert (list(up.get_xdata()), list(up.get_ydata())) == ([0, 0], [0, 1])
    assert (list(across.get_xdata()), list(across.get_ydata())) == ([0, 2], [1, 1])
    assert up.get_linestyle() != across.get_linestyle()


def test_each_seed_is_thin_and_the_median_marked() -> None:
    seeds = [{"likelihood": [0.0, v], "agreement": [0.0, -v]} for v in (1.0, 2.0, 9.0)]
    axes = viz.pushes({"vae": seeds}, [0, 10]).axes[0]
    marked = {
        line.get_label(): list(line.get_ydata())
        for line in axes.lines
        if line.get_marker() in "^vo"
    }
    net = {"both: what the bound does": [0.0, 0.0]}
    assert marked == {"marginal likelihood": [0.0, 2.0], "agreement": [0.0, -2.0], **net}
    thin = [line for line in axes.lines if line.get_linewidth() == pytest.approx(0.8)]
    assert len(thin) == 9


def test_each_part_of_the_gradient_has_its_line() -> None:
    names = ("shared", "specific", "weight_shared", "weight_specific")
    seeds = [{name: [k * v, v] for k, name in enumerate(names, 1)} for v in (1.0, 2.0, 9.0)]
    means, weights = viz.gradient_parts({"vae": seeds}, [0, 5]).axes

    def marked(axes) -> list[list[float]]:
        return [list(line.get_ydata()) for line in axes.lines if line.get_marker() in ("s", "^")]

    assert marked(means) == [[2.0, 2.0], [4.0, 2.0]]
    assert marked(weights) == [[6.0, 2.0], [8.0, 2.0]]
    assert means.get_yscale() == "log"


def test_a_plane_has_both_means_of_each_document() -> None:
    model, inference = torch.rand(5, 2), torch.rand(5, 2)
    axes = viz.two_dimensional_means({"vae": (model, inference)}).axes[0]
    assert len(axes.lines) == 5 + 2
    np.testing.assert_allclose(axes.lines[-2].get_xydata(), model)
    np.testing.assert_allclose(axes.lines[-1].get_xydata(), inference)


def test_where_a_rule_stops_is_circled() -> None:
    fig = viz.stopping(
        {"a": [1.0, 2.0, 1.5], "b": [1.0, 2.0, 3.0]}, [1.0, 2.0, 3.0], {"a": 3, "b": None}
    )
    circles = [line for line in fig.axes[0].lines if line.get_markersize() == 16]
    assert [(list(c.get_xdata()), list(c.get_ydata())) for c in circles] == [([3], [1.5])]
