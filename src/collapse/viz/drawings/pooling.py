"""Drawings of chapter 4: what four poolings take from the states of one unit; three critics."""

import math

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from collapse.parts import Sizes
from collapse.pooling import AbsPool, AveragePool, LastState, MaxPool
from collapse.theory.dual_bound import cells, gaussian
from collapse.viz.letters import with_minus
from collapse.viz.plots.pooling_plots import feature_name
from collapse.viz.style import COLUMN, GREEN, GREY, INDIGO, STYLE

# Made up: a unit that answers to the topic, downwards and upwards, and then forgets it.
STATES = (0.0, -0.34, -0.78, 0.10, 0.56, 0.36, 0.22, 0.15, 0.05, 0.09, -0.02, 0.06, 0.03, 0.08)
TOPIC = range(1, 5)  # the words that say the topic
PLACES = {"vae": 0.19, "pool-max": 0.56, "pool-avg": -0.06, "pool-abs": -0.78}  # of the names


def pooled_states() -> Figure:
    """One unit's state after each word of a text, and the number that each pooling makes of it."""
    fig = Figure(figsize=(COLUMN, 4.0))
    axes = fig.subplots()
    axes.axvspan(TOPIC[0] - 0.5, TOPIC[-1] + 0.5, color="#EDEDED", zorder=0)
    axes.text(2.5, 0.82, "topic", ha="center", color=GREY)
    axes.text(9.5, 0.82, "noise", ha="center", color=GREY)
    axes.plot([-0.6, 13.6], [0, 0], color=GREY, linewidth=1)  # the names stand behind
    axes.plot(STATES, color=GREY, marker=".", markersize=9)
    for name, value in pooled().items():
        _taken(axes, name, value)
    axes.set(xlim=(-0.6, 21.5), ylim=(-1, 1), ylabel="state of one unit")
    axes.set_yticks([-1, -0.5, 0, 0.5, 1])
    axes.set_xticks([0, 5, 10, len(STATES) - 1])
    axes.set_xlabel("word read", loc="left")
    axes.spines["bottom"].set_bounds(-0.6, 13.6)
    axes.grid(False)
    return fig


def pooled() -> dict[str, float]:
    """System -> the feature that it makes of :data:`STATES`, by the package's own poolings."""
    sizes = Sizes(vocabulary=2, embedding=1, hidden=1, latent=1)
    pools = {"vae": LastState, "pool-avg": AveragePool, "pool-max": MaxPool, "pool-abs": AbsPool}
    states, lengths = torch.tensor(STATES).view(1, -1, 1), torch.tensor([len(STATES)])
    return {name: pool(sizes)(states, lengths).item() for name, pool in pools.items()}


def _taken(axes: Axes, name: str, value: float) -> None:
    """Where a feature comes from, a ring or a line for the average, and its name at the right."""
    style, height = STYLE[name], PLACES[name]
    if name == "pool-avg":
        axes.plot([0, len(STATES) - 1], [value, value], color=style.colour, linestyle="--")
    else:
        where = len(STATES) - 1 if name == "vae" else STATES.index(round(value, 2))
        axes.plot(where, value, "o", markersize=13, fillstyle="none", color=style.colour)
        axes.plot([where + 0.5, 14.2], [value, height], color=style.colour, linewidth=1)
    number = with_minus(f"{value:+.2f}")
    axes.text(14.4, height, f"{feature_name(name)} {number}", color=style.colour, va="center")


def critics(mean: float, variance: float, edges: torch.Tensor) -> Figure:
    """What critics say of z where q is a normal: the right answer, and the best of two shapes.

    Args:
        mean: of q(z|x); the prior is N(0, 1).
        variance: of q(z|x).
        edges: of the steps of a critic that is constant between them.
    """
    q, prior = gaussian(mean, variance), gaussian(0.0, 1.0)
    z = torch.linspace(-2, 3, 501, dtype=torch.float64)
    ends = torch.cat([torch.tensor([-math.inf]), edges, torch.tensor([math.inf])]).double()
    steps = (cells(q, ends) / cells(prior, ends)).log()[torch.bucketize(z, edges.double())]
    grey = STYLE["theory"].colour
    fig = Figure(figsize=(COLUMN, 3.8))
    axes = fig.subplots()
    axes.fill_between(z, -8.0, -8.0 + 3 * q.log_prob(z).exp(), color="#E0E0E0")
    axes.text(mean, -7.3, "q(z|x)", ha="center", color=grey)
    lines = {"any function": q.log_prob(z) - prior.log_prob(z), "4 steps": steps}
    lines["a straight line"] = mean * z - mean**2 / 2
    for (name, values), colour in zip(lines.items(), (GREY, GREEN, INDIGO), strict=True):
        axes.plot(z, values, color=colour, label=name)
    axes.set(xlabel="z", ylabel="best critic of z", ylim=(-8, 4), xlim=(-2, 3))
    fig.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return fig
