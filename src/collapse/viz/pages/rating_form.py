"""A form in which a person rates replies without knowing whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
from ipywidgets import HTML, Button, HBox, Layout, ToggleButtons, VBox

from collapse.base.errors import CollapseError
from collapse.metrics.dialogue.ratings import (
    CRITERIA,
    POINTS,
    RATED_ASPECTS,
    Rating,
    add_rating,
    read_ratings,
)


@dataclass(frozen=True)
class Reply:
    """A reply to be rated.

    Attributes:
        context: the utterances before it, the oldest first.
        text: the reply.
        system: whose it is; never shown.
    """

    context: tuple[str, ...]
    text: str
    system: str


@dataclass
class RatingForm:
    """Shows one reply after the other, in an order of the rater's own; saves after each.

    Zhu et al. (2020), section 5.2 and Table 7, is the protocol: three aspects, 1 to 3 points.
    What the rater has done before is not asked again, so the form can be closed at any time.

    Attributes:
        replies: all that are to be rated; an item's number is its place here.
        path: the CSV file, which several raters may share one after the other.
        rater: a name; it decides the order.
    """

    replies: Sequence[Reply]
    path: Path | str
    rater: str
    waiting: list[int] = field(init=False)

    def __post_init__(self) -> None:
        if not self.replies or not self.rater.strip():
            raise CollapseError("A rating form needs replies, and the name of the rater.")
        done = {r.item for r in read_ratings(Path(self.path)) if r.rater == self.rater}
        order = np.random.default_rng(list(self.rater.encode())).permutation(len(self.replies))
        self.waiting = [int(number) for number in order if number not in done]
        self.points = {aspect: self._buttons(aspect) for aspect in RATED_ASPECTS}
        self.shown, self.said = HTML(), HTML()
        self.next = Button(description="Save and go on", button_style="primary")
        self.next.on_click(lambda _: self.save())
        self.widget = VBox([self.shown, *self.points.values(), HBox([self.next, self.said])])
        self._show()

    def save(self) -> None:
        """Keep the points of the reply at hand and show the next one."""
        points = [self.points[aspect].value for aspect in RATED_ASPECTS]
        if not self.waiting:
            return
        if None in points:
            self.said.value = "Give points for all three."
            return
        number = self.waiting.pop(0)
        system = self.replies[number].system
        add_rating(Path(self.path), Rating(self.rater, number, system, *points))
        self._show()

    def _buttons(self, aspect: str) -> ToggleButtons:
        return ToggleButtons(
            options=[(str(point), point) for point in POINTS],
            value=None,
            description=aspect,
            tooltips=list(CRITERIA[aspect]),
            style={"description_width": "9em", "button_width": "3em"},
            layout=Layout(width="100%"),
        )

    def _show(self) -> None:
        for buttons in self.points.values():
            buttons.value = None
        total = len(self.replies)
        self.said.value = f"{total - len(self.waiting)} of {total} rated"
        self.next.disabled = not self.waiting
        self.shown.value = "Thank you." if not self.waiting else self._page()

    def _page(self) -> str:
        reply = self.replies[self.waiting[0]]
        before = "".join(f"<div>– {escape(text)}</div>" for text in reply.context)
        return f"{before}<div><strong>– {escape(reply.text) or '(nothing)'}</strong></div>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.widget)
