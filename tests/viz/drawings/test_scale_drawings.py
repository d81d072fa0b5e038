"""The drawing of chapter 7 says what the text says."""

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from collapse import viz


def peaks(place: int) -> list[float]:
    """Where the densities of a panel have their tops."""
    axes = viz.scaled_means(factor=3.0, std=0.5).axes[place]
    curves = [line for line in axes.lines if len(line.get_xdata()) > 2]
    return [float(c.get_xdata()[int(np.argmax(c.get_ydata()))]) for c in curves]


def test_the_decoder_reads_means_that_are_f_times_as_far_apart() -> None:
    np.testing.assert_allclose(peaks(1), 3 * np.array(peaks(0)), atol=0.02)
    np.testing.assert_allclose(peaks(2), peaks(0), atol=0.02)


def test_each_panel_names_the_mean_kl_to_its_prior() -> None:
    means = torch.tensor([-0.35, 0.0, 0.35])
    charged = kl_divergence(Normal(means, 0.5), Normal(0.0, 1.0)).mean()
    valid = kl_divergence(Normal(3 * means, 0.5), Normal(0.0, 3.0)).mean()
    for axes, kl in zip(viz.scaled_means(3.0, 0.5).axes, (charged, valid, valid), strict=True):
        assert any(f"{kl:.2f} nats" in text.get_text() for text in axes.texts)
