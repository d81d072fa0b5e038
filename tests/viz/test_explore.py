"""The explorer's HTML, its errors, and the widget in a kernel that somebody watches."""

import base64
import json
import re
import sys
import types

import matplotlib.pyplot as plt
import pytest
from ipywidgets import VBox, Widget
from matplotlib.figure import Figure

from collapse.base.errors import CollapseError
from collapse.viz import Explorer, explore

# The package's attribute of this name is the function; the module is only in sys.modules.
module = sys.modules["collapse.viz.explore"]


@pytest.fixture(autouse=True)
def batch(monkeypatch):
    for name in ("COLLAPSE_LIVE", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)


def draw(value):
    fig = Figure(figsize=(2, 1.5))
    fig.subplots().plot([0, float(value)])
    return fig


def explorer(draw=draw, values=(0.1, 0.25, 1.0), **changes):
    words = {"label": "KL weight β", "alt": "A line.", "see": "it rises.", "unit": "nats"}
    return explore(draw, values, **words | changes)


def frames(html):
    return json.loads(re.search(r"const frames=(\[\[.*?\]\]);", html)[1])


def test_one_bundle_for_page_and_print():
    bundle = explorer()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["image/png"] == base64.b64encode(explorer().frames[0].image).decode()


def test_frames_carry_value_unit_and_their_own_alt():
    made = explorer(alt=lambda value: f"Line to {value}.")
    assert [each.text for each in made.frames] == ["0.1 nats", "0.25 nats", "1 nats"]
    assert [alt for _, alt, _ in frames(made.html)] == [
        "Line to 0.1.",
        "Line to 0.25.",
        "Line to 1.0.",
    ]
    assert len({each.image for each in made.frames}) == 3
    assert 'aria-valuetext="0.1 nats"' in made.html


def test_values_may_be_words():
    assert [each.text for each in explorer(lambda name: draw(len(name)), ["lm", "vae"]).frames] == [
        "lm nats",
        "vae nats",
    ]


def test_draw_is_called_once_for_each_value():
    calls = []
    explorer(lambda value: calls.append(value) or draw(value), [1, 2, 3])
    assert calls == [1, 2, 3]


def test_the_same_content_gives_the_same_page_and_another_gives_another_key():
    assert explorer().html == explorer().html
    keys = [re.search('data-key="(.*?)"', explorer(values=v).html)[1] for v in ([1, 2], [1, 3])]
    assert keys[0] != keys[1]


def test_the_page_needs_nothing_from_elsewhere():
    html = explorer().html
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert not re.search(r"https?:|\bimport\b|fetch", re.sub('base64,[^"]*', "", html))
    assert " id=" not in html


def test_the_slider_may_stand_at_another_value_at_first():
    values = [0.1, 0.2, 0.4]
    moved, plain = explorer(values=values, start=0.4), explorer(values=values)
    assert moved._repr_mimebundle_()["image/png"] != plain._repr_mimebundle_()["image/png"]
    assert 'value="2"' in moved.html
    assert ">0.4" in moved.html
    assert "input.value=2" in moved.html
    assert "input.value=0" in plain.html


def test_labels_are_escaped_everywhere():
    nasty = '</script><b>"&'
    made = explorer(label=nasty, values=[nasty], draw=lambda _: draw(1), alt=nasty, unit="")
    assert made.html.count("</script>") == 1
    assert "<b>" not in made.html
    assert frames(made.html)[0][:2] == [nasty, nasty]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": []}, "no values for 'KL weight β'"),
        ({"start": 7}, "start is 7, which is not among the values"),
        ({"label": " "}, "label is empty"),
        ({"alt": ""}, "alt is empty"),
        ({"alt": lambda value: ""}, "alt is empty"),
        ({"see": ""}, "see is empty"),
        ({"draw": lambda value: None}, r"draw\(0\.1\) returned NoneType"),
    ],
)
def test_errors_are_sentences(changes, message):
    with pytest.raises(CollapseError, match=message):
        explorer(**changes)


def test_frames_too_heavy_for_a_page_are_refused(monkeypatch):
    monkeypatch.setattr(module, "HEAVIEST", 5000)
    with pytest.raises(CollapseError, match=r"The 3 frames of 'KL weight β' weigh 0\.\d MB"):
        explorer()


def test_no_widget_is_made_in_a_batch_run(monkeypatch):
    made = []
    monkeypatch.setattr(Widget, "open", lambda self: made.append(self))
    assert isinstance(explorer(), Explorer)
    assert made == []


@pytest.mark.parametrize("sign", ["COLLAPSE_LIVE", "JPY_SESSION_NAME", "google.colab"])
def test_a_live_front_end_gets_a_widget(monkeypatch, sign):
    if sign == "google.colab":
        monkeypatch.setitem(sys.modules, sign, types.ModuleType(sign))
    else:
        monkeypatch.setenv(sign, "1")
    assert isinstance(explorer(), VBox)


def test_the_environment_can_refuse_the_widget(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "inherited by a batch run from a notebook")
    monkeypatch.setenv("COLLAPSE_LIVE", "0")
    assert isinstance(explorer(), Explorer)


def test_the_widget_redraws_and_remembers():
    calls = []
    box = explorer(
        lambda value: calls.append(value) or draw(value), alt=lambda v: f"To {v}.", live=True
    )
    slider, figure = box.children
    assert slider.description == "KL weight β"
    assert [text for text, _ in slider.options] == ["0.1 nats", "0.25 nats", "1 nats"]
    first = figure.value
    assert calls == [0.1]
    assert 'alt="To 0.1."' in first
    slider.value = 2
    assert 'alt="To 1.0."' in figure.value
    assert source(figure.value) != source(first)
    slider.value = 0
    assert figure.value == first
    assert calls == [0.1, 1.0]


def source(html):
    return re.search('src="(.*?)"', html)[1]


def test_no_figure_stays_open():
    def with_pyplot(value):
        fig, axes = plt.subplots(figsize=(2, 1.5))
        axes.plot([0, value])
        return fig

    explorer(with_pyplot)
    assert plt.get_fignums() == []
