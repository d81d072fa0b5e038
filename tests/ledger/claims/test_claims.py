"""Claims: what the rules decide from an interval; a wrong file is refused."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import ValidationError
from scipy import stats

from collapse.base.errors import CollapseError
from collapse.ledger.claims.claims import FULL as FULL_SCALE
from collapse.ledger.claims.claims import IN_PART, SMALL, Claim, decide
from collapse.ledger.claims.claims_file import bibliography, load_claims, short
from collapse.ledger.claims.intervals import plain
from collapse.ledger.entries import Entry, Ledger, read_ledger
from collapse.ledger.papers import load_papers
from collapse.recipes import RECIPES
from collapse.viz import STYLE
from notebooks import ROOT

RESULTS = ROOT / "book/results"
LIGHT = {"corpus": "synthetic", "scale": "light"}
FULL = {"corpus": "synthetic", "scale": "full"}


@pytest.fixture(scope="module")
def papers() -> pd.DataFrame:
    return load_papers(RESULTS / "papers.csv")


@pytest.fixture(scope="module")
def ours() -> Ledger:
    return read_ledger(RESULTS / "runs")


def entry(recipe: str, seed: int, place: dict = LIGHT, **metrics: Any) -> Entry:
    config = {"name": recipe, "seed": seed, "code": "0" * 16, **place}
    measured: dict = {"nll_by_document": [metrics.get("nll", 0.0)] * 2, **metrics}
    return Entry(f"{recipe}-{seed}", config, measured, {}, {}, {"hardware": "a"}, "2026-01-31")


def a_ledger(*entries: Entry) -> Ledger:
    return Ledger(entries, ())


RUNS = a_ledger(
    *(entry("vae", seed, mi=0.1 * seed, kl=1.0, nll=20.0 + seed) for seed in (1, 2, 3)),
    *(entry("lm", seed, nll=25.0 + seed) for seed in (1, 2, 3)),
    *(entry("bn-vae-0.7", seed, mi=0.5, kl=0.5, nll=20.0) for seed in (1, 2)),
    entry("vae-anneal", 1, mi=9.0, kl=9.0, nll=1.0),
    *(entry("vae", seed, FULL, mi=9.0, kl=9.0, nll=1.0) for seed in (1, 2)),
)
VALUE = {"compare": "value", "recipe": "vae", "metric": "mi", "op": ">", "places": [LIGHT]}
DIFFERENCE = {**VALUE, "compare": "difference", "other": "lm", "metric": "nll"}
NEAR = {"compare": "near", "recipe": "vae", "metric": "nll", "places": [LIGHT]}
NEEDS = {"compare": "needs", "recipe": "word-dropout-anneal", "places": [FULL]}


def claim(*rules: dict) -> Claim:
    source = {"cite": "c", "where": "d"}
    return Claim(id="a", claim="b", source=source, set=date(2026, 1, 1), rules=rules)


def verdicts(*rules: dict) -> list[str]:
    return [f"{each.level}: {each.verdict}" for each in decide(claim(*rules), RUNS)]


# The interval of the VAE's MI is 0.2 ± 4.303 · 0.1 / √3, [-0.048, 0.448].
@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([{**VALUE, "bound": -0.05}], ["light: seen"]),
        ([{**VALUE, "bound": -0.047}], ["light: undecided"]),
        ([{**VALUE, "bound": 0.448}], ["light: undecided"]),
        ([{**VALUE, "bound": 0.45}], ["light: not seen"]),
        ([{**VALUE, "op": "<", "bound": 0.45}], ["light: seen"]),
        ([{**VALUE, "op": "<", "bound": -0.05}], ["light: not seen"]),
        ([{**VALUE, "bound": 0.45, "of": "kl"}], ["light: not seen"]),  # the KL is 1
        ([{**VALUE, "recipe": "bn-vae-0.7", "of": "kl", "bound": 0.99}], ["light: seen"]),
        ([{**VALUE, "recipe": "vae-anneal", "bound": 0.1}], ["light: undecided"]),  # one run
        ([{**VALUE, "recipe": "free-bits-4", "bound": 0.1}], ["light: not tested"]),
        ([{**VALUE, "metric": "order_iw", "bound": 0.1}], ["light: not tested"]),
        # -5 ± 2.776 · √(1/3 + 1/3) is [-7.27, -2.73]
        ([{**DIFFERENCE, "op": "<", "bound": -2.7}], ["light: seen"]),
        ([{**DIFFERENCE, "op": "<", "bound": -2.8}], ["light: undecided"]),
        ([{**DIFFERENCE, "op": "<", "bound": -7.3}], ["light: not seen"]),
        ([{**DIFFERENCE, "places": [FULL], "bound": 0}], ["full: not tested"]),
        ([{**DIFFERENCE, "compare": "ratio", "op": "<", "bound": 1}], ["light: seen"]),
        ([{**DIFFERENCE, "compare": "ratio", "op": "<", "bound": 0.8}], ["light: undecided"]),
        # 22 ± 2.484
        ([{**NEAR, "target": 22, "tolerance": 2.5}], ["light: seen"]),
        ([{**NEAR, "target": 22, "tolerance": 2.4}], ["light: undecided"]),
        ([{**NEAR, "target": 30, "tolerance": 2}], ["light: not seen"]),
        ([NEEDS], ["full: not tested"]),
        (
            [{**VALUE, "places": [LIGHT, FULL], "bound": 0.45}],
            ["light: not seen", "full: reproduced"],
        ),
        ([{**VALUE, "places": [FULL], "op": "<", "bound": 0.1}], ["full: not reproduced"]),
        # a part that fails refutes, one without runs leaves it open
        ([{**VALUE, "bound": -0.1}, {**VALUE, "bound": 0.5}], ["light: not seen"]),
        ([{**VALUE, "bound": -0.1}, {**VALUE, "bound": 0.2}], ["light: undecided"]),
        ([{**VALUE, "places": [FULL], "bound": 0.1}, NEEDS], ["full: tested in part"]),
        ([{**VALUE, "places": [FULL], "bound": 10}, NEEDS], ["full: not reproduced"]),
    ],
)
def test_verdicts(rules: list[dict], wanted: list[str]) -> None:
    assert verdicts(*rules) == wanted


def test_the_evidence_holds_mean_interval_threshold_and_runs() -> None:
    (one,) = decide(claim({**VALUE, "bound": 0.1}), RUNS)
    (outcome,) = one.outcomes
    assert str(outcome) == (
        "mi of vae, synthetic light: 0.200 [-0.048, 0.448] (rule: > 0.1, met by the mean; "
        "runs: 0.100, 0.200, 0.300)"
    )
    (other,) = decide(claim({**VALUE, "bound": 0.3}), RUNS)
    assert "(rule: > 0.3, missed by the mean; " in str(other.outcomes[0])
    (clear,) = decide(claim({**VALUE, "bound": 10}), RUNS)
    assert "(rule: > 10; " in str(clear.outcomes[0])
    assert [run.seed for run in outcome.runs] == [1, 2, 3]
    (one,) = decide(claim({**DIFFERENCE, "op": "<", "bound": 0}), RUNS)
    assert "nll of vae minus lm, synthetic light: -5.000 [-7.267, -2.733]" in str(one.outcomes[0])
    assert len(one.outcomes[0].runs) == 6


def test_runs_that_were_known_when_a_bound_was_set_do_not_count() -> None:
    (one,) = decide(claim({**VALUE, "bound": 0.1, "from_seed": 2}), RUNS)
    (outcome,) = one.outcomes
    assert outcome.what == "mi of vae, synthetic light, seeds from 2 on"
    assert [run.seed for run in outcome.runs] == [2, 3]
    (one,) = decide(claim({**DIFFERENCE, "bound": 0, "from_seed": 3}), RUNS)
    assert {run.seed for run in one.outcomes[0].runs} == {3}
    assert verdicts({**VALUE, "bound": 0.1, "from_seed": 4}) == ["light: not tested"]
    with pytest.raises(ValidationError, match="from_seed"):
        claim({**VALUE, "bound": 0.1, "from_seed": -1})


def test_beside_a_small_difference_in_nll_stands_its_error_over_documents() -> None:
    """Two documents, differences of 0.1 and 0.3: the error of their mean is 0.1."""
    values = {"vae": [20.1, 30.3], "lm": [20.0, 30.0]}
    runs = [
        entry(name, seed, nll=sum(each) / 2, nll_by_document=each)
        for name, each in values.items()
        for seed in (1, 2)
    ]
    rule = {**DIFFERENCE, "op": "<", "bound": 0}
    (one,) = decide(claim(rule), a_ledger(*runs))
    assert one.outcomes[0].found == "0.200 [0.200, 0.200], ± 0.100 over documents"
    (large,) = decide(claim(rule), RUNS)
    assert "documents" not in large.outcomes[0].found


def test_times_of_different_machines_stand_in_no_ratio() -> None:
    def timed(recipe: str, seed: int, hardware: str, seconds: float) -> Entry:
        cost, system = {"train_seconds": seconds}, {"hardware": hardware}
        return replace(entry(recipe, seed), cost=cost, system=system)

    slow = [timed(name, seed, "slow", 100.0 + seed) for name in ("vae", "lm") for seed in (1, 2, 3)]
    fast = [timed("vae", seed, "fast", 1.0 + seed) for seed in (4, 5)]
    rule = {**DIFFERENCE, "compare": "ratio", "metric": "train_seconds", "op": "<", "bound": 1.1}
    (found,) = decide(claim(rule), a_ledger(*slow, *fast))
    assert found.verdict == "seen"
    assert found.outcomes[0].found.startswith("1.000 [")
    assert {run.system["hardware"] for run in found.outcomes[0].runs} == {"slow"}


# --- the file of the book --------------------------------------------------------------------


def test_the_claims_of_the_book_can_all_be_decided(papers, ours) -> None:
    claims = load_claims(RESULTS / "claims.yml", papers)
    decisions = [decision for each in claims for decision in decide(each, ours)]
    assert {each.level for each in decisions} >= {"light", "full"}
    assert all(each.set <= date.today() for each in claims)
    words = {
        level: {d.verdict for d in decisions if d.level == level} for level in ("light", "full")
    }
    assert words["light"] <= {*SMALL.values(), IN_PART}
    assert words["full"] <= {*FULL_SCALE.values(), IN_PART}


@pytest.mark.parametrize(("name", "recipe", "bound"), [
    ("annealing-uses-z", "vae-anneal", 0.1), ("word-dropout-uses-z", "word-dropout", 0.1)
])  # fmt: skip
def test_a_light_claim_agrees_with_the_entries(papers, ours, name, recipe, bound) -> None:
    """Mean, interval and answer once more, by scipy's own test."""
    (claim_of_book,) = (c for c in load_claims(RESULTS / "claims.yml", papers) if c.id == name)
    (found,) = (
        outcome
        for decision in decide(claim_of_book, ours)
        for outcome in decision.outcomes
        if outcome.what == f"mi of {recipe}, synthetic light"
    )
    mi = [
        e.metrics["mi"]
        for e in ours.entries
        if (e.recipe, *e.place) == (recipe, "synthetic", "light")
    ]
    low, high = stats.ttest_1samp(mi, 0.0).confidence_interval(0.95)
    assert len(found.values) == len(mi) >= 3
    assert found.found == f"{plain(np.mean(mi))} [{plain(low)}, {plain(high)}]"
    assert found.answer == ("yes" if low > bound else "no" if high < bound else "open")


def test_every_source_can_be_followed_and_every_system_is_known(papers) -> None:
    sources = bibliography(ROOT / "book/references.bib")
    for each in load_claims(RESULTS / "claims.yml", papers):
        cited, address = sources[each.source.cite]
        assert address.startswith("http"), each.id
        assert cited[-6:-5] == "(", each.id
        for rule in each.rules:
            assert rule.recipe in {*RECIPES, *STYLE} or rule.compare == "needs", each.id


def test_names_as_they_are_cited() -> None:
    assert short("Kingma, Diederik P. and Welling, Max") == "Kingma and Welling"
    assert short("Doersch, Carl") == "Doersch"
    assert short("A, B and C, D and E, F") == "A et al."
    with pytest.raises(CollapseError, match="no bibliography"):
        bibliography(Path("nowhere.bib"))


# --- a wrong file ----------------------------------------------------------------------------

ROW = {
    "paper": "he2019",
    "table": "1",
    "dataset": "yahoo",
    "system": "VAE",
    "variant": "",
    "metric": "nll-iw",
    "value": 329.0,
}
GOOD = {
    "id": "good",
    "claim": "A claim.",
    "source": {"cite": "he2019lagging", "where": "Table 1", "rows": [ROW]},
    "scope": "light",
    "set": date(2026, 1, 1),
    "rules": [{**VALUE, "op": "<", "bound": 0.05}],
}


def read(tmp_path: Path, papers: pd.DataFrame, *claims: object) -> list[Claim]:
    path = tmp_path / "claims.yml"
    path.write_text(yaml.safe_dump(list(claims), allow_unicode=True))
    return load_claims(path, papers)


def with_rule(**changed: object) -> dict:
    rule = {**GOOD["rules"][0], **changed}
    return {**GOOD, "rules": [{k: v for k, v in rule.items() if v is not None}]}


def with_row(**changed: object) -> dict:
    return {**GOOD, "source": {**GOOD["source"], "rows": [{**ROW, **changed}]}}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (with_rule(recipe="vea"), "no recipe called 'vea'. Did you mean 'vae'"),
        (with_rule(metric="nl"), "no metric called 'nl'. Did you mean 'nll'"),
        (with_rule(metric="nll_method"), "no metric called 'nll_method'"),
        (with_rule(op="=="), "no operator called '=='"),
        (with_rule(compare="valu"), "no comparison called 'valu'. Did you mean 'value'"),
        (with_rule(compare="__import__('os')"), "no comparison called"),
        (with_rule(runs="most"), "no key called 'runs'"),
        (with_rule(bound="0.05"), "'bound' is '0.05'; it must be a valid number"),
        (with_rule(bound=None), "The key 'bound' is missing"),
        (with_rule(limit=3), "no key called 'limit'"),
        (with_rule(places=[]), "'places' is []; it must be a list of one or more places"),
        (with_rule(places=["synthetic"]), "must be a mapping with the keys corpus, scale"),
        (with_rule(places=[{**LIGHT, "corpus": "yaho"}]), "no corpus called 'yaho'"),
        (with_rule(places=[{**LIGHT, "scale": "lite"}]), "no scale called 'lite'"),
        ({**GOOD, "rules": ["mi < 0.05"]}, "'mi < 0.05' must be a mapping"),
        ({**GOOD, "rules": []}, "'rules' is []; it must be a list of one or more comparisons"),
        ({**GOOD, "verdict": "seen"}, "no key called 'verdict'"),
        ({**GOOD, "set": "yesterday"}, "'set' is 'yesterday'; it must be a valid date"),
        ({**GOOD, "page": 1}, "no key called 'page'"),
        ({**GOOD, "source": {"cite": "x"}}, "The key 'where' is missing"),
        (with_row(value=329.1), "there stands 329.0"),
        (with_row(variant="β = 2"), "there is no such row"),
        (with_row(table=1), "'table' is 1; it must be a valid string"),
    ],
)
def test_a_wrong_claim_is_refused(tmp_path, papers, wrong, sentence) -> None:
    assert read(tmp_path, papers, GOOD)[0].id == "good"
    with pytest.raises(CollapseError) as refused:
        read(tmp_path, papers, wrong)
    assert sentence in str(refused.value)


def test_all_problems_are_named_at_once(tmp_path, papers) -> None:
    with pytest.raises(CollapseError, match="3 problems") as refused:
        read(tmp_path, papers, GOOD, with_rule(recipe="vea", metric="nl"))
    assert "good: This id is there more than once" in str(refused.value)


@pytest.mark.parametrize("text", ["a: 1", "- text", "- {a: ["])
def test_what_is_no_list_of_claims_is_refused(tmp_path, papers, text) -> None:
    (tmp_path / "claims.yml").write_text(text)
    with pytest.raises(CollapseError, match=r"must hold a list of claims|cannot be read"):
        load_claims(tmp_path / "claims.yml", papers)
