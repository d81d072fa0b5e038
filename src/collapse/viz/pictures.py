"""Figures as they stand on a page: a small PNG with alternative text and a caption."""

import base64
import io
import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image, ImageColor

from collapse.base.errors import CollapseError
from collapse.viz.letters import attribute, typeset
from collapse.viz.style import HOUSE_COLOURS, LETTERS

CSS_DPI = 96
LEAD = "What to see:"
# Said inline, because themes centre figures, thin their captions and filter their pictures on
# dark pages: the plot keeps its white paper and its colours.
FIGURE_STYLE = "margin:0 0 1.2em;padding:0;max-width:100%;text-align:left;color:inherit"
CAPTION_STYLE = (
    "margin:.4em 0 0;padding:0;max-width:42em;text-align:left;"
    "font-size:.95em;font-weight:400;line-height:1.45;color:inherit"
)
IMAGE_STYLE = (
    "display:block;margin:0;max-width:100%;height:auto;box-sizing:border-box;"
    "background:#fff;border-radius:4px;filter:none"
)


def png(fig: Figure, colours: int | None = 64) -> bytes:
    """The figure as a PNG at twice the screen's resolution; the figure is closed.

    Args:
        fig: a matplotlib figure, drawn.
        colours: size of the palette, 2 to 256. A line plot at 64 weighs about a quarter of
            the same plot in full colour. None keeps all colours, for maps in shades of one hue.

    Returns:
        the file's bytes, the same for the same figure and the same matplotlib and Pillow.
    """
    raw, small = io.BytesIO(), io.BytesIO()
    darken_letters(fig)
    fig.savefig(raw, format="png", dpi=2 * CSS_DPI)
    plt.close(fig)
    image = Image.open(raw).convert("RGB")
    image = with_palette(image, colours) if colours else image
    image.save(small, format="PNG", optimize=True, dpi=(2 * CSS_DPI, 2 * CSS_DPI))
    return small.getvalue()


def darken_letters(fig: Figure) -> None:
    """Give letters in a hue of the house the darker shade in which they can be read on white."""
    for letters in fig.findobj(Text):
        if (hue := to_hex(letters.get_color())) in LETTERS:
            letters.set_color(LETTERS[hue])


def with_palette(image: Image.Image, colours: int) -> Image.Image:
    """The image in so many colours; those of the house style are kept, however small their marks.

    Pillow's own choice may mix two of them into one where both are rare.
    """
    own = [part for colour in HOUSE_COLOURS for part in ImageColor.getrgb(colour)]
    others = colours - len(HOUSE_COLOURS)
    if others < 2:
        return image.quantize(colours)
    found = image.quantize(others).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*own, *found[: 3 * others]])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def svg(fig: Figure) -> bytes:
    """The figure as an SVG whose letters are shapes, so that it needs no font.

    Returns:
        the file's bytes, the same for the same figure and the same matplotlib.
    """
    raw = io.BytesIO()
    darken_letters(fig)
    with mpl.rc_context({"svg.hashsalt": "collapse", "svg.fonttype": "path"}):
        fig.savefig(raw, format="svg", metadata={"Date": None, "Creator": None})
    return raw.getvalue()


def svg_uri(image: bytes) -> str:
    """The SVG ``image`` as an address that an ``<img>`` can show without any request."""
    return "data:image/svg+xml;base64," + base64.b64encode(image).decode()


def data_uri(image: bytes) -> str:
    """The PNG ``image`` as an address that an ``<img>`` can show without any request."""
    return "data:image/png;base64," + base64.b64encode(image).decode()


def image_tag(image: bytes, alt: str, vector: bytes = b"") -> str:
    """An ``<img>`` as wide as the figure was drawn, or as its column where that is narrower."""
    width, height = (side // 2 for side in Image.open(io.BytesIO(image)).size)
    address = svg_uri(vector) if vector else data_uri(image)
    return (
        f'<img class="dark-light" src="{address}" alt="{attribute(alt)}" '
        f'width="{width}" height="{height}" style="{IMAGE_STYLE}">'
    )


def figure_tag(number: str, kind: str = "") -> str:
    """The opening ``<figure>``, which ``<a href="#figure-3.2">`` finds if it has a number."""
    place = f' id="figure-{escape(number)}"' if number else ""
    return f'<figure{place} class="collapse-figure{kind}" style="{FIGURE_STYLE}"'


def lead(number: str) -> str:
    """How a caption begins."""
    return f"Figure {number}. {LEAD}" if number else LEAD


def caption_tag(see: str, number: str = "") -> str:
    """A ``<figcaption>`` that begins with "What to see:"; ``$...$`` is set by MathJax."""
    text = re.sub(r"\$([^$]+)\$", r"\\(\1\\)", typeset(see))
    return (
        f'<figcaption class="tex2jax_process mathjax_process" style="{CAPTION_STYLE}">'
        f"<strong>{typeset(lead(number))}</strong> {text}</figcaption>"
    )


def need_words(alt: str, see: str) -> None:
    """Raise a CollapseError if a figure comes without alternative text or without a caption."""
    if not alt.strip():
        raise CollapseError(
            "alt is empty: say in a sentence what the picture shows and concludes, with a number."
        )
    if not see.strip():
        raise CollapseError("see is empty: say in a sentence what the reader should see.")


def bundle(html: str, image: bytes, alt: str, see: str, number: str) -> dict[str, Any]:
    """The forms of one figure by MIME type: page, print, and plain text."""
    return {
        "text/html": html,
        "image/png": base64.b64encode(image).decode(),
        "text/plain": f"[Figure: {alt}]\n{lead(number)} {see}",
    }


@dataclass(frozen=True)
class Picture:
    """A figure with its words, ready to be displayed as the last expression of a cell."""

    image: bytes = field(repr=False)
    alt: str
    see: str
    number: str = ""
    vector: bytes = field(default=b"", repr=False)

    @property
    def html(self) -> str:
        """A ``<figure>`` that needs nothing outside itself."""
        body = image_tag(self.image, self.alt, self.vector) + caption_tag(self.see, self.number)
        return f"{figure_tag(self.number)}>{body}</figure>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self.html, self.image, self.alt, self.see, self.number)


def picture(fig: Figure, *, alt: str, see: str, number: str = "") -> Picture:
    """A figure for a page: image, alternative text, and a caption that says what to see.

    Args:
        fig: a matplotlib figure; it is closed.
        alt: what the picture shows and what follows from it, with a number.
        see: the caption, without its "What to see:"; it may hold inline LaTeX in ``$...$``.
        number: of the figure, such as "3.2"; a page refers to it by ``<a href="#figure-3.2">``.

    Raises:
        CollapseError: if ``alt`` or ``see`` is empty.
    """
    need_words(alt, see)
    shaded = any(axes.images for axes in fig.axes)  # a map needs its steps of one hue
    vector, image = svg(fig), png(fig, None if shaded else 64)
    return Picture(image, alt, see, number, vector if len(vector) < len(image) else b"")
