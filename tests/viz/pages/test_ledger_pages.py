"""The pages Results and Claims: columns never mix, and both notebooks run."""

import re
from dataclasses import replace
from datetime import date

import nbformat
import numpy as np
import pytest

import notebook_lint
from collapse.base.errors import UnknownNameError
from collapse.ledger.claims.claims import Claim
from collapse.ledger.entries import Entry, Ledger
from collapse.ledger.papers import load_papers
from collapse.recipes import RECIPES
from collapse.viz.pages import ledger_figures, ledger_pages, overview, side_by_side
from collapse.viz.pages.claims_table import claims_table, counts, matrix
from collapse.viz.pages.findings import ledger_says
from collapse.viz.pages.ledger_captions import unknown
from collapse.viz.pages.systems import SYSTEMS
from notebooks import ROOT, code_cells, plain_python

COST = {
    "wall_seconds": 12.3,
    "tokens_per_second": 45678,
    "peak_memory_mb": 1234,
    "peak_gpu_memory_mb": 0,
}
SYSTEM = {"commit": None, "hardware": "one <GPU>", "threads": 1, "torch": "2"}
NUMBERS = {
    "test_documents": 100,
    "nll_documents": 50,
    "nll_method": "IW-9",
    "elbo_nll": 900.0,
    "perplexity": 77.0,
}


def entry(recipe: str, seed: int, corpus: str, scale: str, **metrics: float) -> Entry:
    config = {"name": recipe, "seed": seed, "corpus": corpus, "scale": scale, "code": "0" * 16}
    cut = "random" if scale == "light" else "bucket"
    config |= {"identity": "0" * 12, "settings": {"training": {"batching": cut}}}
    return Entry(recipe, config, {**NUMBERS, **metrics}, {}, COST, SYSTEM, "2026-01-31")


LEDGER = Ledger(
    (
        entry("vae", 0, "yahoo", "full", nll=800.0, kl=1.0, mi=2.0, mi_batch=3.0, au=4),
        entry("vae", 1, "yahoo", "full", nll=802.0, kl=1.0, mi=2.0, mi_batch=3.0, au=4),
        entry("vae-cyclical", 0, "yahoo", "full", nll=700.0, kl=1.0, mi=2.0, mi_batch=3.0, au=4),
        entry("vae-anneal", 0, "yahoo", "light", nll=600.0, kl=1.0, mi=2.0, mi_batch=3.0, au=4),
        entry("lm", 0, "yahoo", "light", nll=500.0, kl=0.0),
    ),
    (),
)


@pytest.fixture(scope="module")
def papers():
    return load_papers(ROOT / "book/results/papers.csv")


def lines_of(html: str) -> list[list[str]]:
    """The cells of each row of a table, without tags."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html, flags=re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in cells]


OURS = "ours, 95 % interval"


def test_papers_and_ours_stand_on_lines_of_their_own(papers) -> None:
    lines = lines_of(side_by_side.side_by_side(papers, LEDGER, "yahoo").data)
    place = next(i for i, line in enumerate(lines) if line[0] == "VAE")
    assert lines[place][:3] == ["VAE", "He 2019", "329.0± 0.1"]
    ours = ["ours, vae, full, 2 runs", "801.000[788.294, 813.706]"]  # 801 ± 12.706 · 1
    assert lines[place + 1][:2] == ours
    assert lines[place + 1][3] == "2.000[2.000, 2.000]; 3.000 [3.000, 3.000]"  # both estimators
    assert ["free bits, 4", "Zhu 2020", "331.0†"] in [line[:3] for line in lines]
    cnn = next(line for line in lines if line[0] == "CNN-VAE")
    assert cnn[2].startswith("≤332.1")


def test_light_runs_never_stand_beside_a_paper(papers) -> None:
    for dataset in ("yahoo", "yelp"):
        ours = [
            line
            for line in lines_of(side_by_side.side_by_side(papers, LEDGER, dataset).data)
            if any("ours" in cell for cell in line)
        ]
        assert len(ours) == (2 if dataset == "yahoo" else 0)
        assert "600" not in str(ours)
    small = ledger_pages.runs_table(LEDGER, "yahoo", "light").caption
    assert "not comparable with a paper's table" in small


def test_every_row_of_the_main_tables_is_a_system_once(papers) -> None:
    named = [
        (paper, *names)
        for each in SYSTEMS
        for paper, group in each.printed.items()
        for names in group
    ]
    tables = papers["paper"] + " " + papers["table"]
    main = (papers["table"] == "1") | tables.isin(["zhu2020 4", "he2019 2"])
    rows = papers[main][["paper", "system", "variant"]].drop_duplicates()
    assert sorted(named) == sorted(map(tuple, rows.to_numpy()))
    assert {recipe for each in SYSTEMS for recipe in each.recipes} <= set(RECIPES)


def test_every_number_of_the_papers_is_on_the_page(papers) -> None:
    html = side_by_side.every_number(papers).data
    assert sum(map(int, re.findall(r": (\d+) numbers</summary>", html))) == len(papers)
    cells = [cell for line in lines_of(html) for cell in line]
    for number in papers.sample(200, random_state=0).to_dict("records"):
        assert any(cell.startswith(f"{number['value']:g}") for cell in cells)


def test_scores_have_the_columns_of_their_table(papers) -> None:
    run = entry("bn-cvae", 0, "switchboard", "full", kl=5.0, a_bow_recall=0.9)
    html = side_by_side.side_by_side(papers, Ledger((run,), ()), "switchboard").data
    lines = lines_of(html)
    column = lines[0].index("A-bow R")
    place = next(i for i, line in enumerate(lines) if line[0] == "BN-CVAE")
    assert lines[place][column] == "94.4"
    assert lines[place + 1][column - 1] == "0.900,no interval from one run"


def test_every_dagger_has_its_reason(papers) -> None:
    for dataset in ("yahoo", "yelp"):
        daggers = side_by_side.side_by_side(papers, LEDGER, dataset).data.count("†") - 1
        title = side_by_side.flag_notes(papers, dataset).data.split("</summary>")[0]
        assert f"{daggers} numbers with a flag" in title


def test_the_figure_has_a_mark_and_bars_for_every_likelihood(papers) -> None:
    (axes,) = ledger_figures.printed_likelihoods(papers, LEDGER, "yahoo").axes
    printed = [n for each in SYSTEMS for n in ledger_figures.nlls(papers, "yahoo", each)]
    marks = [drawn.lines[0] for drawn in axes.containers if drawn.get_label() != OURS]
    assert sorted(float(mark.get_xdata()[0]) for mark in marks) == sorted(v for _, v, _ in printed)
    assert len({mark.get_marker() for mark in marks}) == 4, "a shape a paper"
    assert len(printed) > 50
    he = next(number for number in printed if number[2] > 0)
    bars = [drawn.lines[2][0].get_segments()[0][:, 0] for drawn in axes.containers]
    assert any(np.allclose(ends, [he[1] - he[2], he[1] + he[2]]) for ends in bars)
    own = [drawn for drawn in axes.containers if drawn.get_label() == OURS]
    reach = {
        float(drawn.lines[0].get_xdata()[0]): float(
            np.ptp(drawn.lines[2][0].get_segments()[0][:, 0])
        )
        for drawn in own
    }
    assert set(reach) == {700.0, 801.0}
    assert reach[700.0] == 0, "a single run has no interval"
    label, low, high = re.fullmatch(
        r"(.+), (\S+) to (\S+)", ledger_figures.widest_apart(papers, "yahoo")
    ).groups()
    (system,) = (each for each in SYSTEMS if each.label == label)
    values = [value for _, value, _ in ledger_figures.nlls(papers, "yahoo", system)]
    assert (min(values), max(values)) == (float(low), float(high))
    # Student's quantile for one degree of freedom times the error of a mean of two, both ways.
    assert reach[801.0] == pytest.approx(2 * 12.7062, rel=1e-4)


def test_the_banner_and_the_matrix_count(papers) -> None:
    said = overview.banner(LEDGER).data
    assert "<strong>full scale</strong>: 3 runs of 2 systems on yahoo (" in said
    assert "3 on one &lt;GPU&gt;" in said
    assert "no run yet" in overview.banner(Ledger(LEDGER.entries[3:], ())).data
    lines = lines_of(overview.coverage(LEDGER).data)
    assert lines[0] == ["", "yahoo"]
    assert ["VAE (vae)", "F2"] in lines
    assert overview.in_common(LEDGER) == [["yahoo"]]
    table = overview.as_csv(LEDGER).splitlines()
    assert (len(table), table[0].split(",")[:2]) == (6, ["label", "name"])
    assert "5 runs</a>" in overview.download(LEDGER).data


def test_a_caption_with_perplexities_says_how_many_words_are_unknown() -> None:
    entries = LEDGER.at("yahoo", "full")
    metrics = [{k: v for k, v in e.metrics.items() if k != "unknown_share"} for e in entries]
    before = [replace(e, metrics=m) for e, m in zip(entries, metrics, strict=True)]
    after = [replace(e, metrics={**e.metrics, "unknown_share": 1.0}) for e in before]
    assert unknown(before) == "The share of <unk> among the words was not recorded."
    assert unknown(after) == "<unk>: 100.0% of the test words."
    assert unknown([]) == ""
    assert "<unk>" in ledger_pages.runs_table(LEDGER, "yahoo", "full").caption


def test_the_caption_says_how_the_likelihood_was_measured() -> None:
    table = ledger_pages.runs_table(LEDGER, "yahoo", "full")
    assert "NLL by IW-9 on the first 50 of them, as are −ELBO and KL" in table.caption
    assert "Trained on batches of one length." in table.caption
    assert "Trained on random batches." in ledger_pages.runs_table(LEDGER, "yahoo", "light").caption
    assert "not comparable" not in table.caption
    assert list(table.cells.index) == ["VAE", "VAE, cyclical"]
    light = ledger_pages.runs_table(LEDGER, "yahoo", "light").cells
    assert light.loc["LSTM-LM", "MI, all"] == "–"


def test_provenance_flags_other_code() -> None:
    table = ledger_pages.provenance_table(LEDGER, "yahoo", "full")
    row = table.cells.loc["vae, seed 1"]
    assert (row["commit"], row["code"]) == ("not recorded", "another: 0000000000000000")
    assert row["tokens / s"] == "45,678"
    assert "one &lt;GPU&gt;" in table.html
    assert ledger_pages.places(LEDGER, ("full", "colab")) == [("yahoo", "full")]


def test_a_claim_is_shown_with_verdict_source_and_numbers() -> None:
    place = {"corpus": "yahoo", "scale": "full"}
    rule = {"compare": "value", "recipe": "vae", "metric": "kl", "op": "<", "bound": 2.0}
    row = {"paper": "p", "table": "9", "system": "VAE", "variant": "x", "dataset": "d"}
    source = {"cite": "key", "where": "Table 9", "rows": [{**row, "metric": "kl", "value": 0.5}]}
    claim = Claim(
        id="an-id",
        claim="1 < 2",
        source=source,
        scope="two runs",
        set=date(2026, 1, 1),
        rules=[{**rule, "places": [place]}],
    )
    html = claims_table([claim], LEDGER, {"key": ("A (2020)", "https://a.b")}).data
    assert "<strong>✓ full: reproduced</strong>" in html
    assert "Threshold of 2026-01-01; runs of 2026-01-31, on one &lt;GPU&gt;" in html
    assert 'id="claim-an-id"' in html
    assert '<a href="https://a.b">A (2020)</a>, Table 9' in html
    assert "1 &lt; 2" in html
    assert "printed in p, Table 9: VAE (x) on d, kl 0.5" in html
    short = matrix([claim], LEDGER, {"key": ("A (2020)", "https://a.b")}).data
    assert re.search(r'<a href="#claim-an-id">an-id</a></td><td [^>]+>✓ reproduced</td>', short)
    assert "KL of VAE (vae), yahoo full: 1.000 [1.000, 1.000]; rule: &lt; 2; 2 runs" in html
    assert "- full scale: 1 reproduced" in counts([claim], LEDGER)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["results", "light_runs", "claims"])
def test_the_pages_run(name, monkeypatch, capsys) -> None:
    monkeypatch.chdir(ROOT / "book")
    names: dict[str, object] = {}
    for cell in code_cells(nbformat.read(f"{name}.ipynb", as_version=4)):
        exec(plain_python(cell.source), names)
    said = capsys.readouterr().out
    if name == "results":
        assert "None: every file of the ledger passes every rule." in said
    if name == "light_runs":
        assert "Ours: synthetic, light scale" in said


@pytest.mark.parametrize("name", ["results", "light_runs", "claims"])
def test_the_pages_keep_the_rules_that_concern_them(name) -> None:
    path = f"book/{name}.ipynb"
    notebook = nbformat.read(ROOT / path, as_version=4)
    for rule in (notebook_lint.stripped, notebook_lint.plain_markdown, notebook_lint.voice):
        assert list(rule(notebook, path)) == []


def test_a_chapter_without_a_ledger_says_so(tmp_path) -> None:
    shown = ledger_pages.from_ledger(
        ["vae"], "synthetic", {"KL": ("kl", 2)}, "Rates", folder=tmp_path / "runs"
    )
    assert "Rates: this table is made from the results ledger" in shown.data


def seeds_of(recipe: str) -> int:
    """How many entries the book's ledger has of a recipe on the generated sequences."""
    runs = (ROOT / "book/results/runs").glob(f"{recipe}-synthetic-light-seed*.json")
    return len(list(runs))


def test_a_table_of_a_chapter_names_its_commits_and_leaves_no_recipe_out() -> None:
    table = ledger_pages.from_ledger(
        ["vae", "nobody-runs-this"],
        "synthetic",
        {"KL": ("kl", 2)},
        "Rates",
        folder=ROOT / "book/results/runs",
    )
    assert table.cells.loc["nobody-runs-this"].tolist() == ["–", "0"]
    assert table.cells.loc["VAE", "seeds"] == str(seeds_of("vae"))
    assert "made by commit" in table.caption


def test_the_entries_of_a_chapter_are_those_of_the_ledger(tmp_path) -> None:
    folder = ROOT / "book/results/runs"
    found = ledger_pages.entered(["vae", "nobody-runs-this"], "synthetic", "light", folder)
    assert list(found) == ["vae"]
    assert [one["test_documents"] for one in found["vae"]] == [400] * seeds_of("vae")
    assert ledger_pages.entered(["vae"], "synthetic", "light", tmp_path / "none") == {}


def test_the_ledger_speaks_on_a_first_screen(tmp_path) -> None:
    said = ledger_says("aggressive-keeps-code", folder=ROOT / "book" / "results").data
    assert said.count("<summary>") == 1
    assert 'href="claims.html#claim-aggressive-keeps-code"' in said
    assert "published page" in ledger_says("aggressive-keeps-code", folder=tmp_path / "none").data
    with pytest.raises(UnknownNameError, match="aggressive-keeps-code"):
        ledger_says("aggressive-keeps-cod", folder=ROOT / "book" / "results")
