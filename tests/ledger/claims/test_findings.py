"""Findings are declared once, judged on a page, read from its outputs, and stop nothing."""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from collapse.base.errors import CollapseError
from collapse.ledger.claims.asked import claims_not_there, load_asked
from collapse.ledger.claims.claims_file import load_claims
from collapse.ledger.claims.findings import (
    Judged,
    judged_in,
    load_findings,
    summary,
    unknown_claims,
)
from collapse.ledger.entries import read_ledger
from collapse.ledger.papers import load_papers
from collapse.viz import (
    FindingCard,
    LedgerWord,
    finding,
    finding_of_differences,
    findings_card,
    findings_of_build,
    findings_table,
)
from collapse.viz.pages.claims_table import section

RESULTS = Path(__file__).parents[3] / "book" / "results"
ASKED = """
- id: 01_one.A
  claim: It is < 1.
  where: Table 1
  shown: Figure 3.1, Table 3a.2, [appendix](03a_stopping.ipynb)
- {id: 01_one.B, claim: Nothing on this., where: Table 2}
"""
ENTRY = "- {id: quiet, statement: It is quiet., source: ours, rule: KL below 0.1}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "findings").mkdir()
    (tmp_path / "findings" / "01_one.yml").write_text(ENTRY)
    load_findings.cache_clear()
    return tmp_path


def test_those_of_the_book_are_in_order_and_name_claims_that_exist() -> None:
    found = load_findings(RESULTS / "findings")
    claims = load_claims(RESULTS / "claims.yml", load_papers(RESULTS / "papers.csv"))
    assert unknown_claims(found, [claim.id for claim in claims]) == []
    for each in found.values():
        assert f'"{each.id}"' in (RESULTS.parent / f"{each.chapter}.ipynb").read_text().replace(
            '\\"', '"'
        ), f"{each.chapter} does not judge {each.id}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- {id: a, statement: b, source: c}", "a: The key 'rule' is missing: it must be a text"),
        ("- {id: a, statement: b, source: c, rule: d, rules: e}", "no key called 'rules'"),
        (
            "- {id: a, statement: b, source: c, rule: d, claims: e}",
            "a: 'claims' is 'e'; it must be a list of ids of claims.yml",
        ),
        (ENTRY + ENTRY, "quiet: This id is there more than once"),
        ("quiet", "must hold a list"),
        ("- [", "cannot be read"),
    ],
)
def test_every_mistake_is_named(folder: Path, text: str, sentence: str) -> None:
    (folder / "findings" / "01_one.yml").write_text(text)
    with pytest.raises(CollapseError, match=sentence):
        load_findings(folder / "findings")


def html_of(card) -> str:
    return card._repr_mimebundle_()["text/html"]


def test_a_card_says_what_the_runs_say_and_stops_nothing(folder: Path) -> None:
    for holds, words in ((True, "holds: KL 0.00"), (False, "does not hold: KL 0.00")):
        card = finding("quiet", holds, "KL 0.00", folder=folder)
        assert words in html_of(card)
        assert "quiet</code>: KL below 0.1. <em>Source: ours.</em>" in html_of(card)
        assert "It is quiet." in card._repr_mimebundle_()["text/plain"]
    unjudged = finding("quiet", False, "another scale", judged=False, folder=folder)
    assert "cannot be judged" in unjudged._repr_mimebundle_()["text/html"]
    with pytest.raises(CollapseError, match="no finding called 'loud'"):
        finding("loud", True, "", folder=folder)
    assert finding("quiet", True, "KL 0.00", folder=folder / "nowhere").declared is None


def test_the_ledger_speaks_where_a_claim_is_named() -> None:
    """A line a scale, with the interval, the threshold, the number of runs and their machines."""
    load_findings.cache_clear()
    named = load_findings(RESULTS / "findings").values()
    (one,) = (each for each in named if each.id == "aggressive-likelihood")
    compared = "NLL of Agg-VAE, short (agg-vae-short) minus VAE (vae)"
    said = [line for line in _lines(one.id) if compared in line]
    runs = [
        json.loads(path.read_text())
        for name in ("vae", "agg-vae-short")
        for path in (RESULTS / "runs").glob(f"{name}-synthetic-light-seed*.json")
    ]
    machines = sorted({run["system"]["hardware"] for run in runs})
    assert said
    assert f"{len(runs)} runs on {' and '.join(machines)}" in said[0]
    assert re.search(r"light scale: (seen|not seen|undecided) \(", said[0])
    assert re.search(r"-?\d\.\d{3} \[-?\d\.\d{3}, -?\d\.\d{3}\], ± 0\.\d{3} over", said[0])


def _lines(name: str) -> tuple[str, ...]:
    words = finding(name, True, "here", folder=RESULTS).ledger
    return tuple(line for word in words for line in word.numbers)


@pytest.mark.parametrize(
    ("differences", "op", "state"),
    [
        ([1.0, 1.1, 1.2], ">", "✓ holds"),
        ([1.0, 1.1, 1.2], "<", "✗ does not hold"),
        ([-1.0, 3.0, 1.0], ">", "– cannot be judged"),  # the mean alone would decide
        ([1.0], ">", "– cannot be judged"),
    ],
)
def test_a_difference_is_judged_by_its_interval(folder: Path, differences, op, state) -> None:
    card = finding_of_differences("quiet", differences, op, 0.1, "a minus b", folder=folder)
    text = card._repr_mimebundle_()["text/plain"]
    assert f"{state}: a minus b: " in text
    assert f"rule: {op} 0.1; by seed {differences[0]:.3f}" in text


def test_an_id_leads_to_its_place_on_the_page_of_claims() -> None:
    word = LedgerWord("loud", "It is loud.", ("light: seen",), ())
    card = FindingCard(Judged("quiet", True, "KL 0.2"), None, (word,))
    for page in (card._repr_mimebundle_()["text/html"], findings_table({"A": card}).data):
        assert '<a href="claims.html#claim-loud"><code>loud</code></a>' in page
    named = load_claims(RESULTS / "claims.yml", load_papers(RESULTS / "papers.csv"))
    made = section(named[0], read_ledger(RESULTS / "runs"), defaultdict(lambda: ("a", "b")))
    assert f'id="claim-{named[0].id}"' in made


def test_a_table_of_findings_says_what_its_rows_are(folder: Path) -> None:
    card = finding("quiet", True, "KL 0.2", folder=folder)
    page = findings_table({"A": card}, number="3.7", caption="Rows < claims.").data
    assert '<p id="table-3.7"' in page
    assert "<strong>Table 3.7.</strong> Rows &lt; claims.</p>" in page
    assert "<p" not in findings_table({"A": card}).data


def test_a_claim_stands_beside_its_cards_with_links_to_what_shows_it(folder: Path) -> None:
    yes, no = (finding("quiet", holds, "KL < 0.2", folder=folder) for holds in (True, False))
    (folder / "asked.yml").write_text(ASKED)
    cards = {"A. by seed": yes, "A": no, "B2": yes, "ours": no}
    page = findings_table(cards, chapter="01_one", folder=folder).data
    first, second, *others = page.split('<tr role="row">')[2:]
    assert (
        '<strong>A.</strong> It is &lt; 1.<br><span style="font-size:.85em">Table 1</span>' in first
    )
    assert "<em>It is quiet.</em> ✓ holds: KL &lt; 0.2" in first
    assert "✗ does not hold: KL &lt; 0.2" in first
    for link in ('<a href="#figure-3.1">Figure 3.1</a>', '<a href="#table-3a.2">Table 3a.2</a>'):
        assert link in first
    assert '<a href="03a_stopping.html">appendix</a>' in first
    assert "Nothing on this." in second
    assert "data-finding" not in second
    assert [row.count("data-finding") for row in others] == [1, 1]  # "B2" is none of B's


def test_a_claim_may_have_the_ledger_alone() -> None:
    page = findings_table({}, chapter="09_images", folder=RESULTS).data
    assert 'href="claims.html#claim-image-code-helps-likelihood"' in page
    assert "light scale: " in page


def test_chapters_ask_in_order_and_the_ledger_knows_what_they_ask_it() -> None:
    claims = load_claims(RESULTS / "claims.yml", load_papers(RESULTS / "papers.csv"))
    asked = load_asked(RESULTS / "asked.yml")
    assert claims_not_there(asked, [claim.id for claim in claims]) == []
    for chapter, group in asked.items():
        assert (RESULTS.parent / f"{chapter}.ipynb").is_file()
        assert [each.letter for each in group] == list("ABCDEFGH"[: len(group)])


def test_a_wrong_claim_of_a_chapter_is_named(tmp_path: Path) -> None:
    path = tmp_path / "asked.yml"
    path.write_text("- {id: 01_one.A, claim: b, where: c, ledger: [loudd]}\n")
    (sentence,) = claims_not_there(load_asked(path), ["loud"])
    assert sentence.startswith("01_one.A: ")
    assert "loud" in sentence
    path = tmp_path / "other.yml"
    path.write_text("- {id: one, claim: b, where: ''}\n")
    with pytest.raises(CollapseError, match="a notebook and a letter"):
        load_asked(path)


def test_the_build_reads_cards_from_outputs_and_sums_up(folder: Path) -> None:
    bundles = [finding("quiet", h, "KL 0.2", folder=folder)._repr_mimebundle_() for h in (1, 0)]
    outputs = [{"output_type": "display_data", "data": bundle} for bundle in bundles]
    notebook = {"cells": [{"cell_type": "markdown"}, {"outputs": [{"name": "stdout"}, *outputs]}]}
    judged = judged_in(notebook)
    assert judged == [Judged("quiet", True, "KL 0.2"), Judged("quiet", False, "KL 0.2")]
    text = summary([*judged, Judged("other", None, "")])
    assert "hold: 1, do not hold: 1, cannot be judged: 1" in text
    assert "does not hold here: quiet (KL 0.2)" in text


def test_a_finding_in_a_table_and_on_its_card_is_read_once(folder: Path) -> None:
    card = finding("quiet", True, "KL < 0.2", folder=folder)
    table = findings_table({"A": card}).data
    data = [card._repr_mimebundle_(), {"text/html": table}]
    notebook = {"cells": [{"outputs": [{"data": each} for each in data]}]}
    assert judged_in(notebook) == [Judged("quiet", True, "KL < 0.2")]
    assert judged_in({"cells": [{"outputs": [{"data": data[1]}]}]}) == judged_in(notebook)


def test_a_card_folds_the_numbers_of_the_ledger() -> None:
    numbers = ("light: 3 runs < 1",)
    word = LedgerWord("loud", "It is (too) loud.", ("light: not seen",), numbers, "Known < set.")
    card = FindingCard(Judged("quiet", True, "KL (mean) < 0.2"), None, (word,))
    page = card._repr_mimebundle_()["text/html"]
    assert "KL (mean) &lt; 0.2</div>" in page
    assert "“It is (too) loud.” (light: not seen)</summary>" in page
    assert "<div>light: 3 runs &lt; 1</div><div>Known &lt; set.</div></details>" in page
    link = '<a href="claims.html#claim-loud"><code>loud</code></a>'
    table = findings_table({"A": card}).data
    shown = "<code>loud</code>: light: not seen"
    assert f"<details><summary>{shown}</summary>{link}: It is (too) loud." in table
    assert link in page


def test_findings_on_one_card_share_their_numbers(folder: Path) -> None:
    word = LedgerWord("loud", "It is loud.", ("light: seen",), ("light: 3 runs",))
    said = (("quiet", True, "KL < 0.2"), ("calm", None, "KL < 0.2"), ("quiet", False, "KL 3"))
    cards = [FindingCard(Judged(*each), None, (word,)) for each in said]
    bundle = findings_card(*cards)._repr_mimebundle_()
    assert bundle["text/html"].count("KL &lt; 0.2</div>") == 1
    assert bundle["text/html"].count("“It is loud.”") == 2  # once for each group
    assert judged_in({"cells": [{"outputs": [{"data": bundle}]}]}) == [c.judged for c in cards]
    assert "– calm: cannot be judged" in bundle["text/plain"]


def test_numbers_that_decide_nothing_judge_nothing(folder: Path) -> None:
    assert finding("quiet", None, "KL 0.2", folder=folder).judged.holds is None


def test_the_page_shows_every_declared_finding(folder: Path) -> None:
    kept = folder / "findings.json"
    assert "not on its page" in findings_of_build(kept, folder).data
    kept.write_text('{"01_one": [{"id": "quiet", "holds": false, "says": "KL < 0.2"}]}')
    page = findings_of_build(kept, folder).data
    assert "does not hold: KL &lt; 0.2" in page
    assert "01_one.html" in page
