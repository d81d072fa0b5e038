"""The pictures of chapter 2 show the numbers that they are given."""

import numpy as np
import pytest
from matplotlib.container import BarContainer

from collapse import viz


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
    fig = viz.saturation([8, 32], {"1 dimension": [1.0, 1.2]}, {"1 dimension": 1.2})
    lines = {line.get_label(): line for line in fig.axes[0].lines}
    assert list(lines["cap, log N"].get_ydata()) == pytest.approx(list(np.log([8, 32])))
    assert list(lines["1 dimension"].get_ydata()) == [1.0, 1.2]
    assert any(list(line.get_ydata()) == [1.2, 1.2] for line in fig.axes[0].lines)


def test_units_lie_where_their_variance_is() -> None:
    axes = viz.unit_variances({"vae": [1e-4, 1e-3], "lm": [0.5]}, threshold=0.02).axes[0]
    assert [list(line.get_xdata()) for line in axes.lines] == [[1e-4, 1e-3], [0.5], [0.02, 0.02]]
    assert "threshold 0.02" in axes.texts[0].get_text()


def test_a_panel_a_model() -> None:
    fig = viz.next_word_bars({"vae": np.array([0.2, 0.8]), "lm": np.array([1, 0])}, ["a", "b"], "z")
    assert [axes.get_title(loc="left") or axes.get_title() for axes in fig.axes] == [
        "VAE",
        "LSTM-LM",
    ]
    assert [bar.get_height() for bar in fig.axes[0].patches] == [0.2, 0.8]
