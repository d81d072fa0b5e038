"""Claims: the verdict in the file is what the rules compute; a wrong file is refused."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from collapse.base.errors import CollapseError
from collapse.ledger.claims import VERDICTS, Claim, check_claims, decide
from collapse.ledger.claims_file import bibliography, load_claims, short
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


def entry(recipe: str, seed: int, place: dict = LIGHT, **metrics: float) -> Entry:
    config = {"name": recipe, "seed": seed, "code": "0" * 16, **place}
    return Entry(f"{recipe}-{seed}", config, metrics, {}, {}, "2026-01-31")


def a_ledger(*entries: Entry) -> Ledger:
    return Ledger(entries, ())


THREE = a_ledger(
    entry("vae", 0, mi=0.0, kl=0.1, nll=20.0),
    entry("vae", 1, mi=0.2, kl=0.2, nll=21.0),
    entry("vae", 2, mi=0.4, kl=2.0, nll=22.0),
    entry("lm", 0, nll=19.5),
    entry("lm", 1, nll=21.5),
    entry("lm", 3, nll=0.0),  # no VAE with this seed
    entry("vae", 0, FULL, mi=9.0, kl=9.0, nll=1.0),
)
VALUE = {"compare": "value", "recipe": "vae", "metric": "mi", "places": [LIGHT]}
SHARE = {**VALUE, "compare": "share", "of": "kl"}
PAIRED = {"compare": "paired", "recipe": "vae", "other": "lm", "metric": "nll", "places": [LIGHT]}
NEAR = {"compare": "near", "recipe": "vae", "metric": "nll", "places": [LIGHT]}
NEEDS = {"compare": "needs", "recipe": "bn-vae", "places": [FULL]}


def claim(*rules: dict, verdict: str = "reproduced") -> Claim:
    source = {"cite": "c", "where": "d"}
    return Claim(id="a", claim="b", source=source, scope="e", rules=rules, verdict=verdict)


@pytest.mark.parametrize("rule", [VALUE, SHARE, PAIRED, NEAR], ids=lambda rule: rule["compare"])
def test_a_run_without_the_metric_is_no_run(rule: dict) -> None:
    near = rule["compare"] == "near"
    wanted = {"target": 0.0, "tolerance": 1.0} if near else {"op": ">", "bound": 0.0}
    found = decide(claim({**rule, **wanted, "metric": "order_iw"}), THREE)
    assert found.verdict == "not tested yet"


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ([{**VALUE, "op": "<", "bound": 0.5}], "reproduced"),
        ([{**VALUE, "op": "<=", "bound": 0.4}], "reproduced"),
        ([{**VALUE, "op": "<", "bound": 0.4}], "partly"),
        ([{**VALUE, "op": "<", "bound": 0.4, "runs": "every"}], "partly"),
        ([{**VALUE, "op": ">", "bound": 0.3, "runs": "some"}], "reproduced"),
        ([{**VALUE, "op": ">", "bound": 0.4}], "not reproduced"),
        ([{**VALUE, "op": ">", "bound": 0.4, "runs": "some"}], "not reproduced"),
        ([{**VALUE, "op": ">", "bound": 0.4, "places": [FULL]}], "reproduced"),
        ([{**VALUE, "op": ">", "bound": 0.4, "places": [LIGHT, FULL]}], "partly"),
        ([{**VALUE, "recipe": "vae-anneal", "op": ">", "bound": 0.4}], "not tested yet"),
        ([{**SHARE, "op": "<=", "bound": 1.0}], "reproduced"),  # shares 0, 1 and 0.2
        ([{**SHARE, "op": "<", "bound": 0.5}], "partly"),
        ([{**PAIRED, "op": ">=", "bound": -0.5}], "reproduced"),  # differences 0.5 and -0.5
        ([{**PAIRED, "op": ">=", "bound": 0}], "partly"),
        ([{**PAIRED, "op": ">", "bound": 0.5}], "not reproduced"),
        ([{**PAIRED, "op": ">", "bound": 0.5, "places": [FULL]}], "not tested yet"),
        ([{**NEAR, "target": 21, "tolerance": 1}], "reproduced"),
        ([{**NEAR, "target": 21, "tolerance": 0.5}], "partly"),
        ([{**NEAR, "target": 30, "tolerance": 1}], "not reproduced"),
        ([NEEDS], "not tested yet"),
        ([{**VALUE, "op": "<", "bound": 0.5}, {**NEAR, "target": 0, "tolerance": 1}], "partly"),
        ([{**VALUE, "op": "<", "bound": 0.5}, NEEDS], "not tested yet"),
    ],
)
def test_verdicts(rules, verdict) -> None:
    assert decide(claim(*rules), THREE).verdict == verdict
    said = [check_claims([claim(*rules, verdict=word)], THREE) for word in VERDICTS]
    assert [not problems for problems in said] == [word == verdict for word in VERDICTS]


def test_the_evidence_holds_the_numbers() -> None:
    (text,) = decide(claim({**PAIRED, "op": ">=", "bound": 0}), THREE).evidence
    assert text == "nll of vae minus lm, synthetic light: 0.500, -0.500 (wanted: >= 0)"
    (text,) = decide(claim({**VALUE, "op": ">", "bound": 1, "places": [FULL]}), a_ledger()).evidence
    assert text == "mi of vae, synthetic full: no runs yet (wanted: > 1)"


def test_a_claim_that_waited_wants_a_rule_when_its_runs_are_there() -> None:
    with pytest.raises(CollapseError, match="replace 'needs' by a comparison that decides"):
        decide(claim({**NEEDS, "recipe": "vae"}), THREE)


# --- the file of the book --------------------------------------------------------------------


def test_every_verdict_is_what_the_rules_give(papers, ours) -> None:
    claims = load_claims(RESULTS / "claims.yml", papers)
    assert check_claims(claims, ours) == []
    assert len(claims) >= 12
    assert {decide(each, ours).verdict for each in claims} >= {"reproduced", "not tested yet"}


def test_the_light_claims_agree_with_the_summaries(papers, ours) -> None:
    """The verdicts of three claims once more, from the entries by hand."""
    verdicts = {each.id: each.verdict for each in load_claims(RESULTS / "claims.yml", papers)}
    mi = {}
    for one in ours.entries:
        mi.setdefault((one.recipe, one.place[0]), []).append(one.metrics.get("mi"))
    assert len(mi["word-dropout", "synthetic"]) == 3
    for recipe, name in (
        ("vae-anneal", "annealing-uses-z"),
        ("word-dropout", "word-dropout-uses-z"),
    ):
        many = sum(value > 0.1 for value in mi[recipe, "synthetic"])
        words = {0: "not reproduced", 3: "reproduced"}
        assert verdicts[name] == words.get(many, "partly")
    below = [one.metrics["kl"] < 0.05 for one in ours.entries if one.recipe == "vae"]
    assert (verdicts["vae-collapses"] == "reproduced") == all(below)


def test_every_source_can_be_followed_and_every_system_is_known(papers) -> None:
    sources = bibliography(ROOT / "book/references.bib")
    for each in load_claims(RESULTS / "claims.yml", papers):
        cited, address = sources[each.source.cite]
        assert address.startswith("http"), each.id
        assert cited[-6:-5] == "(", each.id
        for rule in each.rules:
            assert rule.recipe in {*RECIPES, *STYLE}, each.id


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
    "rules": [{**VALUE, "op": "<", "bound": 0.05}],
    "verdict": "partly",
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
        (with_rule(runs="most"), "no value of 'runs' called 'most'"),
        (with_rule(bound="0.05"), "'bound' is '0.05'; it must be a valid number"),
        (with_rule(bound=None), "The key 'bound' is missing"),
        (with_rule(limit=3), "no key called 'limit'"),
        (with_rule(places=[]), "'places' is []; it must be a list of one or more places"),
        (with_rule(places=["synthetic"]), "must be a mapping with the keys corpus, scale"),
        (with_rule(places=[{**LIGHT, "corpus": "yaho"}]), "no corpus called 'yaho'"),
        (with_rule(places=[{**LIGHT, "scale": "lite"}]), "no scale called 'lite'"),
        ({**GOOD, "rules": ["mi < 0.05"]}, "'mi < 0.05' must be a mapping"),
        ({**GOOD, "rules": []}, "'rules' is []; it must be a list of one or more comparisons"),
        ({**GOOD, "verdict": "confirmed"}, "no verdict called 'confirmed'"),
        ({**GOOD, "verdict": None}, "no verdict called 'None'"),
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
