"""An unknown name: a guess, and as many names as can be read."""

import pytest

from collapse.base.errors import FEW, LISTED, UnknownNameError, choose, unknown

MANY = [f"recipe-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


def test_beside_a_guess_stand_few_names_and_the_way_to_the_others() -> None:
    sentence = unknown("recipe_z", MANY, "recipe")
    assert "Did you mean 'recipe-z'? Valid: recipe-a, recipe-b, " in sentence
    assert sentence.count("recipe-") == 1 + FEW
    assert sentence.endswith(f", and {26 - FEW} more: {LISTED['recipe']}.")


@pytest.mark.parametrize(("name", "what"), [("xyz", "recipe"), ("recipe_z", "column")])
def test_without_a_guess_or_a_list_elsewhere_all_names_are_there(name: str, what: str) -> None:
    with pytest.raises(UnknownNameError) as found:
        choose(name, dict.fromkeys(MANY), what)
    assert str(found.value).endswith(f"Valid: {', '.join(MANY)}.")


def test_few_names_are_all_there() -> None:
    assert unknown("b", ["a", "bb"], "recipe").endswith("Did you mean 'bb'? Valid: a, bb.")
