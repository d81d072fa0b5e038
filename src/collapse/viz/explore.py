"""Interactive figures: one call, alive in a kernel, a slider on the page, a picture in print."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from numbers import Real
from typing import Any

from ipywidgets import HTML, Layout, SelectionSlider, VBox
from matplotlib.figure import Figure

from collapse.base.errors import CollapseError
from collapse.base.frontend import in_watched_notebook
from collapse.viz.letters import attribute, with_minus
from collapse.viz.pictures import (
    Picture,
    bundle,
    caption_tag,
    data_uri,
    figure_tag,
    image_tag,
    need_words,
    png,
)

HEAVIEST = 3_000_000  # bytes of a page that one explorer may take

Draw = Callable[[Any], Figure]
Alt = str | Callable[[Any], str]


@dataclass(frozen=True)
class Frame:
    """One position of the slider: the value as text with its unit, the picture and its words."""

    text: str
    image: bytes = field(repr=False)
    alt: str


@dataclass(frozen=True)
class Explorer:
    """A slider over pictures that were drawn beforehand; it needs no kernel and no network."""

    frames: tuple[Frame, ...]
    label: str
    see: str
    number: str = ""
    start: int = 0

    @property
    def html(self) -> str:
        """A ``<figure>`` with slider, style and script; the same for the same content."""
        first = self.frames[self.start]
        frames = [[frame.text, frame.alt, data_uri(frame.image)] for frame in self.frames]
        frames[self.start][2] = ""  # this picture is in the page already
        key = hashlib.sha256(json.dumps([self.label, self.see, frames]).encode()).hexdigest()[:12]
        data = json.dumps(frames).replace("<", "\\u003c")  # "</script>" must not end the script
        return _PAGE.format(
            key=key,
            figure=figure_tag(self.number, " collapse-explore"),
            style=_STYLE,
            label=attribute(self.label),
            last=len(self.frames) - 1,
            start=self.start,
            text=attribute(first.text),
            image=image_tag(first.image, first.alt),
            caption=caption_tag(self.see, self.number),
            script=_SCRIPT.replace("KEY", key)
            .replace("START", str(self.start))
            .replace("FRAMES", data),
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        first = self.frames[self.start]
        return bundle(self.html, first.image, first.alt, self.see, self.number)


def explore(
    draw: Draw,
    values: Sequence[Any],
    *,
    label: str,
    alt: Alt,
    see: str,
    unit: str = "",
    number: str = "",
    start: Any = None,
    live: bool | None = None,
) -> Explorer | VBox:
    """A figure in which the reader moves one quantity.

    On a page every frame is drawn now and the reader's slider swaps the pictures. In a kernel
    that somebody watches (Jupyter, Colab) a widget draws a frame when it is first asked for.

    Args:
        draw: makes the matplotlib figure for a value; give all of them the same size and axes.
        values: the slider's positions, in order.
        label: what the slider moves, such as "KL weight β".
        alt: the alternative text, or a function that makes it from the value.
        see: the caption, without its "What to see:".
        unit: of the values, such as "nats".
        number: of the figure, such as "3.2", as in :func:`picture`.
        start: the value at which the slider stands at first, and in print; None is the first.
        live: whether to make the widget; None finds out. The environment variable
            ``COLLAPSE_LIVE`` (1 or 0) overrides what is found.

    Returns:
        an object to be displayed as the last expression of a cell.

    Raises:
        CollapseError: for no values, a ``start`` that is not among them, an empty label, ``alt``
            or ``see``, a ``draw`` that returns no figure, or pictures too heavy for a page.
    """
    if not len(values):
        raise CollapseError(f"explore() got no values for {label!r}: give at least one position.")
    if not label.strip():
        raise CollapseError("label is empty: name the quantity that the slider moves.")

    if start is not None and start not in values:
        raise CollapseError(f"start is {start!r}, which is not among the values of {label!r}.")
    begin = 0 if start is None else list(values).index(start)

    @cache
    def frame(index: int) -> Frame:
        value = values[index]
        words = alt(value) if callable(alt) else alt
        need_words(words, see)
        return Frame(with_minus(_text(value, unit)), _drawn(draw, value), with_minus(words))

    if in_watched_notebook() if live is None else live:
        texts = [_text(value, unit) for value in values]
        return _widget(frame, texts, label, partial(Picture, see=see, number=number), begin)
    frames = tuple(frame(index) for index in range(len(values)))
    _weigh(frames, label)
    return Explorer(frames, label, see, number, begin)


def _text(value: Any, unit: str) -> str:
    number = f"{float(value):g}" if isinstance(value, Real) else str(value)
    return f"{number} {unit}".rstrip()


def _drawn(draw: Draw, value: Any) -> bytes:
    fig = draw(value)
    if not isinstance(fig, Figure):
        raise CollapseError(
            f"draw({value!r}) returned {type(fig).__name__}: return the matplotlib Figure."
        )
    return png(fig)


def _weigh(frames: tuple[Frame, ...], label: str) -> None:
    weight = sum(len(data_uri(frame.image)) for frame in frames)
    if weight > HEAVIEST:
        raise CollapseError(
            f"The {len(frames)} frames of {label!r} weigh {weight / 1e6:.1f} MB, more than the "
            f"{HEAVIEST / 1e6:g} MB that one figure may: take fewer values or a smaller figure."
        )


def _widget(
    frame: Callable[[int], Frame],
    texts: list[str],
    label: str,
    picture: Callable[..., Picture],
    start: int,
) -> VBox:
    """A slider above the same HTML as on the page: an Image widget could carry no alt text."""
    slider = SelectionSlider(
        options=[(text, index) for index, text in enumerate(texts)],
        value=start,
        description=label,
        continuous_update=False,
        style={"description_width": "initial"},
        layout=Layout(width="min(100%, 40em)"),
    )
    figure = HTML()

    def redraw(change: Any = None) -> None:
        shown = frame(slider.value)
        figure.value = picture(shown.image, alt=shown.alt).html

    slider.observe(redraw, names="value")
    redraw()
    return VBox([slider, figure])


# Without script, and in print, the label and the value stand above the picture as plain text.
# The input lies inside its label, so that no id is needed and no two explorers can clash.
_PAGE = """\
{figure} data-key="{key}">
<style>{style}</style>
<div class="collapse-control"><label><span>{label}</span>
<input type="range" min="0" max="{last}" step="1" value="{start}" autocomplete="off" \
aria-valuetext="{text}" hidden></label>
<output aria-live="off">{text}</output></div>
{image}
{caption}
<script>{script}</script>
</figure>"""

_STYLE = """\
.collapse-explore .collapse-control{display:flex;flex-wrap:wrap;align-items:center;gap:.2em .8em;\
margin:0 0 .5em}
.collapse-explore label{display:contents}
.collapse-explore output{font-weight:600;font-variant-numeric:tabular-nums;min-width:4em;\
padding:0;color:inherit}
.collapse-explore input{order:1;flex:1 1 14em;min-width:0;max-width:24em;height:1.6em;margin:0;\
accent-color:#2a7fbf}
.collapse-explore input:focus-visible{outline:2px solid #2a7fbf;outline-offset:2px}
.collapse-explore input[hidden]{display:none}
@media print{.collapse-explore input{display:none!important}}"""

# `data-ready` lets the same figure stand twice on a page: each script takes what is still idle.
_SCRIPT = """\
(()=>{const frames=FRAMES;
document.querySelectorAll('.collapse-explore[data-key="KEY"]:not([data-ready])').forEach(root=>{
root.dataset.ready="";
const input=root.querySelector("input"),output=root.querySelector("output"),\
image=root.querySelector("img"),first=image.src;
input.addEventListener("input",()=>{const [text,alt,source]=frames[input.value];
image.src=source||first;image.alt=alt;output.value=text;\
input.setAttribute("aria-valuetext",text);});
input.value=START;input.hidden=false;});})();"""
