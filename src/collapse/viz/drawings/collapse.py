"""The drawing of chapter 2: what each remedy asks for the KL, and when."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from collapse.objectives import FreeBits
from collapse.viz.style import COLUMN, STYLE

Schedules = Mapping[str, Callable[[float], float]]


def kl_charges(schedules: Schedules, epochs: int, free_bits: FreeBits) -> Figure:
    """Above: the weight of the KL by epoch. Below: what free bits charge for a KL of one dimension.

    Args:
        schedules: system -> its weight as a function of the epoch.
        epochs: how many are drawn.
        free_bits: its target is free of charge.
    """
    fig = Figure(figsize=(COLUMN, 6.0))
    above, below = fig.subplots(2, height_ratios=[3, 2])
    _weights(above, schedules, epochs)
    _charge(below, free_bits)
    return fig


def _weights(axes: Axes, schedules: Schedules, epochs: int) -> None:
    epoch = np.linspace(0, epochs, 40 * epochs + 1)[:-1]
    for name, weight in schedules.items():
        style = STYLE[name]
        values = [weight(float(each)) for each in epoch]
        axes.plot(epoch, values, **style.plot(), markevery=(60, 100))
    axes.set(xlabel="epoch", ylabel="weight of the KL", ylim=(-0.03, 1.1), xlim=(0, epochs))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _charge(axes: Axes, free_bits: FreeBits) -> None:
    target, style, grey = (
        free_bits.target,
        STYLE[f"free-bits-{free_bits.target:g}"],
        STYLE["theory"],
    )
    kl = np.linspace(0, 3 * target, 91)
    charged = free_bits(torch.from_numpy(kl).unsqueeze(1)).numpy()
    axes.plot(kl, kl, color=grey.colour, linestyle=grey.dash)
    axes.plot(kl, charged, color=style.colour)
    axes.text(0.03 * target, 1.5 * target, "free bits: flat, no gradient", color=style.colour,
              va="bottom")  # fmt: skip
    axes.text(0.62 * target, 0.28 * target, "dashed: the ELBO charges every nat",
              color=grey.colour, va="center")  # fmt: skip
    axes.set(xlabel="KL (nats)", ylabel="charged (nats)")
    axes.set(xlim=(0, 3 * target), ylim=(0, 3 * target))
