"""What an update costs, by the clock and by the count."""

from pathlib import Path

from collapse.chapters.timing import ready, seconds_of_update, update_seconds
from collapse.recipe import Recipe
from collapse.runs.request import make_request
from collapse.training import Aggressive, InnerBudget


def test_more_steps_take_more_time(tmp_path: Path) -> None:
    found = update_seconds(["vae", "agg-vae-inner-30"], "synthetic", "light", updates=2)
    assert found.keys() == {"vae", "agg-vae-inner-30"}
    assert found["agg-vae-inner-30"] > 5 * found["vae"] > 0


def test_an_update_is_what_the_strategy_does_with_a_batch(tmp_path: Path) -> None:
    request = make_request(Recipe(strategy=Aggressive(InnerBudget(3))), name="three")
    trainer = ready(request, tmp_path)
    assert seconds_of_update(trainer, 0) > 0
    assert trainer.moves == {"encoder_steps": 3, "decoder_steps": 1}
    assert list(tmp_path.iterdir()) == []
