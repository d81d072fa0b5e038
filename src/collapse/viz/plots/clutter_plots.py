"""Pictures of appendix 7a: codes on a plane, and what chance makes of a distance."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Normal

from collapse.viz.style import BROWN, COLUMN, GREY, INDIGO, OLIVE, SKY, STYLE

MeansAndStds = tuple[Float[Tensor, "documents 2"], Float[Tensor, "documents 2"]]
Panels = Mapping[str, Mapping[str, MeansAndStds]]

# Components are no systems: no system of their page has one of these hues.
COMPONENTS = ((SKY, "o"), (BROWN, "s"), (OLIVE, "^"), (INDIGO, "D"))
SCALED = STYLE["scale-vae"].colour


def against_chance(
    values: Mapping[str, Sequence[float]],
    chance: Float[Tensor, " repeats"],
    label: str,
    chance_label: str,
    colours: Mapping[str, str] | None = None,
) -> Figure:
    """Measured values, one marker a seed, above the distribution that they have by chance.

    The band is the middle 95 % of it; the axis is linear up to twice the band's end, then
    logarithmic.

    Args:
        values: name -> values over seeds.
        chance: draws of the distribution.
        label: of the horizontal axis, with its unit.
        chance_label: what the distribution is of.
        colours: name -> that of its system; of others, that of Scale-VAE.
    """
    low, high = np.quantile(chance.numpy(), (0.025, 0.975))
    fig = Figure(figsize=(COLUMN, 1.6 + 0.42 * (len(values) + 1)))
    axes = fig.subplots()
    axes.axvspan(low, high, color=GREY, alpha=0.2, lw=0, label="95 % by chance")
    axes.axvline(0, color=GREY, lw=1)
    spots = chance[:200].numpy()
    height = np.linspace(-0.25, 0.25, 7)[np.arange(len(spots)) % 7]
    axes.plot(spots, height, ".", color=GREY, ms=3, alpha=0.6)
    for place, (name, group) in enumerate(values.items(), 1):
        colour = (colours or {}).get(name, SCALED)
        axes.plot(group, [place] * len(group), "s", color=colour, alpha=0.7)
    axes.set_xscale("symlog", linthresh=2 * float(high))
    largest = max([2 * float(high), *(value for group in values.values() for value in group)])
    powers = range(int(np.ceil(np.log10(2 * high))), int(np.ceil(np.log10(largest))) + 1)
    axes.set_xticks([0.0, *(10.0**power for power in powers)])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks(range(len(values) + 1), [chance_label, *values])
    axes.set(ylim=(len(values) + 0.5, -0.5), xlabel=label)
    axes.grid(axis="y", visible=False)
    fig.legend(loc="outside upper center")
    return fig


def code_grid(
    panels: Panels, labels: np.ndarray, title: str, *, std: float = 1.0, limit: float = 3.0
) -> Figure:
    """Codes on a plane, by the component that wrote the document; dashed circles at 1 and 2 sd.

    Args:
        panels: row -> column -> means, each ``(documents, 2)``, and standard deviations.
        labels: ``(documents,)`` the component, 0 to 3.
        title: of the figure.
        std: standard deviation of the dashed prior.
        limit: of both axes.
    """
    fig = Figure(figsize=(COLUMN, 0.7 + 2.15 * len(panels)))
    for axes, means, _ in _plane_panels(fig, panels, title, limit):
        for component, (colour, marker) in enumerate(COMPONENTS):
            points = means[torch.as_tensor(labels == component)]
            axes.plot(*points.T, marker, color=colour, ms=3, alpha=0.6, mew=0)
        _circles(axes, std)
    return fig


def aggregate_contours(
    panels: Panels,
    priors: Mapping[str, Mapping[str, float]],
    title: str,
    limit: float = 3.0,
    shades: Mapping[str, str] | None = None,
) -> Figure:
    """Contours of aggregated posteriors on a plane, each with its prior as dashed circles.

    Args:
        panels: row -> column -> means and standard deviations of the posteriors.
        priors: row -> column -> standard deviation of the prior.
        title: of the figure.
        limit: of both axes.
        shades: row -> colour map in the hue of its system; of others, purple.
    """
    fig = Figure(figsize=(COLUMN, 0.7 + 2.15 * len(panels)))
    axis = torch.linspace(-limit, limit, 61)
    points = torch.cartesian_prod(axis, axis)
    cells = [(row, std) for row in panels for std in priors[row].values()]
    for (axes, means, stds), (row, prior_std) in zip(
        _plane_panels(fig, panels, title, limit), cells, strict=True
    ):
        log_density = Normal(means[:, None], stds[:, None]).log_prob(points).sum(-1)
        density = log_density.exp().mean(0).view(61, 61).T.numpy()
        axes.contourf(axis.numpy(), axis.numpy(), density, levels=8,
                      cmap=(shades or {}).get(row, "Purples"))  # fmt: skip
        _circles(axes, prior_std)
    return fig


def _plane_panels(
    fig: Figure, panels: Panels, title: str, limit: float
) -> Iterator[tuple[Axes, Tensor, Tensor]]:
    """Square axes for each panel, with its means and deviations; rows and columns have names."""
    columns = len(next(iter(panels.values())))
    grid = fig.subplots(len(panels), columns, sharex=True, sharey=True, squeeze=False)
    fig.suptitle(title, fontsize=13)
    for number, (name, cells) in enumerate(panels.items()):
        for axes, (how, (means, stds)) in zip(grid[number], cells.items(), strict=True):
            ticks = (-2, 0, 2)
            axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
            axes.set(xticks=ticks, yticks=ticks)
            axes.grid(visible=False)
            axes.set_title("" if number else how, fontsize=12)
            yield axes, means, stds
        grid[number, 0].set_ylabel(name)


def _circles(axes: Axes, std: float) -> None:
    around = np.linspace(0, 2 * np.pi, 121)
    for times in (1, 2):
        radius = times * std
        axes.plot(radius * np.cos(around), radius * np.sin(around), color=GREY, ls="--", lw=1)
