"""The figures of the appendix on estimation: how noisy a gradient is, how close a bound."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from collapse.viz.plots.elbo_plots import MARKERS, THEORY, plain_ticks
from collapse.viz.style import COLUMN, GREY, PALETTE

LOWEST = 1e-4  # nats: what is drawn of a distance on a logarithmic axis


def gradient_variance(
    sizes: Sequence[int],
    variances: Mapping[str, Float[Tensor, "seeds sizes"]],
) -> Figure:
    """Variance of a one-draw gradient against the number of latent dimensions, on log scales.

    Thin lines are seeds, the marked line their mean. Dashed: constant, linear and quadratic
    growth, drawn through the last point of the estimators in the order given.

    Args:
        sizes: numbers of latent dimensions D.
        variances: estimator -> variance for each seed and size; theory expects growth 1, D, D².
    """
    fig = Figure(figsize=(COLUMN, 4.4))
    axes = fig.subplots()
    for power, (name, values) in enumerate(variances.items()):
        mean, colour = values.mean(0), PALETTE[power]
        growth = torch.tensor(sizes).to(values) ** power
        axes.plot(sizes, mean[-1] * growth / growth[-1], zorder=1, **THEORY)
        axes.plot(sizes, values.T, color=colour, linewidth=0.7, alpha=0.7)
        axes.plot(sizes, mean, color=colour, marker=MARKERS[power])
        axes.annotate(name, (sizes[-1], mean[-1]), (-4, 8), color=colour, ha="right",
                      textcoords="offset points")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="latent dimensions D")
    axes.set_ylabel("variance of one draw")
    axes.margins(y=0.12)
    plain_ticks(axes, sizes)
    return fig


def importance_curve(
    counts: Sequence[int],
    bounds: Mapping[str, Float[Tensor, "counts repeats"]],
    truth: float,
    divergence: float,
) -> Figure:
    """Importance-weighted bounds against the number of samples.

    Above: their mean and the band that holds 80 % of the repeats, with the exact value dashed.
    Below: the distance of the mean from the exact value, with the rate χ²/(2K) dashed; a mean that
    chance puts above the exact value, or within 0.0001 nat below it, is hollow on the lower edge.

    Args:
        counts: numbers of samples K.
        bounds: proposal -> bound for each K and repeat.
        truth: the exact mean log p(x).
        divergence: χ²(p(z|x) ‖ q) of the first proposal, averaged over the data.
    """
    fig = Figure(figsize=(COLUMN, 6.0))
    above, below = fig.subplots(2, sharex=True)
    above.axhline(truth, **THEORY)
    above.annotate("exact", (counts[0], truth), (0, 9), color=GREY, textcoords="offset points")
    above.margins(y=0.15)
    below.plot(counts, [divergence / (2 * k) for k in counts], **THEORY)
    below.annotate("$\\chi^2/2K$", (counts[0], divergence / (2 * counts[0])), (2, -28), color=GREY,
                   textcoords="offset points")  # fmt: skip
    for (name, values), colour, marker in zip(bounds.items(), PALETTE, MARKERS, strict=False):
        low, high = values.quantile(torch.tensor([0.1, 0.9]).to(values), dim=1)
        above.fill_between(counts, low, high, color=colour, alpha=0.2, linewidth=0)
        above.plot(counts, values.mean(1), color=colour, marker=marker, label=name)
        _distances(below, counts, truth - values, colour, marker)
    above.set_ylabel("bound (nats)")
    below.set(xscale="log", yscale="log", xlabel="samples K", ylabel="exact − bound (nats)")
    plain_ticks(below, counts)
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def _distances(
    axes: Axes,
    counts: Sequence[int],
    missing: Float[Tensor, "counts repeats"],
    colour: str,
    marker: str,
) -> None:
    """Means with two standard errors; a mean below zero is a hollow mark on the lower edge."""
    mean = missing.mean(1).numpy()
    error = missing.std(1).numpy() / missing.shape[1] ** 0.5
    at, drawn = np.array(counts), mean > LOWEST
    axes.errorbar(at[drawn], mean[drawn], yerr=2 * error[drawn], color=colour, marker=marker)
    axes.plot(at[~drawn], np.full((~drawn).sum(), 1.25 * LOWEST), linestyle="none",
              marker=marker, markerfacecolor="white", color=colour)  # fmt: skip
    axes.set_ylim(LOWEST, max(axes.get_ylim()[1], 2 * mean.max().item()))
