"""The rate-distortion plane: points, lines and the shaded part are where theory has them."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from scipy import stats

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.viz import STYLE, png, rate_distortion

POINTS = {"vae": [(0.0, 2.0), (0.1, 1.95)], "bn-vae": [(0.8, 1.1)]}


def drawn(axes, name):
    colour = STYLE[name].colour
    return [line for line in axes.lines if to_hex(line.get_color()).upper() == colour]


def test_each_seed_is_a_point_with_rate_across_and_distortion_up():
    (axes,) = rate_distortion(POINTS).axes
    (line,) = drawn(axes, "vae")
    np.testing.assert_allclose(line.get_xydata(), POINTS["vae"])
    assert line.get_linestyle() == "None"
    assert line.get_marker() == STYLE["vae"].marker
    assert "rate" in axes.get_xlabel()
    assert "distortion" in axes.get_ylabel()


def test_a_joined_system_is_a_path_with_its_end_marked():
    (axes,) = rate_distortion(POINTS, joined=["vae"]).axes
    path, end = drawn(axes, "vae")
    assert path.get_linestyle() == "-"
    np.testing.assert_allclose(end.get_xydata(), POINTS["vae"][-1:])


def test_several_paths_of_a_system_end_each_in_a_mark():
    paths = [[(0.0, 2.0), (0.1, 1.8)], [(0.0, 2.1), (0.2, 1.7)]]
    (axes,) = rate_distortion({"vae": paths}, joined=["vae"]).axes
    first, end, second, other_end = drawn(axes, "vae")
    np.testing.assert_allclose([first.get_xydata(), second.get_xydata()], paths)
    np.testing.assert_allclose(
        [end.get_xydata()[0], other_end.get_xydata()[0]], [p[-1] for p in paths]
    )
    with pytest.raises(CollapseError, match="pairs"):
        rate_distortion({"vae": paths})


def test_a_mean_has_the_interval_of_student_in_both_directions():
    pairs = np.array([(0.4, 2.0), (0.6, 1.6), (0.5, 1.5)])
    (axes,) = rate_distortion({"vae": pairs}, spread=["vae"]).axes
    dots, across, upright, mean = drawn(axes, "vae")
    np.testing.assert_allclose(dots.get_xydata(), pairs)
    np.testing.assert_allclose(mean.get_xydata(), [pairs.mean(0)])
    half = stats.t.ppf(0.975, 2) * stats.sem(pairs)
    np.testing.assert_allclose(np.ptp(across.get_xdata()), 2 * half[0])
    np.testing.assert_allclose(np.ptp(upright.get_ydata()), 2 * half[1])
    assert axes.get_ylim()[1] > pairs[:, 1].mean() + half[1]
    (one,) = rate_distortion({"vae": pairs[:1]}, spread=["vae"]).axes
    assert len(drawn(one, "vae")) == 2


def test_on_a_line_rate_and_distortion_sum_to_minus_the_elbo():
    (axes,) = rate_distortion(POINTS, elbos=[-2.0, -1.5]).axes
    for line, elbo in zip(drawn(axes, "theory"), (-2.0, -1.5), strict=True):
        np.testing.assert_allclose(line.get_xdata() + line.get_ydata(), -elbo)
    assert {"ELBO −2.00", "ELBO −1.50"} <= {text.get_text() for text in axes.texts}


def test_what_lies_below_the_entropy_is_shaded():
    (axes,) = rate_distortion(POINTS, entropy=1.7).axes
    (area,) = axes.collections
    (outline,) = (path.vertices for path in area.get_paths())
    edge = outline[outline[:, 1] > axes.get_ylim()[0] + 1e-9]
    np.testing.assert_allclose(edge.sum(1), 1.7)
    assert not rate_distortion(POINTS).axes[0].collections


def test_points_and_labels_lie_inside_and_apart():
    crowd = {f"system {i}": [(0.01 * i, 2.0 + 0.001 * i)] for i in range(5)}
    (axes,) = rate_distortion(crowd | {"far": [(1.0, 1.0)]}).axes
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for ((x, y),) in crowd.values():
        assert left < x < right
        assert bottom < y < top
    heights = sorted(text.xyann[1] for text in axes.texts if text.get_text() in crowd)
    assert min(np.diff(heights)) > 0.06


def test_the_value_of_a_line_stands_beside_the_names_of_systems():
    """Points of a light run with other seeds, where both once lay on one another."""
    points = {
        "vae-anneal-0": [(0.0, 19.45), (0.0, 19.38), (0.0, 19.45)],
        "scale-vae-1.0-5-anneal": [(0.9, 18.65), (1.08, 18.5), (1.05, 18.5)],
        "scale-vae-always": [(1.7, 18.82), (1.05, 18.57), (1.3, 18.58)],
        "scale-vae-valid-1.0-5-anneal": [(1.05, 18.94), (1.0, 18.56), (1.02, 18.4)],
    }
    fig = rate_distortion(points, elbos=[-18.92, -19.42, -19.92])
    FigureCanvasAgg(fig).draw()
    words = {text.get_text(): text.get_window_extent() for text in fig.axes[0].texts}
    lines = {name: box for name, box in words.items() if name.startswith("ELBO")}
    assert len(lines) == 3
    for name, box in lines.items():
        assert not [other for other in words if other != name and box.overlaps(words[other])]


def test_it_can_be_printed_with_one_point():
    fig = rate_distortion({"vae": [(0.0, 2.0)]}, elbos=[-2.0], entropy=2.0)
    assert png(fig).startswith(b"\x89PNG")


@pytest.mark.parametrize("points", [{}, {"vae": []}, {"vae": [(1.0,)]}, {"vae": [(1.0, np.nan)]}])
def test_what_is_no_pair_is_refused(points):
    with pytest.raises(CollapseError, match=r"nothing to draw|pairs \(rate, distortion\)"):
        rate_distortion(points)


def test_an_unknown_system_is_named():
    with pytest.raises(UnknownNameError, match="vea"):
        rate_distortion(POINTS, joined=["vea"])
    with pytest.raises(UnknownNameError, match="vea"):
        rate_distortion(POINTS, spread=["vea"])


def test_what_was_charged_is_a_hollow_mark_joined_with_its_point():
    (axes,) = rate_distortion(POINTS, charged={"vae": [0.05, 0.02]}).axes
    points, *rest = drawn(axes, "vae")
    np.testing.assert_allclose(points.get_xydata(), POINTS["vae"])
    between, hollow = rest[:2]
    np.testing.assert_allclose(between.get_xydata(), [[0.05, 2.0], [0.0, 2.0]])
    np.testing.assert_allclose(hollow.get_xydata(), [[0.05, 2.0]])
    assert hollow.get_fillstyle() == "none"
    with pytest.raises(UnknownNameError, match="vea"):
        rate_distortion(POINTS, charged={"vea": [0.1]})


def test_a_page_may_call_a_system_by_what_it_changes():
    (axes,) = rate_distortion(POINTS, spread=["vae"], names={"vae": "last state"}).axes
    assert {text.get_text() for text in axes.texts} == {"last state", STYLE["bn-vae"].label}


def test_the_interval_of_a_rate_ends_at_zero() -> None:
    pairs = [(0.0, 2.0), (0.3, 2.1), (0.0, 2.2)]  # 0.1 ± 0.43
    (axes,) = rate_distortion({"vae": pairs}, spread=["vae"]).axes
    _, across, *_ = drawn(axes, "vae")
    assert across.get_xdata()[0] == 0.0
    assert across.get_xdata()[1] == pytest.approx(0.1 + 4.303 * 0.1, abs=1e-3)


def test_a_label_moves_off_the_line_that_it_would_cover():
    path = [(0.3, 1.0), (0.0, 2.0), (0.5, 2.0), (0.02, 2.0)]  # comes back along its own label
    fig = rate_distortion({"vae": path}, joined=["vae"])
    FigureCanvasAgg(fig).draw()
    (label,) = fig.axes[0].texts
    box = label.get_window_extent()
    _, height = fig.axes[0].transData.transform((0.0, 2.0))
    assert not box.y0 < height < box.y1
    assert label.arrow_patch is not None
