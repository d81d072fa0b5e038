"""An unknown name: a guess, and as many names as can be read."""

import pytest

from collapse.base.errors import FEW, LISTED, UnknownNameError, choose, unknown

MANY = [f"recipe-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


@pytest.mark.parametrize(("name", "guess"), [("recipe_z", " Did you mean 'recipe-z'?"), ("x", "")])
def test_of_many_names_that_a_command_lists_there_are_few(name: str, guess: str) -> None:
    sentence = unknown(name, MANY, "recipe")
    assert sentence.startswith(
        f"There is no recipe called {name!r}.{guess} Valid: recipe-a, recipe-b, "
    )
    assert sentence.count("recipe-") == bool(guess) + FEW
    assert sentence.endswith(f", and {26 - FEW} more: {LISTED['recipe']}.")


def test_the_few_begin_in_different_ways() -> None:
    names = ["lm", *MANY, "vae", *(f"bits-{n}" for n in range(9)), "vae-anneal"]
    sentence = unknown("nope", names, "recipe")
    assert "Valid: lm, recipe-a, vae, bits-0, recipe-b, recipe-c, " in sentence


def test_elsewhere_all_names_are_there() -> None:
    with pytest.raises(UnknownNameError) as found:
        choose("recipe_z", dict.fromkeys(MANY), "column")
    assert str(found.value).endswith(f"Valid: {', '.join(MANY)}.")


def test_few_names_are_all_there() -> None:
    assert unknown("b", ["a", "bb"], "recipe").endswith("Did you mean 'bb'? Valid: a, bb.")
