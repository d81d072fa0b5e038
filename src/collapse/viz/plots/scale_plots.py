"""Pictures of chapter 7: readings of a likelihood."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from collapse.viz.spans import span
from collapse.viz.style import COLUMN, GREY, STYLE, for_letters

SCALED, OWN = STYLE["scale-vae"].colour, STYLE["scale-vae-always"].colour


def against_floor(
    spreads: Sequence[float],
    values: Mapping[str, Sequence[Sequence[float]]],
    floor: float,
    valid: Sequence[str],
    label: str,
    limits: Mapping[str, Callable[[float], float]] | None = None,
    colours: Mapping[str, str] | None = None,
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
        colours: name -> that of its system; of others, that of own factors.
    """
    fig = Figure(figsize=(COLUMN, 5.3 if limits else 4.4))
    axes = fig.subplots()
    axes.axhline(floor, color=GREY, linestyle="--", label=f"floor, {floor:.2f}")
    between = np.linspace(min(spreads), max(spreads), 61)
    for (name, limit), dash in zip((limits or {}).items(), (":", "-."), strict=False):
        curve = [limit(float(std)) for std in between]
        axes.plot(between, curve, color=GREY, linestyle=dash, lw=1.5, label=name)
    looks = zip("^vso*", ("-", "--", "-", "-.", "-"), strict=True)
    for (name, groups), (marker, dash) in zip(values.items(), looks, strict=False):
        colour = (colours or {}).get(name, OWN)
        face = colour if name in valid else "white"
        means = [span(axes, group, std, colour, upright=True)
                 for std, group in zip(spreads, groups, strict=True)]  # fmt: skip
        axes.plot(spreads, means, dash, color=colour, marker=marker, mfc=face, label=name)
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

    The first panel has the colour of own factors, the second that of Scale-VAE; full marks are
    likelihoods, hollow ones, a little to their right, are not.
    """
    fig = Figure(figsize=(COLUMN, 4.2))
    row = fig.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    between = np.linspace(min(spreads), max(spreads), 61)
    aside = 0.025 * (max(spreads) - min(spreads))
    for axes, (title, numbers), colour in zip(row, panels.items(), (OWN, SCALED), strict=False):
        axes.axhline(floor, color=GREY, linestyle="--", lw=1.5)
        axes.plot(between, [limits[title](float(s)) for s in between], ":", color=GREY, lw=1.8)
        for groups, side, marker, face in zip(
            numbers, (aside, -aside), "vs", ("white", colour), strict=True
        ):
            for std, group in zip(spreads, groups, strict=True):
                axes.plot([std + side] * len(group), group, marker, color=colour, mfc=face, ms=7)
        axes.set_xlabel("des_std")
        axes.set(xticks=spreads, title=title)
        _name_marks(axes, spreads, numbers, colour)
    row[0].set_ylabel("nats")
    row[0].text(max(spreads), floor - 0.03, "no model below", color=GREY, ha="right", va="top")
    row[0].text(0.04, 0.04, "dotted: theory", color=GREY, transform=row[0].transAxes)
    return fig


def _name_marks(
    axes: Axes,
    spreads: Sequence[float],
    values: tuple[Sequence[Sequence[float]], Sequence[Sequence[float]]],
    colour: str,
) -> None:
    """Direct labels beside the marks, in place of a legend."""
    objectives, likelihoods = values
    look: dict[str, Any] = {"color": for_letters(colour), "ha": "right"}
    axes.text(max(spreads), max(likelihoods[-1]) + 0.1, "NLL of $M_f$", **look)
    middle = len(spreads) // 2  # below and to the left, where no closed form runs
    height = float(np.mean(objectives[middle]))
    axes.text(spreads[middle] - 0.1, height - 0.12, "−Eq. 7", va="top", **look)
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
    looks = (("o", "-", 7), ("s", "--", -7))
    for (corpus, group), (marker, dash, rise) in zip(rows.items(), looks, strict=False):
        for label, kl, bound, mi in group:
            axes.plot([kl, bound], [mi, mi], dash, color=SCALED, lw=0.8, alpha=0.6)
            axes.plot(kl, mi, marker, color=SCALED, mfc="white")
            axes.plot(bound, mi, marker, color=SCALED, label=corpus)
            side = "center" if rise > 0 else "right"
            axes.annotate(label, (bound, mi), (0, rise), textcoords="offset points", color=SCALED,
                          ha=side, va="bottom" if rise > 0 else "top")  # fmt: skip
    named = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(named.values(), named.keys(), loc="lower right")
    axes.set(xlabel="nats: printed KL (hollow), KL + D·des_std²/2 (full)")
    axes.set(ylabel="printed MI (nats)", xlim=(0, 42), ylim=(5, cap + 1.2))
    return fig


def differences(
    rows: Mapping[str, Mapping[str, Sequence[float]]],
    valid: Sequence[str],
    label: str,
    colours: Mapping[str, str] | None = None,
) -> Figure:
    """Differences of readings, a line of its own for each: seeds, their mean and its interval.

    A marker is a seed, the stroke their mean, the pale bar its 95 % interval over seeds.

    Args:
        rows: panel -> reading -> values over seeds.
        valid: the readings that are likelihoods; their markers are full.
        label: of the horizontal axis.
        colours: panel or reading -> that of its system; of others, that of Scale-VAE.
    """
    known = colours or {}
    lines = max(len(readings) for readings in rows.values())
    fig = Figure(figsize=(COLUMN, 0.9 + len(rows) * (0.45 + 0.36 * lines)))
    panels = fig.subplots(len(rows), sharex=True, squeeze=False)[:, 0]
    for axes, (title, readings) in zip(panels, rows.items(), strict=True):
        axes.axvline(0, color=GREY, linestyle="--")
        for place, (name, values) in enumerate(readings.items()):
            colour = known.get(name, known.get(title, SCALED))
            face, marker = (colour, "s") if name in valid else ("white", "v")
            mean = span(axes, values, place, colour, width=11.0)
            axes.plot(values, [place] * len(values), marker, color=colour, mfc=face, alpha=0.7)
            axes.plot(mean, place, "|", color="black", markersize=16, mew=2)
        axes.set_yticks(range(len(readings)), list(readings))
        axes.set(ylim=(len(readings) - 0.5, -0.5), title=title)
        axes.grid(axis="y", visible=False)
    panels[-1].set_xlabel(label)
    return fig


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
    top.plot(places, probs[order].numpy(), "v", color=OWN, mfc="white", label="weights of Eq. 7")
    top.plot(places, valid[order].numpy(), "s", color=OWN, label="model $M_1$")
    top.set(ylabel="“chance” of x", ylim=(-0.05 * highest, highest))
    top.set_title(f"{title}: sums {float(probs.sum()):.2f} and {float(valid.sum()):.2f}")
    top.legend(loc="lower center", bbox_to_anchor=(0.5, 1.12), ncols=2)
    bottom.bar(places, told[order].numpy(), color=OWN, alpha=0.5)
    bottom.set(xlabel="symbol, by its mean", ylabel="told, (f − 1)μ", ylim=(-furthest, furthest))
    return fig
