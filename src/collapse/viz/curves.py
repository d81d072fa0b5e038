"""Curves of training runs: one thin line a seed, the mean on top, theory in dashed grey."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from collapse.base.errors import CollapseError, UnknownNameError, unknown
from collapse.viz.style import COLUMN, STYLE, Style

# One row an epoch, as a run's `history` has them.
History = Sequence[Mapping[str, Any]]
Histories = Mapping[str, Sequence[History]]


def training_curves(
    histories: Histories, keys: Mapping[str, str], *, x: str = "epoch", x_label: str = "epoch"
) -> Figure:
    """Measures over training: a panel for each measure, a thin line for each seed, the mean thick.

    Args:
        histories: system -> one history a seed; rows without the measure are left out.
        keys: measure -> label of its axis with the unit, such as ``{"kl": "KL (nats)"}``.
        x: the measure on the horizontal axis, and its label.
        x_label: likewise.

    Raises:
        CollapseError: if there is nothing to draw.
        UnknownNameError: if no row has the measure.
    """
    _need_runs(histories)
    fig = Figure(figsize=(COLUMN, 0.6 + 2.4 * len(keys)))
    panels = fig.subplots(len(keys), sharex=True, squeeze=False)[:, 0]
    for axes, (key, label) in zip(panels, keys.items(), strict=True):
        for name, runs in histories.items():
            _seeds_and_mean(axes, [_column(run, x, key) for run in runs], STYLE[name])
        axes.set_ylabel(label)
    panels[-1].set_xlabel(x_label)
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(fig, panels[0])
    return fig


def mi_against_kl(
    histories: Histories, *, kl: str = "kl", mi: str = "mi", cap: float | None = None
) -> Figure:
    """Mutual information against KL over training, one path a seed; the big marker is its end.

    KL = MI + KL(q(z) || p(z)) (Hoffman & Johnson 2016), so the truth lies below the line MI = KL.

    Args:
        histories: system -> one history a seed, in the order of training.
        kl: name of the KL in a row (nats).
        mi: name of the mutual information in a row (nats).
        cap: the most that the estimator of the mutual information can return (nats).

    Raises:
        CollapseError: if there is nothing to draw.
        UnknownNameError: if no row has both measures.
    """
    _need_runs(histories)
    fig = Figure(figsize=(COLUMN, 4.6))
    axes = fig.subplots()
    for name, runs in histories.items():
        _paths(axes, [_column(run, kl, mi) for run in runs], STYLE[name])
    _bounds(axes, cap)
    axes.set(xlabel="KL (nats)", ylabel="mutual information (nats)")
    _legend(fig, axes)
    return fig


def _need_runs(histories: Histories) -> None:
    empty = [name for name, runs in histories.items() if not runs]
    if not histories or empty:
        raise CollapseError(
            f"There are no runs to draw for {', '.join(empty) or 'any system'}: "
            "give each system a list with one history a seed."
        )


def _column(run: History, x: str, y: str) -> np.ndarray:
    """The points ``(rows, 2)`` of one run, from the rows that have both measures."""
    points = [(row[x], row[y]) for row in run if row.get(x) is not None and row.get(y) is not None]
    if not points:
        have = dict.fromkeys(key for row in run for key in row)
        missing = y if x in have else x
        raise UnknownNameError(unknown(missing, have, "measure in this history"))
    return np.asarray(points, dtype=float)


def _seeds_and_mean(axes: Axes, runs: list[np.ndarray], style: Style) -> None:
    for points in runs if len(runs) > 1 else []:
        axes.plot(*points.T, color=style.colour, linewidth=0.8, alpha=0.55)
    # Runs may stop early: the mean goes as far as all of them do.
    length = min(len(points) for points in runs)
    mean = np.mean([points[:length] for points in runs], axis=0)
    axes.plot(*mean.T, **style.plot(), markevery=max(1, length // 6))


def _paths(axes: Axes, runs: list[np.ndarray], style: Style) -> None:
    for points in runs:
        axes.plot(*points.T, color=style.colour, linewidth=1.2, alpha=0.8)
    ends = np.array([points[-1] for points in runs])
    axes.plot(
        *ends.T,
        **style.plot() | {"linestyle": "none"},
        markersize=10,
        markeredgecolor="white",
        markeredgewidth=0.6,
    )


def _bounds(axes: Axes, cap: float | None) -> None:
    grey = STYLE["theory"]
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    top = max(top, 1.12 * (cap or 0.0))
    end = min(right, top)
    axes.plot([0, end], [0, end], color=grey.colour, linestyle=grey.dash, label="MI = KL")
    if cap is not None:
        axes.axhline(cap, color=grey.colour, linestyle=":", label=f"cap, {cap:.2f}")
    axes.set(xlim=(min(0.0, axes.get_xlim()[0]), right), ylim=(axes.get_ylim()[0], top))


def _legend(fig: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=min(3, len(labels)))
