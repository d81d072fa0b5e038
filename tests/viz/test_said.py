"""What captions say is computed from what is drawn."""

import numpy as np
import pytest
import torch

from collapse import viz


def test_a_range_has_the_name_of_its_system() -> None:
    assert viz.ranges({"vae": [0.31, 0.1]}, 1) == "VAE 0.1 to 0.3"


def test_a_label_that_tells_all_has_all_of_the_variance() -> None:
    labels = np.array([0, 0, 1, 1])
    assert viz.share_between(torch.tensor([1.0, 1.0, 3.0, 3.0]), labels) == pytest.approx(1)
    assert viz.share_between(torch.tensor([1.0, 3.0, 1.0, 3.0]), labels) == pytest.approx(0)


def test_a_loop_begins_where_the_decoder_left_the_point() -> None:
    heights = [("encoder", 2.0, 0.5), ("encoder", 2.0, 1.5)]
    path = [("iteration", 0.0, 0.0), ("decoder", 2.0, 0.0), *heights, ("decoder", 3.0, 1.5)]
    assert viz.around_loops(path) == (2.0, 0.5)
    assert viz.around_loops(path[:1]) == (0, 0)
