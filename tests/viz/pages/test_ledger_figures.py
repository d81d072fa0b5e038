"""Figures of the ledger show the runs that are there, and nothing for those that are not."""

from matplotlib.collections import LineCollection

from collapse.ledger.entries import Entry, Ledger
from collapse.viz.pages.ledger_figures import likelihood_against, over_training


def entry(recipe: str, seed: int, nll: float, mi: float | None, **history: list[float]) -> Entry:
    config = {"name": recipe, "corpus": "ptb", "scale": "medium", "seed": seed}
    metrics = {"nll": nll} | ({} if mi is None else {"mi": mi})
    return Entry(recipe, config, metrics, history, {}, {}, "2026-01-31")


RUNS = Ledger(
    (
        entry("lm", 0, 9.0, None),
        entry("vae", 0, 10.0, 0.5, kl=[1.0, 2.0], cosine=[0.9, 0.8]),
        entry("vae", 1, 12.0, 0.7, kl=[3.0, 4.0]),
        entry("vae-anneal", 0, 11.0, 0.1, kl=[5.0]),
    ),
    (),
)


def test_a_line_a_run_over_its_epochs() -> None:
    systems = ["vae", "vae-anneal", "bn-vae-0.7"]
    kl, cosine = over_training(RUNS, "ptb", "medium", systems, ["kl", "cosine"]).axes
    assert [line.get_ydata().tolist() for line in kl.lines] == [[1.0, 2.0], [3.0, 4.0], [5.0]]
    assert [line.get_xdata().tolist() for line in kl.lines] == [[1, 2], [1, 2], [1]]
    named = [line for line in kl.lines if not line.get_label().startswith("_")]
    assert len(named) == 2  # the second run of a system does not name it again
    assert [line.get_ydata().tolist() for line in cosine.lines] == [[0.9, 0.8]]


def test_a_marker_a_system_at_its_means_with_bars_where_runs_repeat() -> None:
    (axes,) = likelihood_against(RUNS, "ptb", "medium", "mi", "MI, nats").axes
    shown = {(round(line.get_xdata()[0], 6), line.get_ydata()[0]) for line in axes.lines}
    assert shown == {(0.6, 11.0), (0.1, 11.0)}  # a language model has no information
    bars = [c for c in axes.collections if isinstance(c, LineCollection)]
    assert len(bars) == 2  # both ways, of the system with two runs
