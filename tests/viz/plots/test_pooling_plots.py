"""Pictures of features hold the numbers that they were given."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from scipy import stats

from collapse.viz import (
    STYLE,
    against_length,
    dispersion_curves,
    feature_clouds,
    feature_name,
    ledger_dots,
    png,
    principal_axes,
    reach_curves,
    use_house_style,
)


def test_a_feature_is_called_by_what_it_is_made_of() -> None:
    assert feature_name("vae") == "last state"
    assert feature_name("pool-max") == "maximum"
    assert feature_name("bn-vae") == STYLE["bn-vae"].label


def test_clouds_are_drawn_on_one_scale_by_class() -> None:
    use_house_style()
    points = 0.3 * torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    labels = np.arange(20) % 3
    clouds = {"vae": points, "pool-max": points / 100}
    axes_of = {name: torch.eye(3)[:2] for name in clouds}
    fig = feature_clouds(clouds, axes_of, labels, ["sea", "garden", "court"], "step 100")
    left, right = fig.axes
    assert left.get_xlim() == right.get_xlim() == left.get_ylim()
    centred = (points - points.mean(0))[torch.from_numpy(labels == 1), :2].numpy()
    for axes, scale in ((left, 1.0), (right, 0.01)):
        assert [len(line.get_xdata()) for line in axes.lines] == [7, 7, 6]
        drawn = np.stack(axes.lines[1].get_data(), 1)
        assert drawn == pytest.approx(scale * centred, abs=1e-6)
    assert left.get_title(loc="left") == "last state"
    assert len(png(fig)) > 1000


def test_principal_axes_are_those_of_the_covariance() -> None:
    random = torch.Generator().manual_seed(1)
    points = torch.randn(400, 3, generator=random) * torch.tensor([1.0, 3.0, 0.2]) + 5
    found = principal_axes(points)
    values, vectors = torch.linalg.eigh(points.T.cov())
    assert values.diff().gt(0).all()
    wanted = vectors[:, [2, 1]].T
    assert (found * wanted).sum(1).abs() == pytest.approx([1, 1], abs=1e-4)


def test_means_and_seeds_against_length() -> None:
    values = {"vae": {0: [1.0, 0.8], 10: [0.5, 0.3]}, "pool-max": {0: [1.0], 10: [0.9]}}
    (axes,) = against_length(values, "accuracy", chance=0.25).axes
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["last state"].get_ydata() == pytest.approx([0.9, 0.4])
    assert lines["guessing"].get_ydata()[0] == 0.25
    seeds = [line for line in axes.lines if line.get_marker() == "_"]
    assert [len(line.get_ydata()) for line in seeds] == [2, 2, 1, 1]
    assert to_hex(seeds[0].get_color()) == STYLE["vae"].colour.lower()
    assert axes.get_xticks().tolist() == [0, 10]
    ends = [line.get_ydata() for line in axes.lines if line.get_linewidth() == 7.0]
    assert all(min(each) >= 0.0 and max(each) <= 1.0 for each in ends)  # 0.9 ± 1.27 is cut
    assert len(ends) == 2


def test_reach_is_drawn_beside_its_theory_and_named_at_its_end() -> None:
    measured = {
        "vae": [[0.1, 0.99], [0.1, 1 / 0.99]],
        "pool-avg": [[0.5, 0.5]],
        "pool-max": [[0.4, 0.5]],
    }
    (axes,) = reach_curves(measured, {"vae": [0.2, 0.9]}).axes
    assert axes.get_yscale() == "log"
    drawn = [list(line.get_ydata()) for line in axes.lines]
    for found, wanted in zip(
        drawn[:-1], [[0.2, 0.9], [0.1, 1.0], [0.5, 0.5], [0.4, 0.5]], strict=True
    ):
        assert found == pytest.approx(wanted)
    (band,) = axes.collections  # one seed has none
    half = stats.t.ppf(0.975, 1) * stats.sem(np.log([0.99, 1 / 0.99]))
    assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(np.exp(half))
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert heights["last state"] == pytest.approx(1.0)
    assert heights["average"] != heights["maximum"]
    assert max(heights["average"], heights["maximum"]) == pytest.approx(0.5)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["theory"]


def test_dispersion_has_a_line_a_seed() -> None:
    rows = [[{"step": 0.0, "std": a}, {"step": 5.0, "std": b}] for a, b in ((0.1, 0.4), (0.2, 0.3))]
    (axes,) = dispersion_curves({"vae": rows}, {"std": "std of a unit"}).axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.1, 0.4], [0.2, 0.3]]
    assert axes.lines[0].get_label() == "last state"
    assert axes.get_ylabel() == "std of a unit"


def test_the_ledger_s_dots_are_means_with_intervals_on_comparable_scales() -> None:
    one = {"vae": {"plain": [20.0, 22.0], "annealed": [2.0]}, "pool-max": {"plain": [0.0, 2.0]}}
    other = {"vae": {"plain": [10.0, 10.5]}}
    measured = {"a, KL": one, "a, NLL": one, "b, KL": other, "b, NLL": other}
    twins = {"plain": "not annealed", "annealed": "annealed"}
    fig = ledger_dots(measured, ["vae", "pool-max"], twins, marked=0.1)
    upper, upper_2, lower, lower_2 = fig.axes  # row by row
    assert upper.get_xlim() == upper_2.get_xlim()
    assert np.ptp(lower.get_xlim()) == pytest.approx(np.ptp(lower_2.get_xlim()))
    interval, dot, runs, single, _, cut, *_ = upper.lines
    assert dot.get_xdata() == pytest.approx([21.0])
    assert list(runs.get_xdata()) == [20.0, 22.0]
    low, high = interval.get_xdata()
    assert (low + high) / 2 == pytest.approx(21.0)
    assert high - 21.0 == pytest.approx(12.706, abs=1e-3)  # Student's t, one degree of freedom
    assert cut.get_xdata() == pytest.approx([0.0, 13.706], abs=1e-3)
    assert single.get_fillstyle() == "none"
    assert [tick.get_text() for tick in upper.get_yticklabels()] == ["last state", "maximum"]
