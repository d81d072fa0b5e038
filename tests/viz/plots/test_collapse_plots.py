"""The pictures of chapter 2 show the numbers that they are given."""

import numpy as np
import pytest
from matplotlib.container import BarContainer

from collapse import viz
from collapse.objectives import FreeBits
from collapse.recipes import RECIPES


def test_bars_split_the_kl_and_keep_each_seed() -> None:
    fig = viz.kl_split({"vae": [(0.0, 0.1), (0.2, 0.3)], "free-bits-0.5": [(0.4, 0.1)]})
    information, mismatch = (c for c in fig.axes[0].containers if isinstance(c, BarContainer))
    assert [bar.get_width() for bar in information] == [0.0, 0.2, 0.4]
    ends = [bar.get_x() + bar.get_width() for bar in mismatch]
    assert ends == pytest.approx([0.1, 0.5, 0.5])
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == ["VAE", "free bits, 0.5"]


def test_noise_below_zero_is_drawn_as_nothing() -> None:
    fig = viz.kl_split({"vae": [(-0.01, 0.02)]})
    assert fig.axes[0].containers[0][0].get_width() == 0


def test_saturation_draws_the_cap_the_estimates_and_the_truths() -> None:
    axes = viz.saturation([8, 32], {"1 dimension": [1.0, 1.2]}, {"1 dimension": 1.2}).axes[0]
    cap, estimate, truth = (list(line.get_ydata()) for line in axes.lines)
    assert cap == pytest.approx(list(np.log([8, 32])))
    assert estimate == [1.0, 1.2]
    assert truth == [1.2, 1.2]
    assert {"grey band:\ncap, log N", "1 dimension"} == {text.get_text() for text in axes.texts}


def test_units_lie_where_their_variance_is() -> None:
    axes = viz.unit_variances({"vae": [1e-4, 1e-3], "lm": [0.5]}, threshold=0.02).axes[0]
    marks, lines = axes.lines[1::2], axes.lines[::2]
    assert [list(line.get_xdata()) for line in marks] == [[1e-4, 1e-3], [0.5]]
    assert [list(line.get_xdata()) for line in lines] == [[0.02, 0.02]] * 2
    assert axes.texts[0].get_text() == "threshold 0.02"


def test_no_label_lies_over_the_threshold() -> None:
    long = "pool-max-word-dropout-beta-0.2"
    fig = viz.unit_variances({"vae": [1e-3, 1.0], long: [0.5]})
    fig.draw_without_rendering()
    axes = fig.axes[0]
    labels = [text.get_window_extent() for text in axes.texts]
    thresholds = [line.get_window_extent() for line in axes.lines[::2]]
    assert labels[2].x1 > thresholds[0].x0  # the label reaches across
    assert not any(label.overlaps(line) for label in labels for line in thresholds)


def test_a_panel_a_model_with_a_line_for_another_code() -> None:
    at_z = {"vae": np.array([0.2, 0.8]), "lm": np.array([1, 0])}
    fig = viz.next_word_bars(at_z, ["a", "b"], "z", {"vae": np.array([0.3, 0.7])})
    assert [axes.get_title(loc="left") or axes.get_title() for axes in fig.axes] == [
        "VAE",
        "LSTM-LM",
    ]
    assert [bar.get_height() for bar in fig.axes[0].patches] == [0.2, 0.8]
    assert [list(line.get_ydata()) for line in fig.axes[0].lines] == [[0.3, 0.3], [0.7, 0.7]]
    assert not fig.axes[1].lines


HISTORY = [{"epoch": 1, "loss": 22.0, "kl": 0.3, "mi": 0.1}, {"epoch": 2, "loss": 20.0, "kl": 0.2}]


def test_the_curves_of_every_seed_stand_under_one_nat() -> None:
    fig = viz.collapse_curves({"vae": [HISTORY, HISTORY]})
    above, below = fig.axes
    drawn = [list(line.get_ydata()) for line in above.lines]
    assert drawn[:2] == [[22.0, 20.0]] * 2
    levels = [list(line.get_ydata()) for line in below.lines]
    assert levels[:2] == [[0.3, 0.2]] * 2
    assert [1.0, 1.0] in levels
    assert below.get_ylim()[1] >= 1.0


def test_a_panel_a_system_on_one_scale() -> None:
    fig = viz.information_panels({"vae": [HISTORY], "lm": [HISTORY], "free-bits-0.5": []})
    shown = [axes for axes in fig.axes if axes.get_visible()]
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in shown]
    assert titles == ["VAE", "LSTM-LM", "free bits, 0.5"]
    assert len({axes.get_xlim() for axes in shown}) == 1
    end = shown[0].lines[-1]
    assert (list(end.get_xdata()), list(end.get_ydata())) == ([0.3], [0.1])


def test_the_schedules_are_drawn_as_they_are() -> None:
    weights = {name: RECIPES[name].kl_weight for name in ("vae", "vae-cyclical")}
    fig = viz.kl_charges(weights, 10, FreeBits(0.5))
    above, below = fig.axes
    for line, weight in zip(above.lines, weights.values(), strict=True):
        for epoch, value in zip(line.get_xdata(), line.get_ydata(), strict=True):
            assert value == pytest.approx(weight(float(epoch)))
    kl, charged = below.lines[1].get_xdata(), below.lines[1].get_ydata()
    assert list(charged) == pytest.approx([max(0.5, value) for value in kl])
