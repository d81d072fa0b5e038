"""Chapter 8's tables: ours with an interval, papers' as printed, never one for the other."""

from dataclasses import replace
from pathlib import Path

import pytest
from scipy import stats
from test_ledger_pages import entry

from collapse.ledger.entries import Ledger
from collapse.recipes import RECIPES
from collapse.viz.pages import remedy_rows
from collapse.viz.pages.systems import SYSTEMS
from notebooks import ROOT

LEDGER = Ledger(
    (
        entry("vae", 0, "toy-reviews", "light", nll=10.0, kl=9.0, kl_same=0.0, mi=0.0),
        entry("vae", 1, "toy-reviews", "light", nll=10.0, kl=9.0, kl_same=0.0, mi=-0.001),
        entry("vae", 0, "ptb", "medium", nll=111.0, kl_same=0.1, mi=0.1),
        entry("vae", 0, "synthetic", "full", nll=31.0, kl_same=0.1, mi=0.1),
        entry("skip-vae", 0, "synthetic", "full", nll=30.0, kl_same=1.5, mi=1.25),
        entry("lm", 0, "toy-reviews", "light", nll=9.5, kl_same=0.0),
    ),
    (),
)


@pytest.fixture
def evidence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(remedy_rows, "read_ledger", lambda folder: LEDGER)
    papers = ROOT / "book/results/papers.csv"
    return lambda recipes, systems: remedy_rows.evidence(
        recipes, systems, "toy-reviews", ledger=tmp_path, papers=papers
    )


def test_a_remedy_stands_beside_its_baseline_at_the_places_of_the_remedy(evidence) -> None:
    rows = evidence(["vae", "skip-vae"], [])
    assert list(rows) == [
        "VAE",  # nothing of Skip-VAE is entered at light
        "VAE: synthetic, full",
        "Skip-VAE: synthetic, full",
    ]
    same = {"NLL": "10.00 ± 0.00", "KL": "0.00 ± 0.00", "runs": "2"}
    assert rows["VAE"] == same | {"MI": rows["VAE"]["MI"]}
    assert rows["VAE"]["MI"].startswith("0.00 ± 0.01")
    one = {"NLL": "30.00", "KL": "1.50", "MI": "1.25", "runs": "1"}
    assert rows["Skip-VAE: synthetic, full"] == one


def test_the_papers_rows_are_those_of_their_main_tables(evidence) -> None:
    rows = evidence([], ["CNN-VAE", "DU-VAE"])
    copied = {"NLL": "≤332.1 †", "KL": "10.0 †", "MI": "–", "runs": "–"}
    assert rows["He 2019: CNN-VAE"] == rows["Zhu 2020: CNN-VAE"] == copied
    assert [name for name in rows if "DU-VAE" in name] == ["Song 2024: DU-VAE, 0.6, 0.8"]  # Yahoo


def test_a_language_model_has_no_rate_and_no_information(evidence) -> None:
    row = evidence(["lm"], [])["LSTM-LM"]
    assert row == {"NLL": "9.50", "KL": "–", "MI": "–", "runs": "1"}


def test_without_the_books_results_a_row_says_so(tmp_path: Path) -> None:
    rows = remedy_rows.evidence(["vae"], ["CNN-VAE"], "toy-reviews", ledger=tmp_path / "none")
    assert list(rows) == ["no ledger here"]


def test_every_system_of_the_papers_main_tables_has_a_recipe() -> None:
    for system in SYSTEMS:
        assert system.recipes, system.label
        assert set(system.recipes) <= set(RECIPES), system.label


def test_a_direction_is_said_where_the_interval_leaves_zero_out():
    ones = [1.0, 1.1, 1.2]
    assert remedy_rows.direction(ones, [2.0, 2.1, 2.2]) == "lower"
    assert remedy_rows.direction([2.0, 2.1, 2.2], ones) == "higher"
    assert remedy_rows.direction(ones, [1.0, 1.1, 1.3]) == remedy_rows.direction(ones, [9.0]) == ""


def test_what_pretraining_left_is_read_from_the_history(tmp_path: Path, monkeypatch) -> None:
    history = {"mi": [0.0, 1.5, 0.2]}
    silent = {"mi": [0.0, -0.01, 0.2]}
    runs = [replace(LEDGER.entries[0], history=each) for each in (history, silent)]
    monkeypatch.setattr(remedy_rows, "read_ledger", lambda folder: Ledger(tuple(runs), ()))
    name, corpus = runs[0].recipe, runs[0].place[0]
    assert remedy_rows.after_epochs(name, corpus, 2, tmp_path) == [1.5, 0.0]
    assert remedy_rows.after_epochs(name, corpus, 2, tmp_path / "none") == []


def test_a_difference_is_that_of_two_means_with_welchs_interval():
    ones, others = [10.0, 10.2, 10.1, 10.3], [9.0, 9.4, 9.1]
    found = stats.ttest_ind(ones, others, equal_var=False).confidence_interval(0.95)
    said = remedy_rows.difference(ones, others)
    assert said == f"{(found.low + found.high) / 2:+.2f} ± {(found.high - found.low) / 2:.2f}"
    assert remedy_rows.difference([], others) == remedy_rows.difference(ones, []) == "–"
    assert remedy_rows.difference([9.0], [9.25]) == "−0.25 (one run)"


def test_comparisons_in_words_say_which_intervals_leave_zero_out(monkeypatch) -> None:
    runs = {
        "vae": [{"nll": 10.0, "mi": 0.0}, {"nll": 10.1, "mi": 0.1}],
        "mae-2": [{"nll": 10.1, "mi": 2.0}, {"nll": 10.0, "mi": 2.1}],
        "lm": [{"nll": 10.0}],
    }
    monkeypatch.setattr(
        remedy_rows,
        "entered",
        lambda names, corpus, scale, folder: {n: runs[n] for n in names if n in runs},
    )
    rows = {"MAE": ("mae-2", "vae"), "LM": ("lm", "vae")}
    text = remedy_rows.compared(rows, "toy-reviews", "the VAE")
    shown, folded = text.split("<details><summary>")
    assert shown.startswith(
        "Less the VAE, the 95 % interval (Welch) leaves zero out for: *MI higher:* MAE. "
    )
    assert "MAE: NLL +0.00 ± 0.30, MI +2.00 ± 0.30; LM: NLL −0.05 (one run)." in folded
    better = {"vae": runs["vae"], "mae-2": [{"nll": 8.0, "mi": 2.0}, {"nll": 8.1, "mi": 2.1}]}
    runs.update(better)
    rows = {"MAE": ("mae-2", "vae")}
    text = remedy_rows.compared(rows, "toy-reviews", "the VAE")
    assert "for: *MI higher:* MAE. *NLL lower:* MAE. Of so" in text
    none = remedy_rows.compared({"none": ("skip-vae", "vae")}, "toy-reviews", "the VAE")
    assert "leaves zero out for: none. " in none
    assert remedy_rows.beside("skip-vae", "vae", "toy-reviews") == "–"
    answer = remedy_rows.ledger_answer(
        "MAE less the VAE", {"reviews": ("mae-2", "vae", "toy-reviews")}
    )
    assert answer.data.endswith("over runs): reviews, NLL −2.00 ± 0.30, MI +2.00 ± 0.30.")


def test_a_verdict_has_two_sentences_by_what_the_intervals_say(monkeypatch) -> None:
    runs = {
        "vae": [{"nll": 10.0, "mi": 0.0}, {"nll": 10.1, "mi": 0.1}],
        "mae-2": [{"nll": 8.0, "mi": 2.0}, {"nll": 8.1, "mi": 2.1}],
        "skip-vae": [{"nll": 10.0, "mi": 0.05}, {"nll": 10.1, "mi": 0.05}],
    }
    monkeypatch.setattr(
        remedy_rows,
        "entered",
        lambda names, corpus, scale, folder: {n: runs[n] for n in names if n in runs},
    )
    rows = {"MAE": ("mae-2", "vae"), "Skip": ("skip-vae", "vae")}
    said = remedy_rows.verdict(rows, "toy-reviews", "the VAE").data
    assert "(toy-reviews, light scale, 2 runs each; less the VAE, nats," in said
    assert "is higher with MAE (+2.00 ± 0.30), lower with none, and undecided with Skip. " in said
    assert said.endswith("with MAE (−2.00 ± 0.30), worse with none, and undecided with the rest.")
    assert "no runs each" in remedy_rows.verdict({"none": ("lm", "vae")}, "ptb", "the VAE").data


def test_bounds_are_compared_by_the_sum_of_rate_and_distortion(monkeypatch) -> None:
    rates = {"vae": (0.0, 0.1, 0.2), "mae-2": (2.0, 2.1, 2.2), "skip-vae": (0.1, 0.2, 0.0)}
    runs = {n: [{"kl": kl, "reconstruction": 9.0} for kl in of] for n, of in rates.items()}
    monkeypatch.setattr(
        remedy_rows,
        "entered",
        lambda names, corpus, scale, folder: {n: runs[n] for n in names if n in runs},
    )
    pairs = remedy_rows.bounds(["vae", "lm", "skip-vae", "mae-2"], "toy-reviews")
    assert list(pairs) == ["vae", "skip-vae", "mae-2"]
    assert pairs["mae-2"] == [(2.0, 9.0), (2.1, 9.0), (2.2, 9.0)]
    found = remedy_rows.apart(pairs, "vae")
    assert found == {"higher": ["mae-2"], "lower": [], "": ["skip-vae"]}
    assert remedy_rows.apart({}, "vae") == {"higher": [], "lower": [], "": []}
