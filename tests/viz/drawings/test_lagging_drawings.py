"""The drawings of chapter 3 say what the text says."""

from matplotlib.patches import Rectangle

from collapse import viz


def test_the_decoder_steps_once_a_loop_and_then_with_the_encoder() -> None:
    axes = viz.algorithm_timeline(inner=3, loops=2).axes[0]
    boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    at = {
        height: sorted(round(b.get_x() - 0.1) for b in boxes if b.get_y() == height)
        for height in (3.3, 2.5, 0.8, 0.0)
    }
    assert at[3.3] == at[2.5] == list(range(14))  # ordinary training
    assert at[0.8] == [0, 1, 2, 4, 5, 6, *range(8, 14)]
    assert at[0.0] == [3, 7, *range(8, 14)]


def test_agreement_vanishes_where_the_posteriors_agree() -> None:
    left, right = viz.two_forces().axes
    said = [[text.get_text() for text in axes.texts if text.get_text()] for axes in (left, right)]
    assert said == [
        ["likelihood", "agreement", "net: out or in?"],
        ["likelihood", "net: the same", "agreement: 0"],
    ]
