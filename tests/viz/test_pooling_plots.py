"""Pictures of features hold the numbers that they were given."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from collapse.viz import STYLE, against_length, feature_clouds, png, reach_curves, use_house_style


def test_clouds_are_drawn_in_one_cube_by_class() -> None:
    use_house_style()
    points = 0.3 * torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    labels = np.arange(20) % 3
    clouds = {"vae": points, "pool-max": points / 100}
    fig = feature_clouds(clouds, labels, ["sea", "garden", "court"], "step 100")
    left, right = fig.axes
    for axes, scale in ((left, 1.0), (right, 0.01)):
        assert axes.get_xlim() == axes.get_ylim() == axes.get_zlim()
        drawn = [np.stack([np.asarray(v) for v in c._offsets3d], 1) for c in axes.collections]
        assert [len(part) for part in drawn] == [7, 7, 6]
        expected = points[torch.from_numpy(labels == 1)].numpy() * scale
        assert drawn[1] == pytest.approx(expected, abs=1e-6)
    assert left.get_title() == STYLE["vae"].label
    assert len(png(fig)) > 1000


def test_means_and_seeds_against_length() -> None:
    values = {"vae": {0: [1.0, 0.8], 10: [0.5, 0.3]}, "pool-max": {0: [1.0], 10: [0.9]}}
    (axes,) = against_length(values, "accuracy", chance=0.25).axes
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["VAE"].get_ydata() == pytest.approx([0.9, 0.4])
    assert lines["guessing"].get_ydata()[0] == 0.25
    seeds = [line for line in axes.lines if line.get_marker() == "_"]
    assert [len(line.get_ydata()) for line in seeds] == [2, 2, 1, 1]
    assert to_hex(seeds[0].get_color()) == STYLE["vae"].colour.lower()
    assert axes.get_xticks().tolist() == [0, 10]


def test_reach_is_drawn_beside_its_theory() -> None:
    fig = reach_curves({"vae": [0.1, 1.0], "pool-avg": [0.5, 0.5]}, {"vae": [0.2, 0.9]})
    (axes,) = fig.axes
    assert axes.get_yscale() == "log"
    drawn = {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    assert drawn == {
        "theory": [0.2, 0.9],
        "VAE": [0.1, 1.0],
        STYLE["pool-avg"].label: [0.5, 0.5],
    }
