"""The pictures of chapter 5 show the numbers that they are given, and the closed forms."""

import numpy as np
import pytest
import torch
from scipy import stats

from collapse import viz
from collapse.theory import kl_floor, matched_rate, normalised_variance


def test_a_panel_for_each_gamma_with_floor_and_mean() -> None:
    fig = viz.kl_histograms({0.0: [0.0, 0.1], 1.0: [0.2, 1.0, 0.6]}, dimensions=2)
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in fig.axes]
    assert titles == ["γ = 0", "γ = 1"]
    floor, mean, density = fig.axes[1].lines
    assert list(floor.get_xdata()) == [kl_floor(1.0, 0.0, 2)] * 2
    assert list(mean.get_xdata()) == pytest.approx([0.6, 0.6])
    assert len(fig.axes[0].lines) == 2, "without spread there is no density"
    x, y = (np.asarray(values) for values in density.get_data())
    assert y == pytest.approx(np.exp(-x), rel=1e-5)  # a gamma law of shape 1 and scale 1
    shares = [p.get_height() * p.get_width() for p in fig.axes[1].patches]
    assert sum(shares) == pytest.approx(1.0)


def test_the_sweep_has_a_marker_for_each_seed_and_both_closed_forms() -> None:
    runs = {0.3: [(0.05, 0.04), (0.07, 0.06)], 1.0: [(0.6, 0.5), (0.7, 0.6)]}
    axes = viz.floor_sweep(runs, {"γ learned": (0.7, [(0.01, 0.0)])}).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert list(lines["KL"].get_ydata()) == pytest.approx([0.06, 0.65])
    assert list(lines["MI"].get_ydata()) == pytest.approx([0.05, 0.55])
    x, y = lines["floor, D γ² / 2"].get_data()
    assert y[-1] == pytest.approx(kl_floor(x[-1]))
    x, y = lines["codes like the prior"].get_data()
    assert max(x) < 0.9
    assert y[50] == pytest.approx(matched_rate(x[50]))
    said = {text.get_text() for text in axes.texts}
    assert {"KL", "MI", "floor", "γ learned"} <= said
    drawn = [list(line.get_ydata()) for line in axes.lines]
    assert [0.05, 0.07, 0.6, 0.7] in drawn
    assert [0.01] in drawn


def test_bars_end_at_the_mean_kl() -> None:
    parts = {
        "vae": [(0.0, 0.1, 0.2)],
        "bn-vae-0.7": [(0.2, 0.05, 0.1), (0.3, 0.05, 0.1)],
    }
    axes = viz.kl_bars(parts, {"vae": [0.0], "bn-vae-0.7": [0.2, 0.4]}).axes[0]
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches]
    assert ends == pytest.approx([0.0, 0.25, 0.1, 0.3, 0.3, 0.4])
    marks = {line.get_label(): line for line in axes.lines}["information"]
    assert list(marks.get_xdata()) == pytest.approx([0.0, 0.3])
    whole, bought = axes.lines[:2]  # a single run has no interval
    for line, values in ((whole, [0.35, 0.45]), (bought, [0.2, 0.4])):
        low, high = stats.t.interval(0.95, 1, np.mean(values), stats.sem(values))
        assert list(line.get_xdata()) == pytest.approx([max(low, 0.0), high])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["VAE", "BN-VAE, γ = 0.7"]


def test_what_is_bought_stands_above_what_is_paid_with_a_name_each() -> None:
    pairs = {"vae": [(0.0, 0.0)], "skip-vae": [(1.0, 0.8), (2.0, 1.0)]}
    axes = viz.price_and_purchase(pairs).axes[0]
    assert {"VAE", "Skip-VAE", "MI = KL"} == {text.get_text() for text in axes.texts}
    markers = [line for line in axes.lines if line.get_marker() == "P"]
    assert [list(line.get_xdata()) for line in markers] == [[1.0, 2.0]]
    assert [list(line.get_ydata()) for line in markers] == [[0.8, 1.0]]
    x, y = axes.lines[0].get_data()
    assert list(x) == list(y)


def test_the_aggregate_is_the_mean_of_the_posteriors() -> None:
    fig = viz.aggregate_posterior(torch.tensor([-1.0, 1.0]), torch.ones(2), "title", shown=2)
    lines = {line.get_label(): line for line in fig.axes[0].lines}
    z, density = lines["q(z), all documents"].get_data()
    expected = 0.5 * (stats.norm.pdf(z, -1) + stats.norm.pdf(z, 1))
    assert density == pytest.approx(expected, abs=1e-6)
    assert lines["prior p(z)"].get_ydata() == pytest.approx(stats.norm.pdf(z), abs=1e-6)


def test_variances_lie_beside_their_closed_form() -> None:
    points = {"a": [(1e-9, 1e-4), (1.0, 0.9)], "b": [(1e-3, 1.0)]}
    axes = viz.eps_curve(points, {"a": 1e-5, "b": 1e-12}, gamma=1.0).axes[0]
    small, large, first, _ = axes.lines
    for line, eps in ((small, 1e-12), (large, 1e-5)):
        x, y = line.get_data()
        assert y[7] == pytest.approx(normalised_variance(1.0, x[7], eps))
    assert tuple(zip(*first.get_data(), strict=True)) == ((1e-9, 1e-4), (1.0, 0.9))
    assert [text.get_text().strip() for text in axes.texts] == ["ε = 1e-12", "ε = 1e-5"]
