"""The figures of chapter 1: what is drawn is what was computed, and theory is where it belongs."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from collapse import theory
from collapse.exact import questionnaire
from collapse.viz import png
from collapse.viz.plots import elbo_plots

EIGENVALUES = torch.tensor([4.0, 1.0, 0.25, 0.1], dtype=torch.float64)


@pytest.fixture(scope="module")
def small():
    decoder = questionnaire.Questionnaire([3.0, 2.0], [1.0, -1.0])
    frequencies = questionnaire.log_marginal(decoder).detach().exp()
    return decoder, frequencies, questionnaire.fit(decoder, frequencies)


def test_bound_bars_end_at_the_elbo_and_meet_at_the_likelihood(small):
    decoder, _, best = small
    prior = Normal(torch.zeros(4).double(), torch.ones(4).double())
    fig = elbo_plots.bound_and_gap(decoder, 3, {"prior": prior, "best": best})
    bars = [(bar.get_x(), bar.get_width()) for bar in fig.axes[1].patches]
    elbos = [questionnaire.read(decoder, q).elbo[3].item() for q in (prior, best)]
    assert [width for _, width in bars[:2]] == pytest.approx(elbos)
    truth = questionnaire.log_marginal(decoder)[3].item()
    assert [left + width for left, width in bars[2:]] == pytest.approx([truth, truth])
    assert len(png(fig)) < 60_000


def test_the_three_readings_have_one_length(small):
    decoder, frequencies, q = small
    readings = questionnaire.read(decoder, q)
    information = questionnaire.information(q, frequencies)
    (axes,) = elbo_plots.three_readings(readings, information, frequencies).axes
    ends = {}
    for bar in axes.patches:
        row = round(bar.get_y(), 2)
        ends[row] = max(ends.get(row, 0), bar.get_x() + bar.get_width())
    total = -(frequencies * readings.elbo).sum().item()
    assert list(ends.values()) == pytest.approx([total] * 3)


def test_the_table_names_the_answers(small):
    decoder, frequencies, q = small
    table = elbo_plots.readings_table(questionnaire.read(decoder, q), frequencies, rows=4)
    assert set(table.index) == {"nn", "ny", "yn", "yy"}
    assert table["frequency"].is_monotonic_decreasing
    assert (table["log p(x)"] - table["ELBO"] - table["gap"]).abs().max() < 0.002
    assert table.loc["yn", "frequency"] == pytest.approx(frequencies[2].item(), abs=5e-4)


def test_thresholds_stand_at_the_eigenvalues():
    noises = [0.2, 0.5, 2.0, 5.0]
    rows = [theory.linear_optimum(EIGENVALUES, 3, noise).kl for noise in noises]
    kl = torch.stack(rows)[:, None].expand(-1, 2, -1)
    (axes,) = elbo_plots.switch_plot(EIGENVALUES, noises, kl).axes
    dotted = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    assert dotted == [4.0, 1.0, 0.25]
    dots = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert len(dots) == 2 * 3
    np.testing.assert_allclose(dots[0].get_ydata(), kl[:, 0, 0])


def test_a_frame_marks_the_directions_above_the_noise():
    optimum = theory.linear_optimum(EIGENVALUES, 3, 0.5).kl
    above, below = elbo_plots.spectrum_frame(EIGENVALUES, 0.5, optimum[None]).axes
    colours = [bar.get_facecolor() for bar in above.patches]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    np.testing.assert_allclose(below.lines[0].get_ydata(), optimum)


def test_curves_hold_their_data():
    kl = torch.linspace(0, 1, 12).double().reshape(2, 3, 2)
    (axes,) = elbo_plots.switching_on(kl, torch.tensor([0.9, 0.1]).double()).axes
    means = [line.get_ydata() for line in axes.lines if line.get_label().startswith("dimension")]
    np.testing.assert_allclose(np.stack(means, axis=1), kl.mean(0))
    values = {name: torch.rand(3, 2) for name in ("path", "baseline", "score")}
    (axes,) = elbo_plots.gradient_variance([1, 8], values).axes
    dashed = [line.get_ydata() for line in axes.lines if line.get_linestyle() == "--"]
    assert [float(line[1] / line[0]) for line in dashed] == pytest.approx([1, 8, 64])
    bounds = {"prior": torch.randn(2, 50).double() - 3}
    above, below = elbo_plots.importance_curve([1, 10], bounds, -2.0, 1.5).axes
    np.testing.assert_allclose(above.lines[1].get_ydata(), bounds["prior"].mean(1))
    np.testing.assert_allclose(below.lines[0].get_ydata(), [0.75, 0.075])
