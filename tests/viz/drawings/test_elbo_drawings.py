"""The drawings of chapter 1: the five places are there, and the closed forms are what is drawn."""

import numpy as np
import pytest
import torch

from collapse import theory
from collapse.viz import earned_and_paid, png, vae_diagram


def test_the_diagram_names_the_five_places_inside_its_frame():
    (axes,) = vae_diagram().axes
    words = " ".join(text.get_text() for text in axes.texts)
    for place in ("1  encoder", "2  posterior", "3  objective", "4  decoder", "5  strategy"):
        assert place in words
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for box in axes.patches:
        x, y, width, height = box.get_bbox().bounds
        assert left <= x < x + width <= right
        assert bottom <= y < y + height <= top


@pytest.mark.parametrize("ratio", [0.5, 1.5, 4.0])
def test_what_is_earned_and_paid_is_that_of_the_best_linear_vae(ratio):
    (axes,) = earned_and_paid().axes
    earned, paid = (np.interp(ratio, *line.get_data()) for line in axes.lines[:2])
    one = torch.tensor([ratio], dtype=torch.float64)
    on, off = theory.linear_optimum(one, 1, 1.0), theory.linear_optimum(one, 0, 1.0)
    assert paid == pytest.approx(on.kl.sum().item(), abs=1e-3)
    assert earned == pytest.approx(on.reconstruction - off.reconstruction, abs=1e-3)


def test_they_can_be_printed():
    for fig in (vae_diagram(), earned_and_paid()):
        assert len(png(fig)) < 60_000
