"""Pictures of conditional models: what a KL buys given the context, and what z says."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from collapse.viz.style import COLUMN, PALETTE, STYLE

Points = Sequence[tuple[float, float]]


def rate_against_information(
    points: Mapping[str, Points], silent: Mapping[str, float], available: float
) -> Figure:
    """KL(q(z|x,y) ‖ p(z|x)) against I(z; y | x), one mark a seed.

    Args:
        points: system -> for each seed the information and the KL, in nats.
        silent: name -> the KL of a batch-normalised q that says nothing, two at most.
        available: the information that there is to have.
    """
    fig = Figure(figsize=(COLUMN, 4.6))
    axes, grey = fig.subplots(), STYLE["theory"]
    for name, pairs in points.items():
        style = STYLE[name]
        axes.plot(*zip(*pairs, strict=True), **style.plot() | {"linestyle": "none"}, markersize=9)
    top = max([available, *(kl for pairs in points.values() for _, kl in pairs)])
    axes.plot([0, top], [0, top], color=grey.colour, linewidth=1, label="KL = information")
    for (name, kl), dash in zip(silent.items(), ("--", "-."), strict=False):
        axes.axhline(kl, color=grey.colour, linestyle=dash, label=name)
    axes.axvline(available, color=grey.colour, linestyle=":", label="all there is")
    axes.set(xlabel="information about the reply, given the context (nats)")
    axes.set(ylabel="KL(q ‖ p) (nats)")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def paired_perplexities(pairs: Mapping[str, Points]) -> Figure:
    """Reconstruction perplexity beside the valid one, a line for each seed.

    Args:
        pairs: system -> for each seed the perplexity at z from q, and that of the model.
    """
    fig = Figure(figsize=(COLUMN, 0.9 + 0.55 * len(pairs)))
    axes = fig.subplots()
    for row, (name, seeds) in enumerate(pairs.items()):
        style, places = STYLE[name], row + 0.16 * (np.arange(len(seeds)) - (len(seeds) - 1) / 2)
        for place, (easy, valid) in zip(places, seeds, strict=True):
            axes.plot([easy, valid], [place, place], color=style.colour, linewidth=1.2)
        easy_all, valid_all = zip(*seeds, strict=True)
        axes.plot(easy_all, places, "o", color=style.colour, markerfacecolor="white")
        axes.plot(valid_all, places, "o", color=style.colour)
    axes.plot([], [], "o", color=STYLE["theory"].colour, markerfacecolor="white", label="z from q")
    axes.plot([], [], "o", color=STYLE["theory"].colour, label="of the model (IW)")
    axes.set_yticks(range(len(pairs)), [STYLE[name].label for name in pairs])
    axes.invert_yaxis()
    axes.set_xlabel("perplexity a word")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def price_of_silence(
    gammas: Sequence[float], silent: Sequence[float], speaking: Sequence[float]
) -> Figure:
    """What both KLs cost at least, a dimension, when z says nothing and when it says something.

    Args:
        gammas: scales of the normalised means.
        silent: nats for means that follow the context alone.
        speaking: nats for means that follow the reply alone.
    """
    fig = Figure(figsize=(COLUMN, 3.4))
    axes = fig.subplots()
    axes.plot(gammas, speaking, color=PALETTE[2], label="means follow the reply")
    axes.plot(gammas, silent, color=PALETTE[0], linestyle="--", label="means follow the context")
    axes.set(xlabel="γ", ylabel="KL(q ‖ p) + KL(p ‖ r)\n(nats a dimension)", ylim=(0, None))
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def silence_by_contexts(
    contexts: Sequence[int],
    kls: Mapping[float, Sequence[float]],
    measured: Mapping[str, tuple[int, Sequence[float]]],
) -> Figure:
    """KL(q ‖ p) of a silent code that sets one of n contexts apart, by n and γ.

    Grey, dashed: γ / (2 √n), which it comes to.

    Args:
        contexts: values of n.
        kls: γ -> nats a dimension, one for each n.
        measured: system -> its number of contexts, and for each seed the KL that is no
            information, in nats a dimension.
    """
    fig = Figure(figsize=(COLUMN, 4.0))
    axes, grey = fig.subplots(), STYLE["theory"]
    for (gamma, values), colour in zip(kls.items(), PALETTE, strict=False):
        axes.plot(contexts, values, color=colour, label=f"silent, γ = {gamma:g}")
        limit = gamma / (2 * np.sqrt(contexts))
        axes.plot(contexts, limit, color=grey.colour, linestyle="--", lw=1)
    for name, (count, values) in measured.items():
        style = STYLE[name]
        look = style.plot() | {"linestyle": "none"}
        axes.plot([count] * len(values), values, **look, markersize=7, alpha=0.7)
    axes.set(xscale="log", yscale="log", xlabel="contexts, one of them apart")
    axes.set_ylabel("KL − information\n(nats a dimension)")
    fig.legend(loc="outside upper center", ncols=2)
    return fig


def reply_map(
    regions: Mapping[str, np.ndarray], limit: float, z: tuple[float, float], names: Sequence[str]
) -> Figure:
    """Which reply each z gives, for one context: one panel a system, in units of p(z|x).

    Args:
        regions: system -> ``(steps, steps)`` numbers of replies on an even grid, rows by the
            second dimension of z; -1 for a reply that is none of those named.
        limit: the grid goes from -limit to limit standard deviations of p(z|x).
        z: the point that is marked.
        names: the replies by number.
    """
    height = 2.6 + 0.26 * len(names)
    fig = Figure(figsize=(COLUMN, height))
    panels = fig.subplots(1, len(regions), sharey=True, squeeze=False)[0]
    for axes, (name, numbers) in zip(panels, regions.items(), strict=True):
        _region(axes, numbers, limit, z)
        axes.set_title(STYLE[name].label, fontsize=11)
    handles = [panels[0].scatter([], [], color=PALETTE[i], marker="s") for i in range(len(names))]
    fig.legend(handles, names, loc="outside upper left", fontsize=11.5)
    fig.supxlabel("z (standard deviations of p(z|x))", fontsize=12)
    return fig


def _region(axes: Axes, numbers: np.ndarray, limit: float, z: tuple[float, float]) -> None:
    colours = np.array([to_rgb(colour) for colour in (*PALETTE, "#DDDDDD")])
    extent = (-limit, limit, -limit, limit)
    axes.imshow(colours[numbers], origin="lower", extent=extent, interpolation="nearest")
    axes.plot(*z, "o", color="white", markeredgecolor="black", markersize=10)
    axes.grid(False)
    axes.set_xticks([-2, 0, 2])
    axes.set_yticks([-2, 0, 2])
