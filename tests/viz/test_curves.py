"""Curves: what is drawn is what was measured."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.viz import STYLE, mi_against_kl, png, training_curves


def run(scale, epochs=5):
    return [
        {"epoch": epoch, "kl": scale * epoch, "mi": 0.5 * scale * epoch, "note": "text"}
        for epoch in range(1, epochs + 1)
    ]


HISTORIES = {"vae": [run(1.0), run(3.0)], "lm": [run(0.5)]}


def lines(axes, name):
    return [line for line in axes.lines if to_hex(line.get_color()).upper() == STYLE[name].colour]


def test_each_seed_is_a_thin_line_and_the_mean_is_thick():
    (axes,) = training_curves(HISTORIES, {"kl": "KL (nats)"}).axes
    first, second, mean = lines(axes, "vae")
    np.testing.assert_allclose(first.get_ydata(), [1, 2, 3, 4, 5])
    np.testing.assert_allclose(second.get_ydata(), [3, 6, 9, 12, 15])
    np.testing.assert_allclose(mean.get_ydata(), [2, 4, 6, 8, 10])
    assert first.get_linewidth() < mean.get_linewidth()
    assert mean.get_marker() == STYLE["vae"].marker
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "KL (nats)")


def test_a_single_seed_is_drawn_once():
    (axes,) = training_curves(HISTORIES, {"kl": "KL (nats)"}).axes
    assert len(lines(axes, "lm")) == 1


def test_a_panel_for_each_measure_and_one_legend():
    fig = training_curves(HISTORIES, {"kl": "KL (nats)", "mi": "MI (nats)"})
    assert [axes.get_ylabel() for axes in fig.axes] == ["KL (nats)", "MI (nats)"]
    (legend,) = fig.legends
    assert [text.get_text() for text in legend.get_texts()] == ["VAE", "LSTM-LM"]


def test_the_mean_ends_where_the_shortest_run_ends():
    (axes,) = training_curves({"vae": [run(1.0, 5), run(3.0, 2)]}, {"kl": "KL (nats)"}).axes
    np.testing.assert_allclose(lines(axes, "vae")[-1].get_ydata(), [2, 4])


def test_rows_without_the_measure_are_left_out():
    rows = run(1.0)
    rows[1]["mi"], rows[3] = None, {"epoch": 4}
    (axes,) = training_curves({"vae": [rows]}, {"mi": "MI (nats)"}).axes
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [1, 3, 5])


def test_paths_bound_and_cap_of_mi_against_kl():
    (axes,) = mi_against_kl(HISTORIES, cap=3.32).axes
    first, second, ends = lines(axes, "vae")
    np.testing.assert_allclose(first.get_xydata()[-1], [5, 2.5])
    np.testing.assert_allclose(second.get_xydata()[-1], [15, 7.5])
    np.testing.assert_allclose(ends.get_xydata(), [[5, 2.5], [15, 7.5]])
    named = {line.get_label(): line for line in axes.lines}
    np.testing.assert_allclose(*named["MI = KL"].get_data())
    assert set(named["cap, 3.32"].get_ydata()) == {3.32}
    assert named["cap, 3.32"].get_linestyle() != named["MI = KL"].get_linestyle()


def test_the_cap_is_inside_the_picture_and_optional():
    (axes,) = mi_against_kl({"vae": [run(0.1)]}, cap=3.32).axes
    assert axes.get_ylim()[1] > 3.32
    (axes,) = mi_against_kl(HISTORIES).axes
    assert not [line for line in axes.lines if str(line.get_label()).startswith("cap")]


def test_measures_may_have_other_names():
    rows = [{"valid_kl": 2.0, "valid_mi": 1.0}]
    (axes,) = mi_against_kl({"vae": [rows]}, kl="valid_kl", mi="valid_mi").axes
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[2, 1]])


def test_the_figures_can_be_printed():
    for fig in (training_curves(HISTORIES, {"kl": "KL (nats)"}), mi_against_kl(HISTORIES, cap=3.0)):
        assert png(fig).startswith(b"\x89PNG")


@pytest.mark.parametrize("histories", [{}, {"vae": []}])
def test_no_runs_is_an_error(histories):
    with pytest.raises(CollapseError, match="There are no runs to draw"):
        training_curves(histories, {"kl": "KL (nats)"})


def test_an_unknown_measure_is_named_with_the_valid_ones():
    with pytest.raises(UnknownNameError, match=r"called 'kll'.*Did you mean 'kl'"):
        training_curves(HISTORIES, {"kll": "KL (nats)"})
    with pytest.raises(UnknownNameError, match=r"called 'step'.*Valid: epoch, kl, mi, note"):
        training_curves(HISTORIES, {"kl": "KL (nats)"}, x="step")
