"""A newcomer's walk: parts and a generated corpus of one's own, as the library's page has them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHANGES = [
    ("0.5 * q.stddev", "0.6 * q.stddev"),  # the body of a posterior
    ("Step(2.0)", "Step(3.0)"),  # a value of a schedule
    ("epoch >= self.epochs", "epoch > self.epochs"),  # the body of a schedule
    ("q.mean.square()", "q.mean.abs()"),  # the body of a regulariser
    ("other.log_likelihood) / 2", "other.log_likelihood) / 3"),  # of an objective
    ("        super().update(steps, batch)\n        return", "        return"),  # of a strategy
]


def example(word: str = "TwoSteps") -> str:
    """The example of the page that has this word in it."""
    text = (ROOT / "book/library.md").read_text(encoding="utf-8")
    (found,) = (
        each for each in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if word in each
    )
    return found


def executed(folder: Path, code: str, errors: list[str] | None = None) -> tuple[str, str, str]:
    """Run it as a script of its own: what the run says, its identity and its KL."""
    folder.mkdir(exist_ok=True)
    script = folder / "mine.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "COLLAPSE_RUNS": str(folder / "runs")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if errors is not None:
        errors.append(done.stderr)
    said, numbers = done.stdout.splitlines()
    identity, kl = numbers.split()
    return said, identity, kl


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, str, str]]:
    folder = tmp_path_factory.mktemp("mine")
    return folder, executed(folder, example())


def test_the_example_of_the_page_runs_and_is_found_again(first) -> None:
    folder, (said, identity, kl) = first
    assert said.startswith("1 run: 0 loaded, 1 computed")
    again = executed(folder, example())
    assert again == ("1 run: 1 loaded.", identity, kl)


@pytest.mark.thorough
@pytest.mark.parametrize(("old", "new"), CHANGES, ids=[old.split()[0] for old, _ in CHANGES])
def test_a_change_of_any_part_is_another_run(first, old: str, new: str) -> None:
    folder, (_, identity, _) = first
    assert example().count(old) == 1
    said, changed, _ = executed(folder, example().replace(old, new))
    assert changed != identity
    assert said.startswith("1 run: 0 loaded, 1 computed")


INTERRUPTED = """
import os
from dataclasses import replace
from collapse.runs.settings import settings_for

class Stopped(HalfWidth):
    def begin_epoch(self, epoch):
        if os.environ.get("STOP_AT") == str(epoch):
            os._exit(9)

usual = settings_for("synthetic", "smoke")
recipe = replace(recipe, posterior=Part(Stopped))
settings = replace(usual, training=replace(usual.training, epochs=4))
mine = run(recipe, scale="smoke", name="stopped", settings=settings)
print(mine.request.identity, mine.summary["kl"])
"""


@pytest.mark.thorough
def test_parts_of_ones_own_resume_to_the_same_numbers(tmp_path: Path, monkeypatch) -> None:
    head, _ = example().split("mine = run(")
    whole = executed(tmp_path / "whole", head + INTERRUPTED)
    monkeypatch.setenv("STOP_AT", "2")
    with pytest.raises(AssertionError):
        executed(tmp_path / "parts", head + INTERRUPTED)
    assert list((tmp_path / "parts").glob("runs/stopped-*/checkpoint.safetensors"))
    monkeypatch.delenv("STOP_AT")
    resumed = executed(tmp_path / "parts", head + INTERRUPTED)
    assert resumed[1:] == whole[1:]  # what comes first says the seconds


COUNTS = """
class Counts(HalfWidth):
    def __init__(self, sizes):
        super().__init__(sizes)
        START
        self.pair = (torch.zeros(2), float("nan"))  # compared without an error, and not said
    def forward(self, features):
        self.steps = self.steps + 1 if self.training else self.steps
        return super().forward(features)

mine = run(Recipe(posterior=Part(Counts)), scale="smoke", name="counts")
print(mine.request.identity, mine.summary["kl"])
"""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("start", "forgets"),
    [("self.steps = 0", True), ("self.register_buffer('steps', torch.zeros(()))", False)],
)
def test_what_no_checkpoint_remembers_is_said(tmp_path: Path, start: str, forgets: bool) -> None:
    said: list[str] = []
    head, _ = example().split("mine = run(")
    executed(tmp_path, head + COUNTS.replace("START", start), said)
    sentence = "model.posterior.steps changes in training, and no checkpoint holds it"
    assert (sentence in said[0]) == forgets
    assert "posterior.pair" not in said[0]


STARTS = """
class Heavy(DiagonalGaussian):
    {}
    def __init__(self, sizes):
        super().__init__(sizes)
        torch.nn.init.constant_(self.linear.weight, 7.0)

usual = settings_for("synthetic", "smoke")
settings = replace(usual, training=replace(usual.training, learning_rate=1e-9))
mine = run(Recipe(posterior=Part(Heavy)), scale="smoke", name="heavy", settings=settings)
print(mine.request.identity, mine.model().posterior.linear.weight.mean().item())
"""


@pytest.mark.thorough
@pytest.mark.parametrize("kept", [True, False])
def test_whose_start_the_first_weights_are_is_said(tmp_path: Path, kept: bool) -> None:
    said: list[str] = []
    head, _ = example().split("mine = run(")
    head += "\nfrom dataclasses import replace\nfrom collapse.runs.settings import settings_for\n"
    code = head + STARTS.format("keep_init = True" if kept else "")
    _, _, mean = executed(tmp_path, code, said)
    assert (float(mean) > 6.9) == kept
    assert ("The weights of Heavy start as the protocol draws" in said[0]) != kept


@pytest.mark.thorough
def test_a_generated_corpus_is_known_by_its_documents(tmp_path: Path) -> None:
    code = example("tosses")
    said, identity, nll = executed(tmp_path, code)
    assert said.startswith("1 run: 0 loaded, 1 computed")
    again = code.replace("coins", "tossed").replace("Eight tosses of a coin.", "Something.")
    assert executed(tmp_path, again) == ("1 run: 1 loaded.", identity, nll)
    _, other, _ = executed(tmp_path, code.replace("integers(2,", "binomial(1, 0.4,"))
    assert other != identity
