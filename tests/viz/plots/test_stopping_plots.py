"""The pictures of chapter 3's appendix show the numbers that they are given."""

import numpy as np
import torch

from collapse import viz


def test_a_plane_has_both_means_of_each_document() -> None:
    model, inference = torch.rand(5, 2), torch.rand(5, 2)
    axes = viz.two_dimensional_means({"vae": (model, inference)}).axes[0]
    assert len(axes.lines) == 5 + 2
    np.testing.assert_allclose(axes.lines[-2].get_xydata(), model)
    np.testing.assert_allclose(axes.lines[-1].get_xydata(), inference)


def test_groups_have_colours_and_the_two_means_keep_their_markers() -> None:
    model, inference = torch.rand(3, 2), torch.rand(3, 2)
    groups = np.array([1, 1, 3])
    axes = viz.two_dimensional_means({"vae": (model, inference)}, groups=groups).axes[0]
    circles = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert [len(line.get_xdata()) for line in circles] == [2, 1]
    np.testing.assert_allclose(circles[1].get_xydata(), inference[2:])
    assert circles[0].get_color() != circles[1].get_color()


def test_below_stands_how_many_have_stopped_by_then() -> None:
    estimates = {"a": [[1.0, 2.0, 1.5], [1.0, 3.0, 2.5]], "b": [[1.0, 2.0, 3.0]] * 2}
    stops = {"a": [3, 2], "b": [None, None]}
    above, below = viz.stopping(estimates, [1.0, 2.0, 3.0], stops, {"cap": 3.5}).axes
    assert [list(line.get_ydata()) for line in below.lines] == [[0, 1, 2], [0, 0, 0]]
    np.testing.assert_allclose(above.lines[1].get_ydata(), [1.0, 2.5, 2.0])
    assert [text.get_text() for text in above.texts] == ["cap"]
