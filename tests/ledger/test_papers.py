"""The transcribed tables against hand counts, spot values and the arithmetic that must hold."""

import io
import math
from pathlib import Path

import pandas as pd
import pytest

from collapse.base.errors import CollapseError
from collapse.ledger.papers import DATASETS, FLAGS, PAPER_COLUMNS, PAPERS, UNITS, load_papers

SOURCE = Path(__file__).parents[2] / "book" / "results" / "papers.csv"
CAPS = {"yahoo": 3.322, "yelp": math.log(32), "omniglot": 3.910}
WHERE = ["paper", "table", "dataset", "system", "variant"]

# Counted by hand: the cells of each printed table, without dashes.
ROWS = {
    "he2019": {1: 88, 2: 43, 3: 18, 4: 25, 5: 108, 6: 53, 7: 15, 8: 15, 9: 84, 10: 16},
    "long2019": {1: 84, 2: 8, 3: 12, 4: 24, 5: 4},
    "zhu2020": {1: 146, 2: 20, 3: 40, 4: 21, 5: 27, 8: 296},
    "song2024": {1: 130, 2: 12, 3: 36, 4: 50, 5: 16},
}

SPOT = [
    ("he2019", "1", "yahoo", "Ours + anneal", "", "nll-iw", 326.7, 0.1),
    ("he2019", "1", "yelp", "β-VAE", "β = 0.4", "au", 4.2, 3.8),
    ("he2019", "2", "omniglot", "β-VAE", "β = 0.4", "kl", 44.93, 12.17),
    ("he2019", "3", "omniglot", "SA-VAE", "", "hours", 65.07, None),
    ("he2019", "4", "yelp", "Ours", "inner iterations = 50", "hours", 29.58, None),
    ("he2019", "6", "omniglot", "Ours", "", "nll-bound", 89.52, 0.03),
    ("he2019", "9", "omniglot", "VAE + anneal", "100k", "mi", 2.97, None),
    ("he2019", "10", "yelp", "VAE", "encoder learning rate 6x", "nll-iw", 390.3, None),
    ("long2019", "1", "yelp", "SeqVAE + MaxPool", "", "nll-iw", 356.0, None),
    ("long2019", "1", "yahoo", "iVAE_MI", "", "mi", 10.7, None),
    ("long2019", "2", "yelp", "aggr.", "", "updates", 625000, None),
    ("long2019", "3", "yahoo", "SkipVAE", "without KL annealing", "nll-iw", 329.1, None),
    ("long2019", "4", "yelp", "Max", "shuffled encoder input", "nll-iw", 356.7, None),
    (
        "long2019",
        "5",
        "yelp",
        "SeqVAE + MaxPool",
        "encoder trained on Yahoo",
        "accuracy",
        40.67,
        None,
    ),
    ("zhu2020", "1", "yahoo", "BN-VAE", "0.7; pretrained encoder", "nll-iw", 326.5, None),
    ("zhu2020", "2", "yelp", "AE+FB", "", "time-ratio", 2.05, None),
    ("zhu2020", "3", "yelp-sentiment", "FB", "9; 2k labels", "accuracy", 91.12, None),
    ("zhu2020", "4", "switchboard", "CVAE (BOW)", "", "kl", 9.30, None),
    ("zhu2020", "5", "switchboard", "BN-CVAE", "", "informativeness-high", 10, None),
    ("zhu2020", "8", "yahoo", "+FB", "6; pretrained encoder", "kl", 10.8, None),
    ("zhu2020", "8", "yelp", "δ-VAE", "0.25", "nll-iw", 362.5, None),
    ("song2024", "1", "yelp", "DU-VAE", "0.5, 0.8", "au", 20.0, None),
    ("song2024", "2", "yelp", "Scale-VAE", "", "time-ratio", 0.87, None),
    ("song2024", "3", "yahoo", "Scale-VAE", "1.3, 3", "nll-iw", 318.6, None),
    ("song2024", "4", "yelp-sentiment", "Scale-VAE", "0.7, 1; 2K labels", "accuracy", 91.3, None),
    ("song2024", "5", "yahoo", "Scale-VAE", "1.1, 1; 10 generation seeds", "dist-1", 0.0133, None),
]

FLAGGED = [
    ("zhu2020", "1", "yelp", "LSTM-LM", "", "nll-exact", "copied; typo"),
    ("zhu2020", "8", "yelp", "vMF-VAE", "16", "nll-iw", "typo; not-comparable"),
    ("he2019", "8", "yahoo", "VAE", None, "nll-bound", "inconsistent"),
    ("he2019", "1", "yahoo", "β-VAE", "β = 0.2", "mi", "saturated"),
    ("long2019", "1", "yahoo", "iVAE", "", "nll-other", "copied; bound-of-bound"),
    ("song2024", "4", "yelp-sentiment", "FB", "0.1; 100 labels", "accuracy", "inconsistent"),
    ("song2024", "3", "yahoo", "Scale-VAE", "0.3, 1", "mi", "not-comparable; impossible"),
    ("zhu2020", "1", "yahoo", "BN-VAE", "0.6", "nll-iw", ""),
    ("he2019", "1", "yahoo", "Ours", "", "mi", ""),
]


@pytest.fixture(scope="module")
def papers() -> pd.DataFrame:
    return load_papers(SOURCE)


def pick(rows: pd.DataFrame, /, **wanted) -> pd.DataFrame:
    """The rows in which each named column has the wanted text; None stands for any."""
    for column, text in wanted.items():
        if text is not None:
            rows = rows[rows[column] == text]
    return rows


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """One row a system of a table and corpus, one column a metric."""
    return table.pivot(index=WHERE, columns="metric", values="value")


def test_row_counts(papers) -> None:
    counts = papers.groupby(["paper", papers["table"].astype(int)]).size()
    found = {paper: counts[paper].to_dict() for paper in PAPERS}
    assert found == ROWS
    assert len(papers) == 1391


@pytest.mark.parametrize("expected", SPOT, ids=lambda e: f"{e[0]}-{e[1]}-{e[3]}")
def test_spot_values(papers, expected) -> None:
    row = pick(papers, **dict(zip(PAPER_COLUMNS, expected[:6], strict=False)))
    assert len(row) == 1
    assert row["value"].item() == expected[6]
    assert row["sd"].item() == expected[7] if expected[7] is not None else row["sd"].isna().item()


@pytest.mark.parametrize("expected", FLAGGED, ids=lambda e: f"{e[0]}-{e[1]}-{e[3]}-{e[5]}")
def test_flags_of_known_cases(papers, expected) -> None:
    row = pick(papers, **dict(zip(PAPER_COLUMNS, expected[:6], strict=False)))
    assert row["flag"].tolist() == [expected[6]]


def test_every_name_is_used(papers) -> None:
    assert set(papers["paper"]) == set(PAPERS)
    assert set(papers["dataset"]) == set(DATASETS)
    assert set(papers["metric"]) == set(UNITS)
    assert {flag for text in papers["flag"] if text for flag in text.split("; ")} == set(FLAGS)


def test_importance_weighted_is_below_the_bound(papers) -> None:
    both = wide(papers)[["nll-iw", "nll-bound"]].dropna()
    assert len(both) == 2 * 10 + 10 + 3 + 3
    assert (both["nll-iw"] <= both["nll-bound"] + 1e-9).all()


def test_mutual_information_above_kl_is_flagged(papers) -> None:
    kl = wide(papers)["kl"].rename("with_kl")
    mi = pick(papers, metric="mi").join(kl, on=WHERE)
    above = mi[mi["value"] > mi["with_kl"] + 0.1]
    assert len(mi) > 200
    assert mi["with_kl"].notna().all()
    assert len(above) >= 10
    assert above["flag"].str.contains("not-comparable").all()
    assert set(above["paper"]) == {"song2024"}


def test_mutual_information_near_its_cap_is_flagged(papers) -> None:
    mi = pick(papers, metric="mi")
    caps = [
        CAPS[dataset] if paper == "he2019" else math.log(10000)
        for paper, dataset in zip(mi["paper"], mi["dataset"], strict=True)
    ]
    near = mi[mi["value"] >= 0.95 * pd.Series(caps, index=mi.index)]
    assert near["flag"].str.contains("saturated|impossible").all()
    unflagged = mi[mi["flag"] == ""]
    assert (unflagged["value"] <= 0.95 * pd.Series(caps, index=mi.index)[unflagged.index]).all()


def test_kl_is_at_least_what_batch_normalisation_forces(papers) -> None:
    rows = pick(papers, paper="zhu2020", metric="kl")
    rows = rows[rows["system"].str.contains("BN-VAE")]
    gamma = rows["variant"].str.split(";").str[0].astype(float)
    assert len(rows) == 8 + 14
    assert (rows["value"] >= 32 * gamma**2 / 2).all()


def test_kl_of_delta_vae_is_its_rate(papers) -> None:
    rows = pick(papers, system="δ-VAE", metric="kl")
    rows = rows[~rows["variant"].str.contains("pretrained")]
    assert rows["value"].to_numpy() == pytest.approx(32 * rows["variant"].astype(float).to_numpy())


def test_time_ratios_follow_from_hours_or_are_flagged(papers) -> None:
    cost = papers[papers["metric"].isin(["hours", "time-ratio"])]
    hours = wide(cost)["hours"].rename("with_hours")
    ratios = pick(cost, metric="time-ratio").join(hours, on=WHERE)
    base = pick(ratios, system="VAE").set_index(["paper", "dataset"])["with_hours"].rename("base")
    ratios = ratios.join(base, on=["paper", "dataset"])
    low = (ratios["with_hours"] - 0.005) / (ratios["base"] + 0.005) - 0.005
    high = (ratios["with_hours"] + 0.005) / (ratios["base"] - 0.005) + 0.005
    follows = (ratios["value"] >= low) & (ratios["value"] <= high)
    assert len(ratios) == 9 + 10 + 6
    assert (follows == ~ratios["flag"].str.contains("inconsistent")).all()


def test_shuffling_differences(papers) -> None:
    table = pick(papers, paper="long2019", table="4")
    by_input = table.pivot(index=["dataset", "system"], columns="variant", values="value")
    difference = by_input["shuffled encoder input"] - by_input["original input"]
    assert by_input["shuffled minus original"].to_numpy() == pytest.approx(difference.to_numpy())


@pytest.mark.parametrize(
    ("paper", "short", "long", "shared"),
    [
        ("zhu2020", "1", "8", 146),
        ("song2024", "1", "3", 12),
        ("he2019", "1", "5", 88),
        ("he2019", "2", "6", 43),
    ],
)
def test_tables_of_one_paper_agree(papers, paper, short, long, shared) -> None:
    keys = ["dataset", "system", "variant", "metric"]
    tables = [pick(papers, paper=paper, table=number) for number in (short, long)]
    plain = [rows.assign(system=rows["system"].str.lstrip("+")) for rows in tables]
    both = plain[0].merge(plain[1], on=keys, suffixes=("_short", "_long"))
    assert len(both) == shared
    assert (both["value_short"] == both["value_long"]).all()
    assert both["sd_short"].equals(both["sd_long"])


def test_copied_rows_equal_their_source_or_are_typos(papers) -> None:
    names = {"VAE": "VAE + anneal", "SA-VAE": "SA-VAE + anneal", "Agg-VAE": "Ours + anneal"}
    source = pick(papers, paper="he2019", table="1", variant="")
    source = source.set_index(["dataset", "system", "metric"])["value"]
    rows = papers[papers["paper"].isin(["zhu2020", "song2024"]) & papers["system"].isin(names)]
    rows = rows[rows["flag"].str.contains("copied") & (rows["metric"] != "accuracy")]
    rows = rows[rows["metric"] != "hours"]
    keys = zip(rows["dataset"], rows["system"].map(names), rows["metric"], strict=True)
    equal = rows["value"].to_numpy() == source.loc[list(keys)].to_numpy()
    assert len(rows) == 2 * 24 + 16
    assert (equal == ~rows["flag"].str.contains("typo")).all()


GOOD = "he2019,1,yahoo,VAE,,kl,0.5,0.1,nats,5,,"


def text(*lines: str) -> io.StringIO:
    return io.StringIO("\n".join([",".join(PAPER_COLUMNS), *lines]) + "\n")


def test_a_good_row_is_read() -> None:
    table = load_papers(
        text(GOOD, GOOD.replace(",0.1,", ",,").replace(",5,", ",,").replace("kl", "mi"))
    )
    assert tuple(table.columns) == PAPER_COLUMNS
    assert table["value"].tolist() == [0.5, 0.5]
    assert table["sd"].isna().tolist() == [False, True]
    assert table["seeds"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (
            GOOD.replace("he2019", "he2018"),
            "There is no paper called 'he2018'. Did you mean 'he2019'",
        ),
        (GOOD.replace("yahoo", "yahu"), "There is no dataset called 'yahu'"),
        (GOOD.replace("kl", "kll"), "There is no metric called 'kll'. Did you mean 'kl'"),
        (GOOD.replace("nats", "bits"), "The unit of kl is nats; got 'bits'."),
        (GOOD.replace("0.5", "≤0.5"), "'value' is '≤0.5'; it must be a number."),
        (GOOD.replace("0.5", "nan"), "'value' is 'nan'; it must be a number."),
        (GOOD.replace("0.5", ""), "'value' is ''; it must be a number."),
        (GOOD.replace("0.1", "x"), "'sd' is 'x'; it must be a number, 0 or more, or empty."),
        (GOOD.replace("0.1", "-0.1"), "'sd' is '-0.1'; it must be a number, 0 or more, or empty."),
        (
            GOOD.replace(",5,", ",0,"),
            "'seeds' is '0'; it must be a whole number above 0, or empty.",
        ),
        (GOOD.replace(",5,", ",5.0,"), "'seeds' is '5.0'; it must be a whole number above 0"),
        (GOOD.replace("VAE", ""), "'system' is ''; it must be a text that says something."),
        (GOOD.replace(",1,", ",one,"), "'table' is 'one'; it must be the number of a table."),
        (GOOD[:-1] + "typoo,because", "There is no flag called 'typoo'. Did you mean 'typo'"),
        (GOOD[:-1] + "typo; typo,because", "A flag is there twice: typo; typo."),
        (GOOD[:-1] + "typo,", "A flag needs a reason and a reason a flag; got flag 'typo'"),
        (GOOD + "because", "A flag needs a reason and a reason a flag; got flag ''"),
        (GOOD + ",more", "It has 13 cells; it must have 12."),
        (GOOD, "It repeats line 2: he2019, 1, yahoo, VAE, , kl."),
        (GOOD + '"open', "unexpected end of data"),
    ],
)
def test_a_bad_row_is_refused_by_its_line(bad, sentence) -> None:
    with pytest.raises(CollapseError) as caught:
        load_papers(text(GOOD, bad))
    assert str(caught.value).startswith("Line 3 of the papers' numbers: ")
    assert sentence in str(caught.value)


def test_a_wrong_header_and_an_empty_file_are_refused() -> None:
    with pytest.raises(CollapseError, match=r"Line 1 .*: The columns are paper, value; they must"):
        load_papers(io.StringIO("paper,value\n"))
    with pytest.raises(CollapseError, match="The columns are missing"):
        load_papers(io.StringIO(""))


def test_an_absent_file_is_named(tmp_path) -> None:
    with pytest.raises(CollapseError, match=r"no table of the papers' numbers at .*papers\.csv"):
        load_papers(tmp_path / "papers.csv")
