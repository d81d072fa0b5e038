"""Minus signs on pages."""

import pytest

from collapse import viz
from collapse.viz.letters import attribute, typeset, with_minus


@pytest.mark.parametrize(
    ("plain", "set_so"),
    [
        ("-0.31", "−0.31"),
        ("by -3 (-.5 to -0.05)", "by −3 (−.5 to −0.05)"),
        ("mean [-0.2, -0.1], < -0.05", "mean [−0.2, −0.1], < −0.05"),
        ("bn-vae-0.7, scale-vae-1.0-5, 2-3 epochs", "bn-vae-0.7, scale-vae-1.0-5, 2-3 epochs"),
        ("1e-05 on 2026-11-29, x)-2, --minutes 3", "1e-05 on 2026-11-29, x)-2, --minutes 3"),
        ("IW-50 and z - 1", "IW-50 and z - 1"),
        ("[-0.00, -0.0], -0, -.0", "[0.00, 0.0], 0, .0"),
        ("-0.001 to -0.10, -0.", "−0.001 to −0.10, 0."),
        ("-0.003, -05", "−0.003, −05"),
    ],
)
def test_only_what_stands_before_a_negative_number_is_a_minus(plain, set_so):
    assert with_minus(plain) == set_so


def test_words_are_escaped_for_html_but_not_for_markdown():
    assert typeset("MI < -0.1 & more") == "MI &lt; −0.1 &amp; more"
    assert viz.words("**MI** < -0.1").data == "**MI** < −0.1"


def test_the_index_of_a_model_stands_below_but_for_attributes_and_formulas():
    assert typeset("NLL of M_f, $M_1$, RM_f") == "NLL of M<sub>f</sub>, $M_1$, RM_f"
    assert attribute("NLL of M_f") == "NLL of M_f"


def test_tables_captions_and_descriptions_of_a_page_have_minus_signs():
    table = viz.results_table({"vae": {"NLL": [-2.5, -2.5]}}, caption="Less -1.", digits=1)
    assert "−2.5" in table.html
    assert "Less −1." in table.html
    assert "-2.5" in table.text, "plain text stays plain"
