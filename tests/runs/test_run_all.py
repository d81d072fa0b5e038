"""What is asked for when several runs are: recipes by name or of one's own, settings by name."""

import pytest

from collapse.base.errors import UnknownNameError
from collapse.chapters.chapter import training_with
from collapse.recipe import Recipe
from collapse.runs import many
from collapse.runs.many import perform_all, run, run_all
from collapse.runs.request import Request, make_request
from collapse.runs.settings import settings_for

SHORT = training_with("synthetic", "light", epochs=3)
LARGE = training_with("synthetic", "light", epochs=3, batch_size=128)
MINE = {"mine": Recipe(), "large": Recipe()}


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What would have been computed."""
    seen: list[Request] = []
    monkeypatch.setattr(many, "perform_all", lambda requests, jobs=None: seen.extend(requests))
    return seen


def test_recipes_of_ones_own_have_the_common_settings(requests: list[Request]) -> None:
    runs = run_all(MINE, "synthetic", "light", (0, 4), settings=SHORT)
    named = [(one.name, one.seed) for one in requests]
    assert named == [("mine", 0), ("mine", 4), ("large", 0), ("large", 4)]
    assert {one.settings for one in requests} == {SHORT}
    assert [run.request for run in runs["large"]] == requests[2:]
    assert len({one.identity for one in requests}) == 2  # a name is no part of what is computed


def test_some_have_settings_of_their_own_and_the_others_those_of_the_scale(requests) -> None:
    run_all(MINE, "synthetic", "light", (0,), settings={"large": LARGE})
    assert [one.settings for one in requests] == [settings_for("synthetic", "light"), LARGE]


def test_settings_for_a_recipe_that_is_not_asked_for_are_refused(requests) -> None:
    with pytest.raises(UnknownNameError, match=r"no recipe in this call called 'larg'.*'large'"):
        run_all(MINE, settings={"larg": LARGE})
    assert requests == []


def test_one_run_is_one_of_several(requests) -> None:
    one = run("vae", "synthetic", "smoke", 3)
    (again,) = run_all(["vae"], "synthetic", "smoke", (3,))["vae"]
    assert requests == [one.request, again.request]
    assert one == again


@pytest.mark.parametrize("count", [0, 2])
def test_no_run_and_several_are_runs(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    perform_all([make_request("vae", seed=seed) for seed in range(count)], done=lambda one: True)
    assert capsys.readouterr().out == f"{count} runs: {count} loaded.\n"
