"""Pictures of chapter 7: readings of a likelihood, and codes on a plane."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Normal

from collapse.viz.spans import span
from collapse.viz.style import COLUMN, GREEN, GREY, INDIGO, PURPLE, RED, SKY

MeansAndStds = tuple[Float[Tensor, "documents 2"], Float[Tensor, "documents 2"]]
Panels = Mapping[str, Mapping[str, MeansAndStds]]

COMPONENTS = ((RED, "o"), (SKY, "s"), (GREEN, "^"), (INDIGO, "D"))


def against_floor(
    spreads: Sequence[float],
    values: Mapping[str, Sequence[Sequence[float]]],
    floor: float,
    valid: Sequence[str],
    label: str,
    limits: Mapping[str, Callable[[float], float]] | None = None,
) -> Figure:
    """Numbers against des_std beside the least that a model can score.

    A small marker a seed, a line through the means, and a pale bar for the 95 % interval of each.

    Args:
        spreads: values of des_std.
        values: name -> for each des_std the values over seeds, in nats.
        floor: the least mean NLL of any model.
        valid: names of likelihoods; their markers are full, the others' are hollow.
        label: of the vertical axis.
        limits: name -> closed form of des_std, drawn in grey.
    """
    fig = Figure(figsize=(COLUMN, 5.3 if limits else 4.4))
    axes = fig.subplots()
    axes.axhline(floor, color=GREY, linestyle="--", label=f"floor, {floor:.2f}")
    between = np.linspace(min(spreads), max(spreads), 61)
    for (name, limit), dash in zip((limits or {}).items(), (":", "-."), strict=False):
        curve = [limit(float(std)) for std in between]
        axes.plot(between, curve, color=GREY, linestyle=dash, lw=1.5, label=name)
    looks = zip((PURPLE, RED, GREEN, SKY, INDIGO), "^vso*", strict=True)
    for (name, groups), (colour, marker) in zip(values.items(), looks, strict=False):
        face = colour if name in valid else "white"
        means = [span(axes, group, std, colour, upright=True)
                 for std, group in zip(spreads, groups, strict=True)]  # fmt: skip
        axes.plot(spreads, means, color=colour, marker=marker, mfc=face, label=name)
        for std, group in zip(spreads, groups, strict=True):
            axes.plot([std] * len(group), group, marker, color=colour, ms=3, mfc=face)
    axes.set(xlabel="des_std", ylabel=label)
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def below_entropy(
    spreads: Sequence[float],
    panels: Mapping[str, tuple[Sequence[Sequence[float]], Sequence[Sequence[float]]]],
    floor: float,
    limits: Mapping[str, Callable[[float], float]],
) -> Figure:
    """Negative objectives and likelihoods against des_std, with the least that a model can score.

    Args:
        spreads: values of des_std.
        panels: title -> negative objectives and negative log-likelihoods in nats, each with the
            values over seeds for each des_std.
        floor: the least mean NLL of any model.
        limits: title -> closed form of des_std for the objective.
    """
    fig = Figure(figsize=(COLUMN, 4.2))
    row = fig.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    between = np.linspace(min(spreads), max(spreads), 61)
    for axes, (title, (objectives, likelihoods)) in zip(row, panels.items(), strict=True):
        axes.axhline(floor, color=GREY, linestyle="--", lw=1.5)
        axes.plot(between, [limits[title](float(s)) for s in between], ":", color=GREY, lw=1.8)
        for groups, colour, marker, face in (
            (objectives, RED, "v", "white"),
            (likelihoods, GREEN, "s", GREEN),
        ):
            for std, group in zip(spreads, groups, strict=True):
                axes.plot([std] * len(group), group, marker, color=colour, mfc=face, ms=7)
        axes.set(xlabel="des_std", xticks=spreads, title=title)
    row[0].set_ylabel("nats")
    _name_marks(row[0], max(spreads), next(iter(panels.values())), floor)
    return fig


def _name_marks(
    axes: Axes,
    right: float,
    values: tuple[Sequence[Sequence[float]], Sequence[Sequence[float]]],
    floor: float,
) -> None:
    """Direct labels beside the marks of the largest des_std, in place of a legend."""
    objectives, likelihoods = (group[-1] for group in values)
    axes.text(right, floor - 0.03, "no model below", color=GREY, ha="right", va="top")
    axes.text(right, max(likelihoods) + 0.08, "NLL of $M_f$", color=GREEN, ha="right")
    height = float(np.mean(objectives))
    axes.text(right + 0.04, height + 0.06, "−Eq. 7", color=RED, ha="right", va="bottom")
    axes.text(0.04, 0.04, "dotted: theory", color=GREY, transform=axes.transAxes)
    axes.margins(y=0.14)


def printed_information(
    rows: Mapping[str, Sequence[tuple[str, float, float, float]]], cap: float
) -> Figure:
    """Printed pairs of KL and MI, each KL joined with the most that it allows the information.

    Args:
        rows: corpus -> (label, KL, the bound on the MI, MI), in nats; an empty label is not drawn.
        cap: the most that the estimator of the MI can show.
    """
    fig = Figure(figsize=(COLUMN, 4.4))
    axes = fig.subplots()
    axes.plot([0, cap + 1.2], [0, cap + 1.2], color=GREY, lw=1.5)
    axes.axhline(cap, color=GREY, linestyle="--", lw=1.5)
    axes.text(41, cap + 1.1, "dashed: cap of the estimator", color=GREY, ha="right", va="top")
    axes.text(5.6, 5.4, "MI = KL", color=GREY, va="top")
    for (corpus, group), (colour, marker, rise) in zip(
        rows.items(), ((PURPLE, "o", 7), (GREEN, "s", -7)), strict=False
    ):
        for label, kl, bound, mi in group:
            axes.plot([kl, bound], [mi, mi], color=colour, lw=0.8, alpha=0.5)
            axes.plot(kl, mi, marker, color=colour, mfc="white")
            axes.plot(bound, mi, marker, color=colour, label=corpus)
            side = "center" if rise > 0 else "right"
            axes.annotate(label, (bound, mi), (0, rise), textcoords="offset points", color=colour,
                          ha=side, va="bottom" if rise > 0 else "top")  # fmt: skip
    named = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(named.values(), named.keys(), loc="lower right")
    axes.set(xlabel="nats: printed KL (hollow), KL + D·des_std²/2 (full)")
    axes.set(ylabel="printed MI (nats)", xlim=(0, 42), ylim=(5, cap + 1.2))
    return fig


def differences(
    rows: Mapping[str, Mapping[str, Sequence[float]]], valid: Sequence[str], label: str
) -> Figure:
    """Differences of readings, a line of its own for each: seeds, their mean and its interval.

    A marker is a seed, the stroke their mean, the pale bar its 95 % interval over seeds.

    Args:
        rows: panel -> reading -> values over seeds.
        valid: the readings that are likelihoods; their markers are full.
        label: of the horizontal axis.
    """
    lines = max(len(readings) for readings in rows.values())
    fig = Figure(figsize=(COLUMN, 0.9 + len(rows) * (0.45 + 0.36 * lines)))
    panels = fig.subplots(len(rows), sharex=True, squeeze=False)[:, 0]
    for axes, (title, readings) in zip(panels, rows.items(), strict=True):
        axes.axvline(0, color=GREY, linestyle="--")
        for place, (name, values) in enumerate(readings.items()):
            colour, face = (GREEN, GREEN) if name in valid else (RED, "white")
            marker = "s" if name in valid else "v"
            mean = span(axes, values, place, colour, width=11.0)
            axes.plot(values, [place] * len(values), marker, color=colour, mfc=face, alpha=0.7)
            axes.plot(mean, place, "|", color="black", markersize=16, mew=2)
        axes.set_yticks(range(len(readings)), list(readings))
        axes.set(ylim=(len(readings) - 0.5, -0.5), title=title)
        axes.grid(axis="y", visible=False)
    panels[-1].set_xlabel(label)
    return fig


def against_chance(
    values: Mapping[str, Sequence[float]],
    chance: Float[Tensor, " repeats"],
    label: str,
    chance_label: str,
) -> Figure:
    """Measured values, one marker a seed, above the distribution that they have by chance.

    The band is the middle 95 % of it; the axis is linear up to twice the band's end, then
    logarithmic.

    Args:
        values: name -> values over seeds.
        chance: draws of the distribution.
        label: of the horizontal axis, with its unit.
        chance_label: what the distribution is of.
    """
    low, high = np.quantile(chance.numpy(), (0.025, 0.975))
    fig = Figure(figsize=(COLUMN, 1.6 + 0.42 * (len(values) + 1)))
    axes = fig.subplots()
    axes.axvspan(low, high, color=GREY, alpha=0.2, lw=0, label="95 % by chance")
    axes.axvline(0, color=GREY, lw=1)
    spots = chance[:200].numpy()
    height = np.linspace(-0.25, 0.25, 7)[np.arange(len(spots)) % 7]
    axes.plot(spots, height, ".", color=GREY, ms=3, alpha=0.6)
    for place, group in enumerate(values.values(), 1):
        axes.plot(group, [place] * len(group), "s", color=PURPLE, alpha=0.7)
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
    panels: Panels, priors: Mapping[str, Mapping[str, float]], title: str, limit: float = 3.0
) -> Figure:
    """Contours of aggregated posteriors on a plane, each with its prior as dashed circles.

    Args:
        panels: row -> column -> means and standard deviations of the posteriors.
        priors: row -> column -> standard deviation of the prior.
        title: of the figure.
        limit: of both axes.
    """
    fig = Figure(figsize=(COLUMN, 0.7 + 2.15 * len(panels)))
    axis = torch.linspace(-limit, limit, 61)
    points = torch.cartesian_prod(axis, axis)
    prior_stds = [std for row in panels for std in priors[row].values()]
    for (axes, means, stds), prior_std in zip(
        _plane_panels(fig, panels, title, limit), prior_stds, strict=True
    ):
        log_density = Normal(means[:, None], stds[:, None]).log_prob(points).sum(-1)
        density = log_density.exp().mean(0).view(61, 61).T.numpy()
        axes.contourf(axis.numpy(), axis.numpy(), density, levels=8, cmap="Purples")
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


def told_symbols(
    means: Float[Tensor, " symbols"],
    told: Float[Tensor, " symbols"],
    probs: Float[Tensor, " symbols"],
    valid: Float[Tensor, " symbols"],
    title: str,
    *,
    highest: float = 1.0,
    furthest: float = 4.0,
) -> Figure:
    """The chance of each symbol when the decoder is told about it, and under a model.

    Args:
        means: μ of each symbol, which only decides the order.
        told: what the decoder is told of each, (f - 1) μ.
        probs: each symbol's integral with what is told.
        valid: its chance under a model.
        title: of the figure.
        highest: chance on the axis.
        furthest: value on the axis of what is told.
    """
    order, places = means.argsort(), list(range(len(means)))
    fig = Figure(figsize=(COLUMN, 4.8))
    top, bottom = fig.subplots(2, sharex=True)
    top.axhline(1 / len(means), color=GREY, linestyle="--")
    top.plot(places, probs[order].numpy(), "v", color=RED, mfc="white", label="told")
    top.plot(places, valid[order].numpy(), "s", color=GREEN, label="$M_1$")
    top.set(ylabel="“chance” of x", ylim=(-0.05 * highest, highest))
    top.set_title(f"{title}: sums {float(probs.sum()):.2f} and {float(valid.sum()):.2f}")
    top.legend(loc="lower center", bbox_to_anchor=(0.5, 1.12), ncols=2)
    bottom.bar(places, told[order].numpy(), color=PURPLE)
    bottom.set(xlabel="symbol, by its mean", ylabel="told, (f − 1)μ", ylim=(-furthest, furthest))
    return fig
