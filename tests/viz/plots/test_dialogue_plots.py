"""The pictures of chapter 6 show what they are given."""

import numpy as np
from matplotlib.colors import to_rgb

from collapse.viz import (
    PALETTE,
    STYLE,
    paired_marks,
    price_of_silence,
    rate_against_information,
    reply_map,
    silence_by_contexts,
)


def test_each_seed_is_a_mark_and_the_floor_a_line() -> None:
    silent = {"two groups": 0.25, "one apart": 0.21}
    fig = rate_against_information({"cvae": [(0.0, 0.1), (0.1, 0.2)]}, silent, available=1.4)
    (axes,) = fig.axes
    assert axes.lines[0].get_xydata().tolist() == [[0.0, 0.1], [0.1, 0.2]]
    assert axes.lines[0].get_marker() == STYLE["cvae"].marker
    assert set(axes.lines[2].get_ydata()) == {0.25}
    assert set(axes.lines[3].get_ydata()) == {0.21}
    assert axes.lines[2].get_linestyle() != axes.lines[3].get_linestyle()
    assert set(axes.lines[4].get_xdata()) == {1.4}


def test_a_line_joins_the_two_numbers_of_a_seed() -> None:
    pairs = {"cvae": [(2.0, 3.0), (2.5, 3.5)], "bn-cvae": [(1.0, 4.0)]}
    fig = paired_marks(pairs, ("z from q", "of the model"), "perplexity a word")
    (axes,) = fig.axes
    assert list(axes.lines[0].get_xdata()) == [2.0, 3.0]
    assert axes.lines[3].get_markerfacecolor() == "white"
    assert list(axes.lines[3].get_xdata()) == [2.0, 2.5]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["CVAE", "BN-CVAE"]
    assert axes.get_xlabel() == "perplexity a word"


def test_each_price_is_drawn_with_its_name() -> None:
    silent = {"two groups": [0.1, 0.2], "one apart": [0.05, 0.1]}
    (axes,) = price_of_silence([0.5, 1.0], [0.2, 0.4], silent).axes
    drawn = [list(line.get_ydata()) for line in axes.lines]
    assert drawn == [[0.2, 0.4], [0.1, 0.2], [0.05, 0.1]]
    said = [text.get_text().strip() for text in axes.texts]
    assert said == ["means follow the reply", "two groups", "one apart"]


def test_systems_at_the_origin_share_a_text_and_others_have_their_own() -> None:
    points = {"cvae": [(0.0, 0.01)], "cvae-bow": [(0.0, 0.0)], "bn-cvae": [(0.5, 0.9)]}
    (axes,) = rate_against_information(points, {}, available=1.4).axes
    said = [text.get_text() for text in axes.texts]
    assert "here: CVAE; CVAE (BOW)" in said
    assert "BN-CVAE" in said


def test_no_name_stands_on_another_or_outside() -> None:
    tight = [(0.1 * i, 0.1 * i + 0.05) for i in range(8)]
    points = dict.fromkeys(("bn-cvae", "bn-cvae-reply", "cvae-anneal-10"), tight)
    fig = rate_against_information(points, {"two groups": 0.25, "one apart": 0.21}, available=1.4)
    fig.draw_without_rendering()
    (axes,) = fig.axes
    boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
    for name in (STYLE[name].label for name in points):
        assert axes.bbox.x0 <= boxes[name].x0
        assert boxes[name].x1 <= axes.bbox.x1
        assert boxes[name].count_overlaps([boxes[other] for other in boxes if other != name]) == 0
    assert boxes["two groups"].x0 > axes.bbox.x1
    assert boxes["two groups"].count_overlaps([boxes["one apart"]]) == 0


def test_silence_is_drawn_with_its_limit_and_what_was_measured() -> None:
    kls, measured = {1.0: [0.12, 0.05], 2.0: [0.4, 0.1]}, {"bn-cvae": (8, [0.1, 0.2])}
    (axes,) = silence_by_contexts([4, 100], kls, measured).axes
    assert [list(line.get_ydata()) for line in axes.lines[::2]] == [
        [0.12, 0.05],
        [0.4, 0.1],
        [0.1, 0.2],
    ]
    assert list(axes.lines[1].get_ydata()) == [0.25, 0.05]
    assert list(axes.lines[4].get_xdata()) == [8, 8]
    assert axes.get_xscale() == axes.get_yscale() == "log"


def test_regions_have_the_colours_of_their_replies() -> None:
    numbers = np.array([[0, 1], [-1, 0]])
    fig = reply_map({"cvae": numbers}, 3.0, (1.0, -2.0), ["yes", "no"])
    (axes,) = fig.axes
    image = np.asarray(axes.images[0].get_array())
    np.testing.assert_allclose(image[0, 1], to_rgb(PALETTE[1]))
    np.testing.assert_allclose(image[1, 0], to_rgb("#DDDDDD"))
    assert axes.lines[0].get_xydata().tolist() == [[1.0, -2.0]]


def test_the_points_of_a_map_are_the_centres_of_its_cells() -> None:
    numbers = np.zeros((7, 7), int)
    (axes,) = reply_map({"cvae": numbers}, 3.0, (0.0, 0.0), ["yes"]).axes
    left, right, bottom, top = axes.images[0].get_extent()
    assert (left, bottom) == (-right, -top)
    edges = np.linspace(left, right, 8)
    np.testing.assert_allclose((edges[1:] + edges[:-1]) / 2, np.linspace(-3, 3, 7), atol=1e-12)


def test_the_walk_is_drawn_below_the_point() -> None:
    walk = [(-1.0, 0.0), (1.0, 0.0)]
    (axes,) = reply_map({"cvae": np.zeros((2, 2), int)}, 3.0, (0.0, 0.0), ["yes"], walk).axes
    assert axes.lines[0].get_xydata().tolist() == [[-1.0, 0.0], [1.0, 0.0]]
    assert axes.lines[1].get_xydata().tolist() == [[0.0, 0.0]]


def test_a_system_with_a_part_of_its_seeds_at_the_origin_is_named_there() -> None:
    points = {"cvae": [(0.0, 0.0), (0.01, 0.0), (0.9, 1.0)], "bn-cvae": [(0.5, 0.6)]}
    axes = rate_against_information(points, {"two equal groups": 0.25}, 1.386).axes[0]
    assert any("CVAE (2 of 3 seeds)" in text.get_text() for text in axes.texts)
    assert not any("BN-CVAE (" in text.get_text() for text in axes.texts)
