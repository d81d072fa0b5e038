"""Pictures: the file, the words, and what a page can do with them."""

import base64
import io
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from collapse.base.errors import CollapseError
from collapse.viz import PALETTE, STYLE, picture, png
from collapse.viz.pictures import svg
from collapse.viz.style import for_letters, luminance


def line_plot(colours=PALETTE):
    fig, axes = plt.subplots(figsize=(4, 3))
    for height, colour in enumerate(colours):
        axes.plot([0, 1], [height, height], color=colour, linewidth=2)
    return fig


class Tags(HTMLParser):
    """The start tags of a piece of HTML, with their attributes decoded, and its text."""

    def __init__(self, html):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def __getitem__(self, tag):
        return next(attributes for name, attributes in self.found if name == tag)


def pixels(image):
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB")).reshape(-1, 3).astype(int)


def test_png_is_twice_the_screens_resolution_and_has_few_colours():
    image = Image.open(io.BytesIO(png(line_plot())))
    assert image.size == (2 * 4 * 96, 2 * 3 * 96)
    assert len(np.unique(pixels(png(line_plot(), colours=16)), axis=0)) <= 16


def test_png_is_smaller_than_full_colour():
    full = io.BytesIO()
    fig = line_plot()
    fig.savefig(full, format="png", dpi=192)
    assert len(png(fig)) < 0.7 * len(full.getvalue())


@pytest.mark.parametrize("colour", PALETTE)
def test_quantising_keeps_the_hue_of_a_thin_line(colour):
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.abs(pixels(png(line_plot())) - wanted).max(axis=1).min() <= 4


def test_colours_of_small_marks_are_kept_beside_many_others():
    """Orange and olive once became one brown beside a picture of many tones."""
    fig = Figure(figsize=(3, 3))
    axes = fig.subplots()
    axes.imshow(np.random.default_rng(0).random((40, 40, 3)))
    for place, colour in enumerate(PALETTE):
        axes.plot(4 * place + 2, 20, "s", color=colour, markersize=5)
    found = pixels(png(fig))
    for colour in PALETTE:
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (np.abs(found - wanted).max(axis=1) <= 2).any(), colour


def test_png_closes_the_figure_and_is_reproducible():
    first, second = line_plot(), line_plot()
    assert png(first) == png(second)
    assert plt.get_fignums() == []


def test_bundle_serves_page_print_and_terminal():
    shown = picture(line_plot(), alt="Eight lines.", see="they are level.")
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]) == shown.image
    assert bundle["text/plain"] == "[Figure: Eight lines.]\nWhat to see: they are level."


def test_html_is_a_figure_with_alt_caption_and_fluid_width():
    html = picture(line_plot(), alt="Eight lines.", see="they are level.").html
    tags = Tags(html)
    image = tags["img"]
    assert html.startswith("<figure")
    assert html.endswith("</figcaption></figure>")
    assert image["alt"] == "Eight lines."
    assert (image["width"], image["height"]) == ("384", "288")
    assert "max-width:100%" in image["style"]
    assert image["src"].startswith("data:image/png;base64,")
    assert tags.text == "What to see: they are level."


def test_words_are_escaped_and_maths_is_left_to_mathjax():
    words = 'KL < 0.1 & "flat" <script>'
    tags = Tags(picture(line_plot(), alt=words, see=words + r" at $\beta < 1$").html)
    assert tags["img"]["alt"] == words
    assert tags.text == rf"What to see: {words} at \(\beta < 1\)"
    assert "script" not in [name for name, _ in tags.found]


@pytest.mark.parametrize(("alt", "see"), [("", "x"), ("x", ""), (" \n", "x")])
def test_a_picture_without_words_is_refused(alt, see):
    fig = line_plot()
    with pytest.raises(CollapseError, match=r"is empty: say in a sentence"):
        picture(fig, alt=alt, see=see)
    plt.close(fig)


def test_letters_in_a_hue_are_dark_enough_and_marks_keep_theirs() -> None:
    fig = Figure(figsize=(2, 2))
    axes = fig.subplots()
    (line,) = axes.plot([0, 1], color=STYLE["vae-anneal"].colour)
    coloured = axes.text(0.5, 0.5, "annealed", color=STYLE["vae-anneal"].colour)
    white = axes.text(0.5, 0.5, "on a bar", color="white")
    svg(fig)
    assert line.get_color() == STYLE["vae-anneal"].colour
    assert white.get_color() == "white"
    assert 1.05 / (luminance(coloured.get_color()) + 0.05) >= 4.5
    png(fig)


def test_contrast_is_that_of_the_guidelines() -> None:
    """Grey #767676 is the lightest that has 4.5:1 with white, by WCAG's own example."""
    assert luminance("#FFFFFF") == pytest.approx(1.0)
    assert 1.05 / (luminance("#767676") + 0.05) == pytest.approx(4.54, abs=0.005)
    assert for_letters("#767676") == "#767676"
    for colour in PALETTE:
        assert luminance(for_letters(colour)) <= luminance(colour)
