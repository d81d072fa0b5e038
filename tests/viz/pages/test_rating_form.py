"""The rating form: blind, saved after each reply, taken up again where it stopped."""

import pytest

from collapse.base.errors import CollapseError
from collapse.metrics.dialogue.ratings import read_ratings
from collapse.viz.pages.rating_form import RatingForm, Reply

REPLIES = [Reply(("how are <you>?",), text, system) for text, system in
           (("fine & well", "cvae"), ("tired", "bn-cvae"), ("", "cvae-bow"))]  # fmt: skip


def rate(form: RatingForm, points: int) -> None:
    for buttons in form.points.values():
        buttons.value = points
    form.next.click()


def test_points_are_saved_and_the_next_reply_shown(tmp_path) -> None:
    form = RatingForm(REPLIES, tmp_path / "r.csv", "ann")
    first = form.waiting[0]
    rate(form, 2)
    saved = read_ratings(tmp_path / "r.csv")
    assert [(r.rater, r.item, r.system) for r in saved] == [("ann", first, REPLIES[first].system)]
    assert saved[0].fluency == saved[0].relevance == saved[0].informativeness == 2
    assert "1 of 3" in form.said.value
    assert all(buttons.value is None for buttons in form.points.values())


def test_the_system_is_never_shown_and_text_is_escaped(tmp_path) -> None:
    form = RatingForm(REPLIES, tmp_path / "r.csv", "ann")
    pages = []
    while form.waiting:
        pages.append(form.shown.value)
        rate(form, 1)
    everything = " ".join(pages)
    assert "cvae" not in everything
    assert "how are &lt;you&gt;?" in everything
    assert "fine &amp; well" in everything
    assert form.shown.value == "Thank you."
    assert form.next.disabled
    form.save()
    assert len(read_ratings(tmp_path / "r.csv")) == 3


def test_points_that_are_missing_are_asked_for(tmp_path) -> None:
    form = RatingForm(REPLIES, tmp_path / "r.csv", "ann")
    form.next.click()
    assert form.said.value == "Give points for all three."
    assert read_ratings(tmp_path / "r.csv") == []


def test_a_second_sitting_goes_on_and_another_rater_begins(tmp_path) -> None:
    form = RatingForm(REPLIES, tmp_path / "r.csv", "ann")
    rate(form, 3)
    assert RatingForm(REPLIES, tmp_path / "r.csv", "ann").waiting == form.waiting
    assert len(RatingForm(REPLIES, tmp_path / "r.csv", "bob").waiting) == 3


def test_a_form_needs_replies_and_a_name(tmp_path) -> None:
    with pytest.raises(CollapseError, match="needs replies"):
        RatingForm([], tmp_path / "r.csv", "ann")
