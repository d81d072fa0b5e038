"""The pictures of chapter 8 show what they are given."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from collapse.viz.plots.remedy_plots import MISSED, field_curves, field_view, remedy_dots

PAIRS = {"vae": [(10.0, 0.0), (10.2, 0.1)], "skip-vae": [(9.0, 1.5), (9.4, 1.3)]}


def seeds(axes: Axes) -> np.ndarray:
    """Place and value of every small point, in the order of drawing."""
    drawn = [each for each in axes.collections if isinstance(each, PathCollection)]
    return np.concatenate([np.asarray(each.get_offsets()) for each in drawn])


def test_a_row_a_system_the_most_information_on_top() -> None:
    fig = remedy_dots(PAIRS, {"skip-vae": "skip"}, marked=8.75)
    likelihood, information = fig.axes
    assert [label.get_text() for label in likelihood.get_yticklabels()] == ["VAE", "skip"]
    dots = [line for line in information.lines if line.get_marker() not in ("None", "")]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in dots] == [(0.05, 0), (1.4, 1)]
    assert any(np.allclose(line.get_xdata(), 8.75) for line in likelihood.lines)
    below = remedy_dots(PAIRS, {}, without=8.0).axes[0]
    assert any(np.allclose(line.get_xdata(), 8.0) for line in below.lines)
    assert below.get_xlim()[0] < 8.0
    assert likelihood.get_xlim() == (8.75 - 0.08 * 1.45, 10.2 + 0.08 * 1.45)  # runs, not intervals
    for axes, runs in ((likelihood, [10.0, 10.2, 9.0, 9.4]), (information, [0.0, 0.1, 1.5, 1.3])):
        assert seeds(axes)[:, 0].tolist() == runs
    pale = [line.get_xdata() for line in information.lines if line.get_linewidth() == 7]
    assert len(pale) == 2
    assert pale[0][0] == 0  # the interval of 0.0 and 0.1 goes on below
    assert 0.12 < pale[1][0] < 0.13  # that of 1.5 and 1.3 is 1.4 ± 1.27


def test_the_curves_go_through_the_means_and_leave_out_what_was_not_run() -> None:
    runs = {1: [(11.0, 1.0), (11.2, 0.8)], 4: [], 15: [(9.8, 0.0)]}
    fig = field_curves({"weight 1": runs, "annealed": runs}, {1: [11.9], 15: [9.7]})
    below, above = fig.axes[::-1]
    curves = [line for line in above.lines if line.get_marker() == "o"]
    assert [line.get_xdata().tolist() for line in curves] == [[1, 15], [1, 15]]
    np.testing.assert_allclose(curves[0].get_ydata(), [0.9, 0.0])
    (model,) = [line for line in below.lines if line.get_marker() == "s"]
    assert model.get_ydata().tolist() == [11.9, 9.7]
    assert [text.get_text() for text in below.get_xticklabels()] == ["1", "4", "15"]
    assert seeds(above)[:, 1].tolist() == 2 * [1.0, 0.8, 0.0]
    assert seeds(below)[:, 1].tolist() == 2 * [11.0, 11.2, 9.8] + [11.9, 9.7]
    places = seeds(above)[:, 0]
    assert all(places[:2] < 1)  # one way of training to the left, the other to the right
    assert all(places[3:5] > 1)
    assert min(np.min(line.get_ydata()) for line in above.lines) == 0


def test_the_words_in_the_field_are_dark_and_the_next_one_is_asked_for() -> None:
    words = ["it", "was", "awful", ",", "i", "will", "not"]
    fig = field_view(words, 2, {1: [1.0, 0.8], 2: [0.5], 4: []})
    text, bars = fig.axes
    assert [each.get_text() for each in text.texts] == [*words[:-1], "?"]
    pale = [each.get_text() for each in text.texts if to_hex(each.get_color()) == MISSED.lower()]
    assert pale == ["it", "was", "awful", ","]
    assert [bar.get_height() for bar in bars.patches] == [0.9, 0.5]
    assert [bar.get_alpha() for bar in bars.patches] == [0.25, 1]
    assert seeds(bars)[:, 1].tolist() == [1.0, 0.8, 0.5]
    (interval,) = bars.lines
    assert min(interval.get_ydata()) == 0


def test_a_field_longer_than_the_text_hides_nothing() -> None:
    fig = field_view(["so", "it", "is"], 15, {15: [0.1]})
    assert not [t for t in fig.axes[0].texts if to_hex(t.get_color()) == MISSED.lower()]
