"""Slides hold what a chapter's page shows, and need no network."""

import re
from pathlib import Path

import pytest

from collapse.base.errors import CollapseError
from slides import SLIDES, VENDOR, slides_of, write_slides

FIGURE = """<h2>Part {n}<a class="headerlink" href="#x">#</a></h2>
<figure id="figure-9.{n}"><img src="data:image/png;base64,{n}"><figcaption>
See <a href="#figure-9.1">it</a>.</figcaption></figure>"""
PAGE = """<article><h1>9 A chapter<a class="headerlink" href="#x">#</a></h1>
<p><strong>The question.</strong> Why?</p><p><strong>The answer, in two sentences.</strong> So.</p>
<h2>Predict before you run</h2><ol><li>How many?</li></ol>{figures}
<details><figure id="figure-9.99"></figure></details>
<h2>What you can now do</h2><ul><li>Count.</li></ul></article>"""


def page(folder: Path, figures: int) -> Path:
    """A built page with so many figures."""
    path = folder / "09_chapter.html"
    path.write_text(PAGE.format(figures="".join(FIGURE.format(n=n) for n in range(1, figures + 1))))
    return path


def test_ten_slides_from_title_to_goals(tmp_path: Path) -> None:
    slides = slides_of(page(tmp_path, 9))
    assert len(slides) == SLIDES
    assert slides[0].startswith("<h1>9 A chapter</h1>")
    assert "Why?" in slides[0]
    assert "So." in slides[0]
    assert "How many?" in slides[1]
    assert [re.search(r'id="figure-9\.(\d+)"', s)[1] for s in slides[2:9]] == list("1234567")
    assert all("<h2>Part" in slide for slide in slides[2:9])
    assert "Count." in slides[9]


def test_no_slide_leads_to_a_place_that_it_does_not_have(tmp_path: Path) -> None:
    assert not re.search(r'href="(?!https?:)', "".join(slides_of(page(tmp_path, 9))))


def test_a_page_with_too_little_to_show_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CollapseError, match="has 3 figures and tables; slides need 7"):
        slides_of(page(tmp_path, 3))
    (tmp_path / "other.html").write_text("<p>no page</p>")
    with pytest.raises(CollapseError, match="is no page of the book"):
        slides_of(tmp_path / "other.html")


def test_a_deck_needs_nothing_from_a_network(tmp_path: Path) -> None:
    deck = write_slides(page(tmp_path, 9), tmp_path).read_text()
    assert "<title>9 A chapter</title>" in deck
    needed = re.findall(r'(?:src|href)="((?!data:)[^"]+)"', deck)
    assert needed
    assert not [each for each in needed if ":" in each]
    for name in (each.removeprefix("reveal/") for each in needed if each.startswith("reveal/")):
        assert (VENDOR / name).exists()
