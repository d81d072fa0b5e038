"""Tables: the spread is right, bold is earned, and words are escaped."""

import re
import statistics

import numpy as np
import pytest

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.viz import mean_std, results_table

ROWS = {
    "vae": {"NLL (nats)": [330.1, 330.3, 330.5], "paper": "328.0"},
    "free-bits": {"NLL (nats)": [329.0, 329.1, 329.2], "KL (nats)": [3.9, 4.0, 4.1]},
}
CAPTION = "Light scale, toy-reviews, 3 seeds."


def table(rows=ROWS, **changes):
    return results_table(rows, **{"caption": CAPTION} | changes)


def test_spread_is_the_standard_deviation_of_a_sample():
    values = [21.2, 21.3, 21.5]
    expected = f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"
    assert mean_std(values, digits=3) == expected
    assert mean_std(np.array(values)) == "21.3 ± 0.2"


def test_spread_of_one_seed_and_of_a_rounded_zero():
    assert mean_std([3]) == "3.0"
    assert mean_std([-0.01, -0.02]) == "0.0 ± 0.0"


def test_spread_of_nothing_is_an_error():
    with pytest.raises(CollapseError, match="no values"):
        mean_std([])


def test_cells_hold_text_and_gaps_a_dash():
    cells = table(digits={"KL (nats)": 2}).cells
    assert list(cells.columns) == ["NLL (nats)", "paper", "KL (nats)"]
    assert cells.loc["VAE"].tolist() == ["330.3 ± 0.2", "328.0", "–"]
    assert cells.loc["free bits"].tolist() == ["329.1 ± 0.1", "–", "4.00 ± 0.10"]


def test_bold_needs_a_gap_wider_than_the_spread():
    clear = table(best={"NLL (nats)": "low"})
    assert clear.bold["NLL (nats)"].tolist() == [False, True]
    assert "<strong>329.1 ±\N{NO-BREAK SPACE}0.1</strong>" in clear.html
    close = {"vae": {"NLL": [329.0, 331.0]}, "free-bits": {"NLL": [329.0, 330.0]}}
    assert not table(close, best={"NLL": "low"}).bold.any().any()
    tied = {"vae": {"NLL": [1.0, 1.0]}, "free-bits": {"NLL": [1.0, 1.0]}}
    assert not table(tied, best={"NLL": "high"}).bold.any().any()


def test_high_can_be_best_and_a_papers_number_takes_no_part():
    rows = {"vae": {"MI": [1.0, 1.1]}, "free-bits": {"MI": [2.0, 2.1]}, "lm": {"MI": "9.9"}}
    assert table(rows, best={"MI": "high"}).bold["MI"].tolist() == [False, True, False]


def test_bundle_for_page_and_terminal():
    bundle = table(best={"NLL (nats)": "low"})._repr_mimebundle_()
    assert CAPTION in bundle["text/html"]
    assert bundle["text/html"].count("<tr ") == 3
    assert bundle["text/plain"].startswith(CAPTION)
    assert "329.1 ± 0.1 *" in bundle["text/plain"]


def test_words_are_escaped():
    html = table({"<i>": {"<b>": "<u>"}}, caption="a < b").html
    for tag in ("<i>", "<b>", "<u>", "a < b"):
        assert tag not in html
    assert "a &lt; b" in html


@pytest.mark.parametrize("count", [0, 11])
def test_a_table_has_one_to_ten_rows(count):
    with pytest.raises(CollapseError, match=f"has {count} rows"):
        table({f"system {i}": {"NLL": [1.0]} for i in range(count)})


def test_a_table_needs_a_caption_and_known_columns():
    with pytest.raises(CollapseError, match="caption is empty"):
        table(caption=" ")
    with pytest.raises(UnknownNameError, match="no column called 'NLL'"):
        table(best={"NLL": "low"})


def test_only_a_table_too_wide_for_a_telephone_stacks_with_names_in_its_cells():
    narrow = {"vae": {"KL": "0.1", "MI": "0.0"}}
    assert 'class="dataframe"' in table(narrow).html
    wide = {"vae": {f"column {i}": "0.12 ± 0.03" for i in range(4)}}
    html = table(wide).html
    assert 'class="dataframe stacks"' in html
    assert html.count('data-label="column 3"') == 1


def test_a_heading_stands_as_its_column_and_a_long_name_wraps() -> None:
    rows = {"a system with a name of many words": {"NLL": [1.0, 2.0], "says": "word " * 12}}
    html = results_table(rows, caption="Two columns.").html
    heads = dict(re.findall(r'<th scope="col" style="[^"]*text-align:(\w+)">(\w+)', html))
    assert {word: side for side, word in heads.items()} == {"NLL": "right", "says": "left"}
    assert re.search(r'rowheader" style="[^"]*white-space:normal', html)
