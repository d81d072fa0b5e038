"""Every mistake in a file is a sentence that names place, key, value and what is valid."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import AfterValidator, Field, NonNegativeInt

from collapse.base.errors import CollapseError
from collapse.base.schema import (
    Listed,
    Number,
    Schema,
    Sentence,
    mistakes,
    not_empty,
    one_of,
    read_yaml,
)

FRUITS = {"apple": 1, "pear": 2}


def ripe(fruit: str) -> str:
    if fruit == "pear":
        raise CollapseError("Pears are not ripe yet.")
    return fruit


class Basket(Schema):
    fruits: Annotated[
        Listed[Annotated[str, one_of(FRUITS, "fruit"), AfterValidator(ripe)]],
        not_empty("fruits, such as [apple]"),
    ]
    weight: Number
    owner: Sentence = "nobody"


class Cart(Schema):
    count: NonNegativeInt
    baskets: Listed[Basket]
    first: Basket | None = None
    colour: Annotated[str, Field(description="a colour")] = "red"


APPLE = {"fruits": ["apple"], "weight": 1.5}
CART = {"count": 1, "baskets": [APPLE], "first": APPLE}


def test_what_is_right_has_no_mistakes_and_becomes_values() -> None:
    assert mistakes(Cart, CART) == []
    cart = Cart.model_validate(CART)
    assert cart.baskets == (Basket(fruits=("apple",), weight=1.5),)
    assert (cart.first, cart.colour) == (cart.baskets[0], "red")
    assert mistakes(Basket, {**APPLE, "weight": 2}) == []  # a whole number is a number


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"count": True}, "'count' is True; it must be a valid integer."),
        ({"count": 1.0}, "'count' is 1.0; it must be a valid integer."),
        ({"count": "1"}, "'count' is '1'; it must be a valid integer."),
        ({"count": -1}, "'count' is -1; it must be greater than or equal to 0."),
        ({"colour": 3}, "'colour' is 3; it must be a colour."),
        ({"first": 3}, "3 must be a mapping with the keys fruits, weight, owner."),
        ({"first": {**APPLE, "weight": True}}, "In 'first': 'weight' is True; it must be a valid"),
        ({"first": {**APPLE, "weight": float("nan")}}, "In 'first': 'weight' is nan; it must be a"),
        ({"first": {**APPLE, "owner": " "}}, "'owner' is ' '; it must be a text that says"),
        ({"first": {**APPLE, "fruits": []}}, "'fruits' is []; it must be a list of one or more f"),
        ({"first": {"weight": 1.0}}, "In 'first': The key 'fruits' is missing: it must be a list"),
        ({"first": {"fruits": ["apple"]}}, "In 'first': The key 'weight' is missing."),
        ({"color": "red"}, "There is no key called 'color'. Did you mean 'colour'? Valid: count, "),
        ({3: "red"}, "There is no key called '3'. Valid: count, baskets"),
        (
            {"baskets": [APPLE, {**APPLE, "fruits": ["appel"]}]},
            "In entry 2 of 'baskets': There is no fruit called 'appel'. Did you mean 'apple'?",
        ),
        ({"baskets": [{**APPLE, "fruits": [["apple"]]}]}, "There is no fruit called \"['apple']\""),
        ({"baskets": [{**APPLE, "fruits": ["pear"]}]}, "Pears are not ripe yet."),
        ({"baskets": [APPLE, 3]}, "3 must be a mapping with the keys"),
    ],
)
def test_a_mistake_is_one_sentence(wrong: dict, sentence: str) -> None:
    (only,) = mistakes(Cart, {**CART, **wrong})
    assert sentence in only


def test_all_mistakes_are_named_at_once() -> None:
    basket = {"fruits": ["plum", "pear", "apple"], "weight": None, "size": 3}
    found = mistakes(Cart, {"count": 1.5, "baskets": [basket, basket], "colour": None, "x": 0})
    assert len(found) == 3 + 2 * 4
    assert [text for text in found if text.startswith("In entry 2 of 'baskets'")] == [
        "In entry 2 of 'baskets': There is no fruit called 'plum'. Valid: apple, pear.",
        "In entry 2 of 'baskets': Pears are not ripe yet.",
        "In entry 2 of 'baskets': 'weight' is None; it must be a valid number.",
        "In entry 2 of 'baskets': There is no key called 'size'. Valid: fruits, weight, owner.",
    ]


def test_an_entry_of_a_list_is_named_by_its_place() -> None:
    class Shelf(Schema):
        sizes: Listed[NonNegativeInt]

    assert mistakes(Shelf, {"sizes": [1, 2.5, -1]}) == [
        "Entry 2 of 'sizes' is 2.5; it must be a valid integer.",
        "Entry 3 of 'sizes' is -1; it must be greater than or equal to 0.",
    ]


def test_names_that_come_later_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mistakes(Basket, {**APPLE, "fruits": ["fig"]})
    monkeypatch.setitem(FRUITS, "fig", 3)
    assert mistakes(Basket, {**APPLE, "fruits": ["fig"]}) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "a: 1\nb: 2\na: 3\n",
            r"The basket .*x\.yml cannot be read: The key 'a' is there twice .*3",
        ),
        ("- {b: {c: 1, c: 1}}", r"The key 'c' is there twice in .*, line 1, column 14"),
        ("a: [", "cannot be read: while parsing"),
        (None, "cannot be read: .*No such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence(
    tmp_path: Path, text: str | None, sentence: str
) -> None:
    if text is not None:
        (tmp_path / "x.yml").write_text(text)
    with pytest.raises(CollapseError, match=sentence):
        read_yaml(tmp_path / "x.yml", "basket")


def test_a_file_holds_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("a: &one {b: [1, yes]}\nc: *one\n'1': é\n", encoding="utf-8")
    expected = {"a": {"b": [1, True]}, "c": {"b": [1, True]}, "1": "é"}
    assert read_yaml(tmp_path / "x.yml", "basket") == expected
