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
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in fig.axes[1].patches]
    readings = [questionnaire.read(decoder, q) for q in (prior, best)]
    assert [start for start, _ in bars] == pytest.approx([r.elbo[3].item() for r in readings])
    truth = questionnaire.log_marginal(decoder)[3].item()
    assert [end for _, end in bars] == pytest.approx([truth, truth])
    assert len(png(fig)) < 60_000


def test_the_maximum_of_each_bound_is_marked_and_labels_lie_apart():
    bounds = {"good": [-3.0, -2.0, -2.01], "poor": [-4.0, -5.0, -6.0]}
    fig = elbo_plots.bounds_over_a_parameter(
        [0.0, 1.0, 2.0], [-3.0, -1.9, -2.0], bounds, x_label="slope"
    )
    (axes,) = fig.axes
    marked = [tuple(line.get_xydata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert marked == [(1, -1.9), (1, -2.0), (0, -4.0)]
    heights = [text.get_position()[1] for text in axes.texts]
    assert min(-np.diff(heights)) > 0.3
    assert max(axes.get_xticks()) <= 2


def test_the_three_readings_have_one_length(small):
    decoder, frequencies, q = small
    poor = Normal(q.loc / 2, (1 + q.scale) / 2)
    cuts = {
        name: (questionnaire.read(decoder, each), questionnaire.information(each, frequencies))
        for name, each in (("best", q), ("poor", poor))
    }
    panels = elbo_plots.three_readings(cuts, frequencies).axes
    assert [axes.get_title(loc="left") for axes in panels] == ["best", "poor"]
    for axes, (readings, _) in zip(panels, cuts.values(), strict=True):
        ends = {}
        for bar in axes.patches:
            row = round(bar.get_y(), 2)
            ends[row] = max(ends.get(row, 0), bar.get_x() + bar.get_width())
        total = -(frequencies * readings.elbo).sum().item()
        assert list(ends.values()) == pytest.approx([total] * 3)


def test_the_rows_name_the_answers(small):
    decoder, frequencies, q = small
    readings = questionnaire.read(decoder, q)
    rows = elbo_plots.readings_rows(readings, frequencies, rows=4)
    assert set(rows) == {"nn", "ny", "yn", "yy"}
    values = {name: {k: float(v) for k, v in row.items()} for name, row in rows.items()}
    places = ["nn", "ny", "yn", "yy"]
    counted = [frequencies[places.index(name)].item() for name in rows]
    assert counted == sorted(counted, reverse=True)
    for row in values.values():
        assert row["log p(x)"] - row["ELBO"] == pytest.approx(row["gap"], abs=0.002)
    assert values["yn"]["rate"] == pytest.approx(readings.rate[2].item(), abs=5e-4)


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
    assert [text.get_text() for text in axes.texts] == [f"dimension {d}" for d in (1, 2, 3)]


def test_a_frame_marks_the_directions_above_the_noise():
    optimum = theory.linear_optimum(EIGENVALUES, 3, 0.5).kl
    above, below = elbo_plots.spectrum_frame(EIGENVALUES, 0.5, optimum[None]).axes
    colours = [bar.get_facecolor() for bar in above.patches]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    np.testing.assert_allclose(below.lines[0].get_ydata(), optimum)


def test_curves_hold_their_data():
    kl = torch.linspace(0, 1, 12).double().reshape(2, 3, 2)
    (axes,) = elbo_plots.switching_on(kl, torch.tensor([0.75, 0.25]).double()).axes
    means = [line.get_ydata() for line in axes.lines[2::3]]
    np.testing.assert_allclose(np.stack(means, axis=1), kl.mean(0))
    labels = {text.get_text(): text.xy for text in axes.texts}
    assert labels == {"dimension 1": (2, 0.75), "dimension 2": (2, 0.25)}
