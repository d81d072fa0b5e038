import numpy as np
import pytest
from matplotlib.collections import PathCollection

from collapse.base.errors import CollapseError
from collapse.viz.plots.image_plots import dial, maps, tiles


def test_tiles_show_each_picture_once_and_leave_empty_places_empty():
    rows = {"bars": np.eye(4)[None].repeat(3, 0), "one": [np.zeros((4, 4))]}
    fig = tiles(rows)
    shown = [axes for axes in fig.axes if axes.images]
    assert len(shown) == 4
    assert {text.get_text() for text in fig.texts} == {"bars", "one"}
    for bad in ({}, {"none": []}):
        with pytest.raises(CollapseError, match="no pictures"):
            tiles(bad)


def test_maps_share_one_scale_and_mark_the_pixel():
    fig = maps({"a": np.ones((3, 3)), "b": 4 * np.ones((3, 3))}, "nats", mark=(1, 2))
    images = [axes.images[0] for axes in fig.axes if axes.images]
    assert {image.get_clim() for image in images[:2]} == {(0.0, 4.0)}
    assert fig.axes[0].lines[0].get_xdata().tolist() == [2]
    assert len(maps({"a": np.ones((3, 3))}, "").axes) == 1


def test_the_dial_shows_truth_floor_runs_and_what_a_code_can_earn():
    fig = dial(
        {"without z": {1: [80.0, 82.0, 81.0], 8: [71.0]}, "with z": {1: [74.0], 8: []}},
        {1: [5.0], 8: [-0.1]},
        {1: [4.0, 4.4], 8: [0.2]},
        {1: 78.0, 8: 70.5},
        70.0,
        {"all bars": 5.5, "one coin": 0.7},
    )
    likelihood, gains, codes = fig.axes
    assert [text.get_text() for text in codes.get_xticklabels()] == ["1", "8"]
    most = gains.lines[0].get_ydata()
    assert list(most) == [8.0, 0.5]
    assert any(set(line.get_ydata()) == {70.0} for line in likelihood.lines)
    for amount in (5.5, 0.7):
        assert any(set(line.get_ydata()) == {amount} for line in codes.lines)
    for axes, runs in zip(fig.axes, ([80, 82, 81, 71, 74], [5, -0.1], [4, 4.4, 0.2]), strict=True):
        points = [each for each in axes.collections if isinstance(each, PathCollection)]
        assert np.concatenate([each.get_offsets()[:, 1] for each in points]).tolist() == runs
    with pytest.raises(CollapseError, match="no layers"):
        dial({}, {}, {}, {}, 70.0, {"all": 5.5})


def test_the_dial_cuts_intervals_of_information_at_zero_and_those_of_gains_not():
    fig = dial({}, {1: [1.0, -0.5]}, {1: [0.1, 1.2]}, {1: 78.0}, 70.0, {"all": 5.5})
    _, gains, codes = fig.axes
    assert min(np.min(line.get_ydata()) for line in codes.lines) == 0
    assert min(np.min(line.get_ydata()) for line in gains.lines) < -1
