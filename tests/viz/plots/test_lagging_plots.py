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
    titles = [axes.get_title("left") or axes.get_title() for axes in (first, second)]  # by style
    assert titles == ["0", "9"]
    assert len(viz.mean_space_now(dict.fromkeys(("vae", "lm"), (MODEL, INFERENCE))).axes) == 2


def test_all_points_lie_inside_of_axes_that_are_alike() -> None:
    far = {"vae": {"0": (MODEL, INFERENCE), "9": (MODEL * 5, INFERENCE)}}
    first, second = viz.mean_space(far).axes
    assert first.get_xlim() == second.get_xlim() == second.get_ylim() == (-10.5, 10.5)
    assert viz.farthest([(MODEL * 0.1, INFERENCE * 0.1)]) == 1.05
    (axes,) = viz.mean_space_now({"vae": (MODEL, INFERENCE)}, limit=4.0).axes
    assert axes.get_xlim() == (-4, 4)
    assert set(axes.get_xticks()) == {-2, 0, 2}


def test_a_step_of_the_encoder_is_vertical_and_drawn_apart() -> None:
    path = [("iteration", 0.0, 0.0), ("encoder", 0.0, 1.0), ("decoder", 2.0, 1.0)]
    axes = viz.trajectory({"vae": path}).axes[0]
    up, across = axes.lines[:2]
    assert (list(up.get_xdata()), list(up.get_ydata())) == ([0, 0], [0, 1])
    assert (list(across.get_xdata()), list(across.get_ydata())) == ([0, 2], [1, 1])
    assert up.get_linestyle() != across.get_linestyle()


def test_a_loop_of_the_encoder_is_one_stroke() -> None:
    heights = [("encoder", 0.0, height) for height in (-4.0, 3.0, 1.0)]
    path = [("iteration", 0.0, 0.0), *heights, ("decoder", 2.0, 1.0)]
    axes = viz.trajectory({"vae": path}).axes[0]
    up, across = axes.lines[:2]
    assert list(up.get_ydata()) == [0, 1]
    assert list(across.get_xdata()) == [0, 2]
    assert axes.get_ylim()[0] > -1, "what is not drawn takes no room"


def test_each_seed_is_thin_and_the_median_marked() -> None:
    seeds = [{"likelihood": [0.0, v], "agreement": [0.0, -v]} for v in (1.0, 2.0, 9.0)]
    axes = viz.pushes({"vae": seeds}, [0, 10]).axes[0]
    marked = {
        line.get_label(): list(line.get_ydata())
        for line in axes.lines
        if line.get_marker() in "^vo"
    }
    assert marked == {"likelihood": [0.0, 2.0], "agreement": [0.0, -2.0], "net": [0.0, 0.0]}
    thin = [line for line in axes.lines if line.get_linewidth() == pytest.approx(0.7)]
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


def test_both_trajectories_have_one_scale() -> None:
    paths = {"vae": [("both", 0.0, 0.0), ("both", 0.1, 0.0)], "lm": [("both", -3.0, 2.0)]}
    first, second = viz.trajectory(paths).axes
    assert first.get_xlim() == second.get_xlim() == first.get_ylim() == second.get_ylim()
    assert first.get_xlim()[0] < -3 < 2 < first.get_xlim()[1]


def test_each_group_of_documents_has_a_colour() -> None:
    groups = np.array([0, 2, 2])
    axes = viz.mean_space_now({"vae": (MODEL, INFERENCE)}, groups=groups).axes[0]
    clouds = [c for c in axes.collections if isinstance(c, PathCollection)]
    assert [len(np.asarray(c.get_offsets())) for c in clouds] == [1, 0, 2, 0]
    assert len({tuple(c.get_facecolor()[0]) for c in clouds}) == 4


def test_an_interval_is_a_band_and_a_row_may_have_none() -> None:
    panels = {"NLL": {"here": [-0.1, 0.3], "there": [0.2]}}
    ends = {"NLL": {"here": (-0.5, 0.7), "there": (-np.inf, np.inf)}}
    axes = viz.paired_differences(panels, ends, "nats").axes[0]
    bands = [list(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 7]
    assert bands == [[-0.5, 0.7]]
    means = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "|"]
    assert means == pytest.approx([0.1, 0.2])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["here", "there"]
