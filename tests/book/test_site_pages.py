"""What a page of the site has otherwise than the notebook that it is made from."""

from docutils import nodes
from docutils.core import publish_doctree

from site_pages import number_equations, without_log

PAGE = """
The bound is the evidence less the gap, **(3.1)**

.. math:: a = b

A sentence **(3.2)** with more behind its number.

.. math:: c = d

Bold at its end, **no number**

.. math:: e = f

A number without a display, **(3.3)**

Text.
"""


def test_the_number_of_an_equation_stands_beside_it() -> None:
    page = publish_doctree(PAGE)
    number_equations(None, page)  # type: ignore[arg-type]
    numbers = list(page.findall(nodes.raw))
    assert [each.astext() for each in numbers] == ['<span class="eqno">(3.1)</span>']
    beside = numbers[0].next_node(descend=False, siblings=True)
    assert isinstance(beside, nodes.math_block)
    assert beside.astext() == "a = b"
    left = [each.astext() for each in page.findall(nodes.strong)]
    assert left == ["(3.2)", "no number", "(3.3)"]
    assert "less the gap" in page.astext(), "the sentence stays"


def test_a_page_does_not_say_that_runs_were_found() -> None:
    stream = '<div class="output stream highlight-myst-ansi notranslate">'
    stream += '<div class="highlight"><pre><span></span>{}\n</pre></div>\n</div>'
    assert without_log(f"a{stream.format('3 runs: 3 loaded.')}b") == "ab"
    both = stream.format("1 run: 1 loaded.\nMI 1.09")
    assert without_log(both) == stream.format("MI 1.09")
    for said in ("3 runs: 1 loaded, 2 computed in 9 s.", "A sum: 3"):
        assert without_log(stream.format(said)) == stream.format(said)
