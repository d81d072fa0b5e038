"""What the numbers of a run are said to mean, at each side of each bound."""

from dataclasses import replace

import pytest

import collapse
from collapse.clinic import MEANING, Diagnosis
from collapse.parts import Part, Sizes
from collapse.posteriors import DiagonalGaussian


def diagnosis(kl: float, mi: float, active: int, latent: int = 4) -> Diagnosis:
    """With a standard error of 0.1 nat."""
    return Diagnosis("mine", kl, mi, 0.1, 5.0, active, latent)


@pytest.mark.parametrize(
    ("kl", "mi", "active", "verdict"),
    [
        (0.0, 0.0, 0, "collapsed"),
        (0.09, 0.05, 0, "collapsed"),
        (0.11, 0.05, 0, "silent"),
        (2.0, 0.19, 4, "silent"),
        (2.0, 0.21, 0, "in part"),  # information is not denied because no mean moves far
        (2.0, 0.21, 3, "in part"),
        (2.0, 1.5, 4, "in use"),
    ],
)
def test_verdicts(kl: float, mi: float, active: int, verdict: str) -> None:
    found = diagnosis(kl, mi, active)
    assert found.verdict == verdict
    assert str(found).startswith(
        f"mine: {MEANING[verdict]}. KL {kl:.2f} nats; information {mi:.2f}"
    )
    assert f"{active} of 4 dimensions active" in str(found)


def test_without_a_latent_variable_there_is_nothing_to_say() -> None:
    assert str(diagnosis(0.0, 0.0, 0, latent=0)) == "mine: a model without a latent variable."


@pytest.mark.parametrize("name", ["lm", "vae"])
def test_a_run_is_read_as_its_model_is(name: str) -> None:
    run = collapse.run(name, scale="smoke")
    assert collapse.diagnose(run).latent == run.model().latent


class Wide(DiagonalGaussian):
    """A code of three dimensions, whatever the settings say."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(replace(sizes, latent=3))


def test_the_dimensions_are_those_of_the_model() -> None:
    run = collapse.run(collapse.Recipe(posterior=Part(Wide)), scale="smoke", name="wide")
    assert run.request.settings.latent == 1
    assert collapse.diagnose(run).latent == 3
