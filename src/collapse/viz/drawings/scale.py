"""Drawings of chapter 7: what the decoder of Scale-VAE reads, and what it is charged for."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch

from collapse.theory import charges
from collapse.viz.style import COLUMN, GREY, STYLE

MEANS = (-0.35, 0.0, 0.35)  # of three documents, which stand for the data
DASHES = ("-", "--", "-.")  # one a document
ENDS = 4.2


def scaled_means(factor: float = 4.0, std: float = 0.5) -> Figure:
    """Three posteriors as the encoder gives them, as the decoder reads them, and divided by f.

    Each panel has its prior as a grey area, and beside it the mean KL of the three to that prior.

    Args:
        factor: f.
        std: σ of the posteriors.
    """
    means = torch.tensor(MEANS)[:, None]
    of = charges(means, torch.full_like(means, std**2), torch.tensor([factor]))
    charged, valid = of.unscaled.mean().item(), of.generation.mean().item()
    fig = Figure(figsize=(COLUMN, 6.2))
    panels = list(fig.subplots(3, 1, sharex=True))
    _panel(panels[0], MEANS, std, 1.0)
    _panel(panels[1], [factor * mean for mean in MEANS], std, factor)
    _panel(panels[2], MEANS, std / factor, 1.0)
    _name(panels[0], "N(μ, σ²)", f"KL to N(0, 1):\n{charged:.2f} nats,\ncharged by Eq. 7")
    _name(panels[1], "N(fμ, σ²)", f"KL to N(0, f²):\n{valid:.2f} nats,\nof what is read")
    _name(panels[2], "N(μ, σ²/f²)", f"KL to N(0, 1):\n{valid:.2f} nats,\nthe same over f")
    panels[2].set_xlabel("above z, in the middle u = fμ + σε, below u / f")
    for mean in MEANS:
        _arrow(fig, panels[0], panels[1], (mean, factor * mean), STYLE["scale-vae"].colour)
    return fig


def _panel(axes: Axes, means: list[float] | tuple[float, ...], std: float, prior: float) -> None:
    """Densities of posteriors, each as high as the panel, over that of the prior."""
    at = np.linspace(-ENDS, ENDS, 841)
    axes.fill_between(at, 0.9 * np.exp(-0.5 * (at / prior) ** 2), color=GREY, alpha=0.25, lw=0)
    axes.text(-ENDS, 0.08, " prior", color=GREY, ha="left")
    for mean, dash in zip(means, DASHES, strict=True):
        curve = np.exp(-0.5 * ((at - mean) / std) ** 2)
        axes.plot(at, curve, color=STYLE["scale-vae"].colour, linestyle=dash)
    axes.set(xlim=(-ENDS, ENDS), ylim=(0, 1.08), yticks=[])
    axes.grid(visible=False)


def _name(axes: Axes, posterior: str, charge: str) -> None:
    axes.text(-ENDS, 1.04, f" {posterior}", ha="left", va="top", fontsize=13.5)
    axes.text(ENDS, 1.04, charge, ha="right", va="top", fontsize=12.5)


def _arrow(fig: Figure, above: Axes, below: Axes, ends: tuple[float, float], colour: str) -> None:
    """From a mean on the axis of one panel to where it is in the next."""
    start, end = (ends[0], 0.0), (ends[1], 1.0)
    fig.add_artist(
        ConnectionPatch(start, end, "data", "data", axesA=above, axesB=below,
                        arrowstyle="-|>", color=colour, lw=1.2, mutation_scale=12)
    )  # fmt: skip
